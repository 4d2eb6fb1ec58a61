//! Makes machines again from what the journal holds.

use std::collections::HashMap;

use crate::accounts::Accounts;
use crate::box_office::Inventory;
use crate::concert::{Concert, Sketch};
use crate::fold::{Fold, FoldError};
use crate::ids::ConcertId;
use crate::journal::{Found, Journal, ReplayError, Scope, SketchOf, Snapshot, Stream};
use crate::machine::{Machine, SleepersBuyers};
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

    /// The machine that was folded, once it has proved to be sound.
    fn of(fold: Fold) -> Result<Self, RestoreError> {
        fold.check()?;
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
    pub(crate) concerts: HashMap<ConcertId, Restored<Concert>>,
    /// Concerts that are not restored before somebody needs them.
    pub(crate) sleepers: Vec<Sketch>,
    /// Who has booked at these.
    pub(crate) buyers: SleepersBuyers,
    /// Records that were read: those that no snapshot spared.
    pub(crate) events: u64,
    /// Time of the latest event.
    pub(crate) latest: Time,
}

impl Everything {
    /// What is there, in numbers.
    pub(crate) fn inventory(&self) -> Inventory {
        let awake = self
            .concerts
            .values()
            .map(|Restored { machine, .. }| (!machine.is_gone(), machine.bookings_ever()));
        let asleep = self.sleepers.iter().map(|sketch| (!sketch.view.stage.is_gone(), sketch.bookings));
        let users = self.accounts.machine.users().count();
        let nothing = Inventory { users, events: self.events, ..Inventory::default() };
        awake.chain(asleep).fold(nothing, |found, (is_there, bookings)| Inventory {
            concerts: found.concerts + usize::from(is_there),
            bookings: found.bookings + usize::try_from(bookings).unwrap_or(usize::MAX),
            ..found
        })
    }
}

/// Restores the whole journal, but for what can sleep, and checks every invariant.
pub(crate) fn restore_everything(journal: &dyn Journal) -> Result<Everything, RestoreError> {
    let Folds { streams: mut folds, events, latest, sleepers, buyers } =
        Folds::of(|visit| journal.start(visit))?;
    let accounts = folds.remove(&Stream::Accounts).unwrap_or_else(|| Fold::absent(Stream::Accounts));
    let accounts = Restored::of(accounts)?;
    let mut everything = Everything { accounts, concerts: HashMap::new(), sleepers, buyers, events, latest };
    for (stream, fold) in folds {
        if let Stream::Concert(id) = stream {
            everything.concerts.insert(id, Restored::of(fold)?);
        }
    }
    Ok(everything)
}

/// Restores one stream and checks every invariant.
pub(crate) fn restore_one<M: Machine>(
    journal: &dyn Journal,
    stream: Stream,
) -> Result<Restored<M>, RestoreError> {
    let mut folds = Folds::of(|visit| journal.restore(Scope::Stream(stream), visit))?.streams;
    let fold = folds.remove(&stream).unwrap_or_else(|| Fold::absent(stream));
    match folds.into_keys().next() {
        None => Restored::of(fold),
        Some(other) => {
            Err(FoldError { stream: other, what: format!("it was found among {stream:?}") }.into())
        }
    }
}

/// What a journal's streams come to.
#[derive(Default)]
struct Folds {
    streams: HashMap<Stream, Fold>,
    events: u64,
    latest: Time,
    sleepers: Vec<Sketch>,
    buyers: SleepersBuyers,
}

impl Folds {
    /// Takes all that the journal finds; nothing more after the first error.
    fn of(find: impl FnOnce(&mut dyn FnMut(Found)) -> Result<(), ReplayError>) -> Result<Self, RestoreError> {
        let (mut folds, mut first_error) = (Self::default(), None);
        let visited = find(&mut |found| {
            if first_error.is_none() {
                first_error = folds.take(found).err();
            }
        });
        visited.map_err(|error| RestoreError::Unreadable(error.to_string()))?;
        first_error.map_or(Ok(folds), |error| Err(error.into()))
    }

    fn take(&mut self, found: Found) -> Result<(), FoldError> {
        match found {
            Found::Snapshot(snapshot) => {
                let stream = snapshot.stream;
                self.latest = self.latest.max(snapshot.state.time());
                let before = self.streams.insert(stream, Fold::begin(snapshot)?);
                let Some(before) = before else { return Ok(()) };
                let sequence = before.state().sequence();
                Err(FoldError { stream, what: format!("its snapshot comes after event {sequence}") })
            }
            Found::Sketch(SketchOf { concert, time, sketch, buyers, .. }) => {
                self.latest = self.latest.max(time);
                self.buyers.add(concert, &buyers);
                self.sleepers.push(*sketch);
                Ok(())
            }
            Found::Record(record) => {
                self.events += 1;
                self.latest = self.latest.max(record.time);
                let stream = record.stream;
                self.streams.entry(stream).or_insert_with(|| Fold::absent(stream)).take(record)
            }
        }
    }
}

#[cfg(test)]
mod tests;
