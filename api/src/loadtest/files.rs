//! The files that a report goes to. They are opened before the load begins: nobody is to wait for a report that cannot be kept.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::LoadtestError;

/// A file that is to be written in the end.
#[derive(Debug)]
pub(super) struct Sheet {
    path: PathBuf,
    file: File,
    /// Whether it was made now and has nothing in it yet: then nothing of it is left where no report comes to be.
    is_blank: bool,
}

impl Sheet {
    /// What an earlier load wrote stays until there is another report.
    pub(super) fn open(path: &Path) -> Result<Self, LoadtestError> {
        let is_blank = !path.exists();
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(path);
        let file = file.map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_owned(), file, is_blank })
    }

    pub(super) fn write(mut self, text: &str) -> Result<(), LoadtestError> {
        self.is_blank = false;
        self.replace(text).map_err(|error| unwritten(&self.path, &error))
    }

    fn replace(&mut self, text: &str) -> io::Result<()> {
        // What is a pipe or a device has no length.
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Sheet {
    fn drop(&mut self) {
        if self.is_blank {
            // It does no harm where it cannot be removed.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn unwritten(path: &Path, error: &io::Error) -> LoadtestError {
    let hint = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "make its directory first",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "name a place where you may write",
        ErrorKind::IsADirectory => "name a file in it",
        ErrorKind::StorageFull => "make room, or name another place",
        _ => "name another file",
    };
    LoadtestError(format!("{} cannot be written: {error}; hint: {hint}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_replaces_an_earlier_one_and_no_report_leaves_it() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (home.path().join("old.json"), home.path().join("new.json"));
        std::fs::write(&old, "a report that is longer").unwrap();
        drop((Sheet::open(&old).unwrap(), Sheet::open(&new).unwrap()));
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "a report that is longer");
        assert!(!new.exists());
        for path in [&old, &new] {
            Sheet::open(path).unwrap().write("a report").unwrap();
            assert_eq!(std::fs::read_to_string(path).unwrap(), "a report");
        }
    }

    #[test]
    fn a_place_where_nothing_can_be_written_is_named_with_what_to_do() {
        let home = tempfile::tempdir().unwrap();
        for (path, words) in [
            (home.path().join("nope/report.html"), "make its directory"),
            (home.path().to_owned(), "a file in it"),
        ] {
            let LoadtestError(why) = Sheet::open(&path).unwrap_err();
            assert!(why.starts_with(&path.display().to_string()) && why.contains(words), "{why}");
        }
    }
}
