//! A journal in a test's hands: it waits, fails and counts as it is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use boxoffice_engine::concert::{Concert, EndedBooking, Fingerprint};
use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::faulty::{Fault, FaultyJournal};
use boxoffice_engine::journal::{
    AppendError, EndedQuery, Event, Found, Journal, Record, ReopenError, ReplayError, Scope, Snapshot,
    Stream, Visitor,
};
use parking_lot::{Condvar, Mutex, MutexGuard};
use tokio::sync::watch;

use crate::house::within;

/// A [`FaultyJournal`] behind a gate at which appends wait. It makes snapshots after its first append, its second, its fourth, and so
/// on: so whatever is restored, at a start or after a death, comes of snapshots and of records after them.
#[derive(Default)]
pub(crate) struct TestJournal {
    kept: FaultyJournal,
    gate: Gate,
    appends: watch::Sender<u64>,
    replays: watch::Sender<u64>,
}

#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    opened: Condvar,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    /// Appends that may pass the closed gate.
    passes: u64,
    /// The process is killed once so many records more have reached the disk; with none left it was.
    left: Option<usize>,
    /// The next append finds the disk full before it writes anything.
    full: bool,
    /// Restores wait.
    unread: bool,
    /// The next restore waits once it has read.
    lingers: Option<Lingers>,
    /// So many restores die.
    readings_die: u64,
    /// Looks for a buyer that go on, and how many did at most.
    buyers_sought: [usize; 2],
    /// The look for a snapshot that is to wait.
    look: Look,
}

/// A restore that is to wait, or waits, with what it has read.
#[derive(PartialEq)]
enum Lingers {
    Soon,
    Now,
}

#[derive(Default)]
enum Look {
    #[default]
    None,
    /// It comes after so many more.
    After(u64),
    Waits,
}

impl GateState {
    fn is_cut(&self) -> bool {
        self.left == Some(0)
    }
}

impl TestJournal {
    /// From now on appends wait.
    pub(crate) fn close_gate(&self) {
        self.gate().closed = true;
    }

    /// Appends go on.
    pub(crate) fn open_gate(&self) {
        self.gate().closed = false;
        self.gate.opened.notify_all();
    }

    /// From now on restores wait.
    pub(crate) fn hold_restores(&self) {
        self.gate().unread = true;
    }

    /// How many looks for a buyer went on at a time, at most. They wait as restores do.
    pub(crate) fn buyers_sought_most(&self) -> usize {
        self.gate().buyers_sought[1]
    }

    /// Restores go on.
    pub(crate) fn release_restores(&self) {
        self.gate().unread = false;
        self.gate.opened.notify_all();
    }

    /// The next restore waits once it has read.
    pub(crate) fn hold_next_restore(&self) {
        self.gate().lingers = Some(Lingers::Soon);
    }

    /// Waits until it does so.
    pub(crate) async fn restore_is_held(&self) {
        within(async {
            while self.gate().lingers != Some(Lingers::Now) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// It goes on.
    pub(crate) fn release_held_restore(&self) {
        self.gate().lingers = None;
        self.gate.opened.notify_all();
    }

    /// The next so many restores panic.
    pub(crate) fn kill_restores(&self, count: u64) {
        self.gate().readings_die = count;
    }

    /// After so many looks for a snapshot more, one waits once it has seen what there is.
    pub(crate) fn hold_look_after(&self, looks: u64) {
        self.gate().look = Look::After(looks);
    }

    /// Whether that look waits.
    pub(crate) fn is_look_held(&self) -> bool {
        matches!(self.gate().look, Look::Waits)
    }

    /// It goes on.
    pub(crate) fn release_look(&self) {
        self.gate().look = Look::None;
        self.gate.opened.notify_all();
    }

    /// One append goes on.
    pub(crate) fn let_one_pass(&self) {
        self.gate().passes += 1;
        self.gate.opened.notify_all();
    }

    /// Ends the writing, as `kill -9` does: an append that waits at the gate, or comes later, is not written.
    pub(crate) fn cut(&self) {
        self.gate().left = Some(0);
        self.gate.opened.notify_all();
    }

    /// Ends the writing as [`Self::cut`] does, once so many records more are written, be it in the middle of an append.
    pub(crate) fn cut_after(&self, records: usize) {
        self.gate().left = Some(records);
    }

    /// Waits until the writing has ended.
    pub(crate) async fn is_cut(&self) {
        within(async {
            while !self.gate().is_cut() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// The next append finds the disk full before it writes anything, and says so. There is room again soon.
    pub(crate) fn refuse_next_append(&self) {
        self.gate().full = true;
    }

    /// Writes as another process would: past the gate and past this office.
    pub(crate) fn intrude(&self, records: &[Record]) {
        self.kept.append(records).expect("the records follow");
    }

    /// Appends that have begun so far.
    pub(crate) fn appends(&self) -> u64 {
        *self.appends.borrow()
    }

    /// Waits until so many appends have begun.
    pub(crate) async fn appends_begun(&self, count: u64) {
        within(self.appends.subscribe().wait_for(|begun| *begun >= count)).await.expect("the journal lives");
    }

    /// Replays and restores that have ended so far.
    pub(crate) fn replays(&self) -> u64 {
        *self.replays.borrow()
    }

    /// Waits until so many replays and restores have ended.
    pub(crate) async fn replays_ended(&self, count: u64) {
        within(self.replays.subscribe().wait_for(|ended| *ended >= count)).await.expect("the journal lives");
    }

    pub(crate) fn fail_next_append(&self, fault: Fault) {
        self.kept.fail_next_append(fault);
    }

    pub(crate) fn fail_replays(&self, count: usize) {
        self.kept.fail_replays(count);
    }

    pub(crate) fn make_room(&self) {
        self.kept.make_room();
    }

    /// Makes a snapshot of everything, beyond those that come by themselves.
    pub(crate) fn take_snapshots(&self) {
        self.kept.take_snapshots().expect("what is durable has happened");
    }

    /// What the next process finds. Its snapshots and the records after them come to what all records come to.
    pub(crate) fn restarted(&self) -> Self {
        let kept = self.kept.restarted();
        let mut replayed = BTreeMap::new();
        self.records().into_iter().for_each(|record| fold(&mut replayed, Found::Record(record)));
        assert_eq!(
            ends(self.found()),
            ends(replayed),
            "snapshots and tail, and everything from the first event on"
        );
        Self { kept, ..Self::default() }
    }

    /// Records that are not in snapshots.
    pub(crate) fn records_after_snapshots(&self) -> usize {
        let mut records = 0;
        let visit = &mut |found| records += usize::from(matches!(found, Found::Record(_)));
        self.kept.restarted().restore(Scope::Everything, visit).expect("it can be read");
        records
    }

    fn found(&self) -> BTreeMap<Stream, Fold> {
        let mut folds = BTreeMap::new();
        let visit = &mut |found| fold(&mut folds, found);
        self.kept.restarted().restore(Scope::Everything, visit).expect("it can be read");
        folds
    }

    /// What is durable, in order.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut records = Vec::new();
        let visit = &mut |record| records.push(record);
        self.kept.restarted().replay(Scope::Everything, visit).expect("it can be read");
        records
    }

    /// What is durable of one stream.
    pub(crate) fn records_of(&self, stream: Stream) -> Vec<Record> {
        let mut records = self.records();
        records.retain(|record| record.stream == stream);
        records
    }

    /// Sequence of a concert's last durable event.
    pub(crate) fn durable(&self, concert: ConcertId) -> u64 {
        self.records_of(Stream::Concert(concert)).last().map_or(0, |record| record.sequence)
    }

    /// Folds a concert's durable events, and checks that they are a history: gap-free, in the order of epochs and of time, and
    /// with all invariants true after every event.
    pub(crate) fn folded(&self, concert: ConcertId) -> Concert {
        let mut state = Concert::absent(concert);
        let mut epoch = 1;
        for record in self.records_of(Stream::Concert(concert)) {
            assert_eq!(record.sequence, state.sequence() + 1, "no gap and no repetition");
            assert!(record.epoch >= epoch, "an earlier owner wrote after a later one");
            epoch = record.epoch;
            let Event::Concert(event) = &record.event else { panic!("{record:?} is no concert's") };
            state.apply(event, record.time);
            assert_eq!(state.check_after(event), Ok(()));
        }
        assert_eq!(state.check(), Ok(()));
        state
    }

    fn gate(&self) -> MutexGuard<'_, GateState> {
        self.gate.state.lock()
    }

    fn linger(&self) {
        let mut state = self.gate();
        if state.lingers == Some(Lingers::Soon) {
            state.lingers = Some(Lingers::Now);
            self.gate.opened.wait_while(&mut state, |state| state.lingers.is_some() && !state.is_cut());
        }
    }

    fn wait_to_read(&self) {
        let waits = |state: &mut GateState| state.unread && !state.is_cut();
        let mut state = self.gate();
        self.gate.opened.wait_while(&mut state, waits);
        let dies = state.readings_die > 0;
        state.readings_die = state.readings_die.saturating_sub(1);
        drop(state);
        assert!(!dies, "a restore dies, as the test asked");
    }

    /// Waits at the gate. Says how many of so many records are written before the writing ends.
    fn pass_gate(&self, records: usize) -> Result<usize, AppendError> {
        let waits = |state: &mut GateState| state.closed && state.passes == 0 && !state.is_cut();
        let mut state = self.gate();
        self.gate.opened.wait_while(&mut state, waits);
        state.passes = state.passes.saturating_sub(1);
        if state.is_cut() {
            return Err(killed());
        }
        if std::mem::take(&mut state.full) {
            return Err(AppendError::Full { written: false });
        }
        Ok(state.left.map_or(records, |left| left.min(records)))
    }
}

fn killed() -> AppendError {
    AppendError::Failed("the process was killed".to_owned())
}

fn fold(folds: &mut BTreeMap<Stream, Fold>, found: Found) {
    match found {
        Found::Snapshot(snapshot) => {
            folds.insert(snapshot.stream, Fold::begin(snapshot).expect("a snapshot is sound"));
        }
        Found::Record(record) => {
            let fold = folds.entry(record.stream).or_insert_with(|| Fold::absent(record.stream));
            fold.take(&record).expect("what is durable has happened");
        }
        Found::Sketch(sketch) => unreachable!("only a start is shown {sketch:?}"),
    }
}

fn ends(folds: BTreeMap<Stream, Fold>) -> Vec<Snapshot> {
    let ends = folds.into_values().map(|mut fold| {
        fold.check().expect("what is durable is sound");
        let end = fold.into_snapshot();
        Snapshot { state: end.state.canonical(), ..end }
    });
    ends.collect()
}

impl Journal for TestJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        self.appends.send_modify(|begun| *begun += 1);
        let written = self.pass_gate(records.len())?;
        self.kept.append(&records[..written])?;
        if self.appends().is_power_of_two() {
            self.take_snapshots();
        }
        // Only now: whoever waits for the end of the writing finds all of it.
        let mut state = self.gate();
        state.left = state.left.map(|left| left.saturating_sub(written));
        if written < records.len() { Err(killed()) } else { Ok(()) }
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        let replayed = self.kept.replay(scope, visit);
        self.replays.send_modify(|ended| *ended += 1);
        replayed
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        self.wait_to_read();
        let restored = self.kept.restore(scope, visit);
        self.linger();
        self.replays.send_modify(|ended| *ended += 1);
        restored
    }

    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        let started = self.kept.start(visitors);
        self.replays.send_modify(|ended| *ended += 1);
        started
    }

    fn booked_at(&self, buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        let mut state = self.gate();
        let [now, most] = state.buyers_sought;
        state.buyers_sought = [now + 1, most.max(now + 1)];
        self.gate.opened.wait_while(&mut state, |state| state.unread);
        state.buyers_sought[0] -= 1;
        drop(state);
        self.kept.booked_at(buyer)
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        let seen = self.kept.snapshot_at(stream);
        let mut state = self.gate();
        match &mut state.look {
            Look::None | Look::Waits => {}
            Look::After(0) => {
                state.look = Look::Waits;
                self.gate.opened.wait_while(&mut state, |state| matches!(state.look, Look::Waits));
            }
            Look::After(looks) => *looks -= 1,
        }
        seen
    }

    fn ended(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        self.kept.ended(query)
    }

    fn has_ended(&self) -> bool {
        self.kept.has_ended()
    }

    fn sheddings(&self) -> u64 {
        self.kept.sheddings()
    }

    fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.kept.shed_through(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        if self.gate().is_cut() {
            return Err(ReopenError::Failed("the process was killed".to_owned()));
        }
        self.kept.reopen()
    }
}

/// Opens the gate of a journal when the test ends, however it ends: a writer that waits there would never end.
pub(crate) struct OpensAtEnd(pub(crate) Arc<TestJournal>);

impl Drop for OpensAtEnd {
    fn drop(&mut self) {
        self.0.cut();
    }
}
