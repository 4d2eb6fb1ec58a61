//! What a command makes happen: at most one event, or a refusal.

use super::command::{BookSeats, ConcertCommand, WantedItem};
use super::event::{BookedItem, BookedItems, ConcertEvent};
use super::keys::{Effect, Known};
use super::rejection::Rejection;
use super::state::{BookingStatus, Concert, Stage};
use crate::caller::Caller;
use crate::faults::Faults;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, UserId};
use crate::limits;
use crate::time::Time;

mod manage;

/// What follows from a command that is not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Event> {
    /// This happens.
    Record(Event),
    /// Things are already as the command wants them.
    Unchanged,
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
            ConcertCommand::Create { caller, concert, idempotency } => {
                self.decide_create(caller, concert, idempotency.as_ref(), now)
            }
            ConcertCommand::Manage { caller, action } => self.decide_manage(caller, action, now),
            ConcertCommand::Book(wish) => self.decide_book(wish, now),
            ConcertCommand::CancelBooking { caller, number, idempotency } => {
                self.decide_cancel_booking(caller, *number, idempotency.as_ref(), now)
            }
            ConcertCommand::PassTime => Ok(self.decide_pass_time(now)),
            ConcertCommand::CancelNextBookings => Ok(self.decide_cancel_next_bookings()),
        }
    }

    /// When something next happens to this concert by time alone.
    pub fn next_due(&self) -> Option<Time> {
        match self.stage {
            Stage::Scheduled => self.terms.details.sales_open_at,
            Stage::OnSale => Some(self.terms.details.closes_at()),
            _ => None,
        }
    }

    /// Whether bookings of a cancelled concert wait to be ended.
    pub fn has_bookings_to_cancel(&self) -> bool {
        self.stage == Stage::Cancelled && self.swept < self.bookings.len()
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

    fn decide_book(&self, wish: &BookSeats, now: Time) -> Decided {
        wish.faults().into_result()?;
        match self.stage {
            Stage::Absent | Stage::Deleted => return Err(Rejection::ConcertNotFound),
            Stage::Draft if wish.user != self.terms.organizer => return Err(Rejection::ConcertNotFound),
            _ => {}
        }
        let items = self.priced(wish).ok_or(Rejection::SeatTypeNotFound)?;
        if let Some(effect) = self.repeated(&wish.user, wish.idempotency.as_ref(), now)? {
            return Ok(Decision::Repeated(effect));
        }
        match self.stage {
            Stage::Cancelled => return Err(Rejection::ConcertCancelled),
            Stage::Draft | Stage::Scheduled => return Err(Rejection::SalesNotOpen),
            Stage::ClosedByTime | Stage::ClosedByOrganizer => return Err(Rejection::SalesClosed),
            Stage::Absent | Stage::Deleted | Stage::OnSale => {}
        }
        let limit = self.terms.details.tickets_per_user_max;
        let owned = self.people.get(&wish.user).map_or(0, |person| person.tickets);
        if u64::from(owned) + wish.quantity() > u64::from(limit) {
            return Err(Rejection::AlreadyBooked { limit, owned });
        }
        for item in &items {
            let available = self.counts[item.seat_type.index()].available;
            if item.quantity > available {
                return Err(Rejection::SoldOut { available });
            }
        }
        Ok(Decision::Record(ConcertEvent::Booked {
            user: wish.user.clone(),
            items,
            idempotency: wish.idempotency,
        }))
    }

    fn decide_cancel_booking(
        &self,
        caller: &Caller,
        number: BookingNumber,
        idempotency: Option<&IdempotencyKey>,
        now: Time,
    ) -> Decided {
        let booking = self.booking_for(caller, number)?;
        if let Some(effect) = self.repeated(&caller.user, idempotency, now)? {
            return Ok(Decision::Repeated(effect));
        }
        if booking.status == BookingStatus::Cancelled {
            return Err(Rejection::AlreadyCancelled);
        }
        if self.terms.details.start.time <= now {
            return Err(Rejection::ConcertStarted);
        }
        let by = caller.user.clone();
        Ok(Decision::Record(ConcertEvent::BookingCancelled { number, by, idempotency: idempotency.copied() }))
    }

    fn decide_pass_time(&self, now: Time) -> Decision<ConcertEvent> {
        if self.next_due().is_some_and(|due| due <= now) {
            Decision::Record(ConcertEvent::TimePassed)
        } else {
            Decision::Unchanged
        }
    }

    fn decide_cancel_next_bookings(&self) -> Decision<ConcertEvent> {
        if !self.has_bookings_to_cancel() {
            return Decision::Unchanged;
        }
        let end = self.bookings.len().min(self.swept + limits::BOOKINGS_PER_SWEEP_MAX);
        Decision::Record(ConcertEvent::BookingsCancelled { through: self.bookings[end - 1].number })
    }

    /// The effect of the same request before, if it is known by its key.
    pub(super) fn repeated(
        &self,
        user: &UserId,
        key: Option<&IdempotencyKey>,
        now: Time,
    ) -> Result<Option<Effect>, Rejection> {
        let (Some(person), Some(key)) = (self.people.get(user), key) else { return Ok(None) };
        match person.keys.look_up(key, now) {
            Known::New => Ok(None),
            Known::Repeated(effect) => Ok(Some(effect)),
            Known::Reused => Err(Rejection::IdempotencyKeyReused),
        }
    }

    /// The wish at the present prices, or nothing where a seat type is unknown.
    fn priced(&self, wish: &BookSeats) -> Option<BookedItems> {
        wish.items
            .iter()
            .map(|item| {
                let unit_price = self.seat_type(item.seat_type)?.price;
                let (seat_type, quantity) = (item.seat_type, item.quantity);
                Some(BookedItem { seat_type, quantity, unit_price, seats: Vec::new() })
            })
            .collect()
    }
}

impl BookSeats {
    /// Seats in all.
    pub fn quantity(&self) -> u64 {
        self.items.iter().map(|item| u64::from(item.quantity)).sum()
    }

    /// Everything about the wish that no concert could fulfil.
    pub fn faults(&self) -> Faults {
        item_faults(&self.items)
    }
}

/// Everything about the items of a wish that no concert could fulfil.
pub fn item_faults(items: &[WantedItem]) -> Faults {
    let mut faults = Faults::default();
    if items.is_empty() || items.len() > limits::ITEMS_PER_BOOKING_MAX {
        faults.add("/items", format!("a booking has 1 to {} items", limits::ITEMS_PER_BOOKING_MAX));
    }
    for (index, item) in items.iter().enumerate().take(limits::ITEMS_PER_BOOKING_MAX) {
        if !(1..=limits::SEATS_PER_BOOKING_MAX).contains(&item.quantity) {
            let detail = format!("must lie between 1 and {}", limits::SEATS_PER_BOOKING_MAX);
            faults.add(format!("/items/{index}/quantity"), detail);
        }
        if items[..index].iter().any(|other| other.seat_type == item.seat_type) {
            faults.add(format!("/items/{index}/seatTypeId"), "another item names the same seat type");
        }
    }
    let seats: u64 = items.iter().map(|item| u64::from(item.quantity)).sum();
    if faults.is_empty() && seats > u64::from(limits::SEATS_PER_BOOKING_MAX) {
        faults.add("/items", format!("a booking has at most {} seats", limits::SEATS_PER_BOOKING_MAX));
    }
    faults
}
