//! A directory as a value: its files and what is in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files below a directory, by their paths in it.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Reads every file below a directory.
pub(crate) fn files_below(root: &Path) -> Files {
    let mut files = Files::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in directory.read_dir().expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                files.insert(path.strip_prefix(root).expect("a path below").to_owned(), bytes);
            }
        }
    }
    files
}

/// Writes files below a directory, which is made.
pub(crate) fn write_below(root: &Path, files: &Files) {
    std::fs::create_dir_all(root).expect("a directory can be made");
    for (path, bytes) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file lies in a directory"))
            .expect("a directory can be made");
        std::fs::write(path, bytes).expect("a file can be written");
    }
}
