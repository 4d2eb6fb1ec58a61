//! How an event changes a concert.
//!
//! An event that was decided can always be applied. One that cannot (a booking of more seats than there are) proves that the
//! journal or the code is broken; `apply` then panics rather than carry on with a state that never was.

use std::sync::Arc;

use super::counts::Counts;
use super::event::{BookedItem, BookedItems, ConcertEvent, SeatTypeChange};
use super::keys::{Effect, is_forgotten};
use super::state::{Booking, BookingStatus, Concert, SeatType, Stage, Terms};
use super::terms::{Details, Layout, NewConcert, NewSeatType};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, UserId};
use crate::time::Time;

impl Concert {
    /// Makes `event`, which happened at `time`, so. Its sequence is the next.
    ///
    /// Returns what a repetition of the same request would be answered with.
    pub fn apply(&mut self, event: &ConcertEvent, time: Time) -> Effect {
        assert!(time >= self.time, "events of a concert are in the order of time");
        self.sequence += 1;
        self.time = time;
        self.forget_old_keys();
        match event {
            ConcertEvent::Created { organizer, concert, idempotency } => {
                self.apply_created(organizer, concert);
                self.remember(organizer, *idempotency, Effect::Concert);
            }
            ConcertEvent::DetailsChanged { change, .. } => self.revise(|terms| {
                terms.details = terms.details.with(change);
            }),
            ConcertEvent::SeatTypeAdded { seat_type, .. } => {
                self.counts.push(Counts::all_available(seat_type.layout.total_seats()));
                self.revise(|terms| terms.seat_types.push(SeatType::from(seat_type)));
            }
            ConcertEvent::SeatTypeChanged { number, change, .. } => {
                let index = number.index();
                self.revise(|terms| terms.seat_types[index] = terms.seat_types[index].with(change));
                let capacity = u64::from(self.terms.seat_types[index].layout.total_seats());
                let counts = &mut self.counts[index];
                let available =
                    capacity.checked_sub(counts.taken()).expect("a capacity is never below what is taken");
                counts.available = u32::try_from(available).expect("a capacity fits into 32 bits");
            }
            ConcertEvent::SalesOpened { .. } => {
                self.stage = Stage::OnSale;
                self.revise(|_| ());
            }
            ConcertEvent::SalesClosed { .. } => self.enter(Stage::ClosedByOrganizer),
            ConcertEvent::Cancelled { .. } => self.enter(Stage::Cancelled),
            ConcertEvent::Deleted { .. } => self.enter(Stage::Deleted),
            ConcertEvent::TimePassed => self.follow_schedule(),
            ConcertEvent::Booked { user, items, idempotency } => {
                let effect = self.apply_booked(user, items);
                self.remember(user, *idempotency, effect);
                return effect;
            }
            ConcertEvent::BookingCancelled { number, by, idempotency } => {
                let place = self.place_of(*number).expect("only a booking that exists is cancelled");
                self.end_booking(place);
                let effect = Effect::BookingCancelled(*number);
                self.remember(by, *idempotency, effect);
                return effect;
            }
            ConcertEvent::BookingsCancelled { through } => self.cancel_bookings(*through),
        }
        Effect::Concert
    }

    fn apply_created(&mut self, organizer: &UserId, concert: &NewConcert) {
        assert_eq!(self.stage, Stage::Absent, "a concert is made once");
        let seat_types: Vec<_> = concert.seat_types.iter().map(SeatType::from).collect();
        self.counts = seat_types
            .iter()
            .map(|seat_type| Counts::all_available(seat_type.layout.total_seats()))
            .collect();
        self.terms = Arc::new(Terms {
            details: concert.details.clone(),
            currency: concert.currency,
            hold_seconds: concert.hold_seconds,
            organizer: organizer.clone(),
            seat_types,
            version: 1,
            created_at: self.time,
            updated_at: self.time,
        });
        self.stage = if concert.draft { Stage::Draft } else { concert.details.stage_at(self.time) };
    }

    fn apply_booked(&mut self, user: &UserId, items: &BookedItems) -> Effect {
        let number = BookingNumber(self.sequence);
        let place = u32::try_from(self.bookings.len()).expect("a concert has fewer than 2^32 bookings");
        let quantity: u32 = items.iter().map(|item| item.quantity).sum();
        for item in items {
            self.counts[item.seat_type.index()].take(item.quantity);
        }
        let (person, _) = self.person_mut(user);
        let known = &mut self.people[person as usize];
        known.tickets += quantity;
        let previous = known.newest.replace(place);
        self.live_bookings += 1;
        self.bookings.push(Booking {
            number,
            items: items.clone(),
            status: BookingStatus::Confirmed,
            created_at: self.time,
            updated_at: self.time,
            sequence: self.sequence,
            person,
            previous,
        });
        Effect::Booked(number)
    }

    fn end_booking(&mut self, place: usize) {
        let booking = &mut self.bookings[place];
        assert_eq!(booking.status, BookingStatus::Confirmed, "a booking ends once");
        booking.status = BookingStatus::Cancelled;
        booking.updated_at = self.time;
        booking.sequence = self.sequence;
        for BookedItem { seat_type, quantity, .. } in &booking.items {
            self.counts[seat_type.index()].give_back(*quantity);
        }
        let quantity = booking.quantity();
        let person = &mut self.people[booking.person as usize];
        person.tickets =
            person.tickets.checked_sub(quantity).expect("a person has the tickets of their bookings");
        self.live_bookings -= 1;
    }

    fn cancel_bookings(&mut self, through: BookingNumber) {
        while self.swept < self.bookings.len() && self.bookings[self.swept].number <= through {
            if self.bookings[self.swept].status == BookingStatus::Confirmed {
                self.end_booking(self.swept);
            }
            self.swept += 1;
        }
    }

    /// A change by the organizer: a new version, and a stage as the schedule now has it.
    fn revise(&mut self, change: impl FnOnce(&mut Terms)) {
        let terms = Arc::make_mut(&mut self.terms);
        change(terms);
        terms.version += 1;
        terms.updated_at = self.time;
        self.follow_schedule();
    }

    fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.revise(|_| ());
    }

    fn follow_schedule(&mut self) {
        if matches!(self.stage, Stage::Scheduled | Stage::OnSale | Stage::ClosedByTime) {
            self.stage = self.terms.details.stage_at(self.time);
        }
    }

    fn person_mut(&mut self, user: &UserId) -> (u32, &mut super::state::Person) {
        let place = match self.people.get_index_of(user) {
            Some(place) => place,
            None => self.people.insert_full(user.clone(), super::state::Person::default()).0,
        };
        (u32::try_from(place).expect("a concert knows fewer than 2^32 people"), &mut self.people[place])
    }

    fn remember(&mut self, user: &UserId, key: Option<IdempotencyKey>, effect: Effect) {
        let Some(key) = key else { return };
        let time = self.time;
        let (place, person) = self.person_mut(user);
        let is_new_owner = person.keys.is_empty();
        person.keys.remember(key, effect, time);
        if is_new_owner {
            self.key_owners.push_back((time, place));
        }
    }

    /// Looks at everybody with keys once a day: so the keys of those who never come back go, too, and looking costs each event
    /// next to nothing.
    fn forget_old_keys(&mut self) {
        while let Some((looked_at, place)) = self.key_owners.front().copied() {
            if !is_forgotten(looked_at, self.time) {
                break;
            }
            self.key_owners.pop_front();
            let keys = &mut self.people[place as usize].keys;
            keys.forget_old(self.time);
            if !keys.is_empty() {
                self.key_owners.push_back((self.time, place));
            }
        }
    }
}

impl Details {
    /// How far a published sale is at `time`, going by its schedule alone.
    fn stage_at(&self, time: Time) -> Stage {
        if self.closes_at() <= time {
            Stage::ClosedByTime
        } else if self.sales_open_at.is_some_and(|opens_at| opens_at > time) {
            Stage::Scheduled
        } else {
            Stage::OnSale
        }
    }
}

impl Counts {
    fn take(&mut self, quantity: u32) {
        self.available = self.available.checked_sub(quantity).expect("only seats that are free are booked");
        self.booked += quantity;
    }

    fn give_back(&mut self, quantity: u32) {
        self.booked = self.booked.checked_sub(quantity).expect("only seats that are booked are given back");
        self.available += quantity;
    }
}

impl From<&NewSeatType> for SeatType {
    fn from(new: &NewSeatType) -> Self {
        Self { name: new.name.clone(), price: new.price, layout: new.layout.clone() }
    }
}

impl SeatType {
    /// This seat type with a change.
    #[must_use]
    pub(super) fn with(&self, change: &SeatTypeChange) -> Self {
        let total_seats = change.total_seats.unwrap_or(self.layout.total_seats());
        Self {
            name: change.name.as_ref().unwrap_or(&self.name).clone(),
            price: change.price.unwrap_or(self.price),
            layout: Layout::GeneralAdmission { total_seats },
        }
    }
}
