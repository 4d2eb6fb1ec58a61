//! What one snapshot does, step by step. A crash between any two leaves what the next start needs: a generation goes only when two
//! manifests stand for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use boxoffice_engine::fold::{Fold, FoldError};
use boxoffice_engine::journal::{Snapshot, State, Stream};

use super::shedding::{ShedError, Shedding};
use super::warm::WarmStates;
use super::{Snapshotted, rank};
use crate::archive::Archive;
use crate::chain::{Reader, Tip};
use crate::damage::{Damage, KeepError};
use crate::error::OpenError;
use crate::files::{self, FileError};
use crate::kept::Kept;
use crate::sketch;
use crate::sled_journal::{RotateError, Store, read_generation};
use crate::sled_store::Generation;
use crate::snapshots::{Draft, SKETCH_BYTES_MAX, Tail};
use crate::state;
use crate::wire::{self, WireError};

#[cfg(test)]
mod tests;

/// A snapshot that was not made. The journal has everything that it had.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The journal takes no records now, and so gets no new generation.
    #[error("the journal is closed")]
    Closed,
    /// The journal is about to be dropped.
    #[error("the journal ends")]
    Ended,
    /// The store is not where it was: see [`OpenError::Moved`].
    #[error("{0}")]
    Moved(String),
    /// What is there does not come to a state, or cannot be read or written.
    #[error("{0}")]
    Failed(String),
}

/// The records of one stream in a generation, packed.
#[derive(Default)]
struct Packed {
    first: u64,
    count: u32,
    bytes: Vec<u8>,
}

/// Makes a snapshot of everything that is durable now: closes the generation that takes records, and lets manifests stand for all that
/// are closed. What it left behind that failed must be [tidied](tidy) up, or it takes the room that the next one needs.
/// What `warm` has need not be read; afterwards it has what this snapshot made.
pub(super) fn take(store: &Store, warm: &mut WarmStates) -> Result<Snapshotted, SnapshotError> {
    store.rotate()?;
    let mut taken = Snapshotted { streams: store.kept().streams(), ..Snapshotted::default() };
    while let Some((closed, end)) = store.oldest_closed() {
        let condensed = condense(store, &closed, end, warm)?;
        taken.records += condensed.records;
        taken.renewed += condensed.renewed;
        taken.streams = condensed.streams;
        // Its files are needed until the next manifest is there.
        store.retire(closed.number);
    }
    Ok(taken)
}

/// Lets a manifest stand for a generation that ends at `end` and takes no more records.
fn condense(
    store: &Store,
    generation: &Generation,
    end: Tip,
    warm: &mut WarmStates,
) -> Result<Snapshotted, SnapshotError> {
    let mut by_stream = records_by_stream(generation, end.frames)?;
    let before = store.kept();
    // Nothing happened there, perhaps; their states must have what is gone, or shed it again.
    for stream in before.bereft.iter() {
        by_stream.entry(*stream).or_default();
    }
    let archive = keep_history(store, &before, generation.number, &by_stream)?;

    let mut draft = before.snapshots.draft()?;
    let mut shedding = Shedding::begin(&before.ended, generation.number)?;
    let mut made_warm = warm.to_come();
    let mut bytes = Vec::new();
    for (stream, packed) in &by_stream {
        let mut fold = begun(&before, *stream, warm)?;
        bring_forward(&mut fold, packed)?;
        shedding.shed(&mut fold)?;
        put(&mut draft, fold.snapshot(), &mut bytes)?;
        made_warm.keep(fold, bytes.len());
    }
    // What took long is put in its place from here on.
    store.require_place()?;
    // The manifest counts on what the states have shed.
    let (ended, whole) = shedding.finish()?;
    // A manifest never lies ahead of the mark, or the next start would miss what the mark says.
    store.sync_mark()?;
    store.require_place()?;
    let snapshots = draft.commit(Tail { generation: generation.number + 1, tip: end })?;
    for damage in snapshots.wrong() {
        tracing::error!(%damage, "a state or a sketch is damaged; the concert will be restored from what there is besides");
    }
    let kept = Kept { snapshots, archive, ended, bereft: Arc::default() };
    let streams = kept.streams();
    store.keep(kept);
    *warm = made_warm;
    store.note_shed(whole);
    let records = by_stream.values().map(|packed| u64::from(packed.count)).sum();
    Ok(Snapshotted { records, renewed: by_stream.len(), streams })
}

/// Puts a state into the next snapshot. Afterwards `bytes` has it as it is written.
fn put(draft: &mut Draft<'_>, made: &Snapshot, bytes: &mut Vec<u8>) -> Result<(), SnapshotError> {
    let sketch = match &made.state {
        State::Concert(concert) => sketch::encode(concert),
        State::Accounts(_) => None,
    };
    // Without a sketch, or with one that is too long to be kept, the concert is restored whole at the next start.
    let sketch = sketch.filter(|sketch| sketch.len() as u64 <= SKETCH_BYTES_MAX);
    let Snapshot { stream, sequence, epoch, .. } = *made;
    state::encode_over(made, bytes);
    Ok(draft.put(stream, sequence, epoch, made.state.time(), sketch.as_deref(), bytes)?)
}

fn records_by_stream(
    generation: &Generation,
    frames: u64,
) -> Result<BTreeMap<Stream, Packed>, SnapshotError> {
    let mut by_stream: BTreeMap<Stream, Packed> = BTreeMap::new();
    let mut reader = Reader::after(generation.start);
    let read = read_generation(generation, &mut reader, frames, |packed| {
        let of_stream = by_stream.entry(packed.head.stream).or_default();
        if of_stream.count == 0 {
            of_stream.first = packed.head.sequence;
        }
        of_stream.count += 1;
        of_stream.bytes.extend_from_slice(packed.bytes);
        Ok(())
    });
    read.map_err(SnapshotError::Failed)?;
    if reader.whole().frames == frames {
        Ok(by_stream)
    } else {
        let reached = reader.whole().frames;
        Err(SnapshotError::Failed(format!(
            "generation {} ends after {reached} frames of {frames}",
            generation.number
        )))
    }
}

/// Adds what happened at concerts to the archive, unless an earlier try has done so.
fn keep_history(
    store: &Store,
    before: &Kept,
    generation: u64,
    by_stream: &BTreeMap<Stream, Packed>,
) -> Result<Archive, SnapshotError> {
    if before.archive.archived_through().is_some_and(|through| through >= generation) {
        return Ok(before.archive.clone());
    }
    let mut draft = before.archive.draft(generation)?;
    for (stream, Packed { first, count, bytes }) in by_stream {
        if let Stream::Concert(concert) = stream
            && *count > 0
        {
            draft.put(*concert, *first, *count, bytes)?;
        }
    }
    store.require_place()?;
    Ok(draft.finish()?)
}

/// The state that a stream had at the snapshot before.
fn begun(before: &Kept, stream: Stream, warm: &mut WarmStates) -> Result<Fold, SnapshotError> {
    if let Some(fold) = before.sequence(stream).and_then(|sequence| warm.take(stream, sequence)) {
        return Ok(fold);
    }
    match before.snapshot(stream).map_err(SnapshotError::Failed)? {
        Some(snapshot) => Ok(Fold::begin(snapshot)?),
        None => Ok(Fold::absent(stream)),
    }
}

/// Lets happen what these records tell and the state does not have. What comes of it is to be proven.
fn bring_forward(fold: &mut Fold, packed: &Packed) -> Result<(), SnapshotError> {
    for record in wire::unpack(&packed.bytes) {
        let record = record?;
        if record.head.sequence > fold.state().sequence() {
            fold.take(&record.record()?)?;
        }
    }
    Ok(())
}

/// Puts things in order that may as well be put in order by the next snapshot. That takes its time where much is merged: meanwhile
/// `beside` is called now and then, and may make snapshots: it tells whether it made one.
pub(super) fn tidy(store: &Store, beside: &mut dyn FnMut() -> bool) {
    let tidied = clean(store).and_then(|()| merge_ended(store, beside));
    // Last: an archive that is damaged cannot be merged, and the journal must not grow for that.
    let tidied = tidied.and_then(|()| merge_archive(store, beside));
    if let Err(error) = tidied {
        tracing::warn!(%error, "what snapshots made superfluous is still there");
    }
}

/// Removes what neither the newest manifest nor the one before needs, and what is left of segments that were not finished.
fn clean(store: &Store) -> Result<(), SnapshotError> {
    store.require_place()?;
    let kept = store.kept();
    kept.archive.clean()?;
    kept.ended.clean()?;
    Ok(trim(store)?)
}

/// Removes what neither the newest manifest nor the one before needs.
pub(super) fn trim(store: &Store) -> Result<(), OpenError> {
    store.require_place()?;
    let kept = store.kept();
    kept.snapshots.clean()?;
    let needed = kept.first_generation_needed();
    for generation in store.dir.generations()? {
        if generation.number < needed && !store.is_read(generation.number) {
            files::remove_tree(&generation.journal())?;
        }
    }
    Ok(())
}

/// Does what takes long [below](rank::below) everything else. What came of it is good only if the store still lies where it was.
fn in_place<T: Send>(
    store: &Store,
    work: impl FnOnce() -> T + Send,
    beside: &mut dyn FnMut() -> bool,
) -> Result<T, SnapshotError> {
    store.require_place()?;
    let done = rank::below(work, beside)?;
    store.require_place()?;
    Ok(done)
}

/// Merges what there is too much of beside each other.
fn merge_archive(store: &Store, beside: &mut dyn FnMut() -> bool) -> Result<(), SnapshotError> {
    loop {
        let archive = store.kept().archive.clone();
        let merged = in_place(store, || archive.merge(), beside)?;
        let kept = store.kept();
        if merged.is_err() {
            // Of a merge that failed nothing is left to take room.
            kept.archive.clean()?;
        }
        let Some(merged) = merged? else { return Ok(()) };
        store.keep(Kept { archive: kept.archive.merged(merged)?, ..(*kept).clone() });
    }
}

/// The same for the bookings that have ended. What is damaged cannot be merged; nothing else depends on it.
fn merge_ended(store: &Store, beside: &mut dyn FnMut() -> bool) -> Result<(), SnapshotError> {
    loop {
        let before = store.kept();
        let merged = in_place(store, || before.ended.merge(before.tail().generation), beside)?;
        let kept = store.kept();
        match merged {
            Ok(Some(merged)) => {
                store.keep(Kept { ended: kept.ended.merged(merged)?, ..(*kept).clone() });
            }
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, "ended bookings lie in more files than need be");
                return Ok(kept.ended.clean()?);
            }
        }
    }
}

impl From<RotateError> for SnapshotError {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::Closed => Self::Closed,
            RotateError::Open(refusal) => refusal.into(),
        }
    }
}

impl From<OpenError> for SnapshotError {
    fn from(refusal: OpenError) -> Self {
        match refusal {
            OpenError::Moved { .. } => Self::Moved(refusal.to_string()),
            _ => Self::Failed(refusal.to_string()),
        }
    }
}

macro_rules! failed_by {
    ($($error:ty),*) => {
        $(impl From<$error> for SnapshotError {
            fn from(error: $error) -> Self {
                Self::Failed(error.to_string())
            }
        })*
    };
}

failed_by!(Damage, FileError, FoldError, KeepError, ShedError, WireError, std::io::Error);
