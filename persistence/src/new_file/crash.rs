//! Lets a test stop the work on files in front of any operation and look at what is left.

use std::cell::Cell;
use std::io;
use std::path::Path;

use crate::files::FileError;

thread_local! {
    /// How many operations of this thread still succeed.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// An operation is about to happen, or the last has just happened.
pub(super) fn point(path: &Path) -> Result<(), FileError> {
    match LEFT.get() {
        Some(0) => Err(FileError::new("reach", path)(io::Error::other("the test ends here"))),
        left => {
            LEFT.set(left.map(|left| left - 1));
            Ok(())
        }
    }
}

/// Does some work whose operations on files all fail from the given one on, counted from 0.
pub(crate) fn after<T>(operations: u32, work: impl FnOnce() -> T) -> T {
    LEFT.set(Some(operations));
    let done = work();
    LEFT.set(None);
    done
}

/// Does the work again and again, each time in a new copy of `dir` and stopped one operation later, until it succeeds. Calls `look`
/// with what was left, and with the result of what went through.
pub(crate) fn everywhere<T, E>(
    dir: &Path,
    work: impl Fn(&Path) -> Result<T, E>,
    mut look: impl FnMut(&Path, Option<T>),
) {
    for operations in 0.. {
        let copy = copied(dir);
        let done = after(operations, || work(copy.path()));
        let whole = done.is_ok();
        look(copy.path(), done.ok());
        if whole {
            assert!(operations > 0, "the work did nothing");
            return;
        }
    }
}

/// A copy of a directory without further ones in it.
pub(crate) fn copied(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in crate::files::list(dir).unwrap() {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}
