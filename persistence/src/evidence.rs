//! Evidence: opening sled on damaged files changes them, so a copy is kept until the chain has been checked.
//!
//! Each generation that is opened has its copy; `journal` stands for its name here. Seen with sled 0.34.7: one flipped byte, and `open` succeeds with rows missing and overwrites what followed. The steps, each
//! durable before the next, and what a start finds after a crash behind each:
//!
//! | step | left behind | what the next start does |
//! | --- | --- | --- |
//! | copy `journal` to `journal.copying` | `journal`, part of a copy | removes the part |
//! | rename it to `journal.copy` | `journal` (perhaps touched by sled), a whole copy | puts the copy back |
//! | sound: rename `journal.copy` to `journal.spoiled` | `journal`, a copy that is too old | removes the copy |
//! | damaged: rename `journal` to `journal.spoiled` | no `journal`, a whole copy | puts the copy back |
//! | damaged: rename `journal.copy` to `journal` | `journal` as it was, rubbish | removes the rubbish |
//!
//! **Invariant: the name `journal.copy` is gone for good before the first record is acknowledged,** so a copy can never replace
//! newer records.

use std::path::Path;

use crate::data_dir::GenerationDir;
use crate::error::OpenError;
use crate::files::{self, FileError};

/// Ends what an earlier process began, so that `journal` is what the last sound process left.
pub(crate) fn settle(dir: &GenerationDir) -> Result<(), FileError> {
    files::remove_tree(&dir.unfinished_copy())?;
    files::remove_tree(&dir.verified())?;
    files::remove_tree(&dir.new_journal())?;
    if files::exists(&dir.copy())? {
        return put_back(dir);
    }
    // Nothing but a journal says that what is called spoiled really is.
    if files::exists(&dir.journal())? { files::remove_tree(&dir.spoiled()) } else { Ok(()) }
}

/// Removes the snapshots that a kill left half-written: with one of them there, sled refuses to open for ever.
pub(crate) fn remove_unfinished_snapshots(journal: &Path) -> Result<(), FileError> {
    for entry in files::list(journal)? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path()).map_err(FileError::new("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Keeps a copy of the generation's files, if there is room for it.
pub(crate) fn keep(dir: &GenerationDir) -> Result<(), OpenError> {
    dir.data_dir().require_room(files::bytes_in(&dir.journal())?)?;
    files::copy_tree(&dir.journal(), &dir.unfinished_copy())?;
    files::rename(&dir.unfinished_copy(), &dir.copy())?;
    Ok(())
}

/// The journal is sound: the copy is not needed any more.
pub(crate) fn discard(dir: &GenerationDir) -> Result<(), FileError> {
    files::remove_tree(&dir.spoiled())?;
    files::rename(&dir.copy(), &dir.spoiled())?;
    files::remove_tree(&dir.spoiled())
}

/// The journal is not sound: the untouched files take its place. Nothing may have it open.
pub(crate) fn put_back(dir: &GenerationDir) -> Result<(), FileError> {
    if files::exists(&dir.journal())? {
        files::remove_tree(&dir.spoiled())?;
        files::rename(&dir.journal(), &dir.spoiled())?;
    }
    files::rename(&dir.copy(), &dir.journal())?;
    files::remove_tree(&dir.spoiled())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data_dir::DataDir;

    fn put(path: &Path, content: &str) {
        fs::create_dir_all(path.join("blobs")).unwrap();
        fs::write(path.join("db"), content).unwrap();
    }

    fn content(path: &Path) -> Option<String> {
        fs::read_to_string(path.join("db")).ok()
    }

    fn generation(temp: &tempfile::TempDir) -> GenerationDir {
        DataDir::new(temp.path()).generation(7)
    }

    fn names(dir: &GenerationDir) -> Vec<String> {
        let mut names: Vec<_> = files::list(dir.data_dir().path())
            .unwrap()
            .iter()
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// What the next start makes of a crash that left `found` behind; the sound content is always "good".
    fn check(found: &[(&str, &str)]) {
        let temp = tempfile::tempdir().unwrap();
        let dir = generation(&temp);
        for (name, content) in found {
            put(&temp.path().join(name.replace("journal", "journal-0000000007")), content);
        }
        for _ in 0..2 {
            settle(&dir).unwrap();
            assert_eq!(content(&dir.journal()).as_deref(), Some("good"), "after {found:?}");
            assert_eq!(names(&dir), ["journal-0000000007"], "after {found:?}");
        }
    }

    #[test]
    fn a_crash_behind_any_step_leaves_the_sound_files() {
        check(&[("journal", "good")]);
        check(&[("journal", "good"), ("journal.copying", "go")]);
        check(&[("journal", "touched"), ("journal.copy", "good")]);
        check(&[("journal", "touched"), ("journal.copy", "good"), ("journal.spoiled", "rubbish")]);
        check(&[("journal", "good"), ("journal.spoiled", "old")]);
        check(&[("journal.copy", "good"), ("journal.spoiled", "touched")]);
        check(&[("journal.copy", "good")]);
        check(&[("journal", "good"), ("journal.verify", "a copy"), ("journal.new", "half")]);
    }

    #[test]
    fn the_last_files_are_never_called_spoiled() {
        let temp = tempfile::tempdir().unwrap();
        let dir = generation(&temp);
        put(&dir.spoiled(), "who knows");
        settle(&dir).unwrap();
        assert_eq!(names(&dir), ["journal-0000000007.spoiled"]);
    }

    #[test]
    fn kept_files_come_back_untouched_or_go() {
        let temp = tempfile::tempdir().unwrap();
        let dir = generation(&temp);
        put(&dir.journal(), "good");
        keep(&dir).unwrap();
        put(&dir.journal(), "touched");
        put_back(&dir).unwrap();
        assert_eq!((content(&dir.journal()).as_deref(), names(&dir).len()), (Some("good"), 1));
        assert!(dir.journal().join("blobs").is_dir());

        keep(&dir).unwrap();
        put(&dir.journal(), "newer");
        discard(&dir).unwrap();
        settle(&dir).unwrap();
        assert_eq!((content(&dir.journal()).as_deref(), names(&dir).len()), (Some("newer"), 1));
    }

    #[test]
    fn only_unfinished_snapshots_go() {
        let temp = tempfile::tempdir().unwrap();
        let dir = generation(&temp);
        put(&dir.journal(), "good");
        for name in ["snap.00000000000000FF", "snap.0000000000000100.generating"] {
            fs::write(dir.journal().join(name), "").unwrap();
        }
        remove_unfinished_snapshots(&dir.journal()).unwrap();
        assert!(dir.journal().join("snap.00000000000000FF").exists());
        assert!(!dir.journal().join("snap.0000000000000100.generating").exists());
    }
}
