//! Why a command makes nothing happen.

use compact_str::CompactString;

use crate::faults::Faults;
use crate::ids::BookingId;

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
    /// The seat type has no such seat.
    #[error("there is no seat {seat} of this type")]
    SeatNotFound {
        /// Its label, as it was asked for.
        seat: CompactString,
    },
    /// There is no such booking, or the caller may not know of it.
    #[error("there is no such booking")]
    BookingNotFound,
    /// There is no such payment, or the caller may not know of it.
    #[error("there is no such payment")]
    PaymentNotFound,
    /// The caller does not wait for seats of this type.
    #[error("you do not wait for seats of this type")]
    NotWaiting,
    /// The concert has such a promo code already.
    #[error("there is a code {code} already")]
    CodeTaken {
        /// Its text.
        code: CompactString,
    },
    /// The concert has no such promo code.
    #[error("there is no such code")]
    CodeNotFound,
    /// The key was used for another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// Payments need a gateway, and the office has none.
    #[error("payments need a gateway, and none is configured")]
    GatewayMissing,
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
    /// There is no such code, or it is no longer taken.
    #[error("this code is not valid")]
    CodeInvalid,
    /// The code is used as often as it may be.
    #[error("this code is used up")]
    CodeUsedUp,
    /// The user would have more tickets than one may have.
    #[error("a user may have {limit} tickets of this concert; this one has {owned}")]
    AlreadyBooked {
        /// Tickets that a user may have.
        limit: u32,
        /// Tickets that this user has.
        owned: u32,
    },
    /// The organizer set the seat aside.
    #[error("seat {seat} is not for sale")]
    SeatBlocked {
        /// Its label.
        seat: CompactString,
    },
    /// The seat is somebody's.
    #[error("seat {seat} is taken")]
    SeatTaken {
        /// Its label.
        seat: CompactString,
    },
    /// Fewer seats are left than are wanted.
    #[error("{available} seats of this type are left")]
    SoldOut {
        /// Seats of the first such type that are left.
        available: u32,
    },
    /// A single seat would be left over between others.
    #[error("these seats would leave a single one over; choose others or the best available")]
    OrphanSeat,
    /// It is too late: the concert has begun.
    #[error("the concert has begun")]
    ConcertStarted,
    /// The booking was cancelled before.
    #[error("the booking is cancelled already")]
    AlreadyCancelled,
    /// The hold's time has come, and its seats are free again.
    #[error("the hold has expired")]
    HoldExpired,
    /// The booking is not held, so nothing is to be paid or extended.
    #[error("the booking is not held, or nothing is to be paid for it")]
    NotHeld,
    /// A payment is to be made first.
    #[error("the booking has to be paid")]
    PaymentRequired,
    /// How a payment of this booking ends is not known yet.
    #[error("a payment of this booking is under way")]
    PaymentInProgress,
    /// The booking was tried to be paid too often.
    #[error("a booking has at most {max} payments")]
    TooManyPayments {
        /// How many it may have.
        max: usize,
    },
    /// So many seats can be booked: nobody needs to wait.
    #[error("{available} seats of this type are left: book them")]
    NotSoldOut {
        /// Seats that are left.
        available: u32,
    },
    /// The caller waits for seats of this type already.
    #[error("you wait for seats of this type already")]
    AlreadyWaiting,
    /// What the caller would wait for is offered to them by now.
    #[error("seats of this type are offered to you: take up or cancel booking {booking} first")]
    AlreadyOffered {
        /// The hold that the offer is.
        booking: BookingId,
    },
    /// Too many wait already.
    #[error("the waiting list is full")]
    WaitlistFull,
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
