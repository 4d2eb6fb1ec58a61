//! At which concerts a user may have bookings.

use std::thread;

use hashbrown::HashTable;
use parking_lot::{Mutex, RwLock};
use smallvec::SmallVec;

use crate::concert::{Concert, Fingerprint, fingerprint};
use crate::ids::{ConcertId, UserId};

/// A shard grows by itself, so that no single growth holds an actor up for long.
const SHARDS: u32 = 256;

/// The concerts where a user is to be asked for, but for those that have slept since the start: these the journal knows. Who has
/// nothing there but bookings that the concert's state has shed is forgotten: these the journal knows, too. It may name
/// a concert too many (its event was never made durable, or another user has the same fingerprint), never one too few: the bookings
/// themselves are asked of the concert.
///
/// There is an entry for nearly every booking, so it is twelve bytes. Its locks are of the readers' side, one for each shard, and held
/// for one look-up. A map without locks was measured first: it took three microseconds for a booking, a third of all.
pub struct BuyersIndex {
    shards: Vec<RwLock<HashTable<Buyer>>>,
}

/// A user at a concert. The id is in halves, so that it needs no room to be aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Buyer {
    user: Fingerprint,
    concert: [u32; 2],
}

impl Buyer {
    fn new(user: &UserId, concert: ConcertId) -> Self {
        Self::at(fingerprint(user), concert)
    }

    fn at(user: Fingerprint, concert: ConcertId) -> Self {
        let bits = concert.bits();
        let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).expect("the rest is masked");
        Self { user, concert: [half(bits >> 32), half(bits)] }
    }

    fn concert(self) -> ConcertId {
        let [upper, lower] = self.concert.map(u64::from);
        ConcertId::from_bits(upper << 32 | lower)
    }

    /// Spread over all bits (Fibonacci hashing): the table looks at the uppermost and the lowest.
    fn hash(user: Fingerprint) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let bits = u64::from(user).wrapping_mul(GOLDEN);
        bits ^ bits >> 32
    }
}

impl Default for BuyersIndex {
    fn default() -> Self {
        Self { shards: std::iter::repeat_with(RwLock::default).take(SHARDS as usize).collect() }
    }
}

impl BuyersIndex {
    /// The concerts where this user may have bookings, in no order.
    pub fn concerts_of(&self, user: &UserId) -> SmallVec<[ConcertId; 2]> {
        let user = fingerprint(user);
        let shard = self.shard(user).read();
        let mut concerts = SmallVec::new();
        for buyer in shard.iter_hash(Buyer::hash(user)).filter(|buyer| buyer.user == user) {
            // Two with the same fingerprint may have booked there.
            if !concerts.contains(&buyer.concert()) {
                concerts.push(buyer.concert());
            }
        }
        concerts
    }

    /// Takes in all that were gathered, on so many threads. A shard is filled by one of them, so what was written is still near its
    /// processor when the next comes; and who was taken in is not kept twice.
    pub(crate) fn take_in(&self, gathered: Vec<Gathered>, threads: usize) {
        let mut parts: Vec<_> = gathered.into_iter().map(|gathered| gathered.by_shard.into_iter()).collect();
        let mut new = || parts.iter_mut().filter_map(Iterator::next).collect::<Vec<_>>();
        let shards = Mutex::new(self.shards.iter().map(|shard| (shard, new())));
        let next = || shards.lock().next();
        let fill = || {
            while let Some((shard, new)) = next() {
                let mut shard = shard.write();
                shard.reserve(new.iter().map(Vec::len).sum(), |known| Buyer::hash(known.user));
                for buyer in new.into_iter().flatten() {
                    shard.insert_unique(Buyer::hash(buyer.user), buyer, |_| unreachable!("there is room"));
                }
            }
        };
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(fill))));
    }

    pub(super) fn note(&self, user: &UserId, concert: ConcertId) {
        let buyer = Buyer::new(user, concert);
        let mut shard = self.shard(buyer.user).write();
        let hash = Buyer::hash(buyer.user);
        if shard.find(hash, |known| *known == buyer).is_none() {
            shard.insert_unique(hash, buyer, |known| Buyer::hash(known.user));
        }
    }

    /// Forgets that these booked at a concert: nobody with one of these fingerprints has a booking there that it must be asked for.
    pub(super) fn forget(&self, buyers: impl Iterator<Item = Fingerprint>, concert: ConcertId) {
        for user in buyers {
            let mut shard = self.shard(user).write();
            let gone = Buyer::at(user, concert);
            if let Ok(known) = shard.find_entry(Buyer::hash(user), |known| *known == gone) {
                known.remove();
            }
        }
    }

    fn shard(&self, user: Fingerprint) -> &RwLock<HashTable<Buyer>> {
        &self.shards[shard_of(user)]
    }
}

/// Who has booked at concerts of which the index knows nothing, by their shards: twelve bytes for each, until they are taken in.
pub(crate) struct Gathered {
    by_shard: Vec<Vec<Buyer>>,
}

impl Default for Gathered {
    fn default() -> Self {
        Self { by_shard: vec![Vec::new(); SHARDS as usize] }
    }
}

impl Gathered {
    /// Adds those of a concert.
    pub(crate) fn add(&mut self, concert: &Concert) {
        for user in concert.buyers() {
            let buyer = Buyer::new(user, concert.id());
            self.by_shard[shard_of(buyer.user)].push(buyer);
        }
    }
}

fn shard_of(user: Fingerprint) -> usize {
    (user % SHARDS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_found_wherever_they_have_booked() {
        let index = BuyersIndex::default();
        let user = |number: u64| UserId::new(&format!("user-{number}")).unwrap();
        let concert = |number: u64| ConcertId::from_bits(u64::MAX / 7 * number);
        for number in 0..3_000 {
            for at in 0..number % 4 {
                index.note(&user(number), concert(at));
                index.note(&user(number), concert(0));
            }
        }
        for number in 0..3_000 {
            let mut found = index.concerts_of(&user(number));
            found.sort_unstable();
            let expected: Vec<_> = (0..number % 4).map(concert).collect();
            assert_eq!(found.as_slice(), expected, "nobody else has the fingerprint of {number}");
        }
        let odd = (0..3_000).filter(|number| number % 2 == 1);
        index.forget(odd.chain([9_999]).map(|number| fingerprint(&user(number))), concert(0));
        for number in 0..3_000 {
            let mut found = index.concerts_of(&user(number));
            found.sort_unstable();
            let expected: Vec<_> =
                (0..number % 4).filter(|at| number % 2 == 0 || *at > 0).map(concert).collect();
            assert_eq!(found.as_slice(), expected, "who is forgotten at one concert is known at others");
        }
    }
}
