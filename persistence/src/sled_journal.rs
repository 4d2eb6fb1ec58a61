//! The journal on sled: what the engine sees of this room.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use boxoffice_engine::concert::{EndedBooking, Fingerprint};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{
    AppendError, EndedQuery, Found, Journal, Record, ReopenError, ReplayError, Scope, Stream, Visitor,
};

use crate::data_dir::DataDir;
use crate::error::OpenError;
use crate::snapshotter::{Schedule, SnapshotError, Snapshotted, Snapshotter};

mod open;
mod replay;
mod start;
mod store;
mod writer;

#[cfg(test)]
pub(crate) use open::open_store;
pub(crate) use open::{ALL_IS_GONE, missing};
pub(crate) use replay::read as read_generation;
pub(crate) use store::{RotateError, Store};

/// A journal in a data directory, on sled.
///
/// One `append` is one commit group: its records packed into frames of up to 8 KiB, then sled's `flush`, then `fdatasync` on
/// sled's file, then the mark. No other process can open the data directory while this lives.
///
/// Snapshots are made of it by themselves, as [`Schedule`] says, and on demand. What they stand for leaves the journal.
pub struct SledJournal {
    /// Ends first.
    snapshotter: Snapshotter,
    store: Arc<Store>,
    _lock: File,
}

impl SledJournal {
    /// Opens a journal that is there, and makes none.
    ///
    /// # Errors
    /// [`OpenError::NoStore`] where there is none; else those of [`open`](Self::open).
    pub fn open_existing(
        data_dir: &Path,
        schedule: Schedule,
        fatal: impl FnOnce(&str) + Send + 'static,
    ) -> Result<Self, OpenError> {
        DataDir::new(data_dir).require_store()?;
        Self::open(data_dir, schedule, fatal)
    }

    /// Opens the journal of a data directory, or makes an empty one; checks all that is in it first.
    ///
    /// `fatal` is called with a reason when a write takes longer than 10 seconds. It must end the process without acknowledging
    /// anything, since the thread that writes may never come back.
    ///
    /// # Errors
    /// See [`OpenError`]. The files are then as they were.
    pub fn open(
        data_dir: &Path,
        schedule: Schedule,
        fatal: impl FnOnce(&str) + Send + 'static,
    ) -> Result<Self, OpenError> {
        open::open(data_dir, schedule, fatal)
    }

    /// Makes a snapshot of everything that is durable now. The next start then has nothing to replay.
    ///
    /// # Errors
    /// Why there is none. The journal has everything that it had.
    pub fn snapshot(&self) -> Result<Snapshotted, SnapshotError> {
        self.snapshotter.take()
    }
}

impl Journal for SledJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        self.store.append(records)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        replay::replay(&self.store, scope, visit).map_err(ReplayError)
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        replay::restore(&self.store, scope, visit).map_err(ReplayError)
    }

    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        start::start(&self.store, visitors).map_err(ReplayError)
    }

    fn booked_at(&self, buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        self.store.booked_at(buyer).map_err(|error| ReplayError(error.to_string()))
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        self.store.kept().sequence(stream)
    }

    fn ended(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        self.store.kept().ended.find(query).map_err(|damage| ReplayError(damage.to_string()))
    }

    fn has_ended(&self) -> bool {
        self.store.kept().ended.has_any()
    }

    fn sheddings(&self) -> u64 {
        self.store.sheddings()
    }

    fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.store.shed_through(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        self.store.reopen()
    }
}
