//! Why a command makes nothing happen.

use std::fmt;

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
    #[error("a user may have {limit} ticket{} of this concert; this one has {owned}", if *limit == 1 { "" } else { "s" })]
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
    #[error("{} left", SeatsOfTypeAre(*available))]
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
    #[error("{} left: book {}", SeatsOfTypeAre(*available), if *available == 1 { "it" } else { "them" })]
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
    #[error("{} taken", SeatsOfTypeAre(*taken))]
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

/// So many seats, up to the verb.
struct SeatsOfTypeAre(u32);

impl fmt::Display for SeatsOfTypeAre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 seat of this type is"),
            seats => write!(f, "{seats} seats of this type are"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_spoken_of_as_one() {
        let cases = [
            (Rejection::NotSoldOut { available: 1 }, "1 seat of this type is left: book it"),
            (Rejection::NotSoldOut { available: 2 }, "2 seats of this type are left: book them"),
            (Rejection::SoldOut { available: 0 }, "0 seats of this type are left"),
            (Rejection::SoldOut { available: 1 }, "1 seat of this type is left"),
            (Rejection::CapacityBelowSold { taken: 1 }, "1 seat of this type is taken"),
            (Rejection::CapacityBelowSold { taken: 3 }, "3 seats of this type are taken"),
            (
                Rejection::AlreadyBooked { limit: 1, owned: 1 },
                "a user may have 1 ticket of this concert; this one has 1",
            ),
            (
                Rejection::AlreadyBooked { limit: 4, owned: 1 },
                "a user may have 4 tickets of this concert; this one has 1",
            ),
        ];
        for (rejection, expected) in cases {
            assert_eq!(rejection.to_string(), expected);
        }
    }
}
