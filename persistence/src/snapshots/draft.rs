//! The next snapshot, being made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use boxoffice_engine::journal::Stream;
use boxoffice_engine::time::Time;

use super::Snapshots;
use super::manifest::{Entry, Manifest, Place, SUMMARY_BYTES_MAX, Tail};
use super::states::{self, STATE_BYTES_MAX};
use crate::compression::Compressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::files::FileError;
use crate::new_file::NewFile;

/// States files that a manifest names. With more, the smallest half is emptied: else concerts that are long past would keep a file
/// each, and every start would look at all of them.
pub(super) const STATES_FILES_MAX: usize = 64;

/// The next snapshot. States go to the disk as they are put; nothing counts before [`commit`](Self::commit).
pub(crate) struct Draft<'a> {
    from: &'a Snapshots,
    number: u64,
    /// The file of the states that are put, once there are any.
    file: Option<NewFile>,
    put: BTreeMap<Stream, Entry>,
    compressor: Compressor,
}

impl<'a> Draft<'a> {
    pub(super) fn new(from: &'a Snapshots, number: u64) -> Self {
        Self { from, number, file: None, put: BTreeMap::new(), compressor: Compressor::new() }
    }

    /// Puts the state of a stream in the place of the one that it had. Of two for the same stream the later counts.
    ///
    /// # Errors
    /// When the state or its summary is too long, or the operating system refuses.
    pub(crate) fn put(
        &mut self,
        stream: Stream,
        sequence: u64,
        epoch: u64,
        time: Time,
        summary: &[u8],
        state: &[u8],
    ) -> Result<(), KeepError> {
        for (what, length, max) in [
            ("state", state.len() as u64, STATE_BYTES_MAX),
            ("summary", summary.len() as u64, SUMMARY_BYTES_MAX as u64),
        ] {
            if length > max {
                return Err(KeepError::refused(format!("the {what} of {stream:?}"))(Flaw::TooLong {
                    length,
                    max,
                }));
            }
        }
        let place = Place { file: 0, offset: 0, length: 0, hash: blake3::Hash::from_bytes([0; 32]) };
        let mut entry = Entry { stream, sequence, epoch, time, summary: summary.into(), place };
        let (piece, hash) = states::encode(&entry, state, &mut self.compressor);
        entry.place = self.append(&piece, hash)?;
        self.put.insert(stream, entry);
        Ok(())
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
    /// A state that cannot be copied stays where it is, and [`Snapshots::wrong`] of the result tells of it.
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
        for entry in from.newest().map_or(&[][..], |newest| &newest.entries) {
            entries.entry(entry.stream).or_insert_with(|| entry.clone());
        }
        let wrong = self.empty_files(&mut entries)?;
        if let Some(file) = self.file {
            file.keep()?;
        }
        let manifest = Manifest { number, tail, entries: entries.into_values().collect() };
        manifest.write(&from.dir)?;
        Ok(Snapshots {
            dir: from.dir.clone(),
            newest: Some(Arc::new(manifest)),
            before: from.newest.clone(),
            wrong,
        })
    }

    /// Copies what still counts out of files that are mostly dead. Returns what could not be copied and so stays.
    fn empty_files(&mut self, entries: &mut BTreeMap<Stream, Entry>) -> Result<Vec<Damage>, KeepError> {
        let old = entries.values().filter(|entry| entry.place.file != self.number);
        let lengths = states::lengths(&self.from.dir, old)?;
        let emptied = files_to_empty(&lengths, entries.values());
        let mut wrong = Vec::new();
        for entry in entries.values_mut().filter(|entry| emptied.contains(&entry.place.file)) {
            match states::read_piece(&self.from.dir, &entry.place) {
                Ok(piece) => entry.place = self.append(&piece, entry.place.hash)?,
                Err(damage) => wrong.push(damage),
            }
        }
        Ok(wrong)
    }
}

/// Files of which less than half still counts, and where there are too many, the half of them in which the least counts.
fn files_to_empty<'a>(
    lengths: &BTreeMap<u64, u64>,
    entries: impl Iterator<Item = &'a Entry>,
) -> BTreeSet<u64> {
    let mut live: BTreeMap<u64, u64> = lengths.keys().map(|file| (*file, 0)).collect();
    for Entry { place, .. } in entries {
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
