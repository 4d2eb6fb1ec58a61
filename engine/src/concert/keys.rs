//! The idempotency keys that a person used at a concert.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::waiting::Waiter;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingNumber, PaymentNumber};
use crate::limits;
use crate::time::Time;

/// What a request that succeeded had brought about: what its repetition is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// The concert was made or changed.
    Concert,
    /// A booking was made.
    Booked(BookingNumber),
    /// A booking was cancelled.
    BookingCancelled(BookingNumber),
    /// A booking was changed in another way.
    BookingChanged(BookingNumber),
    /// A payment was begun, or went on.
    Payment(PaymentNumber),
    /// A wish waits, or waits no longer. All of it, because a wish that waits no longer is forgotten but for this.
    Waiting(Waiter),
    /// Something was noted that nobody sees.
    Noted,
}

/// The keys of one person's requests that succeeded, oldest first; at most
/// [`IDEMPOTENCY_KEYS_PER_USER_MAX`](limits::IDEMPOTENCY_KEYS_PER_USER_MAX) of them. Most people have none most of the time, and then
/// no ring either.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyRing(VecDeque<RememberedKey>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RememberedKey {
    key: IdempotencyKey,
    effect: Effect,
    time: Time,
}

/// Whether a key of this time is too old to be remembered at `now`.
pub(super) fn is_forgotten(used_at: Time, now: Time) -> bool {
    used_at.plus_seconds(limits::IDEMPOTENCY_KEY_SECONDS) <= now
}

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It was not used, or too long ago.
    New,
    /// The same request succeeded before, with this effect.
    Repeated(Effect),
    /// It was used for another request.
    Reused,
}

impl KeyRing {
    /// What is known of `key` at `now`.
    pub(super) fn look_up(&self, key: &IdempotencyKey, now: Time) -> Known {
        let same = |known: &&RememberedKey| known.key.key == key.key && !is_forgotten(known.time, now);
        match self.0.iter().rev().find(same) {
            None => Known::New,
            Some(known) if known.key.request == key.request => Known::Repeated(known.effect),
            Some(_) => Known::Reused,
        }
    }

    /// Remembers a key of a request that succeeded.
    pub(super) fn remember(&mut self, key: IdempotencyKey, effect: Effect, time: Time) {
        if self.0.is_empty() {
            // Most who use a key at a concert use one.
            self.0.reserve_exact(1);
        }
        if self.0.len() == limits::IDEMPOTENCY_KEYS_PER_USER_MAX {
            self.0.pop_front();
        }
        self.0.push_back(RememberedKey { key, effect, time });
    }

    /// Whether no key is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets the keys that are too old at `now`.
    pub(super) fn forget_old(&mut self, now: Time) {
        while self.0.front().is_some_and(|known| is_forgotten(known.time, now)) {
            self.0.pop_front();
        }
    }

    /// What the requests with these keys brought about.
    pub(super) fn effects(&self) -> impl Iterator<Item = Effect> {
        self.0.iter().map(|known| known.effect)
    }

    /// The wishes that some of them brought about.
    pub(super) fn wishes(&self) -> impl Iterator<Item = &Waiter> {
        self.0.iter().filter_map(|known| match &known.effect {
            Effect::Waiting(waiter) => Some(waiter),
            _ => None,
        })
    }

    /// The same, to be changed.
    pub(super) fn wishes_mut(&mut self) -> impl Iterator<Item = &mut Waiter> {
        self.0.iter_mut().filter_map(|known| match &mut known.effect {
            Effect::Waiting(waiter) => Some(waiter),
            _ => None,
        })
    }

    /// How many keys are remembered.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
