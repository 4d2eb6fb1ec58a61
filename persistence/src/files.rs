//! Directories and files, made durable: nothing here is done before it would survive a power cut.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

/// Who may look into the data directory: it holds personal data and password hashes.
const DIRECTORY_MODE: u32 = 0o700;

/// An I/O error with what was being done to which file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source}", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    /// For `map_err`.
    pub(crate) fn new(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self { doing, path, source }
    }

    /// What whoever gave the path may do about it, if anything, to stand behind the message.
    pub(crate) fn hint(&self) -> &'static str {
        match self.source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "; hint: whoever starts boxoffice must be able to write there; or use another --data-dir"
            }
            io::ErrorKind::AlreadyExists if self.path.is_symlink() => {
                "; hint: a link is there that leads nowhere: is a disk not mounted?"
            }
            _ if is_short(&self.source) => "; hint: the process may have too few open files; see ulimit -n",
            io::ErrorKind::NotADirectory => "; hint: a part of that path is a file; see --data-dir",
            _ => "",
        }
    }

    /// Whether there was no room.
    pub(crate) fn is_full(&self) -> bool {
        is_full(&self.source)
    }

    /// Whether the process had too little of something else.
    pub(crate) fn is_short(&self) -> bool {
        is_short(&self.source)
    }
}

/// Whether an error means that there is no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether an error means that the process may have no more open files or threads. It says nothing about the file.
pub(crate) fn is_short(error: &io::Error) -> bool {
    Errno::from_io_error(error)
        .is_some_and(|errno| [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM].contains(&errno))
}

/// Makes names in a directory durable: files made, renamed or removed there.
pub(crate) fn sync_directory(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(FileError::new("sync", path))
}

/// Makes a directory and those above it, readable by nobody else.
pub(crate) fn make_directory(path: &Path) -> Result<(), FileError> {
    let made = fs::DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(path);
    made.map_err(FileError::new("make", path))
}

/// Whether something is there. Not being allowed to look is an error, not a no.
pub(crate) fn exists(path: &Path) -> Result<bool, FileError> {
    path.try_exists().map_err(FileError::new("look for", path))
}

/// Whether this file, which is open, is the one that its path leads to.
pub(crate) fn is_at(file: &File, path: &Path) -> Result<bool, FileError> {
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let held = file.metadata().map_err(FileError::new("look at", path))?;
    match fs::metadata(path) {
        Ok(found) => Ok(id(found) == id(held)),
        Err(error) if leads_nowhere(&error) => Ok(false),
        Err(error) => Err(FileError::new("look for", path)(error)),
    }
}

fn leads_nowhere(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| {
        [Errno::NOENT, Errno::NOTDIR, Errno::LOOP, Errno::NAMETOOLONG, Errno::STALE].contains(&errno)
    })
}

/// Renames, and makes the new name durable.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::new("rename", from))?;
    to.parent().map_or(Ok(()), sync_directory)
}

/// Removes a directory with all that is in it, if it is there.
pub(crate) fn remove_tree(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::new("remove", path)(error)),
        _ => Ok(()),
    }
}

/// What a directory holds, itself not counted.
pub(crate) fn list(path: &Path) -> Result<Vec<fs::DirEntry>, FileError> {
    fs::read_dir(path).and_then(Iterator::collect).map_err(FileError::new("list", path))
}

/// The same, or nothing where there is no directory.
pub(crate) fn list_if_there(path: &Path) -> Result<Vec<fs::DirEntry>, FileError> {
    if exists(path)? { list(path) } else { Ok(Vec::new()) }
}

/// The number of which a file's name is made: ten digits and nothing else.
pub(crate) fn ten_digits(text: &str) -> Option<u64> {
    const DIGITS: usize = 10;
    let is_number = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Calls `visit` with every file below a directory and its length in bytes.
fn each_file(
    path: &Path,
    visit: &mut dyn FnMut(&Path, u64) -> Result<(), FileError>,
) -> Result<(), FileError> {
    for entry in list(path)? {
        let path = entry.path();
        let metadata = entry.metadata().map_err(FileError::new("look at", &path))?;
        if metadata.is_dir() {
            each_file(&path, visit)?;
        } else {
            visit(&path, metadata.len())?;
        }
    }
    Ok(())
}

/// Bytes in all files below a directory.
pub(crate) fn bytes_in(path: &Path) -> Result<u64, FileError> {
    let mut bytes = 0;
    each_file(path, &mut |_, length| {
        bytes += length;
        Ok(())
    })?;
    Ok(bytes)
}

/// Bytes that can still be written beside `path`.
pub(crate) fn bytes_free(path: &Path) -> Result<u64, FileError> {
    let found = rustix::fs::statvfs(path)
        .map_err(io::Error::from)
        .map_err(FileError::new("find the free space of", path))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether a directory can hold so many bytes more: they are reserved in a file without a name, and given back. What the file system says
/// is free can be more than a quota leaves. Where nothing can be reserved, what it says has to do.
pub(crate) fn can_hold(directory: &Path, bytes: u64) -> Result<bool, FileError> {
    if bytes_free(directory)? < bytes {
        return Ok(false);
    }
    let nameless = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let reserved = rustix::fs::open(directory, nameless, Mode::RUSR | Mode::WUSR)
        .and_then(|file| retry_on_intr(|| rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes)))
        .map_err(io::Error::from);
    match reserved {
        Ok(()) => Ok(true),
        Err(error) if is_full(&error) => Ok(false),
        Err(error) if [io::ErrorKind::Unsupported, io::ErrorKind::IsADirectory].contains(&error.kind()) => {
            Ok(true)
        }
        Err(error) => Err(FileError::new("reserve room in", directory)(error)),
    }
}

/// Copies a directory to a new one; all of it is durable afterwards but the new directory's own name.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<(), FileError> {
    make_directory(to)?;
    for entry in list(from)? {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(FileError::new("look at", &source))?.is_dir() {
            copy_tree(&source, &target)?;
        } else {
            fs::copy(&source, &target).map_err(FileError::new("copy", &source))?;
            sync_file(&target)?;
        }
    }
    sync_directory(to)
}

/// Makes all files and names below a directory durable.
pub(crate) fn sync_tree(path: &Path) -> Result<(), FileError> {
    for entry in list(path)? {
        let path = entry.path();
        if entry.file_type().map_err(FileError::new("look at", &path))?.is_dir() {
            sync_tree(&path)?;
        } else {
            sync_file(&path)?;
        }
    }
    sync_directory(path)
}

fn sync_file(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(FileError::new("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directory_can_hold_is_tried_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        for (bytes, expected) in [(1024 * 1024, true), (u64::MAX / 2, false)] {
            assert_eq!(can_hold(directory.path(), bytes).unwrap(), expected, "{bytes}");
        }
        assert_eq!(list(directory.path()).unwrap().len(), 0);
        assert!(can_hold(&directory.path().join("nowhere"), 1).is_err());
    }
}
