//! A journal in one plain file: for benches only, as the limit that the sled journal is held against.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use boxoffice_engine::journal::{AppendError, Journal, Record, ReopenError, ReplayError, Scope, StreamEnds};
use parking_lot::Mutex;

use crate::wire;

/// One write and one `fdatasync` per append, of the same record bytes as the sled journal writes.
///
/// It checks nothing when it is opened and does not survive damage or a full disk.
pub struct PlainFileJournal {
    path: std::path::PathBuf,
    writer: Mutex<Writer>,
}

struct Writer {
    file: File,
    ends: StreamEnds,
    group: Vec<u8>,
}

impl PlainFileJournal {
    /// Makes an empty journal in a file that must not exist yet.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        file.sync_all()?;
        let writer = Mutex::new(Writer { file, ends: StreamEnds::default(), group: Vec::new() });
        Ok(Self { path: path.to_owned(), writer })
    }
}

impl Journal for PlainFileJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        let mut writer = self.writer.lock();
        let Writer { file, ends, group } = &mut *writer;
        ends.advance(records)?;
        group.clear();
        for record in records {
            wire::pack(record, group);
        }
        let written = file.write_all(group).and_then(|()| file.sync_data());
        written.map_err(|error| AppendError::Failed(error.to_string()))
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        let failed = |error: &dyn std::error::Error| ReplayError(error.to_string());
        let mut bytes = Vec::new();
        // The lock keeps a half-written group out of sight.
        let writer = self.writer.lock();
        File::open(&self.path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| failed(&error))?;
        drop(writer);
        for packed in wire::unpack(&bytes) {
            let packed = packed.map_err(|error| failed(&error))?;
            if scope.covers(packed.head.stream) {
                visit(packed.record().map_err(|error| failed(&error))?);
            }
        }
        Ok(())
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        Ok(())
    }
}
