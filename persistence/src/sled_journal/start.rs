//! A start reads back what is durable with all processors.
//!
//! One thread, the caller's, reads the chain of frames, proves it, and deals the records out, packed as they are. Each visitor has a
//! thread that reads the states of its own streams, and then decodes the records after them and shows them. What lies between the two
//! is bounded, so whoever is slower sets the pace.
//!
//! Of what is wrong, the same is told whichever thread comes upon something first: a worker that stops at its first damage was dealt all
//! piles before that one, and so were the others.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use boxoffice_engine::journal::{Found, Stream, Visitor};
use rustc_hash::FxHashMap;

use super::Store;
use super::replay;
use super::store::Reading;
use crate::kept::Kept;
use crate::kept::buyers::Gathering;
use crate::kept::sketches;
use crate::snapshots::Entry;
use crate::wire::{self, WireError};

/// Piles of a worker. The records of a stream are in one pile, so of a thousand streams only a few take turns at a time, and what is
/// known of them stays near the processor.
const PILES: usize = 256;
/// Bytes of packed records with which a pile is full.
const PILE_BYTES: usize = 32 * 1024;
/// Full piles that a worker is dealt at a time: waking it for each would cost a twentieth of its work.
const BATCH: usize = 32;
/// Batches that lie between who reads and a worker.
const BATCHES_AHEAD: usize = 2;

/// Where something is wrong: in which of a worker's states, or in which batch and which pile of it. All states come before all piles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    State(usize),
    Pile(usize, usize),
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
        let (mut workers, mut dealt) = (Vec::new(), Vec::new());
        for (share, visit) in visitors.iter_mut().enumerate() {
            let (to, batches) = mpsc::sync_channel(BATCHES_AHEAD);
            let worker = Worker { kept: &kept, visit, known: FxHashMap::default() };
            let own = whole.iter().filter(move |stream| stream.share(shares) == share);
            workers.push(scope.spawn(move || worker.work(own.copied(), &batches)));
            dealt.push(Share::new(to));
        }
        // The workers end when nothing more can come.
        let read = deal(&open, dealt);
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

/// Full piles, and which of all batches they are.
struct Batch {
    number: usize,
    piles: Vec<Pile>,
}

/// Records, packed, those of each stream in order.
type Pile = Vec<u8>;

/// What is dealt to one worker.
struct Share {
    /// Those that grow, each with the bytes with which it is full.
    growing: Vec<(Pile, usize)>,
    full: Vec<Pile>,
    to: SyncSender<Batch>,
}

impl Share {
    fn new(to: SyncSender<Batch>) -> Self {
        // At first they are full one after another: otherwise all would be at once, and so for ever, where as much happens to all.
        let growing = (1..=PILES).map(|pile| (Pile::new(), pile * PILE_BYTES / PILES)).collect();
        Self { growing, full: Vec::with_capacity(BATCH), to }
    }

    /// Adds a record to a pile, and deals what is full if that is enough.
    fn add(&mut self, pile: usize, record: &[u8], dealt: &mut usize) -> Result<(), String> {
        let (pile, full) = &mut self.growing[pile];
        pile.extend_from_slice(record);
        if pile.len() < *full {
            return Ok(());
        }
        *full = PILE_BYTES;
        self.full.push(std::mem::replace(pile, Pile::with_capacity(PILE_BYTES + PILE_BYTES / 8)));
        if self.full.len() < BATCH { Ok(()) } else { self.deal(dealt) }
    }

    /// Deals all that is left.
    fn finish(mut self, dealt: &mut usize) -> Result<(), String> {
        self.full.extend(std::mem::take(&mut self.growing).into_iter().map(|(pile, _)| pile));
        self.deal(dealt)
    }

    fn deal(&mut self, dealt: &mut usize) -> Result<(), String> {
        *dealt += 1;
        let piles = std::mem::replace(&mut self.full, Vec::with_capacity(BATCH));
        // Why it takes no more is the worker's to tell.
        let taken = self.to.send(Batch { number: *dealt, piles });
        taken.map_err(|_| "a thread that was to read records has ended".to_owned())
    }
}

/// Deals the records of the generations that are open, until there are none or somebody takes no more.
fn deal(open: &Reading<'_>, mut shares: Vec<Share>) -> Result<(), String> {
    let mut dealt = 0;
    replay::groups(open, |group| {
        for record in wire::cut(group) {
            let record = record.map_err(|error| error.to_string())?;
            let stream = wire::stream_of(record).map_err(|error| error.to_string())?;
            // What is left of a number that was divided by both is what is left when it is divided by one.
            let pile = stream.share(shares.len() * PILES);
            let (share, pile) = (pile % shares.len(), pile / shares.len());
            shares[share].add(pile, record, &mut dealt)?;
        }
        Ok(())
    })?;
    shares.into_iter().try_for_each(|share| share.finish(&mut dealt))
}

/// What decodes a visitor's records.
struct Worker<'a, 'v> {
    kept: &'a Kept,
    visit: &'a mut Visitor<'v>,
    /// The sequences of the states of streams that were come upon.
    known: FxHashMap<Stream, u64>,
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
        for Batch { number, piles } in batches {
            for (pile, records) in piles.into_iter().enumerate() {
                let shown = self.show(&records);
                shown.map_err(|error| Wrong { place: Place::Pile(number, pile), what: error.to_string() })?;
            }
        }
        Ok(())
    }

    fn show(&mut self, records: &[u8]) -> Result<(), WireError> {
        for packed in wire::unpack(records) {
            let packed = packed?;
            if self.is_new(packed.head.stream, packed.head.sequence) {
                (self.visit)(Found::Record(packed.record()?));
            }
        }
        Ok(())
    }

    /// Whether the stream's state is from before this record.
    fn is_new(&mut self, stream: Stream, sequence: u64) -> bool {
        let of_state = || self.kept.sequence(stream).unwrap_or(0);
        sequence > *self.known.entry(stream).or_insert_with(of_state)
    }
}
