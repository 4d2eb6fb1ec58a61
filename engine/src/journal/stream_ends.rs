//! Where each stream ends: what its next record must follow.

use rustc_hash::FxHashMap;

use super::{AppendError, Record, Stream};

/// The last sequence and epoch of every stream. A journal that serves one process keeps one to refuse what does not follow.
#[derive(Clone, Debug, Default)]
pub struct StreamEnds {
    ends: FxHashMap<Stream, End>,
    /// The ends that the records of the present append replaced, to be put back should one of them not follow.
    replaced: Vec<(Stream, End)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    sequence: u64,
    epoch: u64,
}

impl StreamEnds {
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
        self.ends.len()
    }

    /// Notes where a stream ends whose records up to there are not read.
    pub fn begin(&mut self, stream: Stream, sequence: u64, epoch: u64) {
        self.ends.insert(stream, End { sequence, epoch });
    }

    /// The streams that end behind the sequence that `of` gives for them.
    pub fn streams_ahead_of(&self, of: impl Fn(Stream) -> u64) -> impl Iterator<Item = Stream> {
        self.ends.iter().filter(move |(stream, end)| end.sequence > of(**stream)).map(|(stream, _)| *stream)
    }

    /// The end that the record's place takes over from.
    fn follow(&mut self, stream: Stream, sequence: u64, epoch: u64) -> Result<End, AppendError> {
        let end = self.ends.entry(stream).or_default();
        if sequence == end.sequence + 1 && epoch >= end.epoch.max(1) {
            Ok(std::mem::replace(end, End { sequence, epoch }))
        } else {
            Err(AppendError::Conflict { stream, sequence, epoch })
        }
    }
}
