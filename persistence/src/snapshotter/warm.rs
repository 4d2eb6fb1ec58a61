//! States that the last snapshot made, kept for the next. In a rush one follows another within a second, and what it would read, decode
//! and check is what the one before has just written: half of what a snapshot costs.

use std::collections::BTreeMap;

use boxoffice_engine::fold::Fold;
use boxoffice_engine::journal::Stream;

/// Bytes of states, as they are written, that are kept: those of 1.2 million live bookings, which take twice that in memory.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// States that need not be read back.
#[derive(Default)]
pub(super) struct WarmStates {
    folds: BTreeMap<Stream, Fold>,
    /// Of all of them, as they are written.
    bytes: usize,
}

impl WarmStates {
    /// Keeps a state that takes so many bytes when it is written, unless there are too many already.
    pub(super) fn keep(&mut self, fold: Fold, bytes: usize) {
        if self.bytes + bytes <= BYTES_MAX {
            self.bytes += bytes;
            self.folds.insert(fold.snapshot().stream, fold);
        }
    }

    /// Takes out what a stream came to, if that is at this sequence.
    pub(super) fn take(&mut self, stream: Stream, sequence: u64) -> Option<Fold> {
        self.folds.remove(&stream).filter(|fold| fold.snapshot().sequence == sequence)
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_engine::ids::ConcertId;

    use super::*;

    fn fold(concert: u64) -> Fold {
        Fold::absent(Stream::Concert(ConcertId::from_bits(concert)))
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
        assert_eq!(warm.take(stream(2), 0).map(|fold| fold.snapshot().stream), Some(stream(2)));
        assert!(warm.take(stream(2), 0).is_none());
    }

    #[test]
    fn no_more_is_kept_than_fits() {
        let mut warm = WarmStates::default();
        warm.keep(fold(1), BYTES_MAX - 1);
        warm.keep(fold(2), 2);
        warm.keep(fold(3), 1);
        let kept = [1, 2, 3].map(|concert| warm.take(stream(concert), 0).is_some());
        assert_eq!(kept, [true, false, true]);
    }
}
