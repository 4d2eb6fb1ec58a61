//! The sketches of many concerts, read for a start.
//!
//! Ten thousand concerts of a thousand buyers have 50 MB of them, and each piece is read, hashed, decompressed and decoded for itself.
//! So each visitor has a thread that takes the next few of those that are left, reads them, and shows them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use boxoffice_engine::concert::Fingerprint;
use boxoffice_engine::journal::{SketchOf, Stream};

use super::Kept;
use crate::compression::Decompressor;
use crate::damage::Damage;
use crate::snapshots::Entry;

/// Sketches that a thread takes at a time.
const BATCH: usize = 64;

/// A sketch and who has booked there, nothing if there is none that can be used, or what is wrong with it.
pub(crate) type Read = Result<Option<(SketchOf, Vec<Fingerprint>)>, Damage>;

/// Shows the sketches that these entries have, each to one of the visitors, in no particular order.
pub(crate) fn each(
    kept: &Kept,
    entries: impl Iterator<Item = Entry>,
    visitors: &mut [impl FnMut(Stream, Read) + Send],
) {
    // Of all that is to be read, room is taken once: see `Gathering::with_room`.
    let mut sketches = Vec::with_capacity(kept.streams());
    let places = |entry: Entry| entry.sketch.map(|place| (place.file, place.offset, entry.stream));
    sketches.extend(entries.filter_map(places));
    // The disk is asked for what lies there, one after another.
    sketches.sort_unstable();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for visit in visitors {
            scope.spawn(|| {
                let mut decompressor = Decompressor::new();
                while let Some(batch) = sketches.chunks(BATCH).nth(next.fetch_add(1, Ordering::Relaxed)) {
                    for (.., stream) in batch {
                        visit(*stream, kept.sketch(*stream, &mut decompressor));
                    }
                }
            });
        }
    });
}
