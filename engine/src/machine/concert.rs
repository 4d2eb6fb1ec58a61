//! A concert as its actor sees it, and what readers see of it.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use smallvec::SmallVec;

use super::{Answered, Applied, BuyersIndex, Machine, Step};
use crate::concert::{
    Concert, ConcertAnswer, ConcertCommand, ConcertEvent, ConcertQuery, ConcertView, Counts, Decision,
    Effect, ErrandNumber, Fingerprint, Rejection, SeatStatus, Stage, fingerprint,
};
use crate::errands::bell::Bell;
use crate::ids::{BookingNumber, ConcertId, SeatTypeNumber, UserId};
use crate::journal::{Event, State};
use crate::time::Time;
use crate::writer::{AnyWork, Work};

/// What readers see of a concert without asking its actor.
pub struct ConcertFront {
    committed: ArcSwap<ConcertView>,
    buyers: Arc<BuyersIndex>,
    pub(crate) bell: Bell,
}

impl ConcertFront {
    pub(crate) fn new(view: Arc<ConcertView>, buyers: Arc<BuyersIndex>, bell: Bell) -> Self {
        Self { committed: ArcSwap::new(view), buyers, bell }
    }

    pub(crate) fn committed(&self) -> Guard<Arc<ConcertView>> {
        self.committed.load()
    }

    pub(crate) fn show(&self, view: ConcertView) {
        self.committed.store(Arc::new(view));
    }
}

/// What an event changes in a concert's view.
pub(crate) enum ConcertChange {
    /// Only how many seats are free, and what some numbered ones are.
    Counts {
        concert: ConcertId,
        sequence: u64,
        counts: SmallVec<[(SeatTypeNumber, Counts); 1]>,
        seats: Vec<(SeatTypeNumber, u32, SeatStatus)>,
    },
    /// Anything.
    Whole(Box<ConcertView>),
}

impl ConcertChange {
    pub(crate) fn concert(&self) -> ConcertId {
        match self {
            Self::Counts { concert, .. } => *concert,
            Self::Whole(view) => view.id,
        }
    }

    pub(crate) fn apply_to(self, view: &mut ConcertView) {
        match self {
            Self::Counts { sequence, counts, seats, .. } => {
                view.sequence = sequence;
                for (number, counts) in counts {
                    view.counts[number.index()] = counts;
                }
                for (number, seat, status) in seats {
                    let map = view.terms.seat_types[number.index()].layout.map();
                    if let (Some(states), Some(map)) = (&mut view.seating[number.index()], map) {
                        // The first change of a group copies the map, because readers keep what they were shown.
                        Arc::make_mut(states).set(map, seat, status);
                    }
                }
            }
            Self::Whole(whole) => *view = *whole,
        }
    }
}

impl Machine for Concert {
    type Command = ConcertCommand;
    type Query = ConcertQuery;
    type Event = ConcertEvent;
    type Answer = Answered<ConcertAnswer>;
    type Rejection = Rejection;
    type Change = ConcertChange;
    type Front = ConcertFront;

    fn sequence(&self) -> u64 {
        Concert::sequence(self)
    }

    fn time(&self) -> Time {
        Concert::time(self)
    }

    fn decide(&self, command: &ConcertCommand, now: Time) -> Result<Step<Self>, Rejection> {
        Ok(match Concert::decide(self, command, now)? {
            Decision::Record(event) => Step::Happens(event),
            Decision::Unchanged(effect) => {
                Step::Answer(Answered { value: self.answer_of(effect), repeated: false })
            }
            Decision::Repeated(effect) => {
                Step::Answer(Answered { value: self.answer_of(effect), repeated: true })
            }
        })
    }

    fn apply(&mut self, event: &ConcertEvent, time: Time) -> Applied<Self> {
        let drops_change = self.drops_change(event);
        let effect = Concert::apply(self, event, time);
        let checked = self.check_after(event);
        assert!(checked.is_ok(), "{checked:?}");
        let value = self.answer_of(effect);
        let change = if drops_change { self.whole() } else { self.change_by(effect) };
        Applied { answer: Answered { value, repeated: false }, change }
    }

    fn answer(&self, query: &ConcertQuery) -> Result<Answered<ConcertAnswer>, Rejection> {
        Ok(Answered { value: Concert::answer(self, query)?, repeated: false })
    }

    fn due(&self, now: Time) -> Option<ConcertCommand> {
        Concert::next_due(self).filter(|due| *due <= now).map(|_| ConcertCommand::PassTime)
    }

    fn next_due(&self) -> Option<Time> {
        Concert::next_due(self)
    }

    fn chore(&self) -> Option<ConcertCommand> {
        self.next_chore()
    }

    fn can_sleep(&self) -> bool {
        Concert::can_sleep(self)
    }

    fn settled(&self) -> Vec<BookingNumber> {
        if self.is_mostly_live() { Vec::new() } else { Concert::settled(self, usize::MAX) }
    }

    fn shed(&mut self, front: &ConcertFront, bookings: &[BookingNumber]) {
        let ended = Concert::shed(self, bookings);
        let is_gone = |user: &&UserId| self.bookings_of(user).next().is_none();
        let gone: Vec<Fingerprint> =
            ended.iter().map(|ended| &ended.user).filter(is_gone).map(fingerprint).collect();
        if !gone.is_empty() {
            // Somebody else with the same fingerprint may still have a booking.
            let left = self.fingerprints();
            let gone = gone.into_iter().filter(|buyer| left.binary_search(buyer).is_err());
            front.buyers.forget(gone, self.id());
        }
    }

    fn ring(&self, front: &ConcertFront, heard: &mut ErrandNumber) {
        if !self.owed().is_empty() && self.owed().newest() > *heard {
            *heard = self.owed().newest();
            front.bell.ring();
        }
    }

    fn foretell(&self, front: &ConcertFront, event: &ConcertEvent) {
        let buyer = match event {
            ConcertEvent::Booked { user, .. } => Some(user),
            ConcertEvent::SeatsOffered { .. } => self.bookings().last().map(|booking| self.owner(booking)),
            _ => None,
        };
        if let Some(user) = buyer.filter(|user| self.has_booked_once(user)) {
            front.buyers.note(user, self.id());
        }
    }

    fn show(&self, front: &ConcertFront) {
        front.show(self.view());
    }

    fn wrap(event: ConcertEvent) -> Event {
        Event::Concert(event)
    }

    fn of(state: State) -> Option<Self> {
        match state {
            State::Concert(concert) => Some(*concert),
            State::Accounts(_) => None,
        }
    }

    fn work(work: Work<Self>) -> AnyWork {
        AnyWork::Concert(work)
    }
}

impl Concert {
    fn answer_of(&self, effect: Effect) -> ConcertAnswer {
        match effect {
            Effect::Booked(number) | Effect::BookingCancelled(number) | Effect::BookingChanged(number) => {
                let booking = self.booking(number).expect("a booking is never forgotten");
                ConcertAnswer::Booking(Box::new(self.booking_view(booking)))
            }
            Effect::Payment(number) => {
                let payment = self.payment(number).expect("a payment is never forgotten");
                ConcertAnswer::Payment(Box::new(self.payment_view(payment)))
            }
            Effect::Waiting(waiter) => ConcertAnswer::Waiting(vec![self.wish(&waiter)]),
            Effect::Concert => ConcertAnswer::Concert(Box::new(self.view())),
            Effect::Noted => ConcertAnswer::Noted,
        }
    }

    fn change_by(&self, effect: Effect) -> ConcertChange {
        // Where bookings are paid for, a cancelled one may have held seats for a change as well: it does not tell which.
        let is_told_by_its_items = match effect {
            Effect::Booked(_) => true,
            Effect::BookingCancelled(_) => !self.terms().payment_required,
            _ => false,
        };
        match effect {
            Effect::Booked(number) | Effect::BookingCancelled(number)
                if is_told_by_its_items && self.stage() != Stage::Cancelled =>
            {
                let mut counts = SmallVec::new();
                let mut seats = Vec::new();
                for item in self.booking(number).into_iter().flat_map(|booking| &booking.items) {
                    counts.push((item.seat_type, self.counts()[item.seat_type.index()]));
                    let map = self.terms().seat_types[item.seat_type.index()].layout.map();
                    if let (Some(states), Some(map)) = (self.seating(item.seat_type), map) {
                        let named = item.seats.iter();
                        seats.extend(named.map(|seat| (item.seat_type, *seat, states.get(map, *seat))));
                    }
                }
                ConcertChange::Counts { concert: self.id(), sequence: Concert::sequence(self), counts, seats }
            }
            Effect::Payment(_) | Effect::Waiting(_) | Effect::Noted => ConcertChange::Counts {
                concert: self.id(),
                sequence: Concert::sequence(self),
                counts: SmallVec::new(),
                seats: Vec::new(),
            },
            _ => self.whole(),
        }
    }

    /// Whether the event gives up a change that waits for its payment, with seats that the booking does not tell of afterwards.
    fn drops_change(&self, event: &ConcertEvent) -> bool {
        let ConcertEvent::BookingCancelled { number, .. } = event else { return false };
        self.booking(*number).is_some_and(|booking| booking.pending().is_some())
    }

    fn whole(&self) -> ConcertChange {
        ConcertChange::Whole(Box::new(self.view()))
    }
}
