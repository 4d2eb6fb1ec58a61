//! Why a store is not opened. Each message is one line: what is wrong, where, and the command that looks closer.

use std::path::PathBuf;

use crate::chain::Damage;
use crate::files::FileError;
use crate::frame::Flaw;

/// A store that was not opened. Its files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process uses the data directory.
    #[error("the store in {} is in use by another process; hint: stop that one, or use another --data-dir", data_dir.display())]
    InUse {
        /// Which data directory.
        data_dir: PathBuf,
    },
    /// There is nothing to look at.
    #[error("there is no store in {}; hint: give its directory with --data-dir", data_dir.display())]
    NoStore {
        /// Which data directory.
        data_dir: PathBuf,
    },
    /// What should be a data directory is something else.
    #[error("{} is no directory; hint: give another with --data-dir", data_dir.display())]
    NoDirectory {
        /// Which path.
        data_dir: PathBuf,
    },
    /// Something in the store is not what was written.
    #[error("the store in {dir} is damaged: {what}; hint: boxoffice verify --data-dir {dir}", dir = data_dir.display())]
    Damaged {
        /// Which data directory.
        data_dir: PathBuf,
        /// What is wrong, and at which frame or file.
        what: String,
    },
    /// The journal is sound but ends before a point that it had reached: acknowledged records are missing.
    #[error(
        "the store in {dir} has lost its end: the journal holds {found} frames of {marked}; hint: boxoffice verify --data-dir {dir}",
        dir = data_dir.display()
    )]
    LostTail {
        /// Which data directory.
        data_dir: PathBuf,
        /// Frames that were durable once.
        marked: u64,
        /// Frames that are there.
        found: u64,
    },
    /// A newer version of this program wrote it.
    #[error(
        "the store in {dir} was written by a newer boxoffice (format {version}); hint: start that version; boxoffice verify --data-dir {dir}",
        dir = data_dir.display()
    )]
    NewerFormat {
        /// Which data directory.
        data_dir: PathBuf,
        /// The format's version.
        version: u8,
    },
    /// The disk has no room for the copy that is kept while the store is checked.
    #[error(
        "the disk of {dir} has too little room to open the store: {needed} bytes are needed, {free} are free; hint: make room on that disk",
        dir = data_dir.display()
    )]
    NoRoom {
        /// Which data directory.
        data_dir: PathBuf,
        /// Bytes that must be free.
        needed: u64,
        /// Bytes that are.
        free: u64,
    },
    /// Too few threads or open files: the store itself may be sound.
    #[error("the store in {} cannot be read now: {what}; hint: the process has too few threads (ulimit -u, a pids limit) or open files (ulimit -n)", data_dir.display())]
    Short {
        /// Which data directory.
        data_dir: PathBuf,
        /// What the system says.
        what: String,
    },
    /// There is room, and the disk takes no more files all the same.
    #[error("the disk of {} takes no more files, though {free} bytes are free; hint: it has no inodes left, or a quota is used up", data_dir.display())]
    NoFiles {
        /// Which data directory.
        data_dir: PathBuf,
        /// Bytes that are free.
        free: u64,
    },
    /// Its path leads elsewhere since it was opened.
    #[error("{} does not lead to the store that was opened any more: {} is not the one that was there; it was moved or removed, or something was mounted there", data_dir.display(), path.display())]
    Moved {
        /// The path of the data directory.
        data_dir: PathBuf,
        /// What is not there any more.
        path: PathBuf,
    },
    /// The operating system refused something.
    #[error("{0}{hint}", hint = .0.hint())]
    Io(#[from] FileError),
}

impl OpenError {
    /// Whether it may open by itself later: something of the system's was used up.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::NoRoom { .. } | Self::NoFiles { .. } | Self::Short { .. } => true,
            Self::Io(error) => error.is_full() || error.is_short(),
            _ => false,
        }
    }

    /// What a flaw in the chain means for the store.
    pub(crate) fn from_damage(data_dir: PathBuf, damage: &Damage) -> Self {
        match damage.flaw {
            Flaw::Version(version) => Self::NewerFormat { data_dir, version },
            _ => Self::Damaged { data_dir, what: damage.to_string() },
        }
    }

    /// Damage told by somebody else, brought to one line.
    pub(crate) fn damaged(data_dir: PathBuf, what: impl AsRef<str>) -> Self {
        Self::Damaged { data_dir, what: one_line(what.as_ref()) }
    }
}

/// Texts of others may have several lines, and a refusal is one.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use rustix::io::Errno;

    use super::*;

    #[test]
    fn what_the_system_refuses_has_a_hint_where_there_is_one() {
        const WRITABLE: &str =
            "; hint: whoever starts boxoffice must be able to write there; or use another --data-dir";
        let cases = [
            (Errno::ACCESS, format!("Permission denied (os error 13){WRITABLE}")),
            (Errno::PERM, format!("Operation not permitted (os error 1){WRITABLE}")),
            (Errno::ROFS, format!("Read-only file system (os error 30){WRITABLE}")),
            (
                Errno::NOTDIR,
                "Not a directory (os error 20); hint: a part of that path is a file; see --data-dir"
                    .to_owned(),
            ),
            (Errno::IO, "Input/output error (os error 5)".to_owned()),
        ];
        for (errno, expected) in cases {
            let refusal =
                OpenError::from(FileError::new("open", Path::new("u/lock"))(io::Error::from(errno)));
            assert_eq!(refusal.to_string(), format!("cannot open u/lock: {expected}"));
        }
    }
}
