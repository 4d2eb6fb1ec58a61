//! At which concerts a user may have bookings.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{PoisonError, RwLock};

use smallvec::SmallVec;

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
}

impl Default for BuyersIndex {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: std::iter::repeat_with(RwLock::default).take(SHARDS).collect(),
        }
    }
}

impl BuyersIndex {
    /// The concerts where this user may have bookings, in no order.
    pub fn concerts_of(&self, user: &UserId) -> SmallVec<[ConcertId; 2]> {
        let shard = self.shard(user).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(user).cloned().unwrap_or_default()
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
