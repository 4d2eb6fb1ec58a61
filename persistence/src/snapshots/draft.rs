//! The next snapshot, being made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use boxoffice_engine::journal::Stream;
use boxoffice_engine::time::Time;

use super::manifest::{Entry, Manifest, Place, Tail};
use super::states::{self, Kind, Needed};
use super::{Before, Snapshots};
use crate::compression::Compressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::files::FileError;
use crate::new_file::NewFile;

/// States files that a manifest names. With more, the smallest half is emptied: else concerts that are long past would keep a file
/// each, and every start would look at all of them.
pub(super) const STATES_FILES_MAX: usize = 64;

/// The next snapshot. Pieces go to the disk as they are put; nothing counts before [`commit`](Self::commit).
pub(crate) struct Draft<'a> {
    from: &'a Snapshots,
    number: u64,
    /// The file of what is put, once there is anything.
    file: Option<NewFile>,
    put: BTreeMap<Stream, Entry>,
    compressor: Compressor,
}

impl<'a> Draft<'a> {
    pub(super) fn new(from: &'a Snapshots, number: u64) -> Self {
        Self { from, number, file: None, put: BTreeMap::new(), compressor: Compressor::new() }
    }

    /// Puts the state of a stream in the place of the one that it had, and what is told of it while it sleeps, if it can. Of two for
    /// the same stream the later counts.
    ///
    /// # Errors
    /// When the state or its sketch is too long, or the operating system refuses.
    pub(crate) fn put(
        &mut self,
        stream: Stream,
        sequence: u64,
        epoch: u64,
        time: Time,
        sketch: Option<&[u8]>,
        state: &[u8],
    ) -> Result<(), KeepError> {
        let nowhere = Place { file: 0, offset: 0, length: 0, hash: blake3::Hash::from_bytes([0; 32]) };
        let mut entry = Entry { stream, sequence, epoch, time, state: nowhere, sketch: None };
        entry.state = self.write(Kind::State, &entry, state)?;
        entry.sketch = sketch.map(|sketch| self.write(Kind::Sketch, &entry, sketch)).transpose()?;
        self.put.insert(stream, entry);
        Ok(())
    }

    fn write(&mut self, kind: Kind, entry: &Entry, content: &[u8]) -> Result<Place, KeepError> {
        let (length, max) = (content.len() as u64, kind.bytes_max());
        if length > max {
            let what = format!("the {} of {}", kind.name(), entry.stream);
            return Err(KeepError::refused(what)(Flaw::TooLong { length, max }));
        }
        let (piece, hash) = states::encode(kind, entry, content, &mut self.compressor);
        Ok(self.append(&piece, hash)?)
    }

    fn append(&mut self, piece: &[u8], hash: blake3::Hash) -> Result<Place, FileError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(NewFile::create(&states::path(&self.from.dir, self.number))?),
        };
        let offset = file.append(piece)?;
        Ok(Place { file: self.number, offset, length: piece.len() as u64, hash })
    }

    /// Makes the snapshot durable, and with it everything that was put; streams that were not put keep the states that they have. The
    /// journal must be read from `tail` on then.
    ///
    /// What cannot be copied stays where it is, and [`Snapshots::wrong`] of the result tells of it.
    ///
    /// # Errors
    /// When the operating system refuses or a states file has gone. The snapshots are as they were then, unless the very last step
    /// failed: then only the next start can tell.
    pub(crate) fn commit(mut self, tail: Tail) -> Result<Snapshots, KeepError> {
        let Self { from, number, .. } = self;
        if let Some(before) = from.newest().filter(|before| before.tail.generation > tail.generation) {
            let (expected, found) = (before.tail.generation, tail.generation);
            return Err(KeepError::refused("a tail")(Flaw::Generation { expected, found }));
        }
        let mut entries: BTreeMap<Stream, Entry> = std::mem::take(&mut self.put);
        for entry in from.newest().into_iter().flat_map(|newest| newest.entries.iter()) {
            entries.entry(entry.stream).or_insert(entry);
        }
        let wrong = self.empty_files(&mut entries)?;
        let mut files = from.files.clone();
        if let Some(file) = self.file {
            file.keep()?;
            files.open(std::iter::once(number))?;
        }
        let manifest = Manifest { number, tail, entries: entries.into_values().collect() };
        let needed = from.newest().into_iter().chain([&manifest]).flat_map(Manifest::places);
        files.retain(&needed.map(|place| place.file).collect());
        manifest.write(&from.dir)?;
        Ok(Snapshots {
            dir: from.dir.clone(),
            newest: Some(Arc::new(manifest)),
            before: from.newest().map(Before::of),
            files,
            wrong,
        })
    }

    /// Copies what still counts out of files that are mostly dead. Returns what could not be copied and so stays.
    fn empty_files(&mut self, entries: &mut BTreeMap<Stream, Entry>) -> Result<Vec<Damage>, KeepError> {
        let places = || entries.values().copied().flat_map(Entry::places);
        let old: Needed = places().filter(|place| place.file != self.number).collect();
        let lengths = old.lengths(&self.from.dir)?;
        let emptied = files_to_empty(&lengths, places());
        let mut wrong = Vec::new();
        let places = entries.values_mut().flat_map(Entry::places_mut);
        for place in places.filter(|place| emptied.contains(&place.file)) {
            match self.from.files.read_piece(place) {
                Ok(piece) => *place = self.append(&piece, place.hash)?,
                Err(damage) => wrong.push(damage),
            }
        }
        Ok(wrong)
    }
}

/// Files of which less than half still counts, and where there are too many, the half of them in which the least counts.
fn files_to_empty(lengths: &BTreeMap<u64, u64>, places: impl Iterator<Item = Place>) -> BTreeSet<u64> {
    let mut live: BTreeMap<u64, u64> = lengths.keys().map(|file| (*file, 0)).collect();
    for place in places {
        live.entry(place.file).and_modify(|live| *live += place.length);
    }
    let dead = live.iter().filter(|(file, live)| **live < lengths[*file].div_ceil(2)).map(|(file, _)| *file);
    let mut emptied: BTreeSet<u64> = dead.collect();
    live.retain(|file, _| !emptied.contains(file));
    if live.len() >= STATES_FILES_MAX {
        let mut by_size: Vec<(u64, u64)> = live.into_iter().map(|(file, live)| (live, file)).collect();
        by_size.sort_unstable();
        emptied.extend(by_size.iter().take(STATES_FILES_MAX / 2).map(|(_, file)| *file));
    }
    emptied
}
