//! Bookings that have ended for good, and leave the concert's state.
//!
//! A booking is **settled** when nothing can happen to it any more: it has ended, its payments are over, nothing is owed for it, and no
//! remembered key tells of it. Whatever the concert decides or applies from then on is the same without it. So a state may
//! [shed](Concert::shed) it once it is kept elsewhere, and grows with what is live and not with its history.
//!
//! **Invariant: what is settled stays so, and no event names it.** Therefore an event that was decided with it happens just so without
//! it, and the other way round; `engine/tests/sale_model` holds the two against each other.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::booking::{Booking, BookingStatus, Sale};
use super::command::{ChangeBooking, ConcertCommand, StartPayment};
use super::decide::{Decided, Decision};
use super::due::Due;
use super::errand::{Errand, Lane};
use super::event::BookedItems;
use super::form;
use super::keys::{Effect, KeyRing};
use super::list::List;
use super::payment::{Ledger, Payment, PaymentStatus};
use super::person::{People, Person};
use super::rejection::Rejection;
use super::state::{Concert, Terms};
use super::view::{BookingView, PaymentView};
use super::waiting::WaitingList;
use crate::caller::Caller;
use crate::ids::{BookingId, BookingNumber, ConcertId, PaymentId, PaymentNumber, UserId};
use crate::limits;
use crate::time::Time;

/// One of so many bookings has ended at least before it is worth to copy a state without them.
const ENDED_SHARE: usize = 4;

/// A settled booking with all that belongs to it: what is kept of it when its concert's state has shed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedBooking {
    /// At which concert.
    pub concert: ConcertId,
    /// Whose it was.
    pub user: UserId,
    /// The booking.
    pub booking: Booking,
    /// Its payments, oldest first.
    pub payments: Vec<Payment>,
}

/// What the bookings came to that a state has shed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shed {
    pub(super) bookings: u64,
    /// Their share of the ledger.
    pub(super) money: Ledger,
}

impl EndedBooking {
    /// Its id.
    pub fn id(&self) -> BookingId {
        BookingId { concert: self.concert, number: self.booking.number }
    }

    /// The booking as it is told.
    pub fn view(self, terms: &Arc<Terms>) -> BookingView {
        BookingView { id: self.id(), user: self.user, booking: self.booking, terms: Arc::clone(terms) }
    }

    /// One of its payments as it is told.
    pub fn payment_view(&self, number: PaymentNumber, terms: &Terms) -> Option<PaymentView> {
        let payment = self.payments.iter().find(|payment| payment.number == number)?;
        Some(PaymentView {
            id: PaymentId { concert: self.concert, number },
            booking: self.id(),
            payment: payment.clone(),
            currency: terms.currency,
        })
    }
}

impl Booking {
    /// A booking that no concert has in its state.
    pub fn apart(
        number: BookingNumber,
        items: BookedItems,
        status: BookingStatus,
        mail: bool,
        created_at: Time,
        sale: Option<Box<Sale>>,
    ) -> Self {
        Self { number, items, status, mail, created_at: created_at.into(), sale, person: 0, previous: None }
    }
}

impl Payment {
    /// Whether nothing more becomes of it. A gateway may take back that a payment failed, but not for ever.
    fn is_over(&self, now: Time) -> bool {
        match self.status {
            PaymentStatus::Processing => false,
            PaymentStatus::Succeeded => self.refunds.iter().all(|refund| refund.is_made),
            PaymentStatus::Failed(_) => {
                self.created_at.plus_seconds(limits::FAILED_PAYMENT_OPEN_SECONDS) <= now
            }
        }
    }
}

impl Concert {
    /// How many bookings were ever made here.
    pub fn bookings_ever(&self) -> u64 {
        self.shed.bookings + self.bookings.len() as u64
    }

    /// How many of these the state has shed.
    pub fn bookings_shed(&self) -> u64 {
        self.shed.bookings
    }

    /// Whether so few of its bookings have ended that the state is hardly smaller without them.
    pub(crate) fn is_mostly_live(&self) -> bool {
        let ended = self.bookings.len() - self.live_bookings;
        ended * ENDED_SHARE < self.bookings.len()
    }

    /// Whether nothing can happen to this booking any more but that keys and mails are forgotten that tell of it.
    pub(super) fn is_over(&self, booking: &Booking, now: Time) -> bool {
        let is_over = |number| self.payment(number).is_none_or(|payment| payment.is_over(now));
        // Most live, and what else there is to know of them lies elsewhere.
        !booking.status.is_live()
            && booking.pending().is_none()
            && booking.payments().iter().copied().all(is_over)
    }

    /// The numbers of the settled bookings, oldest first, so many at most.
    pub fn settled(&self, max: usize) -> Vec<BookingNumber> {
        if self.live_bookings == self.bookings.len() {
            return Vec::new();
        }
        let mut told_of = self.told_of().into_iter().peekable();
        let settled = self.bookings.iter().filter(|booking| {
            // Both are in ascending order.
            while told_of.next_if(|number| *number < booking.number).is_some() {}
            told_of.peek() != Some(&booking.number) && self.is_over(booking, self.time)
        });
        settled.map(|booking| booking.number).take(max).collect()
    }

    /// Bookings of which an errand or a key tells, in ascending order.
    fn told_of(&self) -> Vec<BookingNumber> {
        let paid = |payment| self.payment(payment).map(|payment| payment.booking);
        let errands = [Lane::Money, Lane::Mail].into_iter().flat_map(|lane| self.owed.all(lane));
        let owed = errands.filter_map(|(_, errand)| match errand {
            Errand::TakePayment(payment) | Errand::GiveBack(payment) => paid(payment),
            Errand::Mail(_, booking) => Some(booking),
        });
        let effects = self.keys.values().flat_map(KeyRing::effects);
        let remembered = effects.filter_map(|effect| match effect {
            Effect::Booked(booking) | Effect::BookingCancelled(booking) | Effect::BookingChanged(booking) => {
                Some(booking)
            }
            Effect::Payment(payment) => paid(payment),
            Effect::Concert | Effect::Waiting(_) | Effect::Noted => None,
        });
        let mut told_of: Vec<_> = owed.chain(remembered).collect();
        told_of.sort_unstable();
        told_of
    }

    /// Takes those of these bookings (their numbers in ascending order) out of the state that are settled, and everybody who is not
    /// needed without them. Costs about as much as copying the state, whatever there is to take. Whatever was wrong with the state before
    /// is wrong afterwards, or with what is taken, and then this panics.
    pub fn shed(&mut self, numbers: &[BookingNumber]) -> Vec<EndedBooking> {
        if numbers.is_empty() || self.live_bookings == self.bookings.len() {
            return Vec::new();
        }
        let (mut kept, mut ended) = (List::default(), Vec::with_capacity(numbers.len()));
        let mut places = Vec::with_capacity(self.bookings.len());
        let mut numbers = numbers.iter().peekable();
        let mut before = None;
        for booking in std::mem::take(&mut self.bookings) {
            assert!(before.replace(booking.number) < Some(booking.number), "bookings are in their order");
            places.push(u32::try_from(kept.len()).expect("a concert has fewer than 2^32 bookings"));
            // Both are in ascending order.
            while numbers.next_if(|number| **number < booking.number).is_some() {}
            let goes = numbers.peek() == Some(&&booking.number) && !booking.status.is_live();
            if goes {
                assert_eq!(self.check_places_of(&booking), Ok(()), "what leaves is whole");
                ended.push(booking);
            } else {
                kept.push(booking);
            }
        }
        self.bookings = kept;
        self.due = std::mem::take(&mut self.due)
            .into_iter()
            .map(|due| Due { place: places[due.place as usize], ..due })
            .collect();
        let ended = self.taken_out(ended);
        self.forget_strangers();
        ended
    }

    /// Completes bookings that are not in the state any more with what belongs to them, and takes that out as well.
    fn taken_out(&mut self, ended: Vec<Booking>) -> Vec<EndedBooking> {
        let paid: HashSet<PaymentNumber> =
            ended.iter().flat_map(|booking| booking.payments().iter().copied()).collect();
        let gone = self.payments.extract_if(.., |payment| paid.contains(&payment.number));
        let mut payments: BTreeMap<PaymentNumber, Payment> =
            gone.map(|payment| (payment.number, payment)).collect();
        let shed = &mut self.shed;
        let complete = |mut booking: Booking| {
            let user = self.people.user(booking.person).expect("every booking has an owner");
            booking.make_apart();
            let numbers = booking.payments().iter();
            let payments: Vec<Payment> = numbers.filter_map(|number| payments.remove(number)).collect();
            assert!(
                payments.iter().all(|payment| payment.booking == booking.number),
                "it is paid for by its own"
            );
            shed.bookings += 1;
            shed.money.captured += payments.iter().map(Payment::captured).sum::<i64>();
            shed.money.refunded += payments.iter().map(Payment::refunded).sum::<i64>();
            shed.money.fees += booking.paid();
            EndedBooking { concert: self.id, user: user.clone(), booking, payments }
        };
        ended.into_iter().map(complete).collect()
    }

    /// Forgets everybody to whom no booking, wish or key belongs.
    fn forget_strangers(&mut self) {
        let mut is_known = vec![false; self.people.len()];
        let owners = self.bookings.iter().map(|booking| booking.person);
        let waiters = self.waiting.iter().flat_map(|list| list.iter().map(|waiter| waiter.person));
        let wishes = self.keys.values().flat_map(KeyRing::wishes).map(|waiter| waiter.person);
        for person in owners.chain(waiters).chain(wishes).chain(self.keys.keys().copied()) {
            is_known[person as usize] = true;
        }
        let mut places = Vec::with_capacity(is_known.len());
        let mut kept = 0;
        for is_known in &is_known {
            places.push(kept);
            kept += u32::from(*is_known);
        }
        self.move_people(&places);
        let mut is_known = is_known.into_iter();
        self.people.retain(|| is_known.next().unwrap_or(false));
        self.chain_anew();
    }

    /// Has everything point to people at their new places, by the old ones.
    fn move_people(&mut self, places: &[u32]) {
        let place = |person: &mut u32| *person = places[*person as usize];
        self.bookings.elements_mut().for_each(|booking| place(&mut booking.person));
        self.waiting.iter_mut().flat_map(WaitingList::iter_mut).for_each(|waiter| place(&mut waiter.person));
        self.key_owners.iter_mut().for_each(|(_, person)| place(person));
        let keys = std::mem::take(&mut self.keys).into_iter().map(|(mut person, mut keys)| {
            place(&mut person);
            keys.wishes_mut().for_each(|waiter| place(&mut waiter.person));
            (person, keys)
        });
        self.keys = keys.collect();
    }

    /// Bookings and people have got new places.
    fn chain_anew(&mut self) {
        self.people.values_mut().for_each(|person| *person = Person::default());
        form::chain(&mut self.bookings, &mut self.people).expect("the bookings were chained before");
    }

    /// The same concert without what is settled, and with its people in the order of their ids: two states that nobody can tell apart
    /// are equal then.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn canonical(mut self) -> Self {
        let settled = self.settled(usize::MAX);
        self.shed(&settled);
        self.forget_strangers();
        let mut order: Vec<usize> = (0..self.people.len()).collect();
        let users: Vec<_> = self.people.iter().map(|(user, _)| user).collect();
        order.sort_by_key(|place| users[*place]);
        let mut places = vec![0; order.len()];
        for (place, before) in (0..).zip(order) {
            places[before] = place;
        }
        self.move_people(&places);
        self.people.sort();
        self.chain_anew();
        self
    }

    /// What a command about a booking that the state does not have any more comes to: the refusal that it would come to if it had.
    pub(super) fn decide_on_ended(
        &self,
        ended: &EndedBooking,
        command: &ConcertCommand,
        now: Time,
    ) -> Decided {
        if self.booking(ended.booking.number).is_some() {
            return self.decide(command, now);
        }
        let caller = command.caller_about_booking().ok_or(Rejection::BookingNotFound)?;
        match self.with_nothing_but(ended, caller).decide(command, now)? {
            Decision::Repeated(effect) => Ok(Decision::Repeated(effect)),
            other => unreachable!("nothing happens to a booking that is settled: {other:?}"),
        }
    }

    /// This concert, as far as it matters to what this caller may do with a booking that has ended.
    fn with_nothing_but(&self, ended: &EndedBooking, caller: &Caller) -> Self {
        let mut people = People::default();
        // The owner has the first place, as in every booking apart.
        people.meet(&ended.user);
        let place = people.meet(&caller.user);
        let keys = self.keys_of(&caller.user).map(|keys| (place, keys.clone()));
        Self {
            time: self.time,
            stage: self.stage,
            terms: Arc::clone(&self.terms),
            counts: self.counts.clone(),
            seating: self.seating.clone(),
            waiting: self.waiting.iter().map(|_| WaitingList::default()).collect(),
            code_uses: self.code_uses.clone(),
            bookings: [ended.booking.clone()].into_iter().collect(),
            payments: ended.payments.clone(),
            people,
            keys: keys.into_iter().collect(),
            ..Self::absent(self.id)
        }
    }
}

impl ConcertCommand {
    /// Who wants something of a booking that exists.
    fn caller_about_booking(&self) -> Option<&Caller> {
        match self {
            Self::CancelBooking { caller, .. }
            | Self::ExtendHold { caller, .. }
            | Self::ConfirmHold { caller, .. } => Some(caller),
            Self::ChangeBooking(change) => {
                let ChangeBooking { caller, .. } = &**change;
                Some(caller)
            }
            Self::StartPayment(payment) => {
                let StartPayment { caller, .. } = &**payment;
                Some(caller)
            }
            _ => None,
        }
    }
}
