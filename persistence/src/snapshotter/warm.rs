//! States that the last snapshot made, kept for the next. In a rush one follows another within a second, and what it would read, decode
//! and check is what the one before has just written: half of what a snapshot costs.
//!
//! Now and then a snapshot finds none, however fast they follow: what lies on the disk is read again before long, and not for the first
//! time by the next start.

use std::collections::BTreeMap;
use std::time::Duration;

use boxoffice_engine::fold::Fold;
use boxoffice_engine::journal::Stream;

/// Bytes of states that are kept: those of 1.2 million live bookings, which take twice that in memory.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Counted for each state beside its bytes as it is written: what a concert takes in memory, however little is written of it, is about
/// twice this.
const STATE_BYTES: usize = 1024;

/// After so long all are let go of, whatever they came to meanwhile.
const WARM_FOR: Duration = Duration::from_mins(1);

/// States that need not be read back.
#[derive(Default)]
pub(super) struct WarmStates {
    folds: BTreeMap<Stream, Fold>,
    /// Of all of them, as they are counted.
    bytes: usize,
    /// How long ago there were none.
    age: Duration,
}

impl WarmStates {
    /// None yet, to take the place of these.
    pub(super) fn to_come(&self) -> Self {
        Self { age: self.age, ..Self::default() }
    }

    /// Keeps a state that takes so many bytes when it is written, unless there are too many already.
    pub(super) fn keep(&mut self, fold: Fold, bytes: usize) {
        let bytes = self.bytes.saturating_add(bytes).saturating_add(STATE_BYTES);
        if bytes <= BYTES_MAX {
            self.bytes = bytes;
            self.folds.insert(fold.stream(), fold);
        }
    }

    /// Takes out what a stream came to, if that is at this sequence.
    pub(super) fn take(&mut self, stream: Stream, sequence: u64) -> Option<Fold> {
        self.folds.remove(&stream).filter(|fold| fold.snapshot().sequence == sequence)
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn folds(&self) -> impl Iterator<Item = &Fold> {
        self.folds.values()
    }

    /// Lets time pass.
    pub(super) fn grow_older(&mut self, by: Duration) {
        self.age += by;
        if self.age >= WARM_FOR {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_engine::ids::ConcertId;

    use super::*;

    fn fold(concert: u64) -> Fold {
        Fold::absent(stream(concert))
    }

    fn stream(concert: u64) -> Stream {
        Stream::Concert(ConcertId::from_bits(concert))
    }

    #[test]
    fn a_state_is_given_once_and_at_its_own_sequence_alone() {
        let mut warm = WarmStates::default();
        warm.keep(fold(1), 10);
        warm.keep(fold(2), 10);
        assert!(warm.take(stream(1), 7).is_none(), "the manifest speaks of another state");
        assert!(warm.take(stream(1), 0).is_none(), "and what is of no use is let go of");
        assert_eq!(warm.take(stream(2), 0).map(|fold| fold.stream()), Some(stream(2)));
        assert!(warm.take(stream(2), 0).is_none());
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        let mut warm = WarmStates::default();
        warm.keep(fold(1), BYTES_MAX - 2 * STATE_BYTES - 1);
        warm.keep(fold(2), 2);
        warm.keep(fold(3), 1);
        let kept = [1, 2, 3].map(|concert| warm.take(stream(concert), 0).is_some());
        assert_eq!(kept, [true, false, true]);
    }

    #[test]
    fn of_states_that_are_written_in_next_to_nothing_no_more_are_kept_than_memory_has_room_for() {
        let mut warm = WarmStates::default();
        let most = BYTES_MAX as u64 / STATE_BYTES as u64;
        (0..=most).for_each(|concert| warm.keep(fold(concert), 0));
        assert!(warm.take(stream(most - 1), 0).is_some());
        assert!(warm.take(stream(most), 0).is_none());
    }

    #[test]
    fn a_state_that_every_snapshot_renews_is_read_again_after_a_while_all_the_same() {
        let mut warm = WarmStates::default();
        for second in 0..WARM_FOR.as_secs() {
            let mut next = warm.to_come();
            next.keep(fold(1), 10);
            warm = next;
            assert!(warm.folds.contains_key(&stream(1)), "after {second} seconds");
            warm.grow_older(Duration::from_secs(1));
        }
        assert!(warm.take(stream(1), 0).is_none());
        warm.keep(fold(1), 10);
        warm.grow_older(Duration::from_secs(1));
        assert!(warm.take(stream(1), 0).is_some(), "and kept warm from then on");
    }
}
