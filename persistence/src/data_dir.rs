//! The data directory: what lies where, and the lock that keeps a second process out.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::OpenError;
use crate::files::{self, FileError};

/// Paths within a data directory.
///
/// ```text
/// lock               held while a process uses the directory
/// mark               how far the journal must reach, see `mark`
/// journal/           sled's own directory
/// journal.new/       a journal that is being made
/// journal.copying/   an unfinished copy of the journal
/// journal.copy/      a finished copy, as long as nobody knows whether sled spoils the original, see `evidence`
/// journal.spoiled/   to be removed
/// journal.verify/    the copy that `verify` looks at
/// ```
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

impl DataDir {
    /// The data directory at this path, whether it exists or not.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.0.join("mark")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    pub(crate) fn new_journal(&self) -> PathBuf {
        self.0.join("journal.new")
    }

    pub(crate) fn unfinished_copy(&self) -> PathBuf {
        self.0.join("journal.copying")
    }

    pub(crate) fn copy(&self) -> PathBuf {
        self.0.join("journal.copy")
    }

    pub(crate) fn spoiled(&self) -> PathBuf {
        self.0.join("journal.spoiled")
    }

    pub(crate) fn verified(&self) -> PathBuf {
        self.0.join("journal.verify")
    }

    /// Takes the directory for this process, as long as the returned file lives. The kernel gives it free when the process dies,
    /// however it dies.
    pub(crate) fn lock(&self) -> Result<File, OpenError> {
        let path = self.0.join("lock");
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(FileError::new("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { data_dir: self.0.clone() }),
            Err(TryLockError::Error(error)) => Err(FileError::new("lock", &path)(error).into()),
        }
    }

    /// Refuses when `bytes` more, and some to work with, do not fit beside the journal.
    pub(crate) fn require_room(&self, bytes: u64) -> Result<(), OpenError> {
        let needed = bytes.saturating_add(ROOM_BYTES_MIN);
        let free = files::bytes_free(&self.0)?;
        if free < needed { Err(OpenError::NoRoom { data_dir: self.0.clone(), needed, free }) } else { Ok(()) }
    }
}

/// Free space without which the store is not opened: sled writes while it opens.
pub(crate) const ROOM_BYTES_MIN: u64 = 64 * 1024 * 1024;
