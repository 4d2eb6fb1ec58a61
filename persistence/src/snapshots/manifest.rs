//! The manifest: one file per snapshot, which says of each stream where its state and its sketch lie.
//!
//! Sealed as a whole (see [`crate::sealed`]). Between version and hash, numbers big-endian:
//!
//! ```text
//! number u64 | tail: generation u64 | frames u64 | records u64 | hash [u8; 32] | entries u64 | entry*
//! entry: stream | sequence u64 | epoch u64 | time i64 | place of the state | 0 u8, or 1 u8 and place of the sketch
//! stream: 0 u8 and 0 u64 (the accounts), or 1 u8 and the id's bits u64 (a concert)
//! place: file u64 | offset u64 | length u64 | hash [u8; 32]
//! ```
//!
//! The entries are in the order of their streams, each stream once.

use std::fs::File;
use std::io::Read;
use std::iter;
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

#[cfg(test)]
mod tests;

const VERSION: u8 = 1;
const HASH_BYTES: usize = 32;
/// What a stream takes.
pub(super) const STREAM_BYTES: usize = 1 + 8;
const PLACE_BYTES: usize = 3 * 8 + HASH_BYTES;
const ENTRY_BYTES_MIN: usize = STREAM_BYTES + 3 * 8 + PLACE_BYTES + 1;
const HEAD_BYTES: usize = 5 * 8 + HASH_BYTES;

/// Longest manifest: seven million concerts with sketches. It is read into memory as a whole.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) stream: Stream,
    /// Of the last record in the state.
    pub(crate) sequence: u64,
    /// Of the same record.
    pub(crate) epoch: u64,
    /// Of the same record.
    pub(crate) time: Time,
    pub(crate) state: Place,
    /// Of what is told of it without its state, if anything is.
    pub(crate) sketch: Option<Place>,
}

impl Entry {
    /// Where its pieces lie.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        iter::once(&self.state).chain(&self.sketch)
    }

    /// The same, to be changed.
    pub(super) fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        iter::once(&mut self.state).chain(&mut self.sketch)
    }
}

/// Where a piece lies, sealed.
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

    /// Where all pieces lie that it names.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.entries.iter().flat_map(Entry::places)
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
        let mut bytes = sealed::begin(VERSION, HEAD_BYTES + entries.len() * (ENTRY_BYTES_MIN + PLACE_BYTES));
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
    let Entry { stream, sequence, epoch, time, state, sketch } = entry;
    bytes.extend_from_slice(&encode_stream(*stream));
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&epoch.to_be_bytes());
    bytes.extend_from_slice(&time.0.to_be_bytes());
    encode_place(state, bytes);
    bytes.push(u8::from(sketch.is_some()));
    if let Some(sketch) = sketch {
        encode_place(sketch, bytes);
    }
}

fn encode_place(place: &Place, bytes: &mut Vec<u8>) {
    for field in [place.file, place.offset, place.length] {
        bytes.extend_from_slice(&field.to_be_bytes());
    }
    bytes.extend_from_slice(place.hash.as_bytes());
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
        let Some(entry) = decode_entry(stream, fields)? else { return Ok(None) };
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

fn decode_entry(stream: Stream, fields: &mut Fields<'_>) -> Result<Option<Entry>, Flaw> {
    let Some((mut entry, has_sketch)) = decode_up_to_sketch(stream, fields) else { return Ok(None) };
    entry.sketch = match has_sketch {
        0 => None,
        1 => match decode_place(fields) {
            None => return Ok(None),
            sketch => sketch,
        },
        _ => return Err(Flaw::Form("it neither has nor lacks a sketch")),
    };
    Ok(Some(entry))
}

fn decode_up_to_sketch(stream: Stream, fields: &mut Fields<'_>) -> Option<(Entry, u8)> {
    let (sequence, epoch, time) = (fields.u64()?, fields.u64()?, Time(fields.i64()?));
    let entry = Entry { stream, sequence, epoch, time, state: decode_place(fields)?, sketch: None };
    let [has_sketch] = fields.take()?;
    Some((entry, has_sketch))
}

fn decode_place(fields: &mut Fields<'_>) -> Option<Place> {
    let (file, offset, length) = (fields.u64()?, fields.u64()?, fields.u64()?);
    Some(Place { file, offset, length, hash: blake3::Hash::from_bytes(fields.take()?) })
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
