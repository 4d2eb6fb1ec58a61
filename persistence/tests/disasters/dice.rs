//! Random numbers that a seed repeats, and how many trials there are.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Random numbers that a seed repeats (splitmix64).
pub(crate) struct Dice {
    pub(crate) seed: u64,
    state: u64,
}

impl Dice {
    /// Dice with the seed that this variable gives, or with a new one; the seed is printed.
    pub(crate) fn from(variable: &str) -> Self {
        let seed = number_from(variable).unwrap_or_else(|| RandomState::new().build_hasher().finish());
        println!("repeat with {variable}={seed}");
        Self { seed, state: seed }
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// The number that an environment variable holds.
pub(crate) fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")))
}
