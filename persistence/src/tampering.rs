//! What tests see of a directory, and what a failing disk does to a file.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Flips one bit where it lies; twice is as if nothing had been.
pub(crate) fn flip(path: &Path, bit: usize) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let offset = (bit / 8) as u64;
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << (bit % 8)], offset).unwrap();
}

/// Cuts a file to a length.
pub(crate) fn cut(path: &Path, length: usize) {
    File::options().write(true).open(path).unwrap().set_len(length as u64).unwrap();
}

/// The names in a directory, in order.
pub(crate) fn names_in(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
