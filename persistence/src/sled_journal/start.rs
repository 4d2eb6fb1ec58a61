//! A start reads back what is durable with all processors.
//!
//! One thread, the caller's, reads the chain of frames, proves it, and deals the records out, packed as they are. Each visitor has a
//! thread that reads the states of its own streams, and then decodes the records after them and shows them. What lies between the two
//! is bounded, so whoever is slower sets the pace.
//!
//! Of what is wrong, the same is told whichever thread comes upon something first: when a worker stops at its first damage, all that was to be
//! dealt before that sheet was, to it and to the others.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use boxoffice_engine::journal::{Found, Stream, Visitor};

use super::Store;
use super::replay;
use super::store::Reading;
use crate::kept::Kept;
use crate::kept::buyers::Gathering;
use crate::kept::sketches;
use crate::snapshots::Entry;
use crate::wire::{self, WireError};

mod piles;

use piles::{BATCHES_AHEAD, Batch, Piles, Sheet};

/// Where something is wrong: in which of a worker's states, or in which batch and which sheet of it. All states come before all records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    State(usize),
    Sheet(usize, usize),
}

/// What is wrong, and where.
struct Wrong {
    place: Place,
    what: String,
}

/// Shows what a start needs: of concerts that nothing happened to since their snapshot, a sketch if they can sleep.
pub(super) fn start(store: &Store, visitors: &mut [Visitor<'_>]) -> Result<(), String> {
    let touched = store.touched();
    let open = store.read();
    let kept = store.kept();
    let can_sleep = |entry: &Entry| entry.sketch.is_some() && !touched.contains(&entry.stream);
    let mut whole = show_sketches(store, &kept, can_sleep, visitors)?;
    whole.extend(kept.entries().filter(|entry| !can_sleep(entry)).map(|entry| entry.stream));
    whole.sort_unstable();
    let shares = visitors.len();
    thread::scope(|scope| {
        let (mut workers, mut to_workers) = (Vec::new(), Vec::new());
        let (give_back, read) = mpsc::channel();
        for (share, visit) in visitors.iter_mut().enumerate() {
            let (to, batches) = mpsc::sync_channel(BATCHES_AHEAD);
            let worker = Worker { kept: &kept, visit, give_back: give_back.clone() };
            let own = whole.iter().filter(move |stream| stream.share(shares) == share);
            workers.push(scope.spawn(move || worker.work(own.copied(), &batches)));
            to_workers.push(to);
        }
        // The workers end when nothing more can come.
        let read = deal(&open, Piles::new(to_workers, read));
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended.err(),
            // The visitor's panic, which is the visitor's business.
            Err(panic) => std::panic::resume_unwind(panic),
        });
        let first = ended.flatten().min_by_key(|wrong| wrong.place);
        // Whatever ends the reading lies behind all that was dealt.
        first.map_or(read, |wrong| Err(wrong.what))
    })
}

/// Shows the sketches of what can sleep, notes who has booked there, and returns what has none that can be used.
fn show_sketches(
    store: &Store,
    kept: &Kept,
    can_sleep: impl Fn(&Entry) -> bool,
    visitors: &mut [Visitor<'_>],
) -> Result<Vec<Stream>, String> {
    let asleep = || kept.entries().filter(&can_sleep);
    let sketch_bytes = asleep().filter_map(|entry| entry.sketch).map(|place| place.length).sum();
    let mut shares: Vec<(Gathering, Vec<Stream>)> = Vec::new();
    let threads = visitors.len();
    shares.resize_with(threads, || (Gathering::with_room(sketch_bytes, threads), Vec::new()));
    let mut visits: Vec<_> = shares
        .iter_mut()
        .zip(visitors)
        .map(|((gathering, without), visit)| {
            move |stream, read: sketches::Read| match read {
                Ok(Some((sketch, buyers))) => {
                    gathering.add(sketch.concert, &buyers);
                    visit(Found::Sketch(sketch));
                }
                Ok(None) => without.push(stream),
                Err(damage) => {
                    tracing::warn!(%damage, "a concert is restored whole, because its sketch is damaged");
                    without.push(stream);
                }
            }
        })
        .collect();
    sketches::each(kept, asleep(), &mut visits);
    drop(visits);
    let (gatherings, without): (Vec<_>, Vec<_>) = shares.into_iter().unzip();
    let written = Gathering::write_all(gatherings, &store.dir);
    store.note_sleepers(written.map_err(|error| error.to_string())?);
    Ok(without.concat())
}

/// Deals the records of the generations that are open, until there are none or somebody takes no more.
fn deal(open: &Reading<'_>, mut piles: Piles) -> Result<(), String> {
    replay::groups(open, |group| {
        for record in wire::cut(group) {
            let record = record.map_err(|error| error.to_string())?;
            let stream = wire::stream_of(record).map_err(|error| error.to_string())?;
            piles.add(stream, record)?;
        }
        Ok(())
    })?;
    piles.deal_all()
}

/// What decodes a visitor's records.
struct Worker<'a, 'v> {
    kept: &'a Kept,
    visit: &'a mut Visitor<'v>,
    give_back: Sender<Vec<Vec<u8>>>,
}

impl Worker<'_, '_> {
    /// Shows the states of these streams, and then what is dealt.
    fn work(mut self, whole: impl Iterator<Item = Stream>, batches: &Receiver<Batch>) -> Result<(), Wrong> {
        for (place, stream) in whole.enumerate() {
            let read = self.kept.snapshot(stream);
            if let Some(snapshot) = read.map_err(|what| Wrong { place: Place::State(place), what })? {
                (self.visit)(Found::Snapshot(snapshot));
            }
        }
        for Batch { number, sheets } in batches {
            for (place, sheet) in sheets.iter().enumerate() {
                let shown = self.show(sheet);
                shown
                    .map_err(|error| Wrong { place: Place::Sheet(number, place), what: error.to_string() })?;
            }
            // Nobody needs them any more when all is dealt.
            let _ = self.give_back.send(piles::blank(sheets));
        }
        Ok(())
    }

    /// Shows those of a stream's records that are not in its state.
    fn show(&mut self, sheet: &Sheet) -> Result<(), WireError> {
        let of_state = self.kept.sequence(sheet.stream).unwrap_or(0);
        for packed in wire::unpack(&sheet.records) {
            let packed = packed?;
            if packed.head.sequence > of_state {
                packed.show(|record| (self.visit)(Found::Record(record)))?;
            }
        }
        Ok(())
    }
}
