//! The states file: the states that one snapshot renewed, each with its sketch if it has one, sealed and one after another.
//!
//! A piece (see [`crate::sealed`]) has between version and hash, numbers big-endian:
//!
//! ```text
//! kind u8 (0: a state, 1: a sketch) | stream (as in the manifest) | sequence u64 | epoch u64 | time i64
//! | length of the content u64 | the content, zstd
//! ```
//!
//! The manifest repeats the hash, so a piece is the one that was meant or none. The piece says by itself what it is and of which stream,
//! so a directory that has lost its manifests has not lost its states. It is copied as it is when its file is emptied.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::manifest::{self, Entry, Place, STREAM_BYTES};
use crate::compression::{Compressor, Decompressor};
use crate::damage::{Damage, Flaw};
use crate::sealed;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + STREAM_BYTES + 4 * 8;

/// Longest state, in bytes before compression: a hundred million bookings fit, as many as one concert can have seats of a type.
pub(crate) const STATE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Longest sketch, in bytes before compression: the fingerprints of thirteen million buyers fit.
pub(crate) const SKETCH_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a piece holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    State,
    Sketch,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Sketch => "sketch",
        }
    }

    pub(super) fn bytes_max(self) -> u64 {
        match self {
            Self::State => STATE_BYTES_MAX,
            Self::Sketch => SKETCH_BYTES_MAX,
        }
    }

    fn byte(self) -> u8 {
        match self {
            Self::State => 0,
            Self::Sketch => 1,
        }
    }
}

pub(super) fn path(dir: &Path, file: u64) -> PathBuf {
    dir.join(format!("states-{file:010}"))
}

/// Makes a piece. Nothing of the entry's places is looked at.
pub(super) fn encode(
    kind: Kind,
    entry: &Entry,
    content: &[u8],
    compressor: &mut Compressor,
) -> (Vec<u8>, blake3::Hash) {
    let mut piece = sealed::begin(VERSION, HEAD_BYTES + content.len() / 2);
    piece.extend_from_slice(&head(kind, entry));
    piece.extend_from_slice(&(content.len() as u64).to_be_bytes());
    compressor.append(content, &mut piece);
    let hash = sealed::seal(&mut piece);
    (piece, hash)
}

/// What stands in front of a content, but its length.
fn head(kind: Kind, entry: &Entry) -> Vec<u8> {
    let numbers = [entry.sequence.to_be_bytes(), entry.epoch.to_be_bytes(), entry.time.0.to_be_bytes()];
    [&[kind.byte()], manifest::encode_stream(entry.stream).as_slice(), numbers.as_flattened()].concat()
}

/// States files, open. They can be read as long as this lives, even when they have been removed.
#[derive(Clone, Debug)]
pub(super) struct StatesFiles {
    dir: PathBuf,
    files: BTreeMap<u64, Arc<File>>,
}

impl StatesFiles {
    /// None of the files of a directory.
    pub(super) fn none(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), files: BTreeMap::new() }
    }

    /// Opens these files, but for those that are open.
    pub(super) fn open(&mut self, numbers: impl Iterator<Item = u64>) -> Result<(), Damage> {
        for number in numbers {
            if !self.files.contains_key(&number) {
                let path = path(&self.dir, number);
                let file = File::open(&path).map_err(Flaw::reading).map_err(Damage::at(&path, 0))?;
                self.files.insert(number, Arc::new(file));
            }
        }
        Ok(())
    }

    /// Lets go of all other files.
    pub(super) fn retain(&mut self, numbers: &BTreeSet<u64>) {
        self.files.retain(|number, _| numbers.contains(number));
    }

    /// Reads what an entry has at a place.
    pub(super) fn read(
        &self,
        kind: Kind,
        entry: &Entry,
        place: &Place,
        decompressor: &mut Decompressor,
    ) -> Result<Vec<u8>, Damage> {
        let piece = self.read_piece(place)?;
        let content = decode(kind, entry, &piece, decompressor);
        content.map_err(Damage::at(&path(&self.dir, place.file), place.offset))
    }

    /// Reads a piece as it is; its hash is right.
    pub(super) fn read_piece(&self, place: &Place) -> Result<Vec<u8>, Damage> {
        self.read_sealed(place).map_err(|flaw| Damage::at(&path(&self.dir, place.file), place.offset)(flaw))
    }

    fn read_sealed(&self, place: &Place) -> Result<Vec<u8>, Flaw> {
        let length = usize::try_from(place.length).map_err(|_| Flaw::Form("it is longer than memory"))?;
        let file = self.files.get(&place.file).ok_or(Flaw::Missing)?;
        // A file may have become shorter since the manifest was opened; no room is made for what cannot be there.
        let there = file.metadata().map_err(Flaw::reading)?.len();
        if there.checked_sub(place.offset).is_none_or(|there| there < place.length) {
            return Err(Flaw::Short(there.saturating_sub(place.offset)));
        }
        let mut piece = vec![0; length];
        file.read_exact_at(&mut piece, place.offset).map_err(Flaw::reading)?;
        let (_, hash) = sealed::open(&piece, VERSION)?;
        if hash == place.hash { Ok(piece) } else { Err(Flaw::Other) }
    }
}

fn decode(kind: Kind, entry: &Entry, piece: &[u8], decompressor: &mut Decompressor) -> Result<Vec<u8>, Flaw> {
    let short = || Flaw::Short(piece.len() as u64);
    let mut fields = sealed::content(piece).ok_or_else(short)?;
    let expected = head(kind, entry);
    if fields.bytes(expected.len()).ok_or_else(short)? != expected {
        return Err(Flaw::Other);
    }
    let length = fields.u64().ok_or_else(short)?;
    decompressor.decompress(fields.rest(), length, kind.bytes_max())
}

/// The files in which pieces lie, and how long each must be at least.
#[derive(Debug, Default)]
pub(super) struct Needed(BTreeMap<u64, u64>);

impl Needed {
    pub(super) fn note(&mut self, place: Place) {
        let end = place.offset.saturating_add(place.length);
        self.0.entry(place.file).and_modify(|length| *length = end.max(*length)).or_insert(end);
    }

    /// The files with their lengths. That all are there and long enough is checked.
    pub(super) fn lengths(self, dir: &Path) -> Result<BTreeMap<u64, u64>, Damage> {
        let Self(mut needed) = self;
        for (file, length) in &mut needed {
            let path = path(dir, *file);
            let metadata = path.metadata().map_err(Flaw::reading).map_err(Damage::at(&path, 0))?;
            if metadata.len() < *length {
                return Err(Damage::at(&path, metadata.len())(Flaw::Missing));
            }
            *length = metadata.len();
        }
        Ok(needed)
    }
}

impl FromIterator<Place> for Needed {
    fn from_iter<I: IntoIterator<Item = Place>>(places: I) -> Self {
        let mut needed = Self::default();
        places.into_iter().for_each(|place| needed.note(place));
        needed
    }
}

/// Of an entry, where its pieces lie.
impl Extend<Entry> for Needed {
    fn extend<I: IntoIterator<Item = Entry>>(&mut self, entries: I) {
        entries.into_iter().flat_map(Entry::places).for_each(|place| self.note(place));
    }
}
