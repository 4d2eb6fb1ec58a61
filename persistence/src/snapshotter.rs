//! Makes snapshots beside the journal: a thread that reads what is durable and never stops the writer.
//!
//! A generation of the journal that takes no more records is read once. What happened at each concert goes to the archive; the state
//! that each stream had at the last snapshot is brought forward by the same records and kept anew. When a manifest names the new
//! states, the generation is not needed any more, and goes when the next manifest is there.
//!
//! So a snapshot is made of what is durable and of nothing else, and it costs in proportion to what happened. One that goes on from states
//! that it reads proves that the next start can do the same; between two that do, others go on from what is still in memory ([`warm`]).

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::sled_journal::Store;
use crate::store_thread;

mod condense;
mod rank;
mod shedding;
mod warm;

pub use condense::SnapshotError;
use warm::WarmStates;

/// How often the thread looks whether a snapshot is due.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a snapshot that failed is not tried again by itself.
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// What [`Schedule::up_to`] begins with: a rush at an office that has nothing yet is not held up by snapshots of next to nothing.
const BYTES_MIN: u64 = 4 * 1024 * 1024;
/// And what is usual at most.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// So many are read again at a start in about a second.
const RECORDS_MAX: u64 = 2_000_000;
const AGE: Duration = Duration::from_mins(15);

/// A snapshot is made after records of this share of what the states take on the disk. Two snapshots are kept, and the next is being
/// made; beside them are at most three generations, each of its records, and of those that come while a snapshot is made.
const STATES_SHARE: u64 = 2;

/// When a snapshot is made by itself: after so much has happened as half of what all states take on the disk, within bounds; after so
/// many records, however short they are; or when the last one is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Fewer bytes of records are not worth a snapshot, however little the states take.
    pub bytes_min: u64,
    /// Bytes of records after which one is made, however much the states take.
    pub bytes_max: u64,
    /// Records after which one is made, however few bytes they take.
    pub records_max: u64,
    /// So long after the last one, if anything has happened since.
    pub age: Duration,
}

impl Default for Schedule {
    fn default() -> Self {
        Self::up_to(BYTES_MAX, AGE)
    }
}

impl Schedule {
    /// None but those that are asked for, and of what an earlier one left unfinished.
    pub const NEVER: Self =
        Self { bytes_min: u64::MAX, bytes_max: u64::MAX, records_max: u64::MAX, age: Duration::MAX };

    /// After at most so many bytes of records or so long.
    pub fn up_to(bytes_max: u64, age: Duration) -> Self {
        Self { bytes_min: BYTES_MIN.min(bytes_max), bytes_max, records_max: RECORDS_MAX, age }
    }

    /// Bytes of records after which a snapshot is made beside states that take so many.
    fn bytes_beside(self, states: u64) -> u64 {
        (states / STATES_SHARE).max(self.bytes_min).min(self.bytes_max)
    }
}

/// What a snapshot did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshotted {
    /// Records that it took out of the journal.
    pub records: u64,
    /// Streams whose state it renewed.
    pub renewed: usize,
    /// Streams that have a state now.
    pub streams: usize,
}

type Reply = mpsc::Sender<Result<Snapshotted, SnapshotError>>;

/// The thread that makes snapshots; it ends when this is dropped.
pub(crate) struct Snapshotter {
    orders: Option<mpsc::Sender<Reply>>,
    thread: Option<JoinHandle<()>>,
}

impl Snapshotter {
    pub(crate) fn start(store: Arc<Store>, schedule: Schedule) -> std::io::Result<Self> {
        let (orders, ordered) = mpsc::channel();
        let thread = thread::Builder::new().name("snapshots".to_owned()).spawn(move || {
            let mut making = Making { store: &store, schedule, warm: WarmStates::default(), is_well: true };
            making.tidy();
            // Counted in looks: nothing depends on how long one takes.
            let (mut since_last, mut retry_after) = (Duration::ZERO, Duration::ZERO);
            let mut wait = LOOK_EVERY;
            loop {
                let reply = match ordered.recv_timeout(std::mem::replace(&mut wait, LOOK_EVERY)) {
                    Ok(reply) => Some::<Reply>(reply),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                since_last += LOOK_EVERY;
                making.warm.grow_older(LOOK_EVERY);
                let is_late = since_last >= schedule.age && store.has_records();
                let is_due = since_last >= retry_after && (is_late || making.is_due());
                if reply.is_none() && !is_due {
                    continue;
                }
                let taken = making.take();
                since_last = Duration::ZERO;
                retry_after = if making.is_well { Duration::ZERO } else { RETRY_AFTER };
                if reply.is_none() {
                    tell(&taken);
                }
                // What a snapshot left behind that failed must not take the room that the next one needs.
                making.tidy();
                // In a rush the next is due by now.
                wait = Duration::ZERO;
                // Whoever asked may have gone away.
                reply.map(|reply| reply.send(taken));
            }
        })?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Makes a snapshot now, and waits for it.
    pub(crate) fn take(&self) -> Result<Snapshotted, SnapshotError> {
        let (reply, taken) = mpsc::channel();
        let sent = self.orders.as_ref().is_some_and(|orders| orders.send(reply).is_ok());
        let taken = if sent { taken.recv().ok() } else { None };
        taken.unwrap_or(Err(SnapshotError::Ended))
    }
}

/// What is needed to make snapshots.
struct Making<'a> {
    store: &'a Store,
    schedule: Schedule,
    warm: WarmStates,
    /// Whether the last one was made.
    is_well: bool,
}

impl Making<'_> {
    fn is_due(&self) -> bool {
        let has_records_of = |bytes| self.store.needs_snapshot(bytes, self.schedule.records_max);
        // What the states take is added up only where it matters: there may be a million of them, and this is asked ten times a second.
        has_records_of(self.schedule.bytes_min)
            && has_records_of(self.schedule.bytes_beside(self.store.kept().states_bytes()))
    }

    /// Makes a snapshot if one is due and none has failed, at each look while segments are merged. Tells whether it made one.
    fn keeps_pace(&mut self) -> bool {
        self.warm.grow_older(LOOK_EVERY);
        if !self.is_well || !self.is_due() {
            return false;
        }
        let taken = self.take();
        tell(&taken);
        if let Err(error) = condense::trim(self.store) {
            tracing::warn!(%error, "what a snapshot made superfluous is still there");
        }
        self.is_well
    }

    /// Makes a snapshot. One that dies has failed like any other: the thread must not die with it, or the journal would grow for ever.
    fn take(&mut self) -> Result<Snapshotted, SnapshotError> {
        let taken =
            store_thread::catch(|| condense::take(self.store, &mut self.warm)).unwrap_or_else(|panic| {
                // Nobody knows what it left in memory; what is on the disk is whole at every step.
                self.warm = WarmStates::default();
                Err(SnapshotError::Failed(format!("it died: {panic}")))
            });
        self.is_well = taken.is_ok();
        taken
    }

    /// Puts in order what the last snapshot left, and makes further ones meanwhile. What dies over it is tried again after the next.
    fn tidy(&mut self) {
        let store = self.store;
        if let Err(panic) = store_thread::catch(|| condense::tidy(store, &mut || self.keeps_pace())) {
            tracing::error!(panic, "what snapshots left could not be put in order");
        }
    }
}

/// Tells the log of a snapshot that was made by itself.
fn tell(taken: &Result<Snapshotted, SnapshotError>) {
    match taken {
        Ok(Snapshotted { records, renewed, streams }) => {
            tracing::info!(records, renewed, streams, "a snapshot was made");
        }
        Err(error) => {
            tracing::error!(%error, "no snapshot could be made; the journal keeps growing until one is");
        }
    }
}

impl Drop for Snapshotter {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // An end by panic is an end, too: what is on the disk is whole at every step.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_engine::journal::conformance::sale;

    use super::*;
    use crate::sled_journal::open_store;

    #[test]
    fn a_snapshot_is_due_by_what_lives_up_to_what_is_configured() {
        for (schedule, states, expected) in [
            (Schedule::default(), 0, BYTES_MIN),
            (Schedule::default(), 6 * BYTES_MIN, 3 * BYTES_MIN),
            (Schedule::default(), u64::MAX, BYTES_MAX),
            (Schedule::up_to(4_096, AGE), u64::MAX, 4_096),
            (Schedule::up_to(4_096, AGE), 0, 4_096),
            (Schedule::NEVER, 4 * BYTES_MIN, u64::MAX),
        ] {
            assert_eq!(schedule.bytes_beside(states), expected, "{schedule:?} beside {states}");
        }
    }

    #[test]
    fn a_snapshot_is_due_by_bytes_or_by_records() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _lock) = open_store(dir.path(), |why| panic!("{why}")).unwrap();
        store.append(&sale(1, 1, 1..=5)).unwrap();
        let bytes = (1..4_096).find(|bytes| !store.needs_snapshot(bytes + 1, u64::MAX));
        let bytes = bytes.expect("five records take less than 4096 bytes");
        for (schedule, expected) in [
            (Schedule { records_max: 5, ..Schedule::NEVER }, true),
            (Schedule { records_max: 6, ..Schedule::NEVER }, false),
            (Schedule { bytes_min: bytes, bytes_max: bytes, ..Schedule::NEVER }, true),
            (Schedule { bytes_min: bytes + 1, bytes_max: bytes + 1, ..Schedule::NEVER }, false),
            // Between the two it depends on the states, of which there are none.
            (Schedule { bytes_min: bytes, ..Schedule::NEVER }, true),
        ] {
            let making = Making { store: &store, schedule, warm: WarmStates::default(), is_well: true };
            assert_eq!(making.is_due(), expected, "{schedule:?}");
        }
    }
}
