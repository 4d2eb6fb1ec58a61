//! Why a command makes nothing happen.

use crate::faults::Faults;

/// A refusal. It is a value, not an accident: nothing has changed.
///
/// Where several apply to a booking, the one that stands first here is given; the tests of `decide` hold it to that order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The input itself cannot be accepted.
    #[error("the request has fields that cannot be accepted")]
    Invalid(Faults),
    /// There is no such concert, or the caller may not know of it.
    #[error("there is no such concert")]
    ConcertNotFound,
    /// The concert is seen by everyone, but not this caller's to change.
    #[error("only the concert's organizer may do this")]
    Forbidden,
    /// The concert has no such seat type.
    #[error("the concert has no such seat type")]
    SeatTypeNotFound,
    /// There is no such booking, or the caller may not know of it.
    #[error("there is no such booking")]
    BookingNotFound,
    /// The key was used for another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// A concert that is to be made has the id of another one: to be tried again with the next id.
    #[error("another concert has this id")]
    ConcertIdTaken,
    /// The change was made for another version.
    #[error("the concert is at version {version}")]
    VersionMismatch {
        /// The present version.
        version: u64,
    },
    /// The concert was called off.
    #[error("the concert was cancelled")]
    ConcertCancelled,
    /// The sale has not begun.
    #[error("the sale has not opened yet")]
    SalesNotOpen,
    /// The sale is over.
    #[error("the sale is closed")]
    SalesClosed,
    /// The user would have more tickets than one may have.
    #[error("a user may have {limit} tickets of this concert; this one has {owned}")]
    AlreadyBooked {
        /// Tickets that a user may have.
        limit: u32,
        /// Tickets that this user has.
        owned: u32,
    },
    /// Fewer seats are left than are wanted.
    #[error("{available} seats of this type are left")]
    SoldOut {
        /// Seats of the first such type that are left.
        available: u32,
    },
    /// It is too late: the concert has begun.
    #[error("the concert has begun")]
    ConcertStarted,
    /// The booking was cancelled before.
    #[error("the booking is cancelled already")]
    AlreadyCancelled,
    /// More seats are taken than the seat type would have.
    #[error("{taken} seats of this type are taken")]
    CapacityBelowSold {
        /// Seats that are held, booked or blocked.
        taken: u32,
    },
    /// A concert with bookings is kept.
    #[error("the concert has bookings; cancel it instead")]
    ConcertHasBookings,
}

impl From<Faults> for Rejection {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}
