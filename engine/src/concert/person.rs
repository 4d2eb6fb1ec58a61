//! Who a concert has to do with, and which bookings are theirs.

use std::hash::Hasher;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};

use super::list::{Elements, List};
use crate::ids::UserId;

/// Everybody whom a concert has to do with, in the order in which they came.
///
/// Their ids are the box office's own or stand in tokens that it trusts, so nobody chooses them to collide, and a cheap hash will do:
/// there is one for every booking that is made or made again. A place of the index is five bytes, so it does not keep the hashes.
#[derive(Clone, Debug, Default)]
pub(super) struct People {
    known: List<(UserId, Person)>,
    /// The places of `known`, found by the hash of who is there.
    places: HashTable<u32>,
}

/// Somebody who booked at this concert or used an idempotency key here. There is one for nearly every booking, so it is kept small.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    /// Seats in bookings that are not ended.
    #[serde(skip)]
    pub(super) tickets: u32,
    /// Their newest booking.
    #[serde(skip)]
    pub(super) newest: Option<BookingPlace>,
}

impl People {
    /// These people; nothing if somebody is there twice.
    pub(super) fn new(known: List<(UserId, Person)>) -> Option<Self> {
        let mut people = Self { places: HashTable::with_capacity(known.len()), known };
        for (place, (user, _)) in (0..).zip(&people.known) {
            let hash = hash(user);
            if people.find(hash, user).is_some() {
                return None;
            }
            people.places.insert_unique(hash, place, |_| unreachable!("there is room"));
        }
        Some(people)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn iter(&self) -> Elements<'_, (UserId, Person)> {
        self.known.iter()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Person> {
        self.known.elements_mut().map(|(_, person)| person)
    }

    /// Somebody's place, if they are known.
    pub(super) fn place_of(&self, user: &UserId) -> Option<u32> {
        self.find(hash(user), user)
    }

    pub(super) fn get(&self, user: &UserId) -> Option<&Person> {
        self.place_of(user).map(|place| &self[place])
    }

    /// Who is at this place.
    pub(super) fn user(&self, place: u32) -> Option<&UserId> {
        self.known.get(place as usize).map(|(user, _)| user)
    }

    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut Person> {
        self.known.get_mut(place as usize).map(|(_, person)| person)
    }

    /// Somebody's place, which they get now if they were not known.
    pub(super) fn meet(&mut self, user: &UserId) -> u32 {
        let hash = hash(user);
        if self.places.len() == self.places.capacity() {
            // A table that is full would grow before it looks.
            if let Some(place) = self.find(hash, user) {
                return place;
            }
            self.index_anew(self.known.len() + 1);
        }
        let is_there = |place: &u32| self.known[*place as usize].0 == *user;
        match self.places.entry(hash, is_there, |_| unreachable!("there is room")) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(free) => {
                let place = u32::try_from(self.known.len())
                    .expect("2^32 people have to register first, and take more than 128 GiB of memory");
                free.insert(place);
                self.known.push((user.clone(), Person::default()));
                place
            }
        }
    }

    /// Keeps those of whom this is true, in their order.
    pub(super) fn retain(&mut self, mut is_kept: impl FnMut() -> bool) {
        self.known = std::mem::take(&mut self.known).into_iter().filter(|_| is_kept()).collect();
        self.index_anew(self.known.len());
    }

    /// Brings them into the order of their ids.
    #[cfg(feature = "testing")]
    pub(super) fn sort(&mut self) {
        let mut known: Vec<_> = std::mem::take(&mut self.known).into_iter().collect();
        known.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.known = known.into_iter().collect();
        self.index_anew(self.known.len());
    }

    fn find(&self, hash: u64, user: &UserId) -> Option<u32> {
        self.places.find(hash, |place| self.known[*place as usize].0 == *user).copied()
    }

    /// Makes the index anew, with room for so many. People lie one after another, and are taken in that order; a table that grew by
    /// itself would fetch them from all over the memory. Each is there once, so nobody is looked for.
    fn index_anew(&mut self, room: usize) {
        self.places = HashTable::with_capacity(room);
        for (place, (user, _)) in (0..).zip(&self.known) {
            self.places.insert_unique(hash(user), place, |_| unreachable!("there is room"));
        }
    }
}

fn hash(user: &UserId) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(user.as_str().as_bytes());
    hasher.finish()
}

/// The index follows from the people.
impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl Eq for People {}

impl Index<u32> for People {
    type Output = Person;

    fn index(&self, place: u32) -> &Person {
        &self.known[place as usize].1
    }
}

impl IndexMut<u32> for People {
    fn index_mut(&mut self, place: u32) -> &mut Person {
        &mut self.known[place as usize].1
    }
}

/// Written as the list of them.
impl Serialize for People {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known.serialize(serializer)
    }
}

/// The place of a booking in `bookings`, in a form of which none takes no more room than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BookingPlace(NonZeroU32);

impl BookingPlace {
    /// Nothing for a place that no concert reaches.
    pub(super) fn new(place: usize) -> Option<Self> {
        u32::try_from(place + 1).ok().and_then(NonZeroU32::new).map(Self)
    }

    pub(super) fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u32) -> UserId {
        UserId::new(&format!("user-{number}")).unwrap()
    }

    #[test]
    fn everybody_has_the_place_at_which_they_came() {
        let mut people = People::default();
        for number in 0..3_000 {
            assert_eq!(people.place_of(&user(number)), None);
            assert_eq!(people.meet(&user(number)), number);
            assert_eq!(people.meet(&user(number / 2)), number / 2, "who is known is met again");
        }
        assert_eq!(people.len(), 3_000);
        let read = People::new(people.known.clone()).expect("everybody is there once");
        for number in 0..3_000 {
            assert_eq!(
                (read.place_of(&user(number)), read.user(number)),
                (Some(number), Some(&user(number)))
            );
        }
    }

    #[test]
    fn who_stays_is_found_at_their_new_place_and_nobody_else() {
        let mut people = People::default();
        (0..1_000).for_each(|number| assert_eq!(people.meet(&user(number)), number));
        let mut numbers = 0..1_000;
        people.retain(|| numbers.next().is_some_and(|number| number % 3 == 0));
        for number in 0..1_000 {
            let place = (number % 3 == 0).then_some(number / 3);
            assert_eq!(people.place_of(&user(number)), place);
        }
        assert_eq!(people.meet(&user(1)), 334);
    }

    #[test]
    fn nobody_is_known_twice() {
        let twice = [1, 2, 3, 2].map(|number| (user(number), Person::default()));
        assert!(People::new(twice.into_iter().collect()).is_none());
    }
}
