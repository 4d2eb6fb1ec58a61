//! How an event changes a concert.
//!
//! An event that was decided can always be applied. One that cannot (a booking of more seats than there are) proves that the
//! journal or the code is broken; `apply` then panics rather than carry on with a state that never was.

use std::sync::Arc;

use super::counts::{Counts, SalesTally};
use super::errand::{Errand, Lane, MailKind};
use super::event::{ConcertEvent, SeatTypeChange};
use super::keys::{Effect, is_forgotten};
use super::seating::{SeatStates, SeatStatus};
use super::state::{Concert, SeatType, Stage, Terms};
use super::terms::{Details, DetailsChange, Layout, NewConcert, NewSeatType};
use super::waiting::{Waiter, WaitingList};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, UserId};
use crate::time::Time;

mod booking;
mod payment;
mod seats;

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
            ConcertEvent::DetailsChanged { change, .. } => self.apply_details_changed(change),
            ConcertEvent::SeatTypeAdded { seat_type, .. } => {
                self.add_seats(seat_type);
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
            ConcertEvent::Cancelled { .. } => {
                self.waiting.iter_mut().for_each(WaitingList::clear);
                self.announcing = None;
                self.enter(Stage::Cancelled);
            }
            ConcertEvent::Deleted { .. } => self.enter(Stage::Deleted),
            ConcertEvent::TimePassed => {
                self.follow_schedule();
                self.apply_due();
            }
            ConcertEvent::BookingsCancelled { through } => self.apply_bookings_cancelled(*through),
            ConcertEvent::ErrandsDone { errands } => {
                for errand in errands {
                    self.owed.remove(Lane::Mail, *errand);
                }
                return Effect::Noted;
            }
            ConcertEvent::SeatsBlocked { item, .. } => {
                self.shift(std::slice::from_ref(item), SeatStatus::Available, SeatStatus::Blocked);
            }
            ConcertEvent::SeatsReleased { item, .. } => {
                self.shift(std::slice::from_ref(item), SeatStatus::Blocked, SeatStatus::Available);
            }
            ConcertEvent::WaitlistJoined { user, seat_type, quantity, mail, idempotency } => {
                let person = self.people.meet(user);
                let (number, since) = (self.sequence, self.time);
                let (seat_type, quantity, mail) = (*seat_type, *quantity, *mail);
                let waiter = Waiter { number, seat_type, quantity, since, mail, person };
                self.waiting[seat_type.index()].push(waiter);
                return self.remember(user, *idempotency, Effect::Waiting(waiter));
            }
            ConcertEvent::WaitlistLeft { number, by, idempotency } => {
                let left = self.waiting.iter_mut().find_map(|waiting| waiting.remove(*number));
                let left = left.expect("only a wish that waits can stop waiting");
                return self.remember(by, *idempotency, Effect::Waiting(left));
            }
            ConcertEvent::CodeAdded { code, .. } => {
                self.code_uses.push(0);
                self.revise(|terms| terms.codes.push(code.as_ref().clone()));
            }
            ConcertEvent::CodeWithdrawn { code, .. } => {
                self.revise(|terms| terms.codes[usize::from(*code)].withdrawn = true);
            }
            ConcertEvent::ChangeAnnounced { through } => self.apply_change_announced(*through),
            ConcertEvent::PaymentStarted { .. }
            | ConcertEvent::PaymentSubmitted { .. }
            | ConcertEvent::PaymentSettled { .. }
            | ConcertEvent::RefundMade { .. } => return self.apply_to_payment(event),
            _ => return self.apply_to_booking(event),
        }
        Effect::Concert
    }

    fn apply_created(&mut self, organizer: &UserId, concert: &NewConcert) {
        assert_eq!(self.stage, Stage::Absent, "a concert is made once");
        concert.seat_types.iter().for_each(|seat_type| self.add_seats(seat_type));
        self.terms = Arc::new(Terms {
            details: concert.details.clone(),
            currency: concert.currency,
            payment_required: concert.payment_required,
            hold_seconds: concert.hold_seconds,
            offer_seconds: concert.offer_seconds,
            organizer: organizer.clone(),
            seat_types: concert.seat_types.iter().map(SeatType::from).collect(),
            codes: Vec::new(),
            version: 1,
            created_at: self.time,
            updated_at: self.time,
        });
        self.stage = if concert.draft { Stage::Draft } else { concert.details.stage_at(self.time) };
    }

    fn add_seats(&mut self, seat_type: &NewSeatType) {
        self.counts.push(Counts::all_available(seat_type.layout.total_seats()));
        self.seating.push(seat_type.layout.map().map(|map| Arc::new(SeatStates::all_available(map))));
        self.tallies.push(SalesTally::default());
        self.waiting.push(WaitingList::default());
    }

    fn apply_details_changed(&mut self, change: &DetailsChange) {
        let before = self.terms.details.clone();
        self.revise(|terms| terms.details = before.with(change));
        let now = &self.terms.details;
        let concerns_buyers =
            (&before.name, &before.venue, before.start) != (&now.name, &now.venue, now.start);
        if concerns_buyers && self.bookings.iter().any(|booking| booking.mail && booking.status.is_live()) {
            self.announcing = Some((BookingNumber(0), self.newest_booking));
        }
    }

    fn apply_change_announced(&mut self, through: BookingNumber) {
        let (after, last) = self.announcing.expect("a change is announced after it was made");
        for place in self.places_between(after, through) {
            let booking = &self.bookings[place];
            if booking.mail && booking.status.is_live() {
                let mail = Errand::Mail(MailKind::ConcertChanged, booking.number);
                self.owed.add(self.sequence, mail);
            }
        }
        self.announcing = (through < last).then_some((through, last));
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

    /// Remembers the key, if there is one, of a request that had this effect.
    fn remember(&mut self, user: &UserId, key: Option<IdempotencyKey>, effect: Effect) -> Effect {
        let Some(key) = key else { return effect };
        let time = self.time;
        let place = self.people.meet(user);
        let keys = self.keys.entry(place).or_default();
        if keys.is_empty() {
            self.key_owners.push_back((time, place));
        }
        keys.remember(key, effect, time);
        effect
    }

    /// Looks at everybody with keys once a day: so the keys of those who never come back go, too, and looking costs each event
    /// next to nothing.
    fn forget_old_keys(&mut self) {
        while let Some((looked_at, place)) = self.key_owners.front().copied() {
            if !is_forgotten(looked_at, self.time) {
                break;
            }
            self.key_owners.pop_front();
            let keys = self.keys.get_mut(&place).expect("who is looked at has keys");
            keys.forget_old(self.time);
            if keys.is_empty() {
                self.keys.remove(&place);
            } else {
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

impl From<&NewSeatType> for SeatType {
    fn from(new: &NewSeatType) -> Self {
        Self { name: new.name.clone(), price: new.price, layout: new.layout.clone(), hidden: new.hidden }
    }
}

impl SeatType {
    /// This seat type with a change.
    #[must_use]
    pub(super) fn with(&self, change: &SeatTypeChange) -> Self {
        let layout = match change.total_seats {
            Some(total_seats) => Layout::GeneralAdmission { total_seats },
            None => self.layout.clone(),
        };
        Self {
            name: change.name.as_ref().unwrap_or(&self.name).clone(),
            price: change.price.unwrap_or(self.price),
            layout,
            hidden: self.hidden,
        }
    }
}
