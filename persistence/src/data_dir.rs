//! The data directory: what lies where, and the lock that keeps a second process out.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::OpenError;
use crate::files::{self, FileError};

/// Paths within a data directory.
///
/// ```text
/// lock                   held while a process uses the directory; not empty once there is a store
/// mark                   how far the journal must reach, see `mark`; held, too
/// journal-0000000000/    a generation of the journal, see `GenerationDir`; the one with the highest number takes records
/// snapshots/             states of concerts and accounts, see `snapshots`
/// archive/               what happened before the generations that are there, see `archive`
/// ended/                 bookings that the states do not have any more, see `ended`
/// buyers-0.tmp           for a moment at a start, see `kept::buyers`
/// ```
#[derive(Clone, Debug)]
pub(crate) struct DataDir(PathBuf);

/// What the names of generations begin with.
const GENERATION: &str = "journal-";
/// What the journal was called when it had no generations.
const UNNUMBERED: &str = "journal";

/// Paths of one generation of the journal.
///
/// ```text
/// journal-0000000000             sled's own directory
/// journal-0000000000.new         one that is being made
/// journal-0000000000.copying     an unfinished copy
/// journal-0000000000.copy        a finished copy, as long as nobody knows whether sled spoils the original, see `evidence`
/// journal-0000000000.spoiled     to be removed
/// journal-0000000000.verify      the copy that `verify` looks at
/// ```
#[derive(Clone, Debug)]
pub(crate) struct GenerationDir {
    pub(crate) number: u64,
    data_dir: DataDir,
}

impl GenerationDir {
    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.data_dir
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.named("")
    }

    /// The file in it that sled writes to.
    pub(crate) fn journal_file(&self) -> PathBuf {
        self.journal().join("db")
    }

    pub(crate) fn new_journal(&self) -> PathBuf {
        self.named(".new")
    }

    pub(crate) fn unfinished_copy(&self) -> PathBuf {
        self.named(".copying")
    }

    pub(crate) fn copy(&self) -> PathBuf {
        self.named(".copy")
    }

    pub(crate) fn spoiled(&self) -> PathBuf {
        self.named(".spoiled")
    }

    pub(crate) fn verified(&self) -> PathBuf {
        self.named(".verify")
    }

    fn named(&self, suffix: &str) -> PathBuf {
        self.data_dir.0.join(format!("{GENERATION}{:010}{suffix}", self.number))
    }
}

impl DataDir {
    /// The data directory at this path, whether it exists or not.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Refuses a path where there is something else. Whatever else is wrong with it is told by who uses it.
    pub(crate) fn require_directory(&self) -> Result<(), OpenError> {
        match std::fs::metadata(&self.0) {
            Ok(there) if !there.is_dir() => Err(OpenError::NoDirectory { data_dir: self.0.clone() }),
            _ => Ok(()),
        }
    }

    /// Refuses a path where there is no store. What a first start leaves that did not get far is none.
    pub(crate) fn require_store(&self) -> Result<(), OpenError> {
        self.require_directory()?;
        let is_there = files::exists(&self.0)?
            && (self.had_store()?
                || files::exists(&self.mark())?
                || files::exists(&self.0.join(UNNUMBERED))?
                || !self.generations()?.is_empty());
        if is_there { Ok(()) } else { Err(OpenError::NoStore { data_dir: self.0.clone() }) }
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.0.join("mark")
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.0.join("archive")
    }

    pub(crate) fn ended(&self) -> PathBuf {
        self.0.join("ended")
    }

    /// The name that a file without a name has at first.
    pub(crate) fn buyers(&self, number: usize) -> PathBuf {
        self.0.join(format!("buyers-{number}.tmp"))
    }

    pub(crate) fn generation(&self, number: u64) -> GenerationDir {
        GenerationDir { number, data_dir: self.clone() }
    }

    /// Every generation of which anything is there, in the order of their numbers.
    pub(crate) fn generations(&self) -> Result<Vec<GenerationDir>, FileError> {
        let numbers = files::list(&self.0)?.into_iter().filter_map(|entry| {
            let name = entry.file_name();
            let (number, suffix) = name.to_str()?.strip_prefix(GENERATION)?.split_at_checked(10)?;
            files::ten_digits(number).filter(|_| suffix.is_empty() || suffix.starts_with('.'))
        });
        let numbers: BTreeSet<u64> = numbers.collect();
        Ok(numbers.into_iter().map(|number| self.generation(number)).collect())
    }

    /// Gives a journal from before there were generations its number, and what an unfinished start left beside it.
    pub(crate) fn number_journal(&self) -> Result<(), FileError> {
        for suffix in [".copying", ".copy", ".spoiled", ""] {
            let unnumbered = self.0.join(format!("{UNNUMBERED}{suffix}"));
            if files::exists(&unnumbered)? {
                files::rename(&unnumbered, &self.generation(0).named(suffix))?;
            }
        }
        Ok(())
    }

    /// Takes the directory for this process, as long as the returned file lives. The kernel gives it free when the process dies,
    /// however it dies.
    pub(crate) fn lock(&self) -> Result<File, OpenError> {
        let path = self.lock_file();
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(FileError::new("open", &path))?;
        self.take(&file, &path)?;
        self.find_mark_free()?;
        Ok(file)
    }

    /// The same for whoever only looks, and changes nothing. There is no lock where there never was a store, or it was not copied.
    pub(crate) fn lock_to_look(&self) -> Result<Option<File>, OpenError> {
        let path = self.lock_file();
        let lock = match File::open(&path) {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(FileError::new("open", &path)(error).into()),
        };
        if let Some(lock) = &lock {
            self.take(lock, &path)?;
        }
        self.find_mark_free()?;
        Ok(lock)
    }

    /// A lock file that somebody removed is not held by whoever still serves; the mark is.
    fn find_mark_free(&self) -> Result<(), OpenError> {
        if files::exists(&self.mark())? {
            let mark = File::open(self.mark()).map_err(FileError::new("open", &self.mark()))?;
            self.take(&mark, &self.mark())?;
        }
        Ok(())
    }

    /// Takes a file for this process, as long as this handle to it lives.
    pub(crate) fn take(&self, file: &File, path: &Path) -> Result<(), OpenError> {
        match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { data_dir: self.0.clone() }),
            Err(TryLockError::Error(error)) => Err(FileError::new("lock", path)(error).into()),
        }
    }

    /// Whether the lock says that there was a store here.
    pub(crate) fn had_store(&self) -> Result<bool, FileError> {
        match std::fs::metadata(self.lock_file()) {
            Ok(lock) => Ok(lock.len() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::new("look at", &self.lock_file())(error)),
        }
    }

    /// Lets the lock say that there is a store here: so a directory that has lost all of it is not taken for a new one.
    pub(crate) fn note_store(&self, lock: &File) -> Result<(), FileError> {
        let noted = lock.write_all_at(b"boxoffice\n", 0).and_then(|()| lock.sync_all());
        noted.map_err(FileError::new("write", &self.lock_file()))
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
