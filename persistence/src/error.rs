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
    /// The operating system refused something.
    #[error(transparent)]
    Io(#[from] FileError),
}

impl OpenError {
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
