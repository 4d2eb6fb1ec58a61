//! The wish for a booking, and for another one in its place.

use std::fmt::Write;

use boxoffice_engine::concert::{
    BookSeats, ChangeWish, CodeText, Rejection, WantedItem, WantedItems, item_faults,
};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{ConcertId, SeatTypeId, SeatTypeNumber, UserId};
use boxoffice_engine::limits;
use compact_str::CompactString;

use crate::json::{Boolean, Integer, Json, ObjectReader, Text, read};
use crate::problem::Problem;

/// Longest label of a seat that is looked for, in characters: no seat has a longer one.
const SEAT_LABEL_CHARS_MAX: usize = 64;
/// What the pointers of a single item begin with in the engine's faults; on the wire it is the request itself.
const ONLY_ITEM: &str = "/items/0";

/// Some seats as they were sent: their type is known to be a text, not yet to be an id.
#[derive(Default)]
struct RequestedItem {
    seat_type: Option<String>,
    quantity: Option<u32>,
    seats: Vec<CompactString>,
}

/// A wish for seats as it was sent.
#[derive(Default)]
pub(crate) struct BookingRequest {
    concert: String,
    items: Vec<RequestedItem>,
    promo_code: Option<String>,
}

/// A wish for other seats as it was sent.
#[derive(Default)]
pub(crate) struct ChangeRequest {
    items: Vec<RequestedItem>,
    /// Whether the items are all that the booking shall have; else there is one, of which what is absent stays.
    is_whole: bool,
}

/// Reads the body of `POST /bookings`, in either of its forms.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_booking_request(body: Json) -> Result<BookingRequest, Problem> {
    let mut is_single = false;
    read(body, |fields| {
        let (request, single) = read_booking(fields);
        is_single = single;
        request
    })
    .check(|request| check_booking(request, is_single))
}

/// Takes the fields of a wish, and says whether it is of the form with a single item.
pub(super) fn read_booking(fields: &mut ObjectReader<'_>) -> (BookingRequest, bool) {
    let is_single = !fields.has("items");
    let request = BookingRequest {
        concert: fields.required("concertId", Text::any()),
        promo_code: fields.optional("promoCode", Text::any()),
        items: if is_single { vec![read_item(fields)] } else { read_items(fields) },
    };
    (request, is_single)
}

/// What no concert could fulfil of a wish, by the pointers of the form that was sent.
pub(super) fn check_booking(request: &BookingRequest, is_single: bool) -> Faults {
    faults(&request.items, is_single)
}

/// Reads the body of `PATCH /bookings/{id}`, in either of its forms.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_change_request(body: Json) -> Result<ChangeRequest, Problem> {
    read(body, |fields| {
        let is_whole = fields.has("items");
        let items = if is_whole { read_items(fields) } else { vec![read_part(fields)] };
        ChangeRequest { items, is_whole }
    })
    .check(|request| {
        let says_how_many =
            |item: &RequestedItem| request.is_whole || item.quantity.is_some() || !item.seats.is_empty();
        if request.items.iter().all(says_how_many) {
            faults(&request.items, !request.is_whole)
        } else {
            Faults::default()
        }
    })
}

fn read_items(fields: &mut ObjectReader<'_>) -> Vec<RequestedItem> {
    for alone in ["seatTypeId", "quantity", "seats", "bestAvailable"] {
        fields.refuse(alone, "stands in each of the items when there are items");
    }
    fields.objects("items", 1..=limits::ITEMS_PER_BOOKING_MAX, read_item).unwrap_or_default()
}

fn read_item(fields: &mut ObjectReader<'_>) -> RequestedItem {
    let is_missing = !fields.has("seatTypeId");
    let item = read_part(fields);
    if is_missing {
        fields.fault("seatTypeId", "is missing");
    }
    item
}

/// An item of which anything may be absent.
fn read_part(fields: &mut ObjectReader<'_>) -> RequestedItem {
    let label = Text::of(1..=SEAT_LABEL_CHARS_MAX);
    let names_seats = fields.has("seats");
    let seats = fields.values("seats", 1..=limits::SEATS_PER_BOOKING_MAX as usize, label);
    if fields.optional("bestAvailable", Boolean) == Some(true) && names_seats {
        fields.fault("bestAvailable", "seats are named: give one or the other");
    }
    RequestedItem {
        seat_type: fields.optional("seatTypeId", Text::any()),
        quantity: fields.optional("quantity", Integer::of(1..=limits::SEATS_PER_BOOKING_MAX)),
        seats: seats.unwrap_or_default().into_iter().map(CompactString::from).collect(),
    }
}

/// What no concert could fulfil, by the pointers of the form that was sent.
fn faults(items: &[RequestedItem], is_single: bool) -> Faults {
    let mut faults = Faults::default();
    if items.is_empty() {
        return faults;
    }
    for fault in item_faults(&wanted(items, None)).iter() {
        let pointer = if is_single {
            fault.pointer.strip_prefix(ONLY_ITEM).unwrap_or(&fault.pointer)
        } else {
            &fault.pointer
        };
        faults.add(pointer, &*fault.detail);
    }
    // The engine was asked without the concert, for which all types are different ones.
    for (index, item) in items.iter().enumerate() {
        if items[..index].iter().any(|other| other.seat_type == item.seat_type) {
            faults.add(format!("/items/{index}/seatTypeId"), "another item names the same seat type");
        }
    }
    faults
}

/// The items with their seat types' numbers. Where the id is none of the concert's, the number is one that no seat type has, so
/// that the concert answers in the order of its rules.
fn wanted(items: &[RequestedItem], concert: Option<ConcertId>) -> WantedItems {
    let nobodys = (0..u16::MAX).rev().map(SeatTypeNumber);
    let wanted = items.iter().zip(nobodys).map(|(item, nobodys)| WantedItem {
        seat_type: item.number(concert).unwrap_or(nobodys),
        quantity: item.quantity_meant(),
        seats: item.seats.clone(),
    });
    wanted.collect()
}

impl RequestedItem {
    fn number(&self, concert: Option<ConcertId>) -> Option<SeatTypeNumber> {
        SeatTypeId::at(concert?, self.seat_type.as_ref()?).map(|id| id.number)
    }

    /// How many are named, where some are; else one, if nothing is said.
    fn quantity_meant(&self) -> u32 {
        let named = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
        self.quantity.unwrap_or(named.max(1))
    }

    fn write_fingerprint(&self, text: &mut String) {
        let Self { seat_type, seats, .. } = self;
        // Writing to a string cannot fail.
        let _ = write!(text, " {} {}", seat_type.as_deref().unwrap_or_default(), self.quantity_meant());
        if !seats.is_empty() {
            let _ = write!(text, " {seats:?}");
        }
    }
}

impl BookingRequest {
    /// The concert that is meant.
    ///
    /// # Errors
    /// `concert_not_found` where the text is no id: no concert has it.
    pub(crate) fn concert(&self) -> Result<ConcertId, Problem> {
        self.concert.parse().map_err(|_| Rejection::ConcertNotFound.into())
    }

    /// Everything that makes the request what it is, for its idempotency key.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut text = self.concert.clone();
        for item in &self.items {
            item.write_fingerprint(&mut text);
        }
        if let Some(code) = &self.promo_code {
            let _ = write!(text, " code {code:?}");
        }
        text.into_bytes()
    }

    /// The wish as the concert takes it.
    pub(crate) fn wish(&self, user: UserId, idempotency: Option<IdempotencyKey>) -> BookSeats {
        let items = wanted(&self.items, self.concert.parse().ok());
        let promo_code = self.promo_code.as_deref().map(CodeText::new);
        BookSeats { user, items, promo_code, mail: false, by_manager: false, idempotency }
    }
}

impl ChangeRequest {
    /// Everything that makes the request what it is, for its idempotency key.
    pub(crate) fn fingerprint(&self) -> Vec<u8> {
        let mut text = String::from(if self.is_whole { "items" } else { "item" });
        for item in &self.items {
            if !self.is_whole {
                let _ = write!(text, " {:?}", item.quantity);
            }
            item.write_fingerprint(&mut text);
        }
        text.into_bytes()
    }

    /// The wish as the concert takes it.
    pub(crate) fn wish(&self, concert: ConcertId) -> ChangeWish {
        match &self.items[..] {
            [item] if !self.is_whole => ChangeWish::OneItem {
                seat_type: item
                    .seat_type
                    .is_some()
                    .then(|| item.number(Some(concert)).unwrap_or(SeatTypeNumber::NOBODYS)),
                quantity: item.quantity,
                seats: (!item.seats.is_empty()).then(|| item.seats.clone()),
            },
            items => ChangeWish::Items(wanted(items, Some(concert))),
        }
    }
}
