//! Where each stream ends: what its next record must follow.

use std::collections::HashMap;

use super::{AppendError, Record, Stream};

/// The last sequence and epoch of every stream. A journal that serves one process keeps one to refuse what does not follow.
#[derive(Clone, Debug, Default)]
pub struct StreamEnds {
    ends: HashMap<Stream, StreamEnd>,
    /// The ends that the records of the present append replaced, to be put back should one of them not follow.
    replaced: Vec<(Stream, StreamEnd)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct StreamEnd {
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
            let Record { stream, sequence, epoch, .. } = *record;
            let end = self.ends.entry(stream).or_default();
            if sequence != end.sequence + 1 || epoch < end.epoch.max(1) {
                for (stream, end) in self.replaced.drain(..).rev() {
                    self.ends.insert(stream, end);
                }
                return Err(AppendError::Conflict { stream, sequence, epoch });
            }
            self.replaced.push((stream, *end));
            *end = StreamEnd { sequence, epoch };
        }
        Ok(())
    }
}
