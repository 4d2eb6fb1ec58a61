//! What happened to a concert. Events are facts: they are never refused, only applied.

use smallvec::SmallVec;

use super::terms::{DetailsChange, NewConcert, NewSeatType};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, SeatTypeNumber, UserId};
use crate::money::MinorUnits;

/// One thing that happened to a concert. Its sequence and time stand in the record around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertEvent {
    /// The concert came to be; always its first event.
    Created {
        /// Who made it and manages it.
        organizer: UserId,
        /// Everything about it.
        concert: Box<NewConcert>,
        /// The key under which a repeated request finds this concert again.
        idempotency: Option<IdempotencyKey>,
    },
    /// The organizer changed its description, times or rules.
    DetailsChanged {
        /// Who did it.
        by: UserId,
        /// What is different now.
        change: Box<DetailsChange>,
    },
    /// A seat type was added; its number is the next.
    SeatTypeAdded {
        /// Who did it.
        by: UserId,
        /// The seat type.
        seat_type: NewSeatType,
    },
    /// A seat type was changed.
    SeatTypeChanged {
        /// Who did it.
        by: UserId,
        /// Which one.
        number: SeatTypeNumber,
        /// What is different now.
        change: SeatTypeChange,
    },
    /// The organizer published a draft or reopened a closed sale.
    SalesOpened {
        /// Who did it.
        by: UserId,
    },
    /// The organizer closed the sale.
    SalesClosed {
        /// Who did it.
        by: UserId,
    },
    /// The concert will not take place. Its bookings are ended by the `BookingsCancelled` events that follow.
    Cancelled {
        /// Who did it.
        by: UserId,
    },
    /// The concert, never booked, was removed.
    Deleted {
        /// Who did it.
        by: UserId,
    },
    /// The record's time has come: whatever was due by then (the sale's opening, its close) has happened.
    TimePassed,
    /// Seats were booked. The booking's number is the event's sequence.
    Booked {
        /// Whose booking it is.
        user: UserId,
        /// What was booked; at least one item, each seat type at most once.
        items: BookedItems,
        /// The key under which a repeated request finds this booking again.
        idempotency: Option<IdempotencyKey>,
    },
    /// One booking was cancelled and its seats are free again.
    BookingCancelled {
        /// Which one.
        number: BookingNumber,
        /// Who did it: the owner, the concert's organizer or an admin.
        by: UserId,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// The concert being cancelled, all its bookings up to this number are.
    BookingsCancelled {
        /// The last booking that this event reaches.
        through: BookingNumber,
    },
}

/// The items of a booking; nearly always one.
pub type BookedItems = SmallVec<[BookedItem; 1]>;

/// Seats of one type in a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedItem {
    /// Of which type.
    pub seat_type: SeatTypeNumber,
    /// How many.
    pub quantity: u32,
    /// Price of each when it was booked.
    pub unit_price: MinorUnits,
    /// Which seats, by their place in the seat type's map; empty for general admission.
    pub seats: Vec<u32>,
}

/// What is different about a seat type; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatTypeChange {
    /// New name.
    pub name: Option<String>,
    /// New price, for bookings from now on.
    pub price: Option<MinorUnits>,
    /// New capacity.
    pub total_seats: Option<u32>,
}
