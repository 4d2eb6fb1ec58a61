//! The journal on sled: what the engine sees of this room.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use boxoffice_engine::journal::{AppendError, Journal, Record, ReopenError, ReplayError, Scope};

use crate::error::OpenError;

mod open;
mod replay;
mod store;
mod writer;

pub(crate) use store::{RotateError, Store};

/// A journal in a data directory, on sled.
///
/// One `append` is one commit group: its records packed into frames of up to 64 KiB, then sled's `flush`, then `fdatasync` on
/// sled's file, then the mark. No other process can open the data directory while this lives.
pub struct SledJournal {
    store: Arc<Store>,
    _lock: File,
}

impl SledJournal {
    /// Opens the journal of a data directory, or makes an empty one; checks all that is in it first.
    ///
    /// `fatal` is called with a reason when a write takes longer than 10 seconds. It must end the process without acknowledging
    /// anything, since the thread that writes may never come back.
    ///
    /// # Errors
    /// See [`OpenError`]. The files are then as they were.
    pub fn open(data_dir: &Path, fatal: impl FnOnce(&str) + Send + 'static) -> Result<Self, OpenError> {
        open::open(data_dir, fatal)
    }
}

impl Journal for SledJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        self.store.append(records)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        replay::replay(&self.store, scope, visit).map_err(ReplayError)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        self.store.reopen()
    }
}
