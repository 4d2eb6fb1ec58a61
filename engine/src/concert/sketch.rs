//! What is told of a concert that sleeps, without its bookings.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::state::Concert;
use super::view::ConcertView;
use crate::ids::UserId;
use crate::time::Time;

/// A concert at one sequence, as far as it must be known to sleep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    /// What readers see.
    pub view: Arc<ConcertView>,
    /// When it has something to do by itself, if ever.
    pub due: Option<Time>,
    /// How many bookings were ever made there.
    pub bookings: u64,
    /// How many of them its state has shed.
    pub shed: u64,
}

/// A number that stands for a user. Two users may have the same.
pub type Fingerprint = u32;

/// The fingerprint of a user, the same in every process (FNV-1a, folded).
pub fn fingerprint(user: &UserId) -> Fingerprint {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = user.as_str().bytes().fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let folded = (hash ^ hash >> 32) & u64::from(Fingerprint::MAX);
    Fingerprint::try_from(folded).expect("the upper half is masked")
}

impl Concert {
    /// What is told of it while it sleeps; nothing if it cannot sleep because it has something to do.
    pub fn sketch(&self) -> Option<Sketch> {
        self.can_sleep().then(|| Sketch {
            view: Arc::new(self.view()),
            due: self.next_due(),
            bookings: self.bookings_ever(),
            shed: self.bookings_shed(),
        })
    }

    /// Whether nothing but time and requests can make anything happen here.
    pub(crate) fn can_sleep(&self) -> bool {
        self.next_chore().is_none() && self.owed.is_empty()
    }

    /// The fingerprints of everybody with a booking that it has, in ascending order, each once.
    pub fn fingerprints(&self) -> Vec<Fingerprint> {
        let mut fingerprints: Vec<_> = self.buyers().map(fingerprint).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints
    }
}
