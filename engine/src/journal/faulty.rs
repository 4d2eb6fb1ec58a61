//! A journal that fails when a test says so.

use std::sync::Arc;

use parking_lot::Mutex;

use super::snapshotting::SnapshottingJournal;
use super::{
    AppendError, EndedQuery, Found, Journal, Record, ReopenError, ReplayError, Scope, Stream, Visitor,
};
use crate::concert::{EndedBooking, Fingerprint};
use crate::fold::FoldError;
use crate::ids::ConcertId;

/// What goes wrong at an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full and nothing was written.
    FullBefore,
    /// The disk is full, but the group was written all the same.
    FullAfter,
    /// The store fails before it writes the group.
    FailedBefore,
    /// The store fails after it wrote the group.
    FailedAfter,
    /// The writer itself dies.
    Panic,
}

/// A [`SnapshottingJournal`] with faults on demand. Clones share it, so a test can keep one while the engine uses another, and open
/// another engine on what is left.
#[derive(Clone, Default)]
pub struct FaultyJournal {
    kept: Arc<SnapshottingJournal>,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    next_append: Option<Fault>,
    replays_fail: usize,
    room: bool,
    broken: Option<AppendError>,
}

impl FaultyJournal {
    /// Makes the next append go wrong.
    pub fn fail_next_append(&self, fault: Fault) {
        self.script.lock().next_append = Some(fault);
    }

    /// Makes a snapshot of every stream as its last record left it.
    ///
    /// # Errors
    /// When a record cannot have happened.
    pub fn take_snapshots(&self) -> Result<(), FoldError> {
        self.kept.take_snapshots()
    }

    /// Makes the next so many replays, restores and starts fail.
    pub fn fail_replays(&self, count: usize) {
        self.script.lock().replays_fail = count;
    }

    /// Makes room on a full disk, so that `reopen` succeeds.
    pub fn make_room(&self) {
        self.script.lock().room = true;
    }

    /// The same records and snapshots as a journal that works: what the next process finds.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self { kept: Arc::clone(&self.kept), script: Arc::default() }
    }

    /// Fails where a test said so.
    fn begin_to_read(&self) -> Result<(), ReplayError> {
        let mut script = self.script.lock();
        if script.replays_fail == 0 {
            return Ok(());
        }
        script.replays_fail -= 1;
        Err(ReplayError("as the test asked".to_owned()))
    }
}

impl Journal for FaultyJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        if let Some(error) = self.script.lock().broken.clone() {
            return Err(error);
        }
        let fault = self.script.lock().next_append.take();
        if !matches!(fault, Some(Fault::FullBefore | Fault::FailedBefore | Fault::Panic)) {
            self.kept.append(records)?;
        }
        let full = AppendError::Full { written: true };
        let failed = AppendError::Failed("as the test asked".to_owned());
        let (now, later) = match fault {
            None => return Ok(()),
            Some(Fault::FullBefore | Fault::FullAfter) => (full, AppendError::Full { written: false }),
            Some(Fault::FailedBefore | Fault::FailedAfter) => (failed.clone(), failed),
            #[expect(clippy::panic, reason = "the death of the writer is what the test asked for")]
            Some(Fault::Panic) => panic!("the writer dies, as the test asked"),
        };
        self.script.lock().broken = Some(later);
        Err(now)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        self.begin_to_read()?;
        self.kept.replay(scope, visit)
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        self.begin_to_read()?;
        self.kept.restore(scope, visit)
    }

    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        self.begin_to_read()?;
        self.kept.start(visitors)
    }

    fn booked_at(&self, buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        self.begin_to_read()?;
        self.kept.booked_at(buyer)
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        self.kept.snapshot_at(stream)
    }

    fn ended(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        self.begin_to_read()?;
        self.kept.ended(query)
    }

    fn has_ended(&self) -> bool {
        self.kept.has_ended()
    }

    fn sheddings(&self) -> u64 {
        self.kept.sheddings()
    }

    fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.kept.shed_through(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        let mut script = self.script.lock();
        match &script.broken {
            Some(AppendError::Failed(why)) => Err(ReopenError::Failed(why.clone())),
            Some(_) if !script.room => Err(ReopenError::StillFull),
            _ => {
                script.broken = None;
                script.room = false;
                Ok(())
            }
        }
    }
}
