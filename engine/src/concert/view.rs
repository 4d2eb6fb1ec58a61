//! What is told about a concert and its bookings: copies that nobody can change.

use std::sync::Arc;

use super::counts::Counts;
use super::rejection::Rejection;
use super::state::{Booking, BookingStatus, Concert, Stage, Terms};
use crate::caller::Caller;
use crate::ids::{BookingId, BookingNumber, ConcertId, SeatTypeId, SeatTypeNumber, UserId};
use crate::time::Time;

/// A concert at one sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConcertView {
    /// Its id.
    pub id: ConcertId,
    /// The event that made this state.
    pub sequence: u64,
    /// How far its sale is.
    pub stage: Stage,
    /// Everything that does not change with its bookings.
    pub terms: Arc<Terms>,
    /// The seats of each type, by the type's number.
    pub counts: Vec<Counts>,
}

impl ConcertView {
    /// Whether it is on sale without a seat left.
    pub fn is_sold_out(&self) -> bool {
        self.stage == Stage::OnSale && self.counts.iter().all(|counts| counts.available == 0)
    }

    /// Whether this caller may know that the concert exists: a draft is its organizer's (and the admins').
    pub fn is_visible_to(&self, caller: Option<&Caller>) -> bool {
        self.stage.shows_to(caller, &self.terms.organizer)
    }

    /// Whether this caller may change the concert and see its bookings.
    pub fn is_managed_by(&self, caller: &Caller) -> bool {
        self.terms.are_managed_by(caller)
    }

    /// The ids of its seat types with what is told of each.
    pub fn seat_types(&self) -> impl Iterator<Item = (SeatTypeId, &super::SeatType, Counts)> {
        self.terms.seat_types.iter().zip(&self.counts).enumerate().filter_map(
            |(index, (seat_type, counts))| {
                let number = SeatTypeNumber::from_index(index)?;
                Some((SeatTypeId { concert: self.id, number }, seat_type, *counts))
            },
        )
    }
}

/// A booking at one sequence of its concert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingView {
    /// Its id.
    pub id: BookingId,
    /// Whose it is.
    pub user: UserId,
    /// The booking.
    pub booking: Booking,
    /// Its concert's terms, for the names.
    pub terms: Arc<Terms>,
}

/// One question to a concert that its committed view cannot answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertQuery {
    /// One booking.
    Booking {
        /// Who asks.
        caller: Caller,
        /// Which.
        number: BookingNumber,
    },
    /// One user's bookings, newest first.
    BookingsOf {
        /// Whose.
        user: UserId,
        /// Only with this status.
        status: Option<BookingStatus>,
        /// Only those that come after this one in a list of all the user's bookings, newest first.
        after: Option<(Time, BookingId)>,
        /// So many at most.
        limit: usize,
    },
    /// All bookings, oldest first.
    Bookings {
        /// Who asks.
        caller: Caller,
        /// Only with this status.
        status: Option<BookingStatus>,
        /// Only with a higher number.
        after: Option<BookingNumber>,
        /// So many at most.
        limit: usize,
    },
}

impl Concert {
    /// The concert as it is now.
    pub fn view(&self) -> ConcertView {
        ConcertView {
            id: self.id,
            sequence: self.sequence,
            stage: self.stage,
            terms: Arc::clone(&self.terms),
            counts: self.counts.clone(),
        }
    }

    /// One of its bookings as it is now.
    pub fn booking_view(&self, booking: &Booking) -> BookingView {
        BookingView {
            id: BookingId { concert: self.id, number: booking.number },
            user: self.owner(booking).clone(),
            booking: booking.clone(),
            terms: Arc::clone(&self.terms),
        }
    }

    /// The answer to a question.
    ///
    /// # Errors
    /// When the caller may not know, or there is nothing to know.
    pub fn answer(&self, query: &ConcertQuery) -> Result<Vec<BookingView>, Rejection> {
        let wanted = |booking: &&Booking, status: &Option<BookingStatus>| {
            status.is_none_or(|status| booking.status == status)
        };
        match query {
            ConcertQuery::Booking { caller, number } => {
                Ok(vec![self.booking_view(self.booking_for(caller, *number)?)])
            }
            ConcertQuery::BookingsOf { user, status, after, limit } => {
                let place = |booking: &Booking| {
                    (booking.created_at, BookingId { concert: self.id, number: booking.number })
                };
                let bookings = self
                    .bookings_of(user)
                    .filter(|booking| after.is_none_or(|after| place(booking) < after))
                    .filter(|booking| wanted(booking, status));
                Ok(bookings.take(*limit).map(|booking| self.booking_view(booking)).collect())
            }
            ConcertQuery::Bookings { caller, status, after, limit } => {
                if !self.is_visible_to(Some(caller)) {
                    return Err(Rejection::ConcertNotFound);
                }
                if !self.is_managed_by(caller) {
                    return Err(Rejection::Forbidden);
                }
                let start =
                    after.map_or(0, |after| self.bookings.partition_point(|booking| booking.number <= after));
                let bookings = self.bookings[start..].iter().filter(|booking| wanted(booking, status));
                Ok(bookings.take(*limit).map(|booking| self.booking_view(booking)).collect())
            }
        }
    }
}
