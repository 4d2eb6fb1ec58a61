//! What an organizer is told and tells beside the concert itself: what was sold, promo codes, seats set aside.

use boxoffice_engine::concert::{CodeText, Counts, PromoCode, Reduction, SalesTally, SalesView, WantedItem};
use boxoffice_engine::ids::{ConcertId, SeatTypeId, SeatTypeNumber};
use boxoffice_engine::limits;
use boxoffice_engine::money::{Currency, MinorUnits};
use compact_str::CompactString;
use serde::Serialize;

use super::concert_request::{Percent, price, time};
use crate::json::{Integer, Json, Read, Rule, Text, Timestamp, read};
use crate::problem::Problem;
use crate::respond::{Amount, Utc, text};

/// The answer of `/concerts/{id}/sales`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sales<'a> {
    #[serde(serialize_with = "text")]
    concert_id: ConcertId,
    sequence: u64,
    currency: &'static str,
    seat_types: Vec<SeatTypeSales<'a>>,
    captured: Amount,
    refunded: Amount,
    refunds_owed: Amount,
    fees_kept: Amount,
    discounts: Amount,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeatTypeSales<'a> {
    #[serde(serialize_with = "text")]
    id: SeatTypeId,
    name: &'a str,
    price: Amount,
    total_seats: u32,
    sold: u32,
    held: u32,
    blocked: u32,
    available: u32,
    revenue: Amount,
    returned: Amount,
}

impl<'a> From<&'a SalesView> for Sales<'a> {
    fn from(view: &'a SalesView) -> Self {
        let SalesView { concert, tallies, ledger, .. } = view;
        let currency = concert.terms.currency;
        let amount = |minor: MinorUnits| Amount { minor, currency };
        let seat_types = concert.seat_types().zip(tallies).map(|((id, seat_type, counts), tally)| {
            let (Counts { available, held, booked, blocked }, SalesTally { revenue, returned }) =
                (counts, *tally);
            SeatTypeSales {
                id,
                name: &seat_type.name,
                price: amount(seat_type.price),
                total_seats: seat_type.layout.total_seats(),
                sold: booked,
                held,
                blocked,
                available,
                revenue: amount(revenue),
                returned: amount(returned),
            }
        });
        Self {
            concert_id: concert.id,
            sequence: concert.sequence,
            currency: currency.code(),
            seat_types: seat_types.collect(),
            captured: amount(ledger.captured),
            refunded: amount(ledger.refunded),
            refunds_owed: amount(ledger.owed),
            fees_kept: amount(ledger.fees),
            discounts: amount(view.discounts),
        }
    }
}

/// A promo code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Promo<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent_off: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_off: Option<Amount>,
    max_uses: Option<u32>,
    valid_until: Option<Utc>,
    opens: Vec<String>,
    uses: u32,
}

impl<'a> Promo<'a> {
    /// A code of a concert, and how many live bookings use it.
    pub(crate) fn new(concert: ConcertId, currency: Currency, code: &'a PromoCode, uses: u32) -> Self {
        let (percent_off, amount_off) = match code.reduction {
            Reduction::Nothing => (None, None),
            Reduction::BasisPoints(points) => (Some(f64::from(points) / 100.0), None),
            Reduction::Amount(minor) => (None, Some(Amount { minor, currency })),
        };
        let opened = |number: &SeatTypeNumber| SeatTypeId { concert, number: *number }.to_string();
        Self {
            code: code.text.as_str(),
            percent_off,
            amount_off,
            max_uses: code.uses_max,
            valid_until: code.valid_until.map(Utc),
            opens: code.opens.iter().map(opened).collect(),
            uses,
        }
    }

    /// The codes of a concert that were not withdrawn.
    pub(crate) fn all(view: &'a SalesView) -> Vec<Self> {
        let (concert, terms) = (view.concert.id, &view.concert.terms);
        let codes = terms.codes.iter().zip(&view.code_uses).filter(|(code, _)| !code.withdrawn);
        codes.map(|(code, uses)| Self::new(concert, terms.currency, code, *uses)).collect()
    }
}

/// The text of a promo code.
#[derive(Clone, Copy)]
struct Code;

impl Rule for Code {
    type Value = CodeText;

    fn read(self, json: Json) -> Result<CodeText, String> {
        let most = limits::CODE_CHARS_MAX;
        let text = Text::any().read(json)?;
        CodeText::new(&text)
            .ok_or_else(|| format!("must have 1 to {most} characters of A-Z, 0-9, '-', '_' and '.'"))
    }
}

/// The id of a seat type of this concert.
#[derive(Clone, Copy)]
struct SeatTypeOf(ConcertId);

impl Rule for SeatTypeOf {
    type Value = SeatTypeNumber;

    fn read(self, json: Json) -> Result<SeatTypeNumber, String> {
        let id = SeatTypeId::at(self.0, &Text::any().read(json)?);
        id.map(|id| id.number).ok_or_else(|| "must be the id of a seat type of this concert".to_owned())
    }
}

/// Reads the body of `POST /concerts/{id}/codes`.
pub(crate) fn read_code(body: Json, concert: ConcertId, currency: Currency) -> Read<Option<PromoCode>> {
    read(body, |fields| {
        if !fields.has("code") {
            fields.fault("code", "is missing");
        }
        let text = fields.optional("code", Code);
        let (gives_percent, gives_amount) = (fields.has("percentOff"), fields.has("amountOff"));
        let percent_off = fields.optional("percentOff", Percent).map(Reduction::BasisPoints);
        let amount_off = fields.optional("amountOff", price(currency)).map(Reduction::Amount);
        if gives_percent && gives_amount {
            fields.fault("amountOff", "percentOff is given: one or the other");
        }
        // What is given and wrong is a fault already: that nothing is given would be one too many.
        let stand_in = (gives_percent || gives_amount).then_some(Reduction::BasisPoints(1));
        let opens = fields.values("opens", 1..=limits::SEAT_TYPES_MAX, SeatTypeOf(concert));
        let uses_max = fields.optional("maxUses", Integer::of(1..=u32::MAX));
        let valid_until = fields.optional("validUntil", Timestamp).map(time);
        Some(PromoCode {
            text: text?,
            reduction: percent_off.or(amount_off).or(stand_in).unwrap_or(Reduction::Nothing),
            uses_max,
            valid_until,
            opens: opens.unwrap_or_default(),
            withdrawn: false,
        })
    })
}

/// Reads the body of `/concerts/{id}/seattypes/{seatTypeId}/block` and `/release`.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_set_aside(body: Json, seat_type: SeatTypeNumber) -> Result<WantedItem, Problem> {
    let (seats, quantity) = read(body, |fields| {
        let most = limits::SEATS_PER_BOOKING_MAX as usize;
        let gives_both = fields.has("seats") && fields.has("quantity");
        let seats = fields.values("seats", 1..=most, Text::any());
        let quantity = fields.optional("quantity", Integer::of(1..=limits::TOTAL_SEATS_MAX));
        if gives_both {
            fields.fault("quantity", "seats are named: give one or the other");
        }
        (seats.unwrap_or_default(), quantity.unwrap_or(0))
    })
    .finish()?;
    let named = u32::try_from(seats.len()).unwrap_or(u32::MAX);
    let quantity = if seats.is_empty() { quantity } else { named };
    Ok(WantedItem { seat_type, quantity, seats: seats.into_iter().map(CompactString::from).collect() })
}
