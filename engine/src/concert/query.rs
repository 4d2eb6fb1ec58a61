//! What a concert can be asked about, beyond what its committed view shows.

use super::booking::{Booking, BookingStatus};
use super::errand::{ErrandNumber, Lane};
use super::rejection::Rejection;
use super::state::Concert;
use super::view::{BookingView, ConcertView, ErrandView, PaymentView, SalesView, WaitingView};
use super::waiting::Waiter;
use crate::caller::Caller;
use crate::ids::{BookingId, BookingNumber, PaymentNumber, UserId};
use crate::money::MinorUnits;
use crate::time::Time;

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
    /// One payment.
    Payment {
        /// Who asks.
        caller: Caller,
        /// Which.
        number: PaymentNumber,
    },
    /// The wishes that wait: the caller's own, or, for the concert's organizer and admins, everybody's.
    Waitlist {
        /// Who asks.
        caller: Caller,
        /// Whether for everybody's.
        everybody: bool,
    },
    /// What was sold.
    Sales {
        /// Who asks.
        caller: Caller,
    },
    /// What is owed to the world outside.
    Errands {
        /// In which lane.
        lane: Lane,
        /// Only those that became owed after this one.
        after: ErrandNumber,
        /// So many at most.
        limit: usize,
    },
}

/// What a concert answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConcertAnswer {
    /// The concert as it is now.
    Concert(Box<ConcertView>),
    /// One booking as it is now.
    Booking(Box<BookingView>),
    /// The bookings that were asked for.
    Bookings(Vec<BookingView>),
    /// One payment as it is now.
    Payment(Box<PaymentView>),
    /// Wishes to wait.
    Waiting(Vec<WaitingView>),
    /// What was sold.
    Sales(Box<SalesView>),
    /// What is owed.
    Errands(Vec<ErrandView>),
    /// Nothing that anybody asked for.
    Noted,
}

impl Concert {
    /// The answer to a question.
    ///
    /// # Errors
    /// When the caller may not know, or there is nothing to know.
    pub fn answer(&self, query: &ConcertQuery) -> Result<ConcertAnswer, Rejection> {
        let wanted = |booking: &&Booking, status: &Option<BookingStatus>| {
            status.is_none_or(|status| booking.status == status)
        };
        Ok(match query {
            ConcertQuery::Booking { caller, number } => {
                ConcertAnswer::Booking(Box::new(self.booking_view(self.booking_for(caller, *number)?)))
            }
            ConcertQuery::BookingsOf { user, status, after, limit } => {
                let place = |booking: &Booking| {
                    (booking.created_at(), BookingId { concert: self.id, number: booking.number })
                };
                let bookings = self
                    .bookings_of(user)
                    .filter(|booking| after.is_none_or(|after| place(booking) < after))
                    .filter(|booking| wanted(booking, status));
                ConcertAnswer::Bookings(
                    bookings.take(*limit).map(|booking| self.booking_view(booking)).collect(),
                )
            }
            ConcertQuery::Bookings { caller, status, after, limit } => {
                self.check_managed_by(caller)?;
                let start =
                    after.map_or(0, |after| self.bookings.partition_point(|booking| booking.number <= after));
                let bookings = (start..self.bookings.len()).map(|place| &self.bookings[place]);
                let bookings = bookings.filter(|booking| wanted(booking, status));
                ConcertAnswer::Bookings(
                    bookings.take(*limit).map(|booking| self.booking_view(booking)).collect(),
                )
            }
            ConcertQuery::Payment { caller, number } => {
                ConcertAnswer::Payment(Box::new(self.payment_view(self.payment_for(caller, *number)?)))
            }
            ConcertQuery::Waitlist { caller, everybody } => {
                if *everybody {
                    self.check_managed_by(caller)?;
                } else if !self.is_visible_to(Some(caller)) {
                    return Err(Rejection::ConcertNotFound);
                }
                let person = self.people.place_of(&caller.user);
                let own = |waiter: &Waiter| Some(waiter.person) == person;
                ConcertAnswer::Waiting(self.wishes_of(|waiter| *everybody || own(waiter)).collect())
            }
            ConcertQuery::Sales { caller } => {
                self.check_managed_by(caller)?;
                ConcertAnswer::Sales(Box::new(SalesView {
                    concert: self.view(),
                    tallies: self.tallies.clone(),
                    ledger: self.ledger,
                    discounts: self.discounts(),
                    code_uses: self.code_uses.clone(),
                }))
            }
            ConcertQuery::Errands { lane, after, limit } => {
                let owed = self.owed.after(*lane, *after).take(*limit);
                let errands = owed.filter_map(|(number, errand)| self.errand_view(number, errand));
                ConcertAnswer::Errands(errands.collect())
            }
        })
    }

    /// What codes took off the price of what is confirmed. Where nobody made a code, nobody is asked.
    fn discounts(&self) -> MinorUnits {
        let of = |booking: &Booking| booking.discount().map(|discount| discount.amount);
        if self.terms.codes.is_empty() {
            return 0;
        }
        let confirmed = self.bookings.iter().filter(|booking| booking.status == BookingStatus::Confirmed);
        confirmed.filter_map(of).sum()
    }

    /// Every wish that waits: by seat type, and then in the order in which offers are made.
    #[cfg(feature = "testing")]
    pub fn wishes(&self) -> impl Iterator<Item = WaitingView> {
        self.wishes_of(|_| true)
    }

    /// The same, of those who are wanted only.
    fn wishes_of(&self, is_wanted: impl Fn(&Waiter) -> bool) -> impl Iterator<Item = WaitingView> {
        let waiters = self.waiting.iter().flat_map(|waiting| waiting.iter().enumerate());
        let wanted = waiters.filter(move |(_, waiter)| is_wanted(waiter));
        wanted.map(|(place, waiter)| self.waiting_view(Some(place), waiter))
    }

    /// A wish as it is now: it may wait no longer.
    pub fn wish(&self, waiter: &Waiter) -> WaitingView {
        let waiting = self.waiting[waiter.seat_type.index()].find(waiter.number);
        self.waiting_view(waiting.map(|(place, _)| place), waiter)
    }

    /// Whether the caller manages the concert.
    ///
    /// # Errors
    /// `ConcertNotFound` where they may not know of it, else `Forbidden`.
    pub fn check_managed_by(&self, caller: &Caller) -> Result<(), Rejection> {
        if !self.is_visible_to(Some(caller)) {
            return Err(Rejection::ConcertNotFound);
        }
        if self.is_managed_by(caller) { Ok(()) } else { Err(Rejection::Forbidden) }
    }
}
