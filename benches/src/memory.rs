//! What a process and a directory take.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Bytes of a block as `stat` counts them.
const BLOCK_BYTES: u64 = 512;

/// Resident memory of this process.
pub fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: u64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * rustix::param::page_size() as u64
}

/// Bytes of the disk that a file or a directory takes with all that is in it. What goes while it is looked at is not counted.
pub fn disk_bytes(path: &Path) -> u64 {
    let Ok(metadata) = path.symlink_metadata() else { return 0 };
    let own = metadata.blocks() * BLOCK_BYTES;
    let inside = if metadata.is_dir() { std::fs::read_dir(path).ok() } else { None };
    own + inside.into_iter().flatten().flatten().map(|entry| disk_bytes(&entry.path())).sum::<u64>()
}
