//! The writing half of the journal: one commit group at a time.

use std::fs::File;

use boxoffice_engine::journal::{AppendError, Record, StreamEnds};

use crate::chain::{self, Tip};
use crate::mark::Mark;
use crate::sled_store::{self, Opened};
use crate::store_thread;
use crate::watchdog::Watchdog;
use crate::wire;

/// What the writer knows and owns.
pub(super) struct Writer {
    pub(super) state: State,
    pub(super) mark: Mark,
    /// The end of the last group that was acknowledged.
    pub(super) tip: Tip,
    file: File,
    ends: StreamEnds,
    buffers: Buffers,
}

/// Whether groups can be written.
pub(super) enum State {
    Writable,
    /// Not until the store has been reopened.
    Full,
    /// Never again in this process.
    Failed(String),
}

/// Kept from one group to the next, so that writing allocates nothing.
#[derive(Default)]
struct Buffers {
    group: Vec<u8>,
    /// Where in `group` records begin.
    starts: Vec<usize>,
    value: Vec<u8>,
}

impl Writer {
    /// The writer of a store that has just been opened.
    pub(super) fn new(opened: Opened, mark: Mark) -> (sled::Db, Self) {
        let Opened { db, file, tip, ends } = opened;
        (db, Self { state: State::Writable, mark, tip, file, ends, buffers: Buffers::default() })
    }

    /// Goes on with a store that has been opened again.
    pub(super) fn resume(&mut self, opened: Opened) -> sled::Db {
        let Opened { db, file, tip, ends } = opened;
        (self.file, self.tip, self.ends) = (file, tip, ends);
        self.state = State::Writable;
        db
    }

    /// Makes the records durable, all or none, and returns where the chain ends then.
    pub(super) fn append(
        &mut self,
        db: Option<&sled::Db>,
        records: &[Record],
        watchdog: &Watchdog,
    ) -> Result<Tip, AppendError> {
        let db = match (&self.state, db) {
            (State::Writable, Some(db)) => db,
            (State::Failed(why), _) => return Err(AppendError::Failed(why.clone())),
            (State::Full | State::Writable, _) => return Err(AppendError::Full { written: false }),
        };
        if records.is_empty() {
            return Ok(self.tip);
        }
        self.ends.advance(records)?;
        self.buffers.pack(records);
        let watched = watchdog.watch();
        let written = store_thread::catch(|| self.write(db));
        drop(watched);
        match written.unwrap_or_else(|message| Err(AppendError::Failed(format!("sled panicked: {message}"))))
        {
            Ok(tip) => {
                self.tip = tip;
                Ok(tip)
            }
            Err(error) => {
                self.state = match &error {
                    AppendError::Failed(why) => State::Failed(why.clone()),
                    _ => State::Full,
                };
                Err(error)
            }
        }
    }

    fn write(&mut self, db: &sled::Db) -> Result<Tip, AppendError> {
        let of_sled = |error: sled::Error| {
            if sled_store::is_full(&error) {
                AppendError::Full { written: true }
            } else {
                AppendError::Failed(error.to_string())
            }
        };
        let Buffers { group, starts, value } = &mut self.buffers;
        let put = |key: [u8; 8], value: &[u8]| db.insert(key, value).map(drop);
        let tip = chain::write_group(self.tip, group, starts, value, put).map_err(of_sled)?;
        db.flush().map_err(of_sled)?;
        // A failed sync is final whatever its reason: the kernel may have dropped the pages that it could not write.
        self.file
            .sync_data()
            .map_err(|error| AppendError::Failed(format!("cannot sync the store: {error}")))?;
        // A group that is not in the mark could be lost in silence, so it is not acknowledged.
        self.mark.write(tip).map_err(|error| AppendError::Failed(error.to_string()))?;
        Ok(tip)
    }
}

impl Buffers {
    fn pack(&mut self, records: &[Record]) {
        self.group.clear();
        self.starts.clear();
        for record in records {
            self.starts.push(self.group.len());
            wire::pack(record, &mut self.group);
        }
    }
}
