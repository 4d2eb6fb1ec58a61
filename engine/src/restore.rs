//! Makes machines again from what the journal holds.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::accounts::Accounts;
use crate::concert::Concert;
use crate::ids::ConcertId;
use crate::journal::{Journal, Record, Scope, Stream};
use crate::machine::Machine;
use crate::time::Time;

/// A machine that could not be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RestoreError {
    /// The journal could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// What it holds cannot have happened.
    #[error("{stream:?}: {what}")]
    Impossible {
        /// Whose events these are.
        stream: Stream,
        /// What is wrong with them.
        what: String,
    },
}

/// A machine with the epoch of its last event.
#[derive(Clone, Debug)]
pub(crate) struct Restored<M> {
    pub(crate) machine: M,
    pub(crate) epoch: u64,
}

impl<M: Machine> Restored<M> {
    pub(crate) fn new(machine: M) -> Self {
        Self { machine, epoch: 0 }
    }

    fn take(&mut self, record: Record) -> Result<(), RestoreError> {
        let (stream, expected) = (record.stream, self.machine.sequence() + 1);
        let impossible = |what: String| RestoreError::Impossible { stream, what };
        if record.sequence != expected {
            return Err(impossible(format!("event {} stands where {expected} belongs", record.sequence)));
        }
        let Some(event) = M::own(record.event) else {
            return Err(impossible(format!("event {expected} is of another kind")));
        };
        // An event that cannot be applied panics; here that is a finding about the journal, not a bug of the caller.
        let applied = catch_unwind(AssertUnwindSafe(|| {
            self.machine.apply(&event, record.time);
        }));
        applied.map_err(|_| impossible(format!("event {expected} cannot have happened")))?;
        self.epoch = record.epoch;
        Ok(())
    }

    fn check(self, stream: Stream) -> Result<Self, RestoreError> {
        match self.machine.check() {
            Ok(()) => Ok(self),
            Err(what) => Err(RestoreError::Impossible { stream, what }),
        }
    }
}

/// Everything that a journal holds.
pub(crate) struct Everything {
    pub(crate) accounts: Restored<Accounts>,
    pub(crate) concerts: HashMap<ConcertId, Restored<Concert>>,
    pub(crate) events: u64,
    /// Time of the latest event.
    pub(crate) latest: Time,
}

/// Replays the whole journal and checks every invariant.
pub(crate) fn restore_everything(journal: &dyn Journal) -> Result<Everything, RestoreError> {
    let mut everything = Everything {
        accounts: Restored::new(Accounts::default()),
        concerts: HashMap::new(),
        events: 0,
        latest: Time::default(),
    };
    replay(journal, Scope::Everything, |record| {
        everything.events += 1;
        everything.latest = everything.latest.max(record.time);
        match record.stream {
            Stream::Accounts => everything.accounts.take(record),
            Stream::Concert(id) => {
                let concert = everything.concerts.entry(id);
                concert.or_insert_with(|| Restored::new(Concert::absent(id))).take(record)
            }
        }
    })?;
    everything.accounts = everything.accounts.check(Stream::Accounts)?;
    let concerts = std::mem::take(&mut everything.concerts);
    for (id, concert) in concerts {
        everything.concerts.insert(id, concert.check(Stream::Concert(id))?);
    }
    Ok(everything)
}

/// Replays one stream into `machine`, which is at its beginning, and checks every invariant.
pub(crate) fn restore_one<M: Machine>(
    journal: &dyn Journal,
    machine: M,
) -> Result<Restored<M>, RestoreError> {
    let stream = machine.stream();
    let mut restored = Restored::new(machine);
    replay(journal, Scope::Stream(stream), |record| restored.take(record))?;
    restored.check(stream)
}

/// A replay that ends at the first error of `visit`.
fn replay(
    journal: &dyn Journal,
    scope: Scope,
    mut visit: impl FnMut(Record) -> Result<(), RestoreError>,
) -> Result<(), RestoreError> {
    let mut first_error = None;
    let visited = journal.replay(scope, &mut |record| {
        if first_error.is_none() {
            first_error = visit(record).err();
        }
    });
    visited.map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    first_error.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::concert::ConcertEvent;
    use crate::journal::{Event, MemoryJournal};

    #[test]
    fn a_history_that_cannot_have_happened_is_refused() {
        let id = ConcertId::from_bits(5);
        let journal = MemoryJournal::default();
        let record = Record {
            stream: Stream::Concert(id),
            sequence: 1,
            epoch: 1,
            time: Time(1),
            event: Event::Concert(ConcertEvent::BookingCancelled {
                number: crate::ids::BookingNumber(1),
                by: crate::ids::UserId::new("ada").unwrap(),
                refund: 0,
                idempotency: None,
            }),
        };
        journal.append(&[record]).unwrap();
        assert!(matches!(restore_everything(&journal), Err(RestoreError::Impossible { .. })));
        assert!(matches!(restore_one(&journal, Concert::absent(id)), Err(RestoreError::Impossible { .. })));
    }
}
