//! The manifest: one file per snapshot, which says of each stream where its state lies.
//!
//! Sealed as a whole (see [`crate::sealed`]). Between version and hash, numbers big-endian:
//!
//! ```text
//! number u64 | tail: generation u64 | frames u64 | records u64 | hash [u8; 32] | entries u64 | entry*
//! entry: stream | sequence u64 | epoch u64 | time i64 | file u64 | offset u64 | length u64 | hash [u8; 32] | summary length u32 | summary
//! stream: 0 u8 and 0 u64 (the accounts), or 1 u8 and the id's bits u64 (a concert)
//! ```
//!
//! The entries are in the order of their streams, each stream once.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use boxoffice_engine::time::Time;

use crate::chain::Tip;
use crate::damage::{Damage, Flaw, KeepError};
use crate::fields::Fields;
use crate::frame::ChainHash;
use crate::new_file::NewFile;
use crate::sealed;

const VERSION: u8 = 1;
const HASH_BYTES: usize = 32;
/// What a stream takes.
pub(super) const STREAM_BYTES: usize = 1 + 8;
const ENTRY_BYTES_MIN: usize = STREAM_BYTES + 6 * 8 + HASH_BYTES + 4;
const HEAD_BYTES: usize = 5 * 8 + HASH_BYTES;

/// Longest summary of a stream: a description of 10,000 characters and 100 seat types fit.
pub(crate) const SUMMARY_BYTES_MAX: usize = 128 * 1024;
/// Longest manifest: ten million concerts without summaries. It is read into memory as a whole.
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Where the records begin that are not in the states of a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The first generation that has such records.
    pub(crate) generation: u64,
    /// Where the chain stands when it begins.
    pub(crate) tip: Tip,
}

/// What a snapshot knows about a stream without loading its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stream: Stream,
    /// Of the last record in the state.
    pub(crate) sequence: u64,
    /// Of the same record.
    pub(crate) epoch: u64,
    /// Of the same record.
    pub(crate) time: Time,
    /// Whatever was given along with the state; may be empty.
    pub(crate) summary: Box<[u8]>,
    pub(crate) place: Place,
}

/// Where a state lies, sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of its file.
    pub(crate) file: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) hash: blake3::Hash,
}

/// One snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(super) number: u64,
    pub(crate) tail: Tail,
    /// In the order of their streams, each stream once.
    pub(crate) entries: Vec<Entry>,
}

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("manifest-{number:010}"))
}

impl Manifest {
    /// What is known about a stream.
    pub(crate) fn entry(&self, stream: Stream) -> Option<&Entry> {
        let found = self.entries.binary_search_by_key(&stream, |entry| entry.stream);
        found.ok().map(|index| &self.entries[index])
    }

    /// Writes the manifest; it is in force when this returns.
    pub(super) fn write(&self, dir: &Path) -> Result<(), KeepError> {
        let path = path(dir, self.number);
        let bytes = self.encode();
        let length = bytes.len() as u64;
        if length > MANIFEST_BYTES_MAX {
            let refused = KeepError::refused(format!("a manifest of {} streams", self.entries.len()));
            return Err(refused(Flaw::TooLong { length, max: MANIFEST_BYTES_MAX }));
        }
        let mut file = NewFile::create(&path)?;
        file.append(&bytes)?;
        file.keep()?;
        Ok(())
    }

    /// Reads the manifest of this number.
    pub(super) fn read(dir: &Path, number: u64) -> Result<Self, Damage> {
        let path = path(dir, number);
        let manifest =
            read_bounded(&path).and_then(|bytes| Self::decode(&bytes)).map_err(Damage::at(&path, 0))?;
        if manifest.number == number { Ok(manifest) } else { Err(Damage::at(&path, 0)(Flaw::Other)) }
    }

    fn encode(&self) -> Vec<u8> {
        let Self { number, tail, entries } = self;
        let summaries: usize = entries.iter().map(|entry| entry.summary.len()).sum();
        let mut bytes = sealed::begin(VERSION, HEAD_BYTES + entries.len() * ENTRY_BYTES_MIN + summaries);
        for field in [*number, tail.generation, tail.tip.frames, tail.tip.records] {
            bytes.extend_from_slice(&field.to_be_bytes());
        }
        bytes.extend_from_slice(&tail.tip.hash.0);
        bytes.extend_from_slice(&(entries.len() as u64).to_be_bytes());
        for entry in entries {
            encode_entry(entry, &mut bytes);
        }
        sealed::seal(&mut bytes);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, Flaw> {
        let (mut fields, _) = sealed::open(bytes, VERSION)?;
        decode_content(&mut fields)?.ok_or(Flaw::Short(bytes.len() as u64))
    }
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, Flaw> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Flaw::reading)?;
    file.take(MANIFEST_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(Flaw::reading)?;
    let length = bytes.len() as u64;
    if length > MANIFEST_BYTES_MAX {
        return Err(Flaw::TooLong { length, max: MANIFEST_BYTES_MAX });
    }
    Ok(bytes)
}

fn encode_entry(entry: &Entry, bytes: &mut Vec<u8>) {
    let Entry { stream, sequence, epoch, time, ref summary, place } = *entry;
    bytes.extend_from_slice(&encode_stream(stream));
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(&time.0.to_be_bytes());
    for field in [place.file, place.offset, place.length] {
        bytes.extend_from_slice(&field.to_be_bytes());
    }
    bytes.extend_from_slice(place.hash.as_bytes());
    let length = u32::try_from(summary.len()).expect("a summary is put only below its limit");
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(summary);
}

/// `None` when the bytes end too early.
fn decode_content(fields: &mut Fields<'_>) -> Result<Option<Manifest>, Flaw> {
    let Some((number, tail, count)) = decode_head(fields) else { return Ok(None) };
    let room = fields.rest().len() / ENTRY_BYTES_MIN;
    let Some(count) = usize::try_from(count).ok().filter(|count| *count <= room) else { return Ok(None) };
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    for _ in 0..count {
        let Some(stream) = fields.take() else { return Ok(None) };
        let stream = decode_stream(stream)?;
        let Some(entry) = decode_entry(stream, fields) else { return Ok(None) };
        if entries.last().is_some_and(|before| before.stream >= stream) {
            return Err(Flaw::Form("its streams are not in order"));
        }
        entries.push(entry);
    }
    if !fields.rest().is_empty() {
        return Err(Flaw::Form("it has bytes that belong to nothing"));
    }
    Ok(Some(Manifest { number, tail, entries }))
}

fn decode_head(fields: &mut Fields<'_>) -> Option<(u64, Tail, u64)> {
    let number = fields.u64()?;
    let generation = fields.u64()?;
    let tip = Tip { frames: fields.u64()?, records: fields.u64()?, hash: ChainHash(fields.take()?) };
    Some((number, Tail { generation, tip }, fields.u64()?))
}

fn decode_entry(stream: Stream, fields: &mut Fields<'_>) -> Option<Entry> {
    let (sequence, epoch, time) = (fields.u64()?, fields.u64()?, Time(fields.i64()?));
    let (file, offset, length) = (fields.u64()?, fields.u64()?, fields.u64()?);
    let place = Place { file, offset, length, hash: blake3::Hash::from_bytes(fields.take()?) };
    let length = usize::try_from(fields.u32()?).ok()?;
    Some(Entry { stream, sequence, epoch, time, summary: fields.bytes(length)?.into(), place })
}

pub(super) fn encode_stream(stream: Stream) -> [u8; STREAM_BYTES] {
    let (kind, bits) = match stream {
        Stream::Accounts => (0, 0),
        Stream::Concert(concert) => (1, concert.bits()),
    };
    let mut bytes = [kind; STREAM_BYTES];
    bytes[1..].copy_from_slice(&u64::to_be_bytes(bits));
    bytes
}

pub(super) fn decode_stream([kind, bits @ ..]: [u8; STREAM_BYTES]) -> Result<Stream, Flaw> {
    match (kind, u64::from_be_bytes(bits)) {
        (0, 0) => Ok(Stream::Accounts),
        (1, bits) => Ok(Stream::Concert(ConcertId::from_bits(bits))),
        _ => Err(Flaw::Form("it names a stream that cannot be")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden;

    fn entry(stream: Stream, summary: &[u8]) -> Entry {
        let place = Place { file: 4, offset: 300, length: 200, hash: blake3::Hash::from_bytes([8; 32]) };
        Entry { stream, sequence: 70_000, epoch: 2, time: Time(-5), summary: summary.into(), place }
    }

    fn manifest() -> Manifest {
        let tip = Tip { frames: 9, records: 500, hash: ChainHash([7; 32]) };
        let concert = |bits| Stream::Concert(ConcertId::from_bits(bits));
        let entries = vec![
            entry(Stream::Accounts, b""),
            entry(concert(1), b"Nachtmusik"),
            entry(concert(0x0123_4567_89ab_cdef), b"x"),
        ];
        Manifest { number: 6, tail: Tail { generation: 3, tip }, entries }
    }

    /// The manifest with other bytes and a hash that fits them: what only a program can have written.
    fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Manifest, Flaw> {
        let mut bytes = manifest().encode();
        bytes.truncate(bytes.len() - HASH_BYTES);
        change(&mut bytes);
        sealed::seal(&mut bytes);
        Manifest::decode(&bytes)
    }

    #[test]
    fn what_is_written_is_read() {
        for entries in 0..=3 {
            let mut manifest = manifest();
            manifest.entries.truncate(entries);
            assert_eq!(Manifest::decode(&manifest.encode()), Ok(manifest));
        }
    }

    #[test]
    fn a_manifest_has_the_bytes_of_version_1() {
        golden::check(&manifest().encode(), include_str!("../../tests/golden/manifest-v1.hex"));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let bytes = manifest().encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Manifest::decode(&flipped), Err(Flaw::Hash), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let cut = Manifest::decode(&bytes[..length]);
            assert!(matches!(cut, Err(Flaw::Short(_) | Flaw::Hash)), "{length} bytes");
        }
    }

    #[test]
    fn a_manifest_of_a_newer_program_is_no_damage() {
        assert_eq!(resealed(|bytes| bytes[0] = 2), Err(Flaw::Version { found: 2, known: VERSION }));
    }

    #[test]
    fn a_sealed_manifest_must_still_make_sense() {
        // Behind version, number and tail comes the number of entries, and behind that the first of them.
        let count = 1 + 4 * 8 + HASH_BYTES;
        let first = count + 8;
        assert!(matches!(resealed(|bytes| bytes[count] = 1), Err(Flaw::Short(_))), "2^56 entries");
        assert!(matches!(resealed(|bytes| bytes[count + 7] = 4), Err(Flaw::Short(_))));
        assert!(matches!(resealed(|bytes| bytes[count + 7] = 2), Err(Flaw::Form(_))), "bytes are left over");
        assert!(matches!(resealed(|bytes| bytes[first] = 2), Err(Flaw::Form(_))), "a stream of no kind");
        assert!(matches!(resealed(|bytes| bytes[first + 8] = 2), Err(Flaw::Form(_))), "accounts with an id");
        assert!(resealed(|bytes| bytes[first] = 1).is_ok(), "a concert before the concerts");
        let second = first + ENTRY_BYTES_MIN;
        assert!(matches!(resealed(|bytes| bytes[second + 1] = 9), Err(Flaw::Form(_))), "out of order");
        for length in 1..manifest().encode().len() - HASH_BYTES {
            assert!(
                matches!(resealed(|bytes| bytes.truncate(length)), Err(Flaw::Short(_))),
                "{length} bytes"
            );
        }
    }
}
