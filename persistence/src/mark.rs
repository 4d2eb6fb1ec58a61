//! The mark: how far the journal is known to reach, kept outside sled, so that a lost end of the journal is never silent.
//!
//! Two slots of the same form in blocks of their own, written in turn, so that a write cut short spoils the older of the two.
//! A slot, numbers big-endian: `version u8 | frames u64 | records u64 | hash [u8; 32] | BLAKE3 of that [u8; 32]`.
//!
//! The mark is written after a group is durable and is not synced: after a power cut it may be older than the journal, never
//! newer. After a kill it is exact.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::chain::Tip;
use crate::data_dir::DataDir;
use crate::error::OpenError;
use crate::files::{self, FileError};
use crate::frame::ChainHash;

const VERSION: u8 = 1;
/// A slot never shares a block of the disk with the other.
const BLOCK_BYTES: u64 = 4096;
const SLOTS: [u64; 2] = [0, 1];
const HASH_BYTES: usize = 32;
const FIELD_BYTES: usize = 1 + 8 + 8 + HASH_BYTES;
const SLOT_BYTES: usize = FIELD_BYTES + HASH_BYTES;

/// The mark file, open.
#[derive(Debug)]
pub(crate) struct Mark {
    path: PathBuf,
    file: Arc<File>,
    next_slot: u64,
}

/// What a mark file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marked {
    /// The journal reached this far.
    At(Tip),
    /// No slot can be read.
    Unreadable,
    /// It is of a format that is not known here.
    Newer(u8),
}

impl Mark {
    /// Makes the mark of an empty journal; durable when this returns.
    pub(crate) fn create(path: &Path) -> Result<(), FileError> {
        let new = path.with_extension("new");
        let mut content = vec![0; 2 * usize::try_from(BLOCK_BYTES).expect("a block is small")];
        content[..SLOT_BYTES].copy_from_slice(&slot(Tip::default()));
        std::fs::write(&new, content).map_err(FileError::new("write", &new))?;
        File::open(&new).and_then(|file| file.sync_all()).map_err(FileError::new("sync", &new))?;
        files::rename(&new, path)
    }

    /// Opens a mark and says what it says.
    pub(crate) fn open(path: &Path) -> Result<(Self, Marked), FileError> {
        let file = File::options().read(true).write(true).open(path).map_err(FileError::new("open", path))?;
        let (marked, newest) = read_slots(&file).map_err(FileError::new("read", path))?;
        Ok((Self { path: path.to_owned(), file: Arc::new(file), next_slot: 1 - newest }, marked))
    }

    /// What a mark says, for whoever only looks, and perhaps may not write there.
    pub(crate) fn read(path: &Path) -> Result<Marked, FileError> {
        let file = File::open(path).map_err(FileError::new("open", path))?;
        Ok(read_slots(&file).map_err(FileError::new("read", path))?.0)
    }

    /// One for which there is never room.
    #[cfg(test)]
    pub(crate) fn without_room() -> Self {
        let path = PathBuf::from("/dev/full");
        let file = File::options().read(true).write(true).open(&path).expect("Linux has /dev/full");
        Self { path, file: Arc::new(file), next_slot: 0 }
    }

    /// Keeps other processes from the mark, as long as this lives.
    pub(crate) fn hold(&self, dir: &DataDir) -> Result<(), OpenError> {
        dir.take(&self.file, &self.path)
    }

    /// The file itself.
    pub(crate) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Says that the journal reaches this far and is durable up to there.
    pub(crate) fn write(&mut self, tip: Tip) -> Result<(), FileError> {
        let written = self.file.write_all_at(&slot(tip), self.next_slot * BLOCK_BYTES);
        written.map_err(FileError::new("write", &self.path))?;
        self.next_slot = 1 - self.next_slot;
        Ok(())
    }

    /// Makes the mark itself durable.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        self.to_sync()()
    }

    /// What makes durable whatever was written before it is called. It needs no mark, so whoever writes need not wait for it.
    pub(crate) fn to_sync(&self) -> impl FnOnce() -> Result<(), FileError> + use<> {
        let (path, file) = (self.path.clone(), Arc::clone(&self.file));
        // Its length never changes, so its data is all that there is to sync.
        move || file.sync_data().map_err(FileError::new("sync", &path))
    }
}

fn slot(tip: Tip) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[0] = VERSION;
    slot[1..9].copy_from_slice(&tip.frames.to_be_bytes());
    slot[9..17].copy_from_slice(&tip.records.to_be_bytes());
    slot[17..FIELD_BYTES].copy_from_slice(&tip.hash.0);
    let checksum = blake3::hash(&slot[..FIELD_BYTES]);
    slot[FIELD_BYTES..].copy_from_slice(checksum.as_bytes());
    slot
}

/// What the newer of the slots says, and which one that is.
fn read_slots(file: &File) -> io::Result<(Marked, u64)> {
    let mut read = [Marked::Unreadable; 2];
    for (slot, marked) in SLOTS.into_iter().zip(&mut read) {
        *marked = read_slot(file, slot * BLOCK_BYTES)?;
    }
    Ok(match read {
        [Marked::Newer(version), _] | [_, Marked::Newer(version)] => (Marked::Newer(version), 0),
        [Marked::At(first), Marked::At(second)] if second.frames > first.frames => (read[1], 1),
        [Marked::Unreadable, second] => (second, 1),
        [first, _] => (first, 0),
    })
}

fn read_slot(file: &File, offset: u64) -> io::Result<Marked> {
    let mut slot = [0; SLOT_BYTES];
    match file.read_exact_at(&mut slot, offset) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Marked::Unreadable),
        read => read?,
    }
    if blake3::hash(&slot[..FIELD_BYTES]).as_bytes() != &slot[FIELD_BYTES..] {
        return Ok(Marked::Unreadable);
    }
    if slot[0] != VERSION {
        return Ok(Marked::Newer(slot[0]));
    }
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&slot[at..at + 8]);
        u64::from_be_bytes(bytes)
    };
    let mut hash = ChainHash::default();
    hash.0.copy_from_slice(&slot[17..FIELD_BYTES]);
    Ok(Marked::At(Tip { frames: number(1), records: number(9), hash }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tip(frames: u64) -> Tip {
        Tip { frames, records: 3 * frames, hash: ChainHash([u8::try_from(frames % 251).unwrap(); 32]) }
    }

    fn made(writes: u64) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        Mark::create(&path).unwrap();
        let (mut mark, _) = Mark::open(&path).unwrap();
        (1..=writes).for_each(|frames| mark.write(tip(frames)).unwrap());
        (dir, path)
    }

    fn marked(path: &Path) -> Marked {
        Mark::open(path).unwrap().1
    }

    fn spoil(path: &Path, slot: u64) {
        let file = File::options().write(true).open(path).unwrap();
        file.write_all_at(b"?", slot * BLOCK_BYTES + 20).unwrap();
    }

    #[test]
    fn the_newest_slot_counts() {
        let (_dir, path) = made(0);
        assert_eq!(marked(&path), Marked::At(Tip::default()));
        for writes in 1..5 {
            let (_dir, path) = made(writes);
            assert_eq!(marked(&path), Marked::At(tip(writes)));
        }
    }

    #[test]
    fn a_torn_slot_leaves_the_one_before() {
        for writes in 1..5 {
            let (_dir, path) = made(writes);
            spoil(&path, writes % 2);
            let before = if writes == 1 { Tip::default() } else { tip(writes - 1) };
            assert_eq!(marked(&path), Marked::At(before));
            // The next write goes to the torn slot, not over the good one.
            let (mut mark, _) = Mark::open(&path).unwrap();
            mark.write(tip(9)).unwrap();
            spoil(&path, writes % 2);
            assert_eq!(marked(&path), Marked::At(before));
        }
    }

    #[test]
    fn a_mark_without_a_good_slot_says_so() {
        let (_dir, path) = made(3);
        spoil(&path, 0);
        spoil(&path, 1);
        assert_eq!(marked(&path), Marked::Unreadable);
        for length in [0, 1, 80] {
            let (_dir, path) = made(2);
            File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
            assert_eq!(marked(&path), Marked::Unreadable, "{length} bytes");
        }
    }

    #[test]
    fn a_newer_mark_is_no_damage() {
        let (_dir, path) = made(3);
        let mut newer = slot(tip(4));
        newer[0] = 2;
        let checksum = *blake3::hash(&newer[..FIELD_BYTES]).as_bytes();
        newer[FIELD_BYTES..].copy_from_slice(&checksum);
        File::options().write(true).open(&path).unwrap().write_all_at(&newer, 0).unwrap();
        assert_eq!(marked(&path), Marked::Newer(2));
    }
}
