//! Bookings. Every booking of a rush is answered with one, so they are written by hand.

use boxoffice_engine::concert::{BookedItem, BookingStatus, BookingView, PendingChange};
use boxoffice_engine::ids::{BookingId, SeatTypeId};
use boxoffice_engine::money::MinorUnits;
use boxoffice_engine::time::Time;

use crate::problem::Problem;
use crate::respond::{Amount, JsonText};

/// Room for a booking before it is known how long it gets.
const BOOKING_BYTES_EXPECTED: usize = 512;

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
///
/// # Errors
/// A 500, for a time that has no text.
pub(crate) fn booking(view: &BookingView) -> Result<Vec<u8>, Problem> {
    let mut json = JsonText::with_capacity(BOOKING_BYTES_EXPECTED);
    push_booking(&mut json, view)?;
    Ok(json.into_bytes())
}

/// A list of bookings.
///
/// # Errors
/// As [`booking`].
pub(crate) fn bookings(views: &[BookingView]) -> Result<Vec<u8>, Problem> {
    let mut json = JsonText::with_capacity(BOOKING_BYTES_EXPECTED * views.len());
    json.push_list(views, push_booking)?;
    Ok(json.into_bytes())
}

/// Adds a booking.
///
/// # Errors
/// A 500, for a time that has no text.
pub(super) fn push_booking(json: &mut JsonText, view: &BookingView) -> Result<(), Problem> {
    let (booking, concert) = (&view.booking, view.id.concert);
    json.push(r#"{"id":""#);
    json.push(view.id.text());
    json.push(r#"","concertId":""#);
    json.push(concert.text());
    json.push(r#"","concertName":"#);
    json.push_text(&view.terms.details.name);
    json.push(r#","userId":"#);
    json.push_text(view.user.as_str());
    json.push(r#","items":"#);
    push_items(json, view, &booking.items)?;
    json.push(r#","quantity":"#);
    json.push_number(booking.quantity());
    json.push(r#","total":"#);
    json.push_amount(amount(view, booking.total()));
    if let Some(discount) = booking.discount() {
        json.push(r#","discount":"#);
        json.push_amount(amount(view, discount.amount));
    }
    json.push(r#","currency":""#);
    json.push(view.terms.currency.code());
    json.push(r#"","status":""#);
    json.push(status_word(booking.status));
    json.push(r#"","expiresAt":"#);
    match booking.expires_at() {
        Some(time) => json.push_time(time)?,
        None => json.push("null"),
    }
    if let Some(pending) = booking.pending() {
        json.push(r#","pendingChange":"#);
        push_change(json, view, pending)?;
    }
    json.push(r#","createdAt":"#);
    json.push_time(booking.created_at())?;
    json.push(r#","updatedAt":"#);
    json.push_time(booking.updated_at())?;
    json.push(r#","sequence":"#);
    json.push_number(booking.sequence());
    json.push("}");
    Ok(())
}

/// Adds the items of a booking, or of what it is to become.
///
/// # Errors
/// As [`push_booking`].
pub(super) fn push_items(
    json: &mut JsonText,
    view: &BookingView,
    items: &[BookedItem],
) -> Result<(), Problem> {
    json.push_list(items, |json, item| {
        let seat_type = view.terms.seat_types.get(item.seat_type.index());
        json.push(r#"{"seatTypeId":""#);
        json.push(SeatTypeId { concert: view.id.concert, number: item.seat_type }.text());
        json.push(r#"","seatTypeName":"#);
        json.push_text(seat_type.map_or("", |seat_type| &seat_type.name));
        json.push(r#","quantity":"#);
        json.push_number(item.quantity);
        json.push(r#","seats":"#);
        json.push_list(view.seats_of(item), |json, label| {
            json.push_text(&label);
            Ok(())
        })?;
        json.push(r#","unitPrice":"#);
        json.push_amount(amount(view, item.unit_price));
        json.push("}");
        Ok(())
    })
}

/// Adds a change that waits for its payment.
///
/// # Errors
/// As [`push_booking`].
pub(super) fn push_change(
    json: &mut JsonText,
    view: &BookingView,
    pending: &PendingChange,
) -> Result<(), Problem> {
    json.push(r#"{"amountDue":"#);
    json.push_amount(amount(view, pending.amount_due));
    json.push(r#","items":"#);
    push_items(json, view, &pending.items)?;
    json.push(r#","expiresAt":"#);
    json.push_time(pending.expires_at)?;
    json.push("}");
    Ok(())
}

fn amount(view: &BookingView, minor: MinorUnits) -> Amount {
    Amount { minor, currency: view.terms.currency }
}

/// A cursor of a user's bookings, newest first.
pub(crate) fn place_of(view: &BookingView) -> String {
    format!("{}:{}", view.booking.created_at().0, view.id)
}

/// The place that [`place_of`] wrote.
pub(crate) fn read_place(text: &str) -> Option<(Time, BookingId)> {
    let (time, id) = text.split_once(':')?;
    Some((Time(time.parse().ok()?), id.parse().ok()?))
}
