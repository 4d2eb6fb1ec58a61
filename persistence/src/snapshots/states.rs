//! The states file: the states that one snapshot renewed, sealed and one after another.
//!
//! A state's piece (see [`crate::sealed`]) has between version and hash, numbers big-endian:
//! `stream (as in the manifest) | sequence u64 | epoch u64 | time i64 | length of the state u64 | the state, zstd`.
//!
//! The manifest repeats the hash, so a piece is the one that was meant or none. The piece says by itself whose state it is, so a
//! directory that has lost its manifests has not lost its states. It is copied as it is when its file is emptied.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::manifest::{self, Entry, Place, STREAM_BYTES};
use crate::compression::{Compressor, decompress};
use crate::damage::{Damage, Flaw};
use crate::sealed;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = STREAM_BYTES + 4 * 8;

/// Longest state, in bytes before compression: a hundred million bookings fit, as many as one concert can have seats of a type.
pub(crate) const STATE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;

pub(super) fn path(dir: &Path, file: u64) -> PathBuf {
    dir.join(format!("states-{file:010}"))
}

/// Makes the piece of a state. Nothing of the entry's place is looked at.
pub(super) fn encode(entry: &Entry, state: &[u8], compressor: &mut Compressor) -> (Vec<u8>, blake3::Hash) {
    let mut piece = sealed::begin(VERSION, HEAD_BYTES + state.len() / 2);
    piece.extend_from_slice(&head(entry));
    piece.extend_from_slice(&(state.len() as u64).to_be_bytes());
    compressor.append(state, &mut piece);
    let hash = sealed::seal(&mut piece);
    (piece, hash)
}

/// What stands in front of a state, but its length.
fn head(entry: &Entry) -> Vec<u8> {
    let numbers = [entry.sequence.to_be_bytes(), entry.epoch.to_be_bytes(), entry.time.0.to_be_bytes()];
    [manifest::encode_stream(entry.stream).as_slice(), numbers.as_flattened()].concat()
}

/// Reads the state of an entry.
pub(super) fn read(dir: &Path, entry: &Entry) -> Result<Vec<u8>, Damage> {
    let piece = read_piece(dir, &entry.place)?;
    decode(entry, &piece).map_err(Damage::at(&path(dir, entry.place.file), entry.place.offset))
}

/// Reads a piece as it is; its hash is right.
pub(super) fn read_piece(dir: &Path, place: &Place) -> Result<Vec<u8>, Damage> {
    let path = path(dir, place.file);
    read_sealed(&path, place).map_err(Damage::at(&path, place.offset))
}

fn read_sealed(path: &Path, place: &Place) -> Result<Vec<u8>, Flaw> {
    let length = usize::try_from(place.length).map_err(|_| Flaw::Form("it is longer than memory"))?;
    let file = File::open(path).map_err(Flaw::reading)?;
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

fn decode(entry: &Entry, piece: &[u8]) -> Result<Vec<u8>, Flaw> {
    let short = || Flaw::Short(piece.len() as u64);
    let (mut fields, _) = sealed::open(piece, VERSION)?;
    let expected = head(entry);
    if fields.bytes(expected.len()).ok_or_else(short)? != expected {
        return Err(Flaw::Other);
    }
    let length = fields.u64().ok_or_else(short)?;
    decompress(fields.rest(), length, STATE_BYTES_MAX)
}

/// The files in which the states of these entries lie, with their lengths. That all are there and long enough is checked.
pub(super) fn lengths<'a>(
    dir: &Path,
    entries: impl Iterator<Item = &'a Entry>,
) -> Result<BTreeMap<u64, u64>, Damage> {
    let mut needed = BTreeMap::new();
    for Entry { place, .. } in entries {
        let end = place.offset.saturating_add(place.length);
        needed.entry(place.file).and_modify(|length| *length = end.max(*length)).or_insert(end);
    }
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
