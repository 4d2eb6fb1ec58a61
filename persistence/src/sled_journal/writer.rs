//! The writing half of the journal: one commit group at a time.

use std::sync::Arc;

use boxoffice_engine::journal::{AppendError, Record, StreamEnds};

use crate::chain::{self, Tip};
use crate::mark::Mark;
use crate::sled_store::{self, Generation, Opened};
use crate::store_thread;
use crate::watchdog::Watchdog;
use crate::wire;

/// What the writer knows and owns.
pub(super) struct Writer {
    pub(super) state: State,
    pub(super) mark: Mark,
    /// The end of the last group that was acknowledged.
    pub(super) tip: Tip,
    /// The generation that takes records; nothing after a reopening that failed.
    pub(super) current: Option<Arc<Generation>>,
    /// Its number.
    pub(super) number: u64,
    /// The end of the chain before it.
    pub(super) start: Tip,
    /// Where the streams ended before it.
    pub(super) ends_before: StreamEnds,
    /// Bytes of records in it since it was opened.
    pub(super) bytes: u64,
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
    /// The writer of a journal that has just been opened, to whose last generation it writes.
    pub(super) fn new(opened: &Opened, mark: Mark) -> Self {
        let mut writer = Self {
            state: State::Writable,
            mark,
            tip: Tip::default(),
            current: None,
            number: 0,
            start: Tip::default(),
            ends_before: StreamEnds::default(),
            bytes: 0,
            ends: StreamEnds::default(),
            buffers: Buffers::default(),
        };
        writer.resume(opened);
        writer
    }

    /// Goes on with a generation that has been opened again.
    pub(super) fn resume(&mut self, opened: &Opened) {
        let Opened { generations, tip, ends, ends_before_last } = opened;
        (self.tip, self.ends, self.ends_before) = (*tip, ends.clone(), ends_before_last.clone());
        if let Some(last) = generations.last() {
            (self.number, self.start) = (last.number, last.start);
            self.current = Some(Arc::clone(last));
        }
        self.state = State::Writable;
    }

    /// Writes to this generation from now on.
    pub(super) fn change_generation(&mut self, next: Arc<Generation>) {
        (self.number, self.start, self.bytes) = (next.number, next.start, 0);
        self.ends_before = self.ends.clone();
        self.current = Some(next);
    }

    /// Makes the records durable, all or none, and returns where the chain ends then.
    pub(super) fn append(&mut self, records: &[Record], watchdog: &Watchdog) -> Result<Tip, AppendError> {
        if let Some(why) = watchdog.why_it_ends() {
            self.state = State::Failed(why.to_owned());
        }
        let current = match (&self.state, &self.current) {
            (State::Writable, Some(current)) => Arc::clone(current),
            (State::Failed(why), _) => return Err(AppendError::Failed(why.clone())),
            (State::Full | State::Writable, _) => return Err(AppendError::Full { written: false }),
        };
        if records.is_empty() {
            return Ok(self.tip);
        }
        self.ends.advance(records)?;
        self.buffers.pack(records);
        let watched = watchdog.watch();
        let written = store_thread::catch(|| self.write(&current));
        drop(watched);
        match written.unwrap_or_else(|message| Err(AppendError::Failed(format!("sled panicked: {message}"))))
        {
            Ok(tip) => {
                self.tip = tip;
                self.bytes += self.buffers.group.len() as u64;
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

    fn write(&mut self, current: &Generation) -> Result<Tip, AppendError> {
        let of_sled = |error: sled::Error| {
            if sled_store::is_full(&error) {
                AppendError::Full { written: true }
            } else {
                AppendError::Failed(error.to_string())
            }
        };
        let Buffers { group, starts, value } = &mut self.buffers;
        let put = |key: [u8; 8], value: &[u8]| current.frames.add(key, value);
        let tip = chain::write_group(self.tip, group, starts, value, put).map_err(of_sled)?;
        current.frames.flush().map_err(of_sled)?;
        // A failed sync is final whatever its reason: the kernel may have dropped the pages that it could not write.
        current
            .file
            .sync_data()
            .map_err(|error| AppendError::Failed(format!("cannot sync the store: {error}")))?;
        // A group that is not in the mark could be lost in silence, so it is not acknowledged.
        self.mark.write(tip).map_err(|error| {
            // Where nothing is overwritten in place, as on btrfs, the mark needs room like everything else.
            if error.is_full() {
                AppendError::Full { written: true }
            } else {
                AppendError::Failed(error.to_string())
            }
        })?;
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
