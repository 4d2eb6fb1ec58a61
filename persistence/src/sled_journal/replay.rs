//! Reading back what is durable.
//!
//! Whoever reads takes the list of generations first and what snapshots stand for afterwards. So a snapshot made in between shows a
//! record twice, never not at all; and what was shown already is passed over by its sequence.

use std::collections::HashMap;

use boxoffice_engine::journal::{Found, Record, Scope, Stream};

use super::Store;
use super::store::Reading;
use crate::chain::Reader;
use crate::sled_store::Generation;
use crate::store_thread;
use crate::wire::{self, PackedRecord};

/// Shows the records of the scope that are kept: those of concerts from the first on.
pub(super) fn replay(store: &Store, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), String> {
    let open = store.read();
    let kept = store.kept();
    let mut shown: HashMap<Stream, u64> = HashMap::new();
    let concerts = match scope {
        Scope::Everything => kept.archive.concerts().map_err(|error| error.to_string())?,
        Scope::Stream(Stream::Concert(concert)) => vec![concert],
        Scope::Stream(Stream::Accounts) => Vec::new(),
    };
    for concert in concerts {
        let last = kept.history(concert, visit)?;
        shown.insert(Stream::Concert(concert), last);
    }
    let is_new = |stream, sequence| shown.get(&stream).is_none_or(|last| sequence > *last);
    records(&open, scope, is_new, visit)
}

/// Shows of each stream of the scope its state, if it has one, and then the records after it.
pub(super) fn restore(store: &Store, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), String> {
    // Asked first: what is not touched now is in the states that are taken below.
    let is_touched = match scope {
        Scope::Everything => true,
        Scope::Stream(stream) => store.is_touched(stream),
    };
    let open = store.read();
    let kept = store.kept();
    for stream in kept.streams_of(scope) {
        if let Some(snapshot) = kept.snapshot(stream)? {
            visit(Found::Snapshot(snapshot));
        }
    }
    if !is_touched {
        return Ok(());
    }
    let is_new = |stream, sequence| kept.sequence(stream).is_none_or(|last| sequence > last);
    records(&open, scope, is_new, &mut |record| visit(Found::Record(record)))
}

/// Shows the records of the generations that are open, if they are of the scope and new.
fn records(
    open: &Reading<'_>,
    scope: Scope,
    is_new: impl Fn(Stream, u64) -> bool,
    visit: &mut dyn FnMut(Record),
) -> Result<(), String> {
    groups(open, |group| {
        each_record(group, |packed| {
            if scope.covers(packed.head.stream) && is_new(packed.head.stream, packed.head.sequence) {
                visit(packed.record().map_err(|error| error.to_string())?);
            }
            Ok(())
        })
    })
}

/// Shows the groups of the generations that are open, packed.
pub(super) fn groups(
    open: &Reading<'_>,
    mut visit: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::after(open.start());
    for generation in open.generations() {
        groups_of(generation, &mut reader, open.frames, &mut visit)?;
    }
    let (reached, frames) = (reader.whole().frames, open.frames);
    if reached == frames { Ok(()) } else { Err(format!("it ends after {reached} frames of {frames}")) }
}

/// Shows the records of one generation in the chain's first `frames` frames, which `reader` has followed up to there.
pub(crate) fn read(
    generation: &Generation,
    reader: &mut Reader,
    frames: u64,
    mut visit: impl FnMut(PackedRecord<'_>) -> Result<(), String>,
) -> Result<(), String> {
    groups_of(generation, reader, frames, |group| each_record(group, &mut visit))
}

fn groups_of(
    generation: &Generation,
    reader: &mut Reader,
    frames: u64,
    mut visit: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), String> {
    let panicked = |message| format!("sled panicked: {message}");
    let entries = store_thread::catch(|| generation.frames.before(frames)).map_err(panicked)?;
    let mut entries = entries.map_err(|error| error.to_string())?;
    // sled may panic on what it reads; the visitor's own panic is the visitor's business.
    while let Some(entry) = store_thread::catch(|| entries.next()).map_err(panicked)? {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        if let Some(group) = reader.follow(&key, &value).map_err(|damage| damage.to_string())? {
            visit(group.bytes)?;
        }
    }
    Ok(())
}

fn each_record(
    group: &[u8],
    mut visit: impl FnMut(PackedRecord<'_>) -> Result<(), String>,
) -> Result<(), String> {
    wire::unpack(group).try_for_each(|packed| visit(packed.map_err(|error| error.to_string())?))
}
