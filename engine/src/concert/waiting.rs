//! Who waits for seats of a type that is sold out, in the order in which they came.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::ids::SeatTypeNumber;
use crate::time::Time;

/// One wish that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// Its number: the sequence of the event that made it.
    pub number: u64,
    /// For seats of which type.
    pub seat_type: SeatTypeNumber,
    /// How many seats.
    pub quantity: u32,
    /// Since when.
    pub since: Time,
    /// Whether its owner is told of an offer by mail.
    pub mail: bool,
    /// Whose it is: the place in `people`.
    pub(super) person: u32,
}

/// The waiting list of one seat type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WaitingList {
    waiters: VecDeque<Waiter>,
    /// The least quantity that anybody here wants, or less: so that a sold-out type costs a booking one comparison.
    smallest: u32,
}

impl WaitingList {
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Waiter> {
        self.waiters.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Waiter> {
        self.waiters.iter_mut()
    }

    /// The wish with this number, and its place. They stand in the order of their numbers.
    pub(super) fn find(&self, number: u64) -> Option<(usize, &Waiter)> {
        let place = self.waiters.binary_search_by_key(&number, |waiter| waiter.number).ok()?;
        self.waiters.get(place).map(|waiter| (place, waiter))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty()
    }

    pub(super) fn push(&mut self, waiter: Waiter) {
        self.smallest =
            if self.waiters.is_empty() { waiter.quantity } else { self.smallest.min(waiter.quantity) };
        self.waiters.push_back(waiter);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Waiter> {
        let (place, _) = self.find(number)?;
        let removed = self.waiters.remove(place)?;
        if removed.quantity == self.smallest {
            self.smallest = self.waiters.iter().map(|waiter| waiter.quantity).min().unwrap_or(0);
        }
        Some(removed)
    }

    pub(super) fn clear(&mut self) {
        self.waiters = VecDeque::new();
        self.smallest = 0;
    }

    /// The first whose wish fits into so many seats and to whom `may_have` these.
    pub(super) fn first_who_fits(
        &self,
        available: u32,
        may_have: impl Fn(&Waiter) -> bool,
    ) -> Option<&Waiter> {
        if self.waiters.is_empty() || available < self.smallest {
            return None;
        }
        self.waiters.iter().find(|waiter| waiter.quantity <= available && may_have(waiter))
    }
}
