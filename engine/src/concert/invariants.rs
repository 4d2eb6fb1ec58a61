//! What is true of every concert after every event.

use super::event::ConcertEvent;
use super::state::{Booking, BookingStatus, Concert};
use crate::limits;

/// An invariant that does not hold: the code or the journal is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant broken: {0}")]
pub struct Broken(String);

fn hold(holds: bool, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken(what())) }
}

impl Concert {
    /// Checks what `event`, just applied, could have broken. Costs no more than applying it did.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check_after(&self, event: &ConcertEvent) -> Result<(), Broken> {
        match event {
            ConcertEvent::Booked { .. } => {
                let booking = self.bookings.last().ok_or_else(|| Broken("a booking was kept".to_owned()))?;
                hold(booking.number.0 == self.sequence, || "a booking is numbered by its event".to_owned())?;
                self.check_counts_of(booking)?;
                self.check_limit_of(booking)
            }
            ConcertEvent::BookingCancelled { number, .. } => {
                let booking = self.booking(*number).ok_or_else(|| Broken("a booking was kept".to_owned()))?;
                self.check_counts_of(booking)
            }
            ConcertEvent::TimePassed => Ok(()),
            ConcertEvent::DetailsChanged { .. } => {
                let limit = self.terms.details.tickets_per_user_max;
                let most = self.people.values().map(|person| person.tickets).max().unwrap_or(0);
                hold(most <= limit, || format!("somebody has {most} tickets of at most {limit}"))
            }
            _ => self.check_all_counts(),
        }
    }

    /// Checks everything: after a replay.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&self) -> Result<(), Broken> {
        self.check_all_counts()?;
        let mut booked = vec![0_u64; self.counts.len()];
        let mut tickets = vec![0_u64; self.people.len()];
        let mut live = 0;
        for pair in self.bookings.windows(2) {
            hold(pair[0].number < pair[1].number, || {
                "bookings are in the order of their numbers".to_owned()
            })?;
        }
        for booking in self.bookings.iter().filter(|booking| booking.status == BookingStatus::Confirmed) {
            live += 1;
            tickets[booking.person as usize] += u64::from(booking.quantity());
            for item in &booking.items {
                booked[item.seat_type.index()] += u64::from(item.quantity);
            }
        }
        hold(live == self.live_bookings, || {
            format!("{live} live bookings are counted as {}", self.live_bookings)
        })?;
        for (counts, booked) in self.counts.iter().zip(booked) {
            hold(u64::from(counts.booked) == booked, || {
                format!("{booked} booked seats are counted as {counts:?}")
            })?;
        }
        let mut swept = self.bookings.iter().take(self.swept);
        hold(swept.all(|booking| booking.status == BookingStatus::Cancelled), || {
            "bookings that the concert's cancellation has reached are cancelled".to_owned()
        })?;
        let owners = self.people.values().filter(|person| !person.keys.is_empty()).count();
        hold(owners == self.key_owners.len(), || {
            format!("{owners} owners of keys, {} noted", self.key_owners.len())
        })?;
        let limit = u64::from(self.terms.details.tickets_per_user_max);
        for ((user, person), tickets) in self.people.iter().zip(tickets) {
            let known = person.tickets;
            hold(u64::from(known) == tickets, || {
                format!("{user} has {tickets} tickets, counted as {known}")
            })?;
            hold(tickets <= limit, || format!("{user} has {tickets} tickets of at most {limit}"))?;
            let keys = person.keys.len();
            hold(keys <= limits::IDEMPOTENCY_KEYS_PER_USER_MAX, || format!("{user} has {keys} keys"))?;
        }
        Ok(())
    }

    fn check_all_counts(&self) -> Result<(), Broken> {
        let types = self.terms.seat_types.len();
        hold(types == self.counts.len(), || format!("{types} seat types, {} counts", self.counts.len()))?;
        (0..types).try_for_each(|index| self.check_counts(index))
    }

    fn check_counts_of(&self, booking: &Booking) -> Result<(), Broken> {
        booking.items.iter().try_for_each(|item| self.check_counts(item.seat_type.index()))
    }

    fn check_counts(&self, index: usize) -> Result<(), Broken> {
        let (counts, seat_type) = (self.counts[index], &self.terms.seat_types[index]);
        let capacity = seat_type.layout.total_seats();
        hold(counts.capacity() == u64::from(capacity), || format!("{counts:?} do not add up to {capacity}"))
    }

    fn check_limit_of(&self, booking: &Booking) -> Result<(), Broken> {
        let tickets = self.people[booking.person as usize].tickets;
        let limit = self.terms.details.tickets_per_user_max;
        hold(tickets <= limit, || format!("{tickets} tickets of at most {limit}"))
    }
}
