//! Bookings, and the wish for one.

use boxoffice_engine::concert::{
    BookSeats, BookingStatus, BookingView, WantedItem, WantedItems, item_faults,
};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingId, ConcertId, SeatTypeId, SeatTypeNumber, UserId};
use boxoffice_engine::limits;
use boxoffice_engine::time::Time;
use serde::{Serialize, Serializer};

use crate::json::{Integer, Json, ObjectReader, Text, read};
use crate::problem::{Code, Problem};
use crate::respond::{Amount, Utc};

/// The contract's words for how a booking stands; held and expired bookings come with payments.
pub(crate) const STATUS_WORDS: [(Option<BookingStatus>, &str); 4] = [
    (Some(BookingStatus::Confirmed), "confirmed"),
    (Some(BookingStatus::Cancelled), "cancelled"),
    (None, "held"),
    (None, "expired"),
];

/// `booking` of the contract.
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
    currency: &'static str,
    status: &'static str,
    expires_at: Option<Utc>,
    created_at: Utc,
    updated_at: Utc,
    sequence: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(serialize_with = "text")]
    seat_type_id: SeatTypeId,
    seat_type_name: &'a str,
    quantity: u32,
    seats: [&'a str; 0],
    unit_price: Amount,
}

pub(super) fn text<S: Serializer>(id: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl<'a> From<&'a BookingView> for Booking<'a> {
    fn from(view: &'a BookingView) -> Self {
        let (booking, terms, concert) = (&view.booking, &view.terms, view.id.concert);
        let currency = terms.currency;
        let items = booking.items.iter().map(|item| Item {
            seat_type_id: SeatTypeId { concert, number: item.seat_type },
            seat_type_name: terms
                .seat_types
                .get(item.seat_type.index())
                .map_or("", |seat_type| &seat_type.name),
            quantity: item.quantity,
            seats: [],
            unit_price: Amount { minor: item.unit_price, currency },
        });
        let word = STATUS_WORDS.iter().find(|(status, _)| *status == Some(booking.status));
        Self {
            id: view.id,
            concert_id: concert,
            concert_name: &terms.details.name,
            user_id: view.user.as_str(),
            items: items.collect(),
            quantity: booking.quantity(),
            total: Amount { minor: booking.total(), currency },
            currency: currency.code(),
            status: word.map_or("", |(_, word)| word),
            expires_at: None,
            created_at: Utc(booking.created_at),
            updated_at: Utc(booking.updated_at),
            sequence: booking.sequence,
        }
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

/// A wish for seats as it was sent: its ids are known to be texts, not yet to be ids.
#[derive(Default)]
pub(crate) struct BookingRequest {
    concert: String,
    items: Vec<(String, u32)>,
}

/// Reads the body of `POST /bookings`, in either of its forms.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_booking_request(body: Json) -> Result<BookingRequest, Problem> {
    read(body, |fields| {
        let concert = fields.required("concertId", Text::any());
        fields.refuse("promoCode", "promo codes are not supported yet");
        let items = if fields.has("items") {
            for alone in ["seatTypeId", "quantity", "seats", "bestAvailable"] {
                fields.refuse(alone, "stands in each of the items when there are items");
            }
            fields.objects("items", 1..=limits::ITEMS_PER_BOOKING_MAX, read_item).unwrap_or_default()
        } else {
            vec![read_item(fields)]
        };
        BookingRequest { concert, items }
    })
    .check(
        |request| if request.items.is_empty() { Faults::default() } else { item_faults(&request.wanted()) },
    )
}

fn read_item(fields: &mut ObjectReader<'_>) -> (String, u32) {
    let seat_type = fields.required("seatTypeId", Text::any());
    let quantity = fields.optional("quantity", Integer::of(1..=limits::SEATS_PER_BOOKING_MAX));
    fields.refuse("seats", "numbered seats are not supported yet");
    fields.refuse("bestAvailable", "numbered seats are not supported yet");
    (seat_type, quantity.unwrap_or(1))
}

impl BookingRequest {
    /// The concert that is meant.
    ///
    /// # Errors
    /// `concert_not_found` where the text is no id: no concert has it.
    pub(crate) fn concert(&self) -> Result<ConcertId, Problem> {
        self.concert.parse().map_err(|_| Problem::new(Code::ConcertNotFound, "there is no such concert"))
    }

    /// Everything that makes the request what it is, for its idempotency key.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut bytes = self.concert.clone().into_bytes();
        for (seat_type, quantity) in &self.items {
            bytes.extend_from_slice(format!(" {seat_type} {quantity}").as_bytes());
        }
        bytes
    }

    /// The wish as the concert takes it.
    pub(crate) fn wish(&self, user: UserId, idempotency: Option<IdempotencyKey>) -> BookSeats {
        BookSeats { user, items: self.wanted(), idempotency }
    }

    /// The items with their seat types' numbers. Where the id is none of the concert's, the number is one that no seat type has, so
    /// that the concert answers in the order of its rules.
    fn wanted(&self) -> WantedItems {
        let concert = self.concert.parse().ok();
        let known = |text: &str| text.parse::<SeatTypeId>().ok().filter(|id| Some(id.concert) == concert);
        let nobodys = (0..u16::MAX).rev().map(SeatTypeNumber);
        let items = self.items.iter().zip(nobodys);
        items
            .map(|((seat_type, quantity), nobodys)| WantedItem {
                seat_type: known(seat_type).map_or(nobodys, |id| id.number),
                quantity: *quantity,
            })
            .collect()
    }
}
