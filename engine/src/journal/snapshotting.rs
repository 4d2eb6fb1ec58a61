//! A journal in memory that makes snapshots when a test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::{
    AppendError, EndedBookings, EndedQuery, Found, Journal, MemoryJournal, Record, ReopenError, ReplayError,
    Scope, SketchOf, Snapshot, State, Stream, Visitor,
};
use crate::concert::{EndedBooking, Fingerprint};
use crate::fold::{Fold, FoldError};
use crate::ids::ConcertId;

/// A [`MemoryJournal`] that can be told to make snapshots of all its streams, from the snapshots before and the records since. They
/// are states as they are, without any form on a disk, but for the bookings that they shed. It keeps all records.
#[derive(Default)]
pub struct SnapshottingJournal {
    kept: MemoryJournal,
    snapshots: Mutex<BTreeMap<Stream, Snapshot>>,
    ended: Mutex<EndedBookings>,
    sheddings: AtomicU64,
}

impl SnapshottingJournal {
    /// Makes a snapshot of every stream as its last record left it.
    ///
    /// # Errors
    /// When a record cannot have happened. Then the snapshots stay what they were.
    pub fn take_snapshots(&self) -> Result<(), FoldError> {
        let mut snapshots = self.snapshots.lock();
        let begun = snapshots.iter().map(|(stream, snapshot)| Ok((*stream, Fold::begin(snapshot.clone())?)));
        let mut folds = begun.collect::<Result<BTreeMap<Stream, Fold>, FoldError>>()?;
        for record in self.records_after(&snapshots, Scope::Everything) {
            folds.entry(record.stream).or_insert_with(|| Fold::absent(record.stream)).take(&record)?;
        }
        let made = folds.into_iter().map(|(stream, mut fold)| {
            fold.check()?;
            self.ended.lock().extend(fold.shed(usize::MAX)?);
            Ok((stream, fold.into_snapshot()))
        });
        *snapshots = made.collect::<Result<_, FoldError>>()?;
        self.sheddings.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The records that no snapshot holds.
    fn records_after(&self, snapshots: &BTreeMap<Stream, Snapshot>, scope: Scope) -> Vec<Record> {
        let is_after = |record: &Record| {
            snapshots.get(&record.stream).is_none_or(|snapshot| record.sequence > snapshot.sequence)
        };
        let mut records = Vec::new();
        let visit = &mut |record| records.extend(Some(record).filter(is_after));
        self.kept.replay(scope, visit).expect("memory can be read");
        records
    }
}

/// What is told of a concert that can sleep.
fn sketch_of(snapshot: &Snapshot) -> Option<SketchOf> {
    let Snapshot { sequence, epoch, state: State::Concert(concert), .. } = snapshot else { return None };
    Some(SketchOf {
        concert: concert.id(),
        sequence: *sequence,
        epoch: *epoch,
        time: concert.time(),
        sketch: concert.sketch()?,
    })
}

impl Journal for SnapshottingJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        self.kept.append(records)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        self.kept.replay(scope, visit)
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        let snapshots = self.snapshots.lock();
        let wanted = snapshots.values().filter(|snapshot| scope.covers(snapshot.stream));
        wanted.for_each(|snapshot| visit(Found::Snapshot(snapshot.clone())));
        self.records_after(&snapshots, scope).into_iter().for_each(|record| visit(Found::Record(record)));
        Ok(())
    }

    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        let snapshots = self.snapshots.lock();
        let records = self.records_after(&snapshots, Scope::Everything);
        let shares = visitors.len();
        let mut show = |found: Found| visitors[found.stream().share(shares)](found);
        let touched: BTreeSet<Stream> = records.iter().map(|record| record.stream).collect();
        for snapshot in snapshots.values() {
            let sketch = sketch_of(snapshot).filter(|_| !touched.contains(&snapshot.stream));
            show(sketch.map_or_else(|| Found::Snapshot(snapshot.clone()), Found::Sketch));
        }
        for record in records {
            show(Found::Record(record));
        }
        Ok(())
    }

    fn booked_at(&self, buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        let snapshots = self.snapshots.lock();
        let concerts = snapshots.values().filter_map(|snapshot| match &snapshot.state {
            State::Concert(concert) => Some(concert),
            State::Accounts(_) => None,
        });
        let theirs = concerts.filter(|concert| concert.fingerprints().contains(&buyer));
        Ok(theirs.map(|concert| concert.id()).collect())
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        self.snapshots.lock().get(&stream).map(|snapshot| snapshot.sequence)
    }

    fn ended(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        Ok(self.ended.lock().find(query))
    }

    fn has_ended(&self) -> bool {
        !self.ended.lock().is_empty()
    }

    fn sheddings(&self) -> u64 {
        self.sheddings.load(Ordering::Relaxed)
    }

    fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.snapshot_at(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        self.kept.reopen()
    }
}
