//! At which concerts a user may have bookings.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{OnceLock, PoisonError, RwLock};

use smallvec::SmallVec;

use crate::concert::{Fingerprint, fingerprint};
use crate::ids::{ConcertId, UserId};

/// A shard grows by itself, so that no single growth holds an actor up for long.
const SHARDS: usize = 256;

/// The concerts where a user is to be asked for. It may name a concert too many (its event was never made durable), never one too
/// few: the bookings themselves are asked of the concert.
///
/// Its locks are of the readers' side, one for each shard, and held for one look-up. A map without locks was measured first: it
/// took three microseconds for a booking, a third of all.
pub struct BuyersIndex {
    hasher: RandomState,
    shards: Vec<RwLock<HashMap<UserId, SmallVec<[ConcertId; 2]>>>>,
    sleepers: OnceLock<SleepersBuyers>,
}

/// Who has booked at the concerts that slept at the start: eight bytes each, in the order of their fingerprints.
#[derive(Default)]
pub(crate) struct SleepersBuyers {
    concerts: Vec<ConcertId>,
    /// The fingerprint above, the place in `concerts` below.
    buyers: Vec<u64>,
}

impl SleepersBuyers {
    pub(crate) fn add(&mut self, concert: ConcertId, buyers: &[Fingerprint]) {
        let place = self.concerts.len() as u64;
        self.concerts.push(concert);
        self.buyers.extend(buyers.iter().map(|fingerprint| u64::from(*fingerprint) << 32 | place));
    }

    fn concerts_of(&self, user: &UserId) -> impl Iterator<Item = ConcertId> {
        let fingerprint = u64::from(fingerprint(user));
        let from = self.buyers.partition_point(|buyer| buyer >> 32 < fingerprint);
        let theirs = self.buyers[from..].iter().take_while(move |buyer| *buyer >> 32 == fingerprint);
        theirs.filter_map(|buyer| {
            let place = usize::try_from(buyer & u64::from(u32::MAX)).ok()?;
            self.concerts.get(place).copied()
        })
    }
}

impl Default for BuyersIndex {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::iter::repeat_with(RwLock::default).take(SHARDS).collect(),
            sleepers: OnceLock::new(),
        }
    }
}

impl BuyersIndex {
    /// The concerts where this user may have bookings, in no order.
    pub fn concerts_of(&self, user: &UserId) -> SmallVec<[ConcertId; 2]> {
        let shard = self.shard(user).read().unwrap_or_else(PoisonError::into_inner);
        let mut concerts = shard.get(user).cloned().unwrap_or_default();
        drop(shard);
        for concert in self.sleepers.get().into_iter().flat_map(|sleepers| sleepers.concerts_of(user)) {
            if !concerts.contains(&concert) {
                concerts.push(concert);
            }
        }
        concerts
    }

    /// Notes who has booked at the concerts that sleep when the office is opened.
    pub(crate) fn begin(&self, mut sleepers: SleepersBuyers) {
        sleepers.buyers.sort_unstable();
        // An office is opened once.
        let _ = self.sleepers.set(sleepers);
    }

    pub(super) fn note(&self, user: &UserId, concert: ConcertId) {
        let mut shard = self.shard(user).write().unwrap_or_else(PoisonError::into_inner);
        match shard.get_mut(user) {
            Some(concerts) if concerts.contains(&concert) => {}
            Some(concerts) => concerts.push(concert),
            None => {
                shard.insert(user.clone(), SmallVec::from_slice(&[concert]));
            }
        }
    }

    fn shard(&self, user: &UserId) -> &RwLock<HashMap<UserId, SmallVec<[ConcertId; 2]>>> {
        let hash = self.hasher.hash_one(user);
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)]
    }
}
