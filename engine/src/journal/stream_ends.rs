//! Where each stream ends: what its next record must follow.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{AppendError, Record, Stream};
use crate::ids::ConcertId;

/// The last sequence and epoch of every stream. A journal that serves one process keeps one to refuse what does not follow.
#[derive(Clone, Debug, Default)]
pub struct StreamEnds {
    /// Where the concerts ended whose records up to there are not read, in their order. Most of them never go on, and whoever keeps
    /// these ends shares them.
    begun: Arc<Vec<Begun>>,
    /// The others, and those that went on.
    ends: FxHashMap<Stream, End>,
    /// The ends that the records of the present append replaced, to be put back should one of them not follow.
    replaced: Vec<(Stream, End)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    sequence: u64,
    epoch: u64,
}

/// A concert's end, packed: there is one for each that sleeps. Larger numbers have their place among the other ends.
#[derive(Clone, Copy, Debug)]
struct Begun {
    concert: ConcertId,
    sequence: u32,
    epoch: u32,
}

impl StreamEnds {
    /// The ends of streams whose records up to there are not read: of each, which must be in their order, its sequence and epoch.
    /// There are at most `streams`.
    pub fn after(streams: usize, ends: impl Iterator<Item = (Stream, u64, u64)>) -> Self {
        let mut begun = Vec::with_capacity(streams);
        let mut others = FxHashMap::default();
        for (stream, sequence, epoch) in ends {
            match Begun::of(stream, sequence, epoch) {
                Some(packed) => begun.push(packed),
                None => drop(others.insert(stream, End { sequence, epoch })),
            }
        }
        debug_assert!(begun.is_sorted_by_key(|begun| begun.concert), "concerts are found by halving");
        Self { begun: Arc::new(begun), ends: others, replaced: Vec::new() }
    }

    /// Moves the ends past `records`, all or none.
    ///
    /// # Errors
    /// `Conflict` when a record does not follow its stream's end, or its epoch lies before that end's.
    pub fn advance(&mut self, records: &[Record]) -> Result<(), AppendError> {
        self.replaced.clear();
        for record in records {
            match self.follow(record.stream, record.sequence, record.epoch) {
                Ok(replaced) => self.replaced.push((record.stream, replaced)),
                Err(conflict) => {
                    for (stream, end) in self.replaced.drain(..).rev() {
                        self.ends.insert(stream, end);
                    }
                    return Err(conflict);
                }
            }
        }
        Ok(())
    }

    /// Moves the ends past one record that was read, of which no more needs to be known than where it stands.
    ///
    /// # Errors
    /// As for [`advance`](Self::advance).
    pub fn pass(&mut self, stream: Stream, sequence: u64, epoch: u64) -> Result<(), AppendError> {
        self.follow(stream, sequence, epoch).map(drop)
    }

    /// How many streams there are.
    pub fn streams(&self) -> usize {
        self.all().count()
    }

    /// The streams that end behind the sequence that `of` gives for them.
    pub fn streams_ahead_of(&self, of: impl Fn(Stream) -> u64) -> impl Iterator<Item = Stream> {
        self.all().filter(move |(stream, end)| end.sequence > of(*stream)).map(|(stream, _)| stream)
    }

    fn all(&self) -> impl Iterator<Item = (Stream, End)> {
        let begun = self.begun.iter().map(|begun| (Stream::Concert(begun.concert), begun.end()));
        let still = begun.filter(|(stream, _)| !self.ends.contains_key(stream));
        still.chain(self.ends.iter().map(|(stream, end)| (*stream, *end)))
    }

    /// The end that the record's place takes over from.
    fn follow(&mut self, stream: Stream, sequence: u64, epoch: u64) -> Result<End, AppendError> {
        let begun = &self.begun;
        let end = self.ends.entry(stream).or_insert_with(|| {
            let Stream::Concert(concert) = stream else { return End::default() };
            let place = begun.binary_search_by_key(&concert, |begun| begun.concert);
            place.map_or_else(|_| End::default(), |place| begun[place].end())
        });
        if sequence == end.sequence + 1 && epoch >= end.epoch.max(1) {
            Ok(std::mem::replace(end, End { sequence, epoch }))
        } else {
            Err(AppendError::Conflict { stream, sequence, epoch })
        }
    }
}

impl Begun {
    fn of(stream: Stream, sequence: u64, epoch: u64) -> Option<Self> {
        let Stream::Concert(concert) = stream else { return None };
        Some(Self { concert, sequence: sequence.try_into().ok()?, epoch: epoch.try_into().ok()? })
    }

    fn end(self) -> End {
        End { sequence: u64::from(self.sequence), epoch: u64::from(self.epoch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(number: u64) -> Stream {
        Stream::Concert(ConcertId::from_bits(number))
    }

    #[test]
    fn streams_go_on_from_where_they_ended_and_copies_do_not_notice() {
        let begun = StreamEnds::after(
            3,
            [(Stream::Accounts, 7, 2), (stream(1), 5, 3), (stream(3), 9, 1)].into_iter(),
        );
        let mut ends = begun.clone();
        assert_eq!(ends.pass(stream(1), 5, 3), conflict(stream(1), 5, 3), "it is there already");
        assert_eq!(ends.pass(stream(1), 6, 2), conflict(stream(1), 6, 2), "a later incarnation wrote there");
        assert_eq!(ends.pass(stream(2), 2, 1), conflict(stream(2), 2, 1), "it has no first record");
        for (stream, sequence) in [(stream(1), 6), (stream(1), 7), (stream(2), 1), (Stream::Accounts, 8)] {
            assert_eq!(ends.pass(stream, sequence, 3), Ok(()));
        }
        assert_eq!((begun.streams(), ends.streams()), (3, 4));
        let ahead = |ends: &StreamEnds, of: u64| {
            let mut ahead: Vec<_> = ends.streams_ahead_of(|_| of).collect();
            ahead.sort_unstable();
            ahead
        };
        assert_eq!(ahead(&ends, 7), [Stream::Accounts, stream(3)]);
        assert_eq!(ahead(&ends, 6), [Stream::Accounts, stream(1), stream(3)]);
        assert_eq!(ahead(&begun, 6), [Stream::Accounts, stream(3)]);
        assert_eq!(begun.clone().pass(stream(1), 6, 3), Ok(()));
    }

    #[test]
    fn an_end_may_be_larger_than_most() {
        const LARGEST: u64 = u32::MAX as u64;
        for (sequence, epoch) in
            [(LARGEST, LARGEST), (LARGEST + 1, 1), (1, LARGEST + 1), (u64::MAX - 1, u64::MAX)]
        {
            let begun = StreamEnds::after(2, [(stream(1), 5, 3), (stream(2), sequence, epoch)].into_iter());
            assert_eq!(begun.streams(), 2);
            let ahead: Vec<_> = begun.streams_ahead_of(|_| sequence - 1).collect();
            assert!(ahead.contains(&stream(2)), "{sequence}");
            assert_eq!(begun.streams_ahead_of(|_| sequence.max(5)).count(), 0);
            let mut ends = begun.clone();
            assert_eq!(ends.pass(stream(2), sequence, epoch), conflict(stream(2), sequence, epoch));
            let before = epoch - 1;
            assert_eq!(ends.pass(stream(2), sequence + 1, before), conflict(stream(2), sequence + 1, before));
            assert_eq!(ends.pass(stream(2), sequence + 1, epoch), Ok(()));
        }
    }

    fn conflict(stream: Stream, sequence: u64, epoch: u64) -> Result<(), AppendError> {
        Err(AppendError::Conflict { stream, sequence, epoch })
    }
}
