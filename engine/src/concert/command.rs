//! What can be asked of a concert.

use super::event::SeatTypeChange;
use super::terms::{DetailsChange, NewConcert, NewSeatType};
use crate::caller::Caller;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, SeatTypeNumber, UserId};

/// Something that a caller wants to happen to a concert, or that time brings about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertCommand {
    /// Make the concert.
    Create {
        /// Who makes it, and manages it from then on.
        caller: Caller,
        /// Everything about it.
        concert: Box<NewConcert>,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Something that only the concert's organizer or an admin may do.
    Manage {
        /// Who wants it.
        caller: Caller,
        /// What.
        action: ManagerAction,
    },
    /// Book seats.
    Book(BookSeats),
    /// Cancel one booking.
    CancelBooking {
        /// Who wants it.
        caller: Caller,
        /// Which booking.
        number: BookingNumber,
        /// The caller's key.
        idempotency: Option<IdempotencyKey>,
    },
    /// Let happen what is due by now. Made by the concert's own actor.
    PassTime,
    /// End the next bookings of a cancelled concert. Made by the concert's own actor.
    CancelNextBookings,
}

/// What an organizer does with a concert of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerAction {
    /// Change description, times or rules.
    ChangeDetails {
        /// What is to be different.
        change: Box<DetailsChange>,
        /// The version that the change was made for, if it matters.
        if_version: Option<u64>,
    },
    /// Add a seat type.
    AddSeatType(NewSeatType),
    /// Change a seat type.
    ChangeSeatType {
        /// Which one.
        number: SeatTypeNumber,
        /// What is to be different.
        change: SeatTypeChange,
    },
    /// Publish a draft, or reopen a closed sale.
    OpenSales,
    /// Close the sale.
    CloseSales,
    /// Call the concert off.
    Cancel,
    /// Remove a concert that was never booked.
    Delete,
}

/// A wish for seats: all of them or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookSeats {
    /// For whom.
    pub user: UserId,
    /// Which seats: at least one item, each seat type at most once.
    pub items: WantedItems,
    /// The caller's key.
    pub idempotency: Option<IdempotencyKey>,
}

/// The items of a wish; nearly always one.
pub type WantedItems = smallvec::SmallVec<[WantedItem; 1]>;

/// Some seats of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedItem {
    /// Of which type.
    pub seat_type: SeatTypeNumber,
    /// How many.
    pub quantity: u32,
}
