//! A journal in memory: for tests, and as the limit that a durable one is held against.

use parking_lot::Mutex;

use super::{AppendError, Journal, Record, ReopenError, ReplayError, Scope, StreamEnds};

/// Keeps its records as long as it lives, and not longer.
#[derive(Default)]
pub struct MemoryJournal {
    // A lock of the store, not of a concert: the writer holds it while it appends, a replay while it reads.
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    records: Vec<Record>,
    ends: StreamEnds,
}

impl Journal for MemoryJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        let mut kept = self.kept.lock();
        kept.ends.advance(records)?;
        kept.records.extend_from_slice(records);
        Ok(())
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        let kept = self.kept.lock();
        kept.records.iter().filter(|record| scope.covers(record.stream)).cloned().for_each(visit);
        Ok(())
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        Ok(())
    }
}
