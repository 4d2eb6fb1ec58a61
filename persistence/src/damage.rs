//! What can be wrong with a file of the snapshots or the archive, and where.

use std::io;
use std::path::{Path, PathBuf};

use crate::files::FileError;

/// What is wrong, and at which byte of which file it begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: what is at byte {at} {flaw}", path.display())]
pub(crate) struct Damage {
    pub(crate) path: PathBuf,
    pub(crate) at: u64,
    pub(crate) flaw: Flaw,
}

impl Damage {
    /// For `map_err`.
    pub(crate) fn at(path: &Path, at: u64) -> impl Fn(Flaw) -> Self + use<> {
        let path = path.to_owned();
        move |flaw| Self { path: path.clone(), at, flaw }
    }
}

/// What can be wrong with a piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("is missing")]
    Missing,
    #[error("has only {0} bytes")]
    Short(u64),
    #[error("does not match its checksum")]
    Hash,
    /// No damage: a newer program wrote it.
    #[error("has format version {found}; this program reads up to {known}")]
    Version { found: u8, known: u8 },
    #[error("does not make sense: {0}")]
    Form(&'static str),
    #[error("is not what is said to be there")]
    Other,
    #[error("takes {length} bytes, more than the {max} that there can be")]
    TooLong { length: u64, max: u64 },
    #[error("cannot be decompressed: {0}")]
    Compression(String),
    #[error("begins at event {found} of its concert instead of {expected}")]
    Sequence { expected: u64, found: u64 },
    #[error("begins with generation {found} instead of {expected}")]
    Generation { expected: u64, found: u64 },
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

impl Flaw {
    /// For `map_err` where something is read that must be there. Only its absence and its end are told apart from other trouble.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
    pub(crate) fn reading(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => Self::Missing,
            _ => Self::Unreadable(error.to_string()),
        }
    }
}

/// Why a snapshot or a part of the archive could not be kept, or what is kept could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error(transparent)]
    Io(#[from] FileError),
    #[error(transparent)]
    Damaged(#[from] Damage),
    /// What was to be kept does not fit the format, or contradicts itself: a fault of the program.
    #[error("{what} cannot be kept: it {flaw}")]
    Refused { what: String, flaw: Flaw },
}

impl KeepError {
    /// For `map_err`.
    pub(crate) fn refused(what: impl Into<String>) -> impl FnOnce(Flaw) -> Self {
        let what = what.into();
        move |flaw| Self::Refused { what, flaw }
    }
}
