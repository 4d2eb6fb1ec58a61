//! Concerts, their seats, and what is left of a seat type.

use boxoffice_engine::concert::{ConcertView, Counts, SeatType as EngineSeatType, Stage};
use boxoffice_engine::ids::{ConcertId, SeatTypeId};
use boxoffice_engine::time::Time;
use serde::Serialize;

use super::audience::Audience;
use crate::respond::{Amount, Utc, text};

/// The contract's words for how far a concert's sale is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Seen by its organizer only.
    Draft,
    /// The sale opens later.
    Scheduled,
    /// Seats can be booked.
    OnSale,
    /// No seat is left.
    SoldOut,
    /// The sale is over.
    Closed,
    /// It will not take place.
    Cancelled,
}

/// Every status with its word.
pub(crate) const STATUS_WORDS: [(Status, &str); 6] = [
    (Status::Draft, "draft"),
    (Status::Scheduled, "scheduled"),
    (Status::OnSale, "on_sale"),
    (Status::SoldOut, "sold_out"),
    (Status::Closed, "closed"),
    (Status::Cancelled, "cancelled"),
];

/// Whether payment is required, in the contract's words.
pub(super) const PAYMENT_WORDS: [(bool, &str); 2] = [(false, "none"), (true, "required")];

impl Status {
    /// The status of a concert.
    pub(crate) fn of(view: &ConcertView) -> Self {
        match view.stage {
            Stage::Absent | Stage::Draft => Self::Draft,
            Stage::Scheduled => Self::Scheduled,
            Stage::OnSale if view.is_sold_out() => Self::SoldOut,
            Stage::OnSale => Self::OnSale,
            Stage::ClosedByTime | Stage::ClosedByOrganizer => Self::Closed,
            Stage::Cancelled | Stage::Deleted => Self::Cancelled,
        }
    }

    fn word(self) -> &'static str {
        STATUS_WORDS[self as usize].1
    }
}

/// `concert` of the contract. Ours: `offerSeconds`, `forbidOrphanSeats`, and of a seat type `hidden`, where it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Concert<'a> {
    #[serde(serialize_with = "text")]
    id: ConcertId,
    name: &'a str,
    description: &'a str,
    genre: &'a str,
    venue: &'a str,
    date: String,
    start_time: Utc,
    sales_open_at: Option<Utc>,
    sales_close_at: Utc,
    status: &'static str,
    currency: &'static str,
    max_tickets_per_user: u32,
    payment: &'static str,
    hold_seconds: u32,
    offer_seconds: u32,
    forbid_orphan_seats: bool,
    cancellation: Cancellation,
    seat_types: Vec<SeatType<'a>>,
    organizer_id: &'a str,
    version: u64,
    sequence: u64,
    created_at: Utc,
    updated_at: Utc,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cancellation {
    deadline_hours: u32,
    fee_fixed: Amount,
    fee_percent: f64,
}

/// A seat type of the contract's `concert`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeatType<'a> {
    #[serde(serialize_with = "text")]
    id: SeatTypeId,
    name: &'a str,
    price: Amount,
    total_seats: u32,
    remaining: u32,
    numbered: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
}

impl<'a> SeatType<'a> {
    fn new(view: &ConcertView, (id, seat_type, counts): (SeatTypeId, &'a EngineSeatType, Counts)) -> Self {
        Self {
            id,
            name: &seat_type.name,
            price: Amount { minor: seat_type.price, currency: view.terms.currency },
            total_seats: seat_type.layout.total_seats(),
            remaining: counts.available,
            numbered: seat_type.layout.map().is_some(),
            hidden: seat_type.hidden,
        }
    }

    /// One seat type of a concert.
    pub(crate) fn of(view: &'a ConcertView, id: SeatTypeId) -> Option<Self> {
        view.seat_types().find(|(known, ..)| *known == id).map(|found| Self::new(view, found))
    }
}

impl<'a> Concert<'a> {
    /// A concert as its audience sees it.
    pub(crate) fn for_audience(view: &'a ConcertView, audience: &Audience) -> Self {
        let terms = &*view.terms;
        let details = &terms.details;
        let cancellation = details.cancellation;
        Self {
            id: view.id,
            name: &details.name,
            description: &details.description,
            genre: &details.genre,
            venue: &details.venue,
            date: day_at(details.start.time, details.start.offset_seconds),
            start_time: Utc(details.start.time),
            sales_open_at: details.sales_open_at.map(Utc),
            sales_close_at: Utc(details.closes_at()),
            status: Status::of(view).word(),
            currency: terms.currency.code(),
            max_tickets_per_user: details.tickets_per_user_max,
            payment: PAYMENT_WORDS[usize::from(terms.payment_required)].1,
            hold_seconds: terms.hold_seconds,
            offer_seconds: terms.offer_seconds,
            forbid_orphan_seats: details.forbids_orphan_seats,
            cancellation: Cancellation {
                deadline_hours: cancellation.deadline_hours,
                fee_fixed: Amount { minor: cancellation.fee_fixed, currency: terms.currency },
                fee_percent: f64::from(cancellation.fee_basis_points) / 100.0,
            },
            seat_types: audience.seat_types(view).map(|found| SeatType::new(view, found)).collect(),
            organizer_id: terms.organizer.as_str(),
            version: terms.version,
            sequence: view.sequence,
            created_at: Utc(terms.created_at),
            updated_at: Utc(terms.updated_at),
        }
    }
}

/// The calendar day of a time at an offset from UTC, `YYYY-MM-DD`.
fn day_at(time: Time, offset_seconds: i32) -> String {
    let offset = jiff::tz::Offset::from_seconds(offset_seconds).unwrap_or(jiff::tz::Offset::UTC);
    // Times are bounded when they are read, so the fallback is never seen.
    let timestamp = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    offset.to_datetime(timestamp).date().to_string()
}

/// The answer of `/inventory/concert/{concertId}/seattype/{seatTypeId}`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inventory {
    #[serde(serialize_with = "text")]
    concert_id: ConcertId,
    #[serde(serialize_with = "text")]
    seat_type_id: SeatTypeId,
    remaining: u32,
    sequence: u64,
}

impl Inventory {
    /// What is left of one seat type.
    pub(crate) fn of(view: &ConcertView, id: SeatTypeId, audience: &Audience) -> Option<Self> {
        let (_, _, counts) = audience.seat_types(view).find(|(known, ..)| *known == id)?;
        let remaining = counts.available;
        Some(Self { concert_id: view.id, seat_type_id: id, remaining, sequence: view.sequence })
    }
}
