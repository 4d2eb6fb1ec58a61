//! Where each stream ends: what its next record must follow.

use std::collections::HashMap;

use boxoffice_engine::journal::{AppendError, Record, Stream};

use crate::wire::Head;

/// The last sequence and epoch of every stream.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    ends: HashMap<Stream, End>,
    /// What the records of the present append replaced, to be put back should one of them not follow.
    replaced: Vec<(Stream, End)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct End {
    sequence: u64,
    epoch: u64,
}

impl Ends {
    /// Moves past one record that was read from the store.
    pub(crate) fn follow(&mut self, head: &Head) -> Result<(), String> {
        let end = self.ends.entry(head.stream).or_default();
        *end = end.after(head.sequence, head.epoch).ok_or_else(|| {
            let Head { stream, sequence, epoch, .. } = head;
            let End { sequence: last, epoch: last_epoch } = end;
            format!("record {sequence} of {stream:?} by epoch {epoch} stands after record {last} by epoch {last_epoch}")
        })?;
        Ok(())
    }

    /// Moves past records that are about to be written, all or none.
    pub(crate) fn advance(&mut self, records: &[Record]) -> Result<(), AppendError> {
        self.replaced.clear();
        for record in records {
            let Record { stream, sequence, epoch, .. } = *record;
            let end = self.ends.entry(stream).or_default();
            let Some(next) = end.after(sequence, epoch) else {
                for (stream, end) in self.replaced.drain(..).rev() {
                    self.ends.insert(stream, end);
                }
                return Err(AppendError::Conflict { stream, sequence, epoch });
            };
            self.replaced.push((stream, std::mem::replace(end, next)));
        }
        Ok(())
    }

    /// How many streams there are.
    pub(crate) fn streams(&self) -> usize {
        self.ends.len()
    }
}

impl End {
    /// The end after this record, if the record follows.
    fn after(self, sequence: u64, epoch: u64) -> Option<Self> {
        (sequence == self.sequence + 1 && epoch >= self.epoch.max(1)).then_some(Self { sequence, epoch })
    }
}
