//! Makes machines again from what the journal holds.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::accounts::Accounts;
use crate::concert::{Concert, ConcertView, Sketch};
use crate::fold::{Fold, FoldError};
use crate::ids::ConcertId;
use crate::journal::{Found, Journal, Record, Scope, SketchOf, Snapshot, State, Stream, Visitor};
use crate::machine::{BuyersIndex, Gathered, Machine};
use crate::time::Time;

/// A machine that could not be made again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RestoreError {
    /// The journal could not be read.
    #[error("{0}")]
    Unreadable(String),
    /// What it holds cannot have happened.
    #[error(transparent)]
    Impossible(#[from] FoldError),
}

/// A machine with the epoch of its last event.
#[derive(Clone, Debug)]
pub(crate) struct Restored<M> {
    pub(crate) machine: M,
    pub(crate) epoch: u64,
}

impl<M: Machine> Restored<M> {
    pub(crate) fn new(machine: M) -> Self {
        Self { machine, epoch: 0 }
    }

    /// The machine that was folded.
    fn of(fold: Fold) -> Result<Self, RestoreError> {
        let Snapshot { stream, epoch, state, .. } = fold.into_snapshot();
        match M::of(state) {
            Some(machine) => Ok(Self { machine, epoch }),
            None => Err(FoldError { stream, what: "its state is of another kind".to_owned() }.into()),
        }
    }
}

/// Everything that a journal holds.
pub(crate) struct Everything {
    pub(crate) accounts: Restored<Accounts>,
    pub(crate) concerts: Vec<Restored<Concert>>,
    /// Concerts that are not restored before somebody needs them.
    pub(crate) sleepers: Sleeping,
    /// Records that were read: those that no snapshot spared.
    pub(crate) events: u64,
    /// Time of the latest event.
    pub(crate) latest: Time,
}

/// What an office found when it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Concerts, removed ones left out.
    pub concerts: usize,
    /// Bookings, ended ones included.
    pub bookings: usize,
    /// Accounts.
    pub users: usize,
    /// Events that were read: those that no snapshot spared.
    pub events: u64,
}

/// Concerts that sleep, as far as they must be known.
#[derive(Default)]
pub(crate) struct Sleeping {
    /// What readers see of them.
    pub(crate) views: Vec<Arc<ConcertView>>,
    /// When those have something to do that ever will by themselves.
    pub(crate) due: BTreeSet<(Time, ConcertId)>,
    /// How many of them were not removed.
    concerts: usize,
    /// How many bookings were ever made there.
    bookings: usize,
}

impl Sleeping {
    fn add(&mut self, Sketch { view, due, bookings, .. }: Sketch) {
        self.due.extend(due.map(|due| (due, view.id)));
        self.concerts += usize::from(!view.stage.is_gone());
        self.bookings = self.bookings.saturating_add(usize::try_from(bookings).unwrap_or(usize::MAX));
        self.views.push(view);
    }

    /// All that two have.
    fn and(mut self, other: Self) -> Self {
        let Self { views, mut due, concerts, bookings } = other;
        self.views.extend(views);
        self.due.append(&mut due);
        self.concerts += concerts;
        self.bookings = self.bookings.saturating_add(bookings);
        self
    }
}

impl Everything {
    /// What is there, in numbers.
    pub(crate) fn inventory(&self) -> Inventory {
        let users = self.accounts.machine.users().count();
        let Sleeping { concerts, bookings, .. } = self.sleepers;
        let asleep = Inventory { concerts, bookings, users, events: self.events };
        self.concerts.iter().fold(asleep, |found, Restored { machine, .. }| Inventory {
            concerts: found.concerts + usize::from(!machine.is_gone()),
            bookings: found.bookings + usize::try_from(machine.bookings_ever()).unwrap_or(usize::MAX),
            ..found
        })
    }
}

/// Restores the whole journal, but for what can sleep, and checks every invariant. Streams have nothing to do with each other, so all
/// processors take part. Notes who has booked at what was restored.
pub(crate) fn restore_everything(
    journal: &dyn Journal,
    buyers: &BuyersIndex,
) -> Result<Everything, RestoreError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let mut shares: Vec<Folds> = std::iter::repeat_with(Folds::default).take(threads).collect();
    let mut visits: Vec<_> = shares.iter_mut().map(|share| |found| share.take(found)).collect();
    let mut visitors: Vec<Visitor<'_>> = visits.iter_mut().map(|visit| visit as Visitor<'_>).collect();
    let visited = journal.start(&mut visitors);
    visited.map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    let mut all = shares.into_iter().reduce(Folds::and).unwrap_or_default();
    all.prove_and_note(threads, buyers);
    let accounts = all.take_out(Stream::Accounts);
    let Folds { streams, wrong, events, latest, sleepers, .. } = all;
    first_of(wrong)?;
    let accounts = Restored::of(accounts)?;
    let concerts = streams.into_iter().map(Restored::of).collect::<Result<_, _>>()?;
    Ok(Everything { accounts, concerts, sleepers, events, latest })
}

/// Restores one stream and checks every invariant.
pub(crate) fn restore_one<M: Machine>(
    journal: &dyn Journal,
    stream: Stream,
) -> Result<Restored<M>, RestoreError> {
    let mut folds = Folds::default();
    let visited = journal.restore(Scope::Stream(stream), &mut |found| folds.take(found));
    visited.map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    folds.prove();
    let fold = folds.take_out(stream);
    first_of(folds.wrong)?;
    match folds.streams.first().map(Fold::stream) {
        None => Restored::of(fold),
        Some(other) => Err(FoldError { stream: other, what: format!("it was found among {stream}") }.into()),
    }
}

fn concert_of(fold: &Fold) -> Option<&Concert> {
    match fold.state() {
        State::Concert(concert) => Some(concert),
        State::Accounts(_) => None,
    }
}

fn first_of(wrong: BTreeMap<Stream, FoldError>) -> Result<(), FoldError> {
    wrong.into_values().next().map_or(Ok(()), Err)
}

/// What some of a journal's streams come to.
#[derive(Default)]
struct Folds {
    streams: Vec<Fold>,
    /// Where those of streams lie.
    places: FxHashMap<Stream, usize>,
    /// Where the one lies that was asked for last: what happened to a concert mostly comes one after another.
    last: usize,
    /// What is wrong first with each stream. That of the first stream is told, so it does not depend on who read what when.
    wrong: BTreeMap<Stream, FoldError>,
    events: u64,
    latest: Time,
    sleepers: Sleeping,
}

impl Folds {
    /// Takes what was found where it lies: moving a record would cost as much as half of what it does.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a call would copy what was found")]
    fn take(&mut self, found: Found) {
        if !self.wrong.is_empty() && self.wrong.contains_key(&found.stream()) {
            return;
        }
        let taken = match found {
            Found::Record(ref record) => self.take_record(record),
            Found::Snapshot(snapshot) => self.take_snapshot(snapshot),
            Found::Sketch(SketchOf { time, sketch, .. }) => {
                self.latest = self.latest.max(time);
                self.sleepers.add(sketch);
                Ok(())
            }
        };
        if let Err(wrong) = taken {
            self.wrong.insert(wrong.stream, wrong);
        }
    }

    fn take_record(&mut self, record: &Record) -> Result<(), FoldError> {
        self.events += 1;
        self.latest = self.latest.max(record.time);
        self.fold(record.stream).take(record)
    }

    fn take_snapshot(&mut self, snapshot: Snapshot) -> Result<(), FoldError> {
        let stream = snapshot.stream;
        self.latest = self.latest.max(snapshot.state.time());
        let begun = Fold::begin(snapshot)?;
        let fold = self.fold(stream);
        let sequence = fold.state().sequence();
        if sequence > 0 {
            let what = format!("its snapshot comes after event {sequence}");
            return Err(FoldError { stream, what });
        }
        *fold = begun;
        Ok(())
    }

    /// What a stream has come to.
    fn fold(&mut self, stream: Stream) -> &mut Fold {
        let Self { streams, places, last, .. } = self;
        if streams.get(*last).is_none_or(|fold| fold.stream() != stream) {
            *last = *places.entry(stream).or_insert(streams.len());
            if *last == streams.len() {
                streams.push(Fold::absent(stream));
            }
        }
        &mut streams[*last]
    }

    /// The same, when nothing happens to any stream any more.
    fn take_out(&mut self, stream: Stream) -> Fold {
        let place = self.streams.iter().position(|fold| fold.stream() == stream);
        place.map_or_else(|| Fold::absent(stream), |place| self.streams.swap_remove(place))
    }

    /// Checks every invariant of what the records came to.
    fn prove(&mut self) {
        let found: Vec<_> = self.unproven().filter_map(|fold| fold.check().err()).collect();
        self.note_wrong(found);
    }

    /// The same on so many threads, which also gather who has booked where: a concert that was just checked is still near the processor.
    /// Whichever is free takes the next stream, so all are busy until the end.
    fn prove_and_note(&mut self, threads: usize, buyers: &BuyersIndex) {
        let folds = Mutex::new(self.unproven());
        let next = || folds.lock().next();
        let prove_and_gather = || {
            let (mut found, mut gathered) = (Vec::new(), Gathered::default());
            while let Some(fold) = next() {
                match fold.check() {
                    Ok(()) => concert_of(fold).into_iter().for_each(|concert| gathered.add(concert)),
                    Err(wrong) => found.push(wrong),
                }
            }
            (found, gathered)
        };
        let (found, gathered): (Vec<_>, Vec<_>) = thread::scope(|scope| {
            let proving: Vec<_> = (0..threads).map(|_| scope.spawn(prove_and_gather)).collect();
            let join = |proving: thread::ScopedJoinHandle<'_, _>| {
                proving.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            proving.into_iter().map(join).unzip()
        });
        drop(folds);
        self.note_wrong(found.concat());
        buyers.take_in(gathered, threads);
    }

    /// What nothing is wrong with so far.
    fn unproven(&mut self) -> impl Iterator<Item = &mut Fold> {
        let Self { streams, wrong, .. } = self;
        streams.iter_mut().filter(|fold| !wrong.contains_key(&fold.stream()))
    }

    fn note_wrong(&mut self, found: Vec<FoldError>) {
        self.wrong.extend(found.into_iter().map(|wrong| (wrong.stream, wrong)));
    }

    /// All that two shares have: each has streams of its own.
    fn and(mut self, other: Self) -> Self {
        let Self { streams, places: _, last: _, wrong, events, latest, sleepers } = other;
        self.streams.extend(streams);
        self.wrong.extend(wrong);
        self.events += events;
        self.latest = self.latest.max(latest);
        self.sleepers = self.sleepers.and(sleepers);
        self
    }
}

#[cfg(test)]
mod tests;
