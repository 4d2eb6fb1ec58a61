//! Every place and number that a concert notes stands for something that is there. All else that is checked, and whatever happens
//! next, relies on it; a state that was read from a disk could hold anything.

use super::super::booking::Booking;
use super::super::errand::{Errand, Lane};
use super::super::event::BookedItem;
use super::super::keys::{Effect, KeyRing};
use super::super::state::Concert;
use super::{Broken, hold};

impl Concert {
    pub(super) fn check_places(&self) -> Result<(), Broken> {
        let types = self.terms.seat_types.len();
        let lists = [
            ("counts", self.counts.len(), types),
            ("seatings", self.seating.len(), types),
            ("tallies", self.tallies.len(), types),
            ("waiting lists", self.waiting.len(), types),
            ("uses of codes", self.code_uses.len(), self.terms.codes.len()),
        ];
        for (what, found, expected) in lists {
            hold(found == expected, || format!("{found} {what} where {expected} belong"))?;
        }
        for (index, (states, seat_type)) in self.seating.iter().zip(&self.terms.seat_types).enumerate() {
            let fits = match (states, seat_type.layout.map()) {
                (Some(states), Some(map)) => states.are_made_for(map),
                (states, map) => states.is_none() && map.is_none(),
            };
            hold(fits, || format!("the seats of type {index} are not those of its map"))?;
        }
        self.check_order()?;
        self.check_places_of_bookings()?;
        self.check_people_exist()?;
        self.check_errands_and_keys()?;
        let bookings = self.bookings.len();
        let newest = self.newest_booking;
        let (from, to) = self.announcing.unwrap_or((self.swept, newest));
        hold(self.swept <= newest && from <= to && to <= newest, || {
            format!("up to {newest:?} {:?} are swept, and {from:?} to {to:?} to be told", self.swept)
        })?;
        let mut due = self.due.iter();
        hold(due.all(|due| (due.place as usize) < bookings), || "something is due to no booking".to_owned())
    }

    /// What is looked up by its number stands in the order of numbers.
    fn check_order(&self) -> Result<(), Broken> {
        let payments = self.payments.is_sorted_by(|one, next| one.number < next.number);
        hold(payments, || "payments are in the order of their numbers".to_owned())?;
        let wishes =
            self.waiting.iter().all(|list| list.iter().is_sorted_by(|one, next| one.number < next.number));
        hold(wishes, || "wishes are in the order of their numbers".to_owned())
    }

    /// Of all bookings in one walk over them, because they are many.
    fn check_places_of_bookings(&self) -> Result<(), Broken> {
        let people = self.people.len();
        let mut before = None;
        for booking in &self.bookings {
            let follows = before.replace(booking.number).is_none_or(|before| before < booking.number);
            hold(follows, || "bookings are in the order of their numbers".to_owned())?;
            self.check_places_of(booking)?;
            hold((booking.person as usize) < people, || {
                format!("{:?} is of somebody who is none of {people} people", booking.number)
            })?;
        }
        hold(before <= Some(self.newest_booking), || "bookings are in the order of their numbers".to_owned())
    }

    pub(in super::super) fn check_places_of(&self, booking: &Booking) -> Result<(), Broken> {
        let pending = booking.pending().map_or(&[][..], |change| &change.items);
        let items_exist = booking.items.iter().chain(pending).all(|item| self.has(item));
        let code_exists =
            booking.discount().is_none_or(|discount| usize::from(discount.code) < self.terms.codes.len());
        hold(items_exist && code_exists, || {
            format!("{:?} has what the concert does not have", booking.number)
        })
    }

    fn has(&self, item: &BookedItem) -> bool {
        self.seat_type(item.seat_type).is_some_and(|seat_type| {
            let seats = seat_type.layout.map().map_or(0, |map| map.total_seats());
            item.seats.iter().all(|seat| *seat < seats)
        })
    }

    fn check_people_exist(&self) -> Result<(), Broken> {
        let waiters = self.waiting.iter().flat_map(|list| list.iter().map(|waiter| waiter.person));
        let of_wishes = self.keys.values().flat_map(KeyRing::wishes).map(|waiter| waiter.person);
        let of_keys = self.key_owners.iter().map(|(_, person)| *person).chain(self.keys.keys().copied());
        let people = self.people.len();
        let mut places = waiters.chain(of_wishes).chain(of_keys);
        hold(places.all(|person| (person as usize) < people), || {
            format!("somebody is known who is none of {people} people")
        })
    }

    fn check_errands_and_keys(&self) -> Result<(), Broken> {
        for lane in [Lane::Money, Lane::Mail] {
            for (number, errand) in self.owed.all(lane) {
                let exists = match errand {
                    Errand::TakePayment(payment) | Errand::GiveBack(payment) => {
                        self.payment(payment).is_some()
                    }
                    Errand::Mail(_, booking) => self.booking(booking).is_some(),
                };
                hold(exists && errand.lane() == lane, || format!("{number:?} is about nothing: {errand:?}"))?;
            }
        }
        let mut effects = self.keys.values().flat_map(KeyRing::effects);
        let exists = |effect| match effect {
            Effect::Booked(booking) | Effect::BookingCancelled(booking) | Effect::BookingChanged(booking) => {
                self.booking(booking).is_some()
            }
            Effect::Payment(payment) => self.payment(payment).is_some(),
            Effect::Concert | Effect::Waiting(_) | Effect::Noted => true,
        };
        hold(effects.all(exists), || "a key brought about what is not there".to_owned())
    }
}
