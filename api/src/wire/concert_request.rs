//! Concerts and seat types as organizers send them. Only types are checked here; what they may say is the engine's to know.

use boxoffice_engine::concert::{
    CancellationTerms, Details, DetailsChange, LocalTime, NewConcert, NewSeatType, SeatTypeChange,
};
use boxoffice_engine::limits;
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;
use jiff::civil;

use super::concert::PAYMENT_WORDS;
use super::seat_map::read_layout;
use crate::json::{
    Boolean, Date, Integer, Json, Moment, Money, ObjectReader, OneOf, Read, Rule, Text, Timestamp, read,
};

const HOLD_SECONDS_DEFAULT: u32 = 600;
const OFFER_SECONDS_DEFAULT: u32 = 3_600;
const TICKETS_PER_USER_DEFAULT: u32 = 1;
/// Stands in for a start that is missing or wrong, which is a fault already: late enough that no other time looks wrong beside
/// it (3000-01-01).
const START_STAND_IN: Moment = Moment { milliseconds: 32_503_680_000_000, offset_seconds: 0 };

/// A three-letter currency code.
#[derive(Clone, Copy)]
struct CurrencyCode;

impl Rule for CurrencyCode {
    type Value = Currency;

    fn read(self, json: Json) -> Result<Currency, String> {
        let code = Text::any().read(json)?;
        Currency::from_code(&code)
            .ok_or_else(|| "must be the ISO 4217 code of a currency, like USD".to_owned())
    }
}

/// A percentage with at most two decimals, as hundredths of a percent.
#[derive(Clone, Copy)]
pub(super) struct Percent;

impl Rule for Percent {
    type Value = u32;

    fn read(self, json: Json) -> Result<u32, String> {
        // A currency of two decimals counts just so.
        let hundredths = Money { currency: Currency::USD, max: 10_000 }.read(json).ok();
        let hundredths = hundredths.and_then(|hundredths| u32::try_from(hundredths).ok());
        hundredths.ok_or_else(|| "must be a number from 0 to 100 with at most 2 decimals".to_owned())
    }
}

pub(super) fn price(currency: Currency) -> Money {
    Money { currency, max: limits::PRICE_MAJOR_MAX * currency.minor_per_major() }
}

fn local(moment: Moment) -> LocalTime {
    LocalTime { time: Time(moment.milliseconds), offset_seconds: moment.offset_seconds }
}

pub(super) fn time(moment: Moment) -> Time {
    Time(moment.milliseconds)
}

/// Reads the body of `POST /concerts`.
pub(crate) fn read_new_concert(body: Json) -> Read<Option<NewConcert>> {
    read(body, |fields| {
        let currency = fields.optional("currency", CurrencyCode).unwrap_or(Currency::USD);
        if !fields.has("startTime") {
            fields.fault("startTime", "is missing");
        }
        let start = fields.optional("startTime", Timestamp);
        let date = fields.optional("date", Date);
        check_date(fields, date, start);
        let payment = fields.optional("payment", OneOf(&PAYMENT_WORDS));
        let seat_types = fields.objects("seatTypes", 1..=limits::SEAT_TYPES_MAX, |seat_type| {
            read_seat_type(seat_type, currency)
        });
        if seat_types.is_none() {
            fields.fault("seatTypes", "is missing");
        }
        let details = Details {
            name: fields.required("name", Text::any()),
            description: fields.optional("description", Text::any()).unwrap_or_default(),
            genre: fields.optional("genre", Text::any()).unwrap_or_default(),
            venue: fields.required("venue", Text::any()),
            start: local(start.unwrap_or(START_STAND_IN)),
            sales_open_at: fields.nullable("salesOpenAt", Timestamp).flatten().map(time),
            sales_close_at: fields.nullable("salesCloseAt", Timestamp).flatten().map(time),
            tickets_per_user_max: fields
                .optional("maxTicketsPerUser", Integer::of(1..=limits::TICKETS_PER_USER_MAX))
                .unwrap_or(TICKETS_PER_USER_DEFAULT),
            cancellation: read_cancellation(fields, currency, CancellationTerms::default())
                .unwrap_or_default(),
            forbids_orphan_seats: fields.optional("forbidOrphanSeats", Boolean).unwrap_or(false),
        };
        let hold_seconds = fields.optional("holdSeconds", Integer::of(1..=limits::HOLD_SECONDS_MAX));
        let offer_seconds = fields.optional("offerSeconds", Integer::of(1..=limits::OFFER_SECONDS_MAX));
        Some(NewConcert {
            details,
            currency,
            payment_required: payment.unwrap_or(false),
            hold_seconds: hold_seconds.unwrap_or(HOLD_SECONDS_DEFAULT),
            offer_seconds: offer_seconds.unwrap_or(OFFER_SECONDS_DEFAULT),
            draft: fields.optional("draft", Boolean).unwrap_or(false),
            seat_types: seat_types.unwrap_or_default(),
        })
    })
}

/// Reads the body of `PUT /concerts/{id}`; `present` are the details that it changes.
pub(crate) fn read_details_change(body: Json, present: &Details, currency: Currency) -> Read<DetailsChange> {
    read(body, |fields| {
        let present_start = present_start(present);
        let date = fields.optional("date", Date);
        let start = fields.optional("startTime", Timestamp).map(|start| {
            // The start as answers tell it, in UTC, sent back: it is meant where the concert is, unless the date is another one there.
            let is_as_told = start == Moment { offset_seconds: 0, ..present_start };
            let is_there = date.is_none() || date == day_of(present_start);
            if is_as_told && is_there { present_start } else { start }
        });
        check_date(fields, date, start.or(Some(present_start)));
        DetailsChange {
            name: fields.optional("name", Text::any()),
            description: fields.optional("description", Text::any()),
            genre: fields.optional("genre", Text::any()),
            venue: fields.optional("venue", Text::any()),
            start: start.map(local),
            sales_open_at: fields.nullable("salesOpenAt", Timestamp).map(|moment| moment.map(time)),
            sales_close_at: fields.nullable("salesCloseAt", Timestamp).map(|moment| moment.map(time)),
            tickets_per_user_max: fields
                .optional("maxTicketsPerUser", Integer::of(1..=limits::TICKETS_PER_USER_MAX)),
            cancellation: read_cancellation(fields, currency, present.cancellation),
            forbids_orphan_seats: fields.optional("forbidOrphanSeats", Boolean),
        }
    })
}

/// Reads the body of `POST /concerts/{id}/seattypes`.
pub(crate) fn read_new_seat_type(body: Json, currency: Currency) -> Read<Option<NewSeatType>> {
    read(body, |fields| Some(read_seat_type(fields, currency)))
}

/// Reads the body of `PATCH /concerts/{id}/seattypes/{seatTypeId}`.
pub(crate) fn read_seat_type_change(body: Json, currency: Currency) -> Read<SeatTypeChange> {
    read(body, |fields| SeatTypeChange {
        name: fields.optional("name", Text::any()),
        price: fields.optional("price", price(currency)),
        total_seats: fields.optional("totalSeats", Integer::of(1..=limits::TOTAL_SEATS_MAX)),
    })
}

fn read_seat_type(fields: &mut ObjectReader<'_>, currency: Currency) -> NewSeatType {
    NewSeatType {
        name: fields.required("name", Text::any()),
        price: fields.required("price", price(currency)),
        layout: read_layout(fields),
        hidden: fields.optional("hidden", Boolean).unwrap_or(false),
    }
}

fn read_cancellation(
    fields: &mut ObjectReader<'_>,
    currency: Currency,
    present: CancellationTerms,
) -> Option<CancellationTerms> {
    fields.object("cancellation", |terms| CancellationTerms {
        deadline_hours: terms
            .optional("deadlineHours", Integer::of(0..=limits::DEADLINE_HOURS_MAX))
            .unwrap_or(present.deadline_hours),
        fee_fixed: terms.optional("feeFixed", price(currency)).unwrap_or(present.fee_fixed),
        fee_basis_points: terms.optional("feePercent", Percent).unwrap_or(present.fee_basis_points),
    })
}

/// A date is accepted when it is the day on which the concert starts, where it starts.
fn check_date(fields: &mut ObjectReader<'_>, date: Option<civil::Date>, start: Option<Moment>) {
    let day = start.and_then(day_of);
    if date.zip(day).is_some_and(|(date, day)| day != date) {
        fields.fault("date", "must be the day of startTime, at its offset");
    }
}

/// The day of a moment, where it is told.
fn day_of(moment: Moment) -> Option<civil::Date> {
    let offset = jiff::tz::Offset::from_seconds(moment.offset_seconds).ok()?;
    Some(offset.to_datetime(jiff::Timestamp::from_millisecond(moment.milliseconds).ok()?).date())
}

fn present_start(present: &Details) -> Moment {
    Moment { milliseconds: present.start.time.0, offset_seconds: present.start.offset_seconds }
}
