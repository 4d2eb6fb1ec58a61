//! The sketches of many concerts, read for a start.
//!
//! Ten thousand concerts of a thousand buyers have 50 MB of them, and each piece is read, hashed, decompressed and decoded for itself.
//! So threads do that side by side, a batch at a time and no further ahead than they must be, and whoever asked takes what they bring.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use boxoffice_engine::journal::SketchOf;

use super::Kept;
use crate::compression::Decompressor;
use crate::damage::Damage;
use crate::snapshots::Entry;

/// Sketches that a thread reads before it hands them over.
const BATCH: usize = 64;
/// With more threads the one that takes what they bring would be the slowest.
const THREADS_MAX: usize = 4;

/// A sketch, nothing if there is none that can be used, or what is wrong with it.
pub(crate) type Read = Result<Option<SketchOf>, Damage>;

/// Shows the sketches of these entries, in no particular order.
pub(crate) fn each(kept: &Kept, mut entries: Vec<&Entry>, mut visit: impl FnMut(&Entry, Read)) {
    // The disk is asked for what lies there, one after another.
    entries.sort_unstable_by_key(|entry| entry.sketch.map(|place| (place.file, place.offset)));
    let batches: Vec<&[&Entry]> = entries.chunks(BATCH).collect();
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(threads);
        for _ in 0..threads {
            let (sender, next, batches) = (sender.clone(), &next, &batches);
            scope.spawn(move || {
                let mut decompressor = Decompressor::new();
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let read: Vec<(&Entry, Read)> =
                        batch.iter().map(|entry| (*entry, kept.sketch(entry, &mut decompressor))).collect();
                    // Nobody takes them when the visitor has panicked.
                    if sender.send(read).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (entry, read) in receiver.into_iter().flatten() {
            visit(entry, read);
        }
    });
}
