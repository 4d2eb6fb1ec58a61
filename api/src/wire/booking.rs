//! Bookings.

use boxoffice_engine::concert::{BookedItem, BookingStatus, BookingView, PendingChange};
use boxoffice_engine::ids::{BookingId, ConcertId, SeatTypeId};
use boxoffice_engine::time::Time;
use compact_str::CompactString;
use serde::{Serialize, Serializer};

use crate::respond::{Amount, Utc};

/// The contract's words for how a booking stands.
pub(crate) const STATUS_WORDS: [(BookingStatus, &str); 4] = [
    (BookingStatus::Held, "held"),
    (BookingStatus::Confirmed, "confirmed"),
    (BookingStatus::Cancelled, "cancelled"),
    (BookingStatus::Expired, "expired"),
];

/// The contract's word for a status.
pub(super) fn status_word(status: BookingStatus) -> &'static str {
    STATUS_WORDS.iter().find(|(known, _)| *known == status).map_or("", |(_, word)| word)
}

/// `booking` of the contract. Ours: `discount`, where a promo code was used.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Booking<'a> {
    #[serde(serialize_with = "text")]
    id: BookingId,
    #[serde(serialize_with = "text")]
    concert_id: ConcertId,
    concert_name: &'a str,
    user_id: &'a str,
    items: Vec<Item<'a>>,
    quantity: u32,
    total: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<Amount>,
    currency: &'static str,
    status: &'static str,
    expires_at: Option<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_change: Option<Change<'a>>,
    created_at: Utc,
    updated_at: Utc,
    sequence: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<'a> {
    #[serde(serialize_with = "text")]
    seat_type_id: SeatTypeId,
    seat_type_name: &'a str,
    quantity: u32,
    #[serde(serialize_with = "texts")]
    seats: Vec<CompactString>,
    unit_price: Amount,
}

/// A change that waits for its payment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change<'a> {
    amount_due: Amount,
    items: Vec<Item<'a>>,
    expires_at: Utc,
}

pub(super) fn text<S: Serializer>(id: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn texts<S: Serializer>(labels: &[CompactString], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(labels.iter().map(CompactString::as_str))
}

impl<'a> From<&'a BookingView> for Booking<'a> {
    fn from(view: &'a BookingView) -> Self {
        let (booking, terms) = (&view.booking, &view.terms);
        let currency = terms.currency;
        let amount = |minor| Amount { minor, currency };
        Self {
            id: view.id,
            concert_id: view.id.concert,
            concert_name: &terms.details.name,
            user_id: view.user.as_str(),
            items: items(view, &booking.items),
            quantity: booking.quantity(),
            total: amount(booking.total()),
            discount: booking.discount().map(|discount| amount(discount.amount)),
            currency: currency.code(),
            status: status_word(booking.status),
            expires_at: booking.expires_at().map(Utc),
            pending_change: booking.pending().map(|pending| change(view, pending)),
            created_at: Utc(booking.created_at),
            updated_at: Utc(booking.updated_at()),
            sequence: booking.sequence(),
        }
    }
}

pub(super) fn items<'a>(view: &'a BookingView, items: &[BookedItem]) -> Vec<Item<'a>> {
    let terms = &view.terms;
    let item = |item: &BookedItem| Item {
        seat_type_id: SeatTypeId { concert: view.id.concert, number: item.seat_type },
        seat_type_name: terms.seat_types.get(item.seat_type.index()).map_or("", |seat_type| &seat_type.name),
        quantity: item.quantity,
        seats: view.seats_of(item),
        unit_price: Amount { minor: item.unit_price, currency: terms.currency },
    };
    items.iter().map(item).collect()
}

pub(super) fn change<'a>(view: &'a BookingView, pending: &PendingChange) -> Change<'a> {
    Change {
        amount_due: Amount { minor: pending.amount_due, currency: view.terms.currency },
        items: items(view, &pending.items),
        expires_at: Utc(pending.expires_at),
    }
}

/// A cursor of a user's bookings, newest first.
pub(crate) fn place_of(view: &BookingView) -> String {
    format!("{}:{}", view.booking.created_at.0, view.id)
}

/// The place that [`place_of`] wrote.
pub(crate) fn read_place(text: &str) -> Option<(Time, BookingId)> {
    let (time, id) = text.split_once(':')?;
    Some((Time(time.parse().ok()?), id.parse().ok()?))
}
