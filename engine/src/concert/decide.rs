//! What a command makes happen: at most one event, or a refusal.

use super::command::ConcertCommand;
use super::event::ConcertEvent;
use super::keys::{Effect, Known};
use super::rejection::Rejection;
use super::state::{Concert, Stage};
use crate::caller::Caller;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, UserId};
use crate::limits;
use crate::time::Time;

mod book;
mod change;
mod hold;
mod manage;
mod pay;
mod seats;
mod set_aside;
mod wait;

pub use seats::item_faults;

/// What follows from a command that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Event> {
    /// This happens.
    Record(Event),
    /// Things are already as the command wants them: this is what it would have changed.
    Unchanged(Effect),
    /// The same request succeeded before; it had this effect, and nothing happens again.
    Repeated(Effect),
}

/// A decision about a concert, or why there is none.
pub type Decided = Result<Decision<ConcertEvent>, Rejection>;

impl Concert {
    /// What `command` makes happen at `now`.
    ///
    /// # Errors
    /// A refusal. Where several apply to a booking, the one that stands first in [`Rejection`] is given.
    pub fn decide(&self, command: &ConcertCommand, now: Time) -> Decided {
        match command {
            ConcertCommand::Create { caller, concert, has_gateway, idempotency } => {
                self.decide_create(caller, concert, *has_gateway, idempotency.as_ref(), now)
            }
            ConcertCommand::Manage { caller, action } => self.decide_manage(caller, action, now),
            ConcertCommand::OnEnded { ended, command } => self.decide_on_ended(ended, command, now),
            ConcertCommand::Book(wish) => self.decide_book(wish, now),
            ConcertCommand::CancelBooking { caller, number, idempotency } => {
                self.decide_cancel_booking(caller, *number, idempotency.as_ref(), now)
            }
            ConcertCommand::ChangeBooking(change) => self.decide_change_booking(change, now),
            ConcertCommand::ExtendHold { caller, number, idempotency } => {
                self.decide_extend_hold(caller, *number, idempotency.as_ref(), now)
            }
            ConcertCommand::ConfirmHold { caller, number, idempotency } => {
                self.decide_confirm_hold(caller, *number, idempotency.as_ref(), now)
            }
            ConcertCommand::StartPayment(payment) => self.decide_start_payment(payment, now),
            ConcertCommand::RecordSubmission { payment, reference, client_secret } => {
                self.decide_record_submission(*payment, reference, client_secret.as_ref(), now)
            }
            ConcertCommand::SettlePayment { payment, reference, outcome } => {
                self.decide_settle_payment(*payment, reference.as_ref(), outcome, now)
            }
            ConcertCommand::RecordRefund { payment, errand } => self.decide_record_refund(*payment, *errand),
            ConcertCommand::RecordErrands(errands) => Ok(self.decide_record_errands(errands)),
            ConcertCommand::JoinWaitlist(wish) => self.decide_join_waitlist(wish, now),
            ConcertCommand::LeaveWaitlist { user, seat_type, idempotency } => {
                self.decide_leave_waitlist(user, *seat_type, *idempotency, now)
            }
            ConcertCommand::PassTime => Ok(self.decide_pass_time(now)),
            ConcertCommand::CancelNextBookings => Ok(self.decide_cancel_next_bookings()),
            ConcertCommand::OfferNextSeats => Ok(self.decide_offer_next_seats(now)),
            ConcertCommand::AnnounceNextChange => Ok(self.decide_announce_next_change()),
        }
    }

    /// When something next happens to this concert by time alone.
    pub fn next_due(&self) -> Option<Time> {
        let sale = match self.stage {
            Stage::Scheduled => self.terms.details.sales_open_at,
            Stage::OnSale => Some(self.terms.details.closes_at()),
            _ => None,
        };
        let booking = self.due.first().map(|due| due.at);
        sale.into_iter().chain(booking).min()
    }

    /// The next piece of a longer task, if there is one: whoever is served in between is not kept waiting for all of it.
    pub fn next_chore(&self) -> Option<ConcertCommand> {
        if self.has_bookings_to_cancel() {
            Some(ConcertCommand::CancelNextBookings)
        } else if self.next_offer().is_some() {
            Some(ConcertCommand::OfferNextSeats)
        } else {
            self.announcing.map(|_| ConcertCommand::AnnounceNextChange)
        }
    }

    /// Whether bookings of a cancelled concert wait to be ended.
    pub fn has_bookings_to_cancel(&self) -> bool {
        self.stage == Stage::Cancelled && self.swept < self.newest_booking
    }

    /// Whether this caller may know that the concert exists.
    pub fn is_visible_to(&self, caller: Option<&Caller>) -> bool {
        self.stage.shows_to(caller, &self.terms.organizer)
    }

    /// Whether this caller may change the concert and see its bookings.
    pub fn is_managed_by(&self, caller: &Caller) -> bool {
        self.terms.are_managed_by(caller)
    }

    /// The booking with this number, if the caller may know of it: its owner, the concert's organizer, an admin.
    ///
    /// # Errors
    /// `BookingNotFound` otherwise.
    pub fn booking_for(&self, caller: &Caller, number: BookingNumber) -> Result<&super::Booking, Rejection> {
        let booking = self.booking(number).ok_or(Rejection::BookingNotFound)?;
        if self.is_managed_by(caller) || *self.owner(booking) == caller.user {
            Ok(booking)
        } else {
            Err(Rejection::BookingNotFound)
        }
    }

    fn decide_pass_time(&self, now: Time) -> Decision<ConcertEvent> {
        if self.next_due().is_some_and(|due| due <= now) {
            Decision::Record(ConcertEvent::TimePassed)
        } else {
            Decision::Unchanged(Effect::Concert)
        }
    }

    fn decide_cancel_next_bookings(&self) -> Decision<ConcertEvent> {
        if !self.has_bookings_to_cancel() {
            return Decision::Unchanged(Effect::Concert);
        }
        let through = self.next_sweep(self.swept, self.newest_booking);
        Decision::Record(ConcertEvent::BookingsCancelled { through })
    }

    fn decide_announce_next_change(&self) -> Decision<ConcertEvent> {
        let Some((after, last)) = self.announcing else { return Decision::Unchanged(Effect::Concert) };
        Decision::Record(ConcertEvent::ChangeAnnounced { through: self.next_sweep(after, last) })
    }

    /// How far one event reaches that goes over the bookings after one number up to another.
    fn next_sweep(&self, after: BookingNumber, last: BookingNumber) -> BookingNumber {
        let places = self.places_between(after, last);
        if places.len() <= limits::BOOKINGS_PER_SWEEP_MAX {
            return last;
        }
        self.bookings[places.start + limits::BOOKINGS_PER_SWEEP_MAX - 1].number
    }

    /// What follows where a booking is already as the caller wants it: the request succeeded, so its key is to be known.
    fn keeps_booking(
        caller: &Caller,
        number: BookingNumber,
        key: Option<&IdempotencyKey>,
    ) -> Decision<ConcertEvent> {
        match key {
            None => Decision::Unchanged(Effect::BookingChanged(number)),
            Some(key) => {
                let (by, idempotency) = (caller.user.clone(), *key);
                Decision::Record(ConcertEvent::KeyNoted { number, by, idempotency })
            }
        }
    }

    /// The effect of the same request before, if it is known by its key.
    pub(super) fn repeated(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        now: Time,
    ) -> Result<Option<Effect>, Rejection> {
        let (Some(keys), Some(key)) = (self.keys_of(user), key) else { return Ok(None) };
        match keys.look_up(key, now) {
            Known::New => Ok(None),
            Known::Repeated(effect) => Ok(Some(effect)),
            Known::Reused => Err(Rejection::IdempotencyKeyReused),
        }
    }
}
