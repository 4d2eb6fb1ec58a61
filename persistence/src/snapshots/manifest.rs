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
use std::io::{self, BufRead, Read};
use std::iter;
use std::path::{Path, PathBuf};

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::Stream;
use boxoffice_engine::time::Time;

use super::entries::Entries;
use crate::chain::Tip;
use crate::damage::{Damage, Flaw, KeepError};
use crate::frame::ChainHash;
use crate::new_file::NewFile;
use crate::sealed::{self, SEAL_BYTES};

#[cfg(test)]
mod tests;

const VERSION: u8 = 1;
const HASH_BYTES: usize = 32;
/// What a stream takes.
pub(super) const STREAM_BYTES: usize = 1 + 8;
const PLACE_BYTES: usize = 3 * 8 + HASH_BYTES;
const ENTRY_BYTES_MIN: usize = STREAM_BYTES + 3 * 8 + PLACE_BYTES + 1;
const HEAD_BYTES: usize = 5 * 8 + HASH_BYTES;

/// Longest manifest: seven million concerts with sketches. Whoever writes it has it in memory as a whole.
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
    pub(super) fn places(self) -> impl Iterator<Item = Place> {
        iter::once(self.state).chain(self.sketch)
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

/// One snapshot, with what is wanted of its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manifest<E = Entries> {
    pub(super) number: u64,
    pub(crate) tail: Tail,
    pub(crate) entries: E,
}

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("manifest-{number:010}"))
}

impl Manifest {
    /// Where all pieces lie that it names.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
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

    fn encode(&self) -> Vec<u8> {
        let Self { number, tail, entries } = self;
        let mut bytes = sealed::begin(VERSION, HEAD_BYTES + entries.len() * (ENTRY_BYTES_MIN + PLACE_BYTES));
        for field in [*number, tail.generation, tail.tip.frames, tail.tip.records] {
            bytes.extend_from_slice(&field.to_be_bytes());
        }
        bytes.extend_from_slice(&tail.tip.hash.0);
        bytes.extend_from_slice(&(entries.len() as u64).to_be_bytes());
        for entry in entries.iter() {
            encode_entry(&entry, &mut bytes);
        }
        sealed::seal(&mut bytes);
        bytes
    }
}

impl<E: Extend<Entry>> Manifest<E> {
    /// Reads the manifest of this number. `collect` is told how many entries there are, and begins what takes them.
    pub(super) fn read(dir: &Path, number: u64, collect: impl FnOnce(usize) -> E) -> Result<Self, Damage> {
        let path = path(dir, number);
        let read = || {
            let file = File::open(&path).map_err(Flaw::reading)?;
            let length = file.metadata().map_err(Flaw::reading)?.len();
            if length > MANIFEST_BYTES_MAX {
                return Err(Flaw::TooLong { length, max: MANIFEST_BYTES_MAX });
            }
            let manifest = Self::decode(file, length, collect)?;
            if manifest.number == number { Ok(manifest) } else { Err(Flaw::Other) }
        };
        read().map_err(Damage::at(&path, 0))
    }

    fn decode(bytes: impl Read, length: u64, collect: impl FnOnce(usize) -> E) -> Result<Self, Flaw> {
        sealed::read(bytes, length, VERSION, |from| Unread { from, length }.manifest(collect))
    }
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

/// What is left of a manifest to be read.
struct Unread<'a> {
    from: &'a mut dyn BufRead,
    /// Bytes of the whole manifest.
    length: u64,
}

impl Unread<'_> {
    fn manifest<E: Extend<Entry>>(&mut self, collect: impl FnOnce(usize) -> E) -> Result<Manifest<E>, Flaw> {
        let number = self.u64()?;
        let generation = self.u64()?;
        let tip = Tip { frames: self.u64()?, records: self.u64()?, hash: ChainHash(self.take()?) };
        let count = self.u64()?;
        // A number of entries is not believed before there is room for them.
        let room = self.length.saturating_sub((SEAL_BYTES + HEAD_BYTES) as u64) / ENTRY_BYTES_MIN as u64;
        let mut entries = collect(usize::try_from(count.min(room)).unwrap_or(usize::MAX));
        let mut before: Option<Stream> = None;
        for _ in 0..count {
            let entry = self.entry()?;
            if before.replace(entry.stream).is_some_and(|before| before >= entry.stream) {
                return Err(Flaw::Form("its streams are not in order"));
            }
            entries.extend([entry]);
        }
        if !self.from.fill_buf().map_err(Flaw::reading)?.is_empty() {
            return Err(Flaw::Form("it has bytes that belong to nothing"));
        }
        Ok(Manifest { number, tail: Tail { generation, tip }, entries })
    }

    fn entry(&mut self) -> Result<Entry, Flaw> {
        let stream = decode_stream(self.take()?)?;
        let (sequence, epoch) = (self.u64()?, self.u64()?);
        let time = Time(i64::from_be_bytes(self.take()?));
        let state = self.place()?;
        let sketch = match self.take()? {
            [0] => None,
            [1] => Some(self.place()?),
            [_] => return Err(Flaw::Form("it neither has nor lacks a sketch")),
        };
        Ok(Entry { stream, sequence, epoch, time, state, sketch })
    }

    fn place(&mut self) -> Result<Place, Flaw> {
        let (file, offset, length) = (self.u64()?, self.u64()?, self.u64()?);
        Ok(Place { file, offset, length, hash: blake3::Hash::from_bytes(self.take()?) })
    }

    fn u64(&mut self) -> Result<u64, Flaw> {
        self.take().map(u64::from_be_bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let mut bytes = [0; N];
        match self.from.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Flaw::Short(self.length)),
            Err(error) => Err(Flaw::reading(error)),
        }
    }
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
