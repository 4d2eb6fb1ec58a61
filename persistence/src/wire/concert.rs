//! Mirrors of what happens to a concert, version 1.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::concert::{BookedItem, ConcertEvent, SeatTypeChange};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, SeatTypeNumber};

use super::WireError;
use super::accounts::user;
use super::list::List;

mod terms;
use terms::{WireConcert, WireDetailsChange, WireSeatType};

#[derive(Encode, BorrowDecode)]
pub(super) enum WireConcertEvent<'a> {
    Created { organizer: &'a str, concert: Box<WireConcert<'a>>, idempotency: Option<WireKey> },
    DetailsChanged { by: &'a str, change: Box<WireDetailsChange<'a>> },
    SeatTypeAdded { by: &'a str, seat_type: WireSeatType<'a> },
    SeatTypeChanged { by: &'a str, number: u16, change: WireSeatTypeChange<'a> },
    SalesOpened { by: &'a str },
    SalesClosed { by: &'a str },
    Cancelled { by: &'a str },
    Deleted { by: &'a str },
    TimePassed,
    Booked { user: &'a str, items: List<WireItem>, idempotency: Option<WireKey> },
    BookingCancelled { number: u64, by: &'a str, idempotency: Option<WireKey> },
    BookingsCancelled { through: u64 },
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct WireKey {
    key: [u8; 16],
    request: [u8; 16],
}

#[derive(Encode, Decode)]
pub(super) struct WireItem {
    seat_type: u16,
    quantity: u32,
    unit_price: i64,
    seats: Vec<u32>,
}

#[derive(Encode, BorrowDecode)]
pub(super) struct WireSeatTypeChange<'a> {
    name: Option<&'a str>,
    price: Option<i64>,
    total_seats: Option<u32>,
}

impl<'a> From<&'a ConcertEvent> for WireConcertEvent<'a> {
    fn from(event: &'a ConcertEvent) -> Self {
        match event {
            ConcertEvent::Created { organizer, concert, idempotency } => Self::Created {
                organizer: organizer.as_str(),
                concert: Box::new(concert.as_ref().into()),
                idempotency: idempotency.map(Into::into),
            },
            ConcertEvent::DetailsChanged { by, change } => {
                Self::DetailsChanged { by: by.as_str(), change: Box::new(change.as_ref().into()) }
            }
            ConcertEvent::SeatTypeAdded { by, seat_type } => {
                Self::SeatTypeAdded { by: by.as_str(), seat_type: seat_type.into() }
            }
            ConcertEvent::SeatTypeChanged { by, number, change } => {
                Self::SeatTypeChanged { by: by.as_str(), number: number.0, change: change.into() }
            }
            ConcertEvent::SalesOpened { by } => Self::SalesOpened { by: by.as_str() },
            ConcertEvent::SalesClosed { by } => Self::SalesClosed { by: by.as_str() },
            ConcertEvent::Cancelled { by } => Self::Cancelled { by: by.as_str() },
            ConcertEvent::Deleted { by } => Self::Deleted { by: by.as_str() },
            ConcertEvent::TimePassed => Self::TimePassed,
            ConcertEvent::Booked { user, items, idempotency } => Self::Booked {
                user: user.as_str(),
                items: List(items.iter().map(Into::into).collect()),
                idempotency: idempotency.map(Into::into),
            },
            ConcertEvent::BookingCancelled { number, by, idempotency } => Self::BookingCancelled {
                number: number.0,
                by: by.as_str(),
                idempotency: idempotency.map(Into::into),
            },
            ConcertEvent::BookingsCancelled { through } => Self::BookingsCancelled { through: through.0 },
        }
    }
}

impl TryFrom<WireConcertEvent<'_>> for ConcertEvent {
    type Error = WireError;

    fn try_from(event: WireConcertEvent<'_>) -> Result<Self, WireError> {
        use WireConcertEvent as Wire;
        Ok(match event {
            Wire::Created { organizer, concert, idempotency } => Self::Created {
                organizer: user(organizer)?,
                concert: Box::new((*concert).try_into()?),
                idempotency: idempotency.map(Into::into),
            },
            Wire::DetailsChanged { by, change } => {
                Self::DetailsChanged { by: user(by)?, change: Box::new((*change).into()) }
            }
            Wire::SeatTypeAdded { by, seat_type } => {
                Self::SeatTypeAdded { by: user(by)?, seat_type: seat_type.into() }
            }
            Wire::SeatTypeChanged { by, number, change } => {
                Self::SeatTypeChanged { by: user(by)?, number: SeatTypeNumber(number), change: change.into() }
            }
            Wire::SalesOpened { by } => Self::SalesOpened { by: user(by)? },
            Wire::SalesClosed { by } => Self::SalesClosed { by: user(by)? },
            Wire::Cancelled { by } => Self::Cancelled { by: user(by)? },
            Wire::Deleted { by } => Self::Deleted { by: user(by)? },
            Wire::TimePassed => Self::TimePassed,
            Wire::Booked { user: id, items, idempotency } => Self::Booked {
                user: user(id)?,
                items: items.0.into_iter().map(Into::into).collect(),
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingCancelled { number, by, idempotency } => Self::BookingCancelled {
                number: BookingNumber(number),
                by: user(by)?,
                idempotency: idempotency.map(Into::into),
            },
            Wire::BookingsCancelled { through } => {
                Self::BookingsCancelled { through: BookingNumber(through) }
            }
        })
    }
}

impl From<IdempotencyKey> for WireKey {
    fn from(idempotency: IdempotencyKey) -> Self {
        Self { key: idempotency.key, request: idempotency.request }
    }
}

impl From<WireKey> for IdempotencyKey {
    fn from(idempotency: WireKey) -> Self {
        Self { key: idempotency.key, request: idempotency.request }
    }
}

impl From<&BookedItem> for WireItem {
    fn from(item: &BookedItem) -> Self {
        let BookedItem { seat_type, quantity, unit_price, ref seats } = *item;
        Self { seat_type: seat_type.0, quantity, unit_price, seats: seats.clone() }
    }
}

impl From<WireItem> for BookedItem {
    fn from(item: WireItem) -> Self {
        let WireItem { seat_type, quantity, unit_price, seats } = item;
        Self { seat_type: SeatTypeNumber(seat_type), quantity, unit_price, seats }
    }
}

impl<'a> From<&'a SeatTypeChange> for WireSeatTypeChange<'a> {
    fn from(change: &'a SeatTypeChange) -> Self {
        let SeatTypeChange { name, price, total_seats } = change;
        Self { name: name.as_deref(), price: *price, total_seats: *total_seats }
    }
}

impl From<WireSeatTypeChange<'_>> for SeatTypeChange {
    fn from(change: WireSeatTypeChange<'_>) -> Self {
        let WireSeatTypeChange { name, price, total_seats } = change;
        Self { name: name.map(str::to_owned), price, total_seats }
    }
}
