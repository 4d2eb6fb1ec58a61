//! A file that is there whole or not at all: written under a temporary name, synced, renamed, and the directory synced.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::files::{self, FileError};

#[cfg(test)]
pub(crate) mod crash;
#[cfg(test)]
mod tests;

/// What a name ends with until the file is whole.
const TEMPORARY: &str = "new";
const BUFFER_BYTES: usize = 256 * 1024;
/// Bytes after which what was written is synced. With one sync at the end, the kernel would hand all of a large file to the disk at
/// once, and the journal's own syncs would wait behind that.
const SYNC_BYTES: usize = 8 * 1024 * 1024;
/// Who may read it, as with the data directory.
const FILE_MODE: u32 = 0o600;

/// A file being written. Dropped without [`keep`](Self::keep) it leaves its temporary name behind: see [`remove_temporary`].
pub(crate) struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
    writer: BufWriter<File>,
    length: u64,
    /// Bytes at its end that may not be durable yet.
    unsynced: usize,
}

impl NewFile {
    /// Begins the file that will have this path. What an earlier attempt left behind is overwritten.
    pub(crate) fn create(path: &Path) -> Result<Self, FileError> {
        let temporary = path.with_extension(TEMPORARY);
        #[cfg(test)]
        crash::point(&temporary)?;
        let file = File::options().write(true).create(true).truncate(true).mode(FILE_MODE).open(&temporary);
        let file = file.map_err(FileError::new("make", &temporary))?;
        let writer = BufWriter::with_capacity(BUFFER_BYTES, file);
        Ok(Self { path: path.to_owned(), temporary, writer, length: 0, unsynced: 0 })
    }

    /// Writes at the end and says where that was.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<u64, FileError> {
        #[cfg(test)]
        crash::point(&self.temporary)?;
        for part in bytes.chunks(SYNC_BYTES) {
            self.writer.write_all(part).map_err(FileError::new("write", &self.temporary))?;
            self.unsynced += part.len();
            if self.unsynced >= SYNC_BYTES {
                self.sync()?;
            }
        }
        let at = self.length;
        self.length += bytes.len() as u64;
        Ok(at)
    }

    /// Bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Makes what was written so far durable.
    fn sync(&mut self) -> Result<(), FileError> {
        #[cfg(test)]
        crash::point(&self.temporary)?;
        self.writer.flush().map_err(FileError::new("write", &self.temporary))?;
        self.unsynced = 0;
        self.writer.get_ref().sync_data().map_err(FileError::new("sync", &self.temporary))
    }

    /// Makes the file durable, and then gives it its name: where it was begun, and nowhere else if its directory was moved meanwhile.
    pub(crate) fn keep(mut self) -> Result<PathBuf, FileError> {
        self.writer.flush().map_err(FileError::new("write", &self.temporary))?;
        #[cfg(test)]
        crash::point(&self.temporary)?;
        self.writer.get_ref().sync_all().map_err(FileError::new("sync", &self.temporary))?;
        if !files::is_at(self.writer.get_ref(), &self.temporary)? {
            return Err(FileError::new("find", &self.temporary)(io::ErrorKind::NotFound.into()));
        }
        #[cfg(test)]
        crash::point(&self.path)?;
        files::rename(&self.temporary, &self.path)?;
        #[cfg(test)]
        crash::point(&self.path)?;
        Ok(self.path)
    }
}

/// Whether a file was left behind by somebody who died while writing it.
fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == TEMPORARY)
}

/// Removes what was left behind in a directory by those who died while writing it.
pub(crate) fn remove_temporary(dir: &Path) -> Result<(), FileError> {
    for entry in files::list(dir)? {
        if is_temporary(&entry.path()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file that nobody needs, if it is there. Not synced: one that a power cut brings back is removed by the next who looks.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    #[cfg(test)]
    crash::point(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", path)(error)),
        _ => Ok(()),
    }
}
