//! Names of segments: `<first generation>-<last generation>`, ten digits each.

use std::path::{Path, PathBuf};

use crate::files::{self, FileError};
use crate::new_file;

pub(crate) fn path(dir: &Path, first: u64, last: u64) -> PathBuf {
    dir.join(format!("{first:010}-{last:010}"))
}

/// The generations that a name tells of, if it is a segment's.
pub(crate) fn generations(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.split_once('-')?;
    files::ten_digits(first).zip(files::ten_digits(last)).filter(|(first, last)| first <= last)
}

/// The generations of all segments that lie in a directory, in no order.
pub(crate) fn all(dir: &Path) -> Result<Vec<(u64, u64)>, FileError> {
    let names = files::list_if_there(dir)?.into_iter().map(|entry| entry.file_name());
    Ok(names.filter_map(|name| generations(&name.to_string_lossy())).collect())
}

/// Removes temporary names, and segments that one of those `in_use`, told by their generations, covers.
///
/// # Errors
/// When the operating system refuses; what is left can be removed later.
pub(crate) fn clean(dir: &Path, in_use: &[(u64, u64)]) -> Result<(), FileError> {
    new_file::remove_temporary(dir)?;
    for (first, last) in all(dir)? {
        let covering = in_use.iter().find(|used| used.0 <= first && last <= used.1);
        if covering.is_some_and(|used| *used != (first, last)) {
            new_file::remove(&path(dir, first, last))?;
        }
    }
    Ok(())
}
