//! The one writer: drains all that waits, makes it durable as one group, shows it to readers, then releases the replies.
//!
//! It runs on a thread of its own, because a journal blocks. What it is handed first, it finishes first; so a reply that waits for
//! events handed over before it needs no condition but its place in the queue.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::deaths::{DeathAt, Deaths};
use crate::journal::{AppendError, Journal, Record, ReopenError, Stream};
use crate::limits;

mod handle;
mod publish;
mod status;
mod work;

pub(crate) use handle::WriterHandle;
pub use status::JournalStatus;
pub(crate) use status::StatusBoard;
pub(crate) use work::{AnyWork, Work};

/// How often a full journal is asked whether there is room again.
const REOPEN_EVERY: Duration = Duration::from_secs(1);

/// What the writer is handed.
pub(crate) enum Handed {
    /// An event to be made durable.
    Event(Record, AnyWork),
    /// A reply that shows events handed over before it.
    Reply(AnyWork),
    /// Tells when everything handed over before it is finished.
    Barrier(oneshot::Sender<()>),
    /// Says why the office cannot go on.
    Fail(&'static str),
    /// Ends the writer once everything handed over before it is finished.
    Stop,
}

/// What the writer has to tell the office.
#[derive(Debug)]
pub(crate) enum Notice {
    /// This stream's actor is ahead of the journal and must be replaced.
    Lost(Stream),
    /// The journal takes events again.
    Reopened,
    /// The journal has shed bookings that concerts may go on without.
    Shed,
}

pub(crate) struct Writer {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) queue: Receiver<Handed>,
    pub(crate) status: Arc<StatusBoard>,
    pub(crate) notify: Box<dyn Fn(Notice) + Send>,
    /// Called once, and from here, when the office cannot go on: it may be closing, and there is no time.
    pub(crate) fatal: Arc<dyn Fn(&str) + Send + Sync>,
    pub(crate) deaths: Deaths,
    /// The epochs, by stream, whose events do not follow what is durable.
    pub(crate) fenced: HashMap<Stream, u64>,
    /// When a journal that is full is asked again.
    pub(crate) reopen_at: Instant,
    /// How often the journal had shed anything when it was last asked.
    pub(crate) sheddings: u64,
}

/// What is committed together. Records and items are in the order in which they were handed over.
#[derive(Default)]
struct Group {
    records: Vec<Record>,
    items: Vec<Item>,
}

enum Item {
    Event(AnyWork),
    Reply(AnyWork),
    Barrier(oneshot::Sender<()>),
}

impl Group {
    fn holds(&self, stream: Stream) -> bool {
        self.records.iter().any(|record| record.stream == stream)
    }
}

impl Writer {
    /// Serves until it is told to stop, or nobody is left to hand it anything.
    pub(crate) fn run(mut self) {
        let mut group = Group::default();
        while let Some(first) = self.next() {
            let mut goes_on = self.take_in(first, &mut group);
            let mut drained = 0;
            while goes_on && group.records.len() < limits::RECORDS_PER_GROUP_MAX {
                if let Ok(handed) = self.queue.try_recv() {
                    goes_on = self.take_in(handed, &mut group);
                } else if drained == group.items.len() {
                    break;
                } else {
                    // Whoever has something to hand over goes first, as long as anybody has: one sync then serves more. With
                    // nobody there this costs less than a microsecond.
                    drained = group.items.len();
                    std::thread::yield_now();
                }
            }
            self.commit(&mut group);
            self.deaths.pass(DeathAt::Waiting);
            if !goes_on {
                break;
            }
        }
    }

    fn next(&mut self) -> Option<Handed> {
        loop {
            if self.status.get() != JournalStatus::Full {
                return self.queue.recv().ok();
            }
            // What is handed over meanwhile does not put the next try off.
            let wait = self.reopen_at.saturating_duration_since(monotonic_now());
            match self.queue.recv_timeout(wait) {
                Ok(handed) if !wait.is_zero() => return Some(handed),
                Err(RecvTimeoutError::Disconnected) => return None,
                Ok(handed) => {
                    self.try_reopen();
                    return Some(handed);
                }
                Err(RecvTimeoutError::Timeout) => self.try_reopen(),
            }
        }
    }

    /// Adds to the group what can still be fulfilled, and refuses the rest. Says whether to go on.
    fn take_in(&mut self, handed: Handed, group: &mut Group) -> bool {
        match handed {
            Handed::Event(record, work) => {
                if self.status.get() == JournalStatus::Open && !self.is_fenced(&work) {
                    group.records.push(record);
                    group.items.push(Item::Event(work));
                } else {
                    self.fence(&work);
                    work.refuse();
                }
            }
            Handed::Reply(work) if self.is_fenced(&work) => work.refuse(),
            Handed::Reply(work) => group.items.push(Item::Reply(work)),
            Handed::Barrier(passed) => group.items.push(Item::Barrier(passed)),
            Handed::Fail(why) => self.fail(why),
            Handed::Stop => return false,
        }
        true
    }

    fn commit(&mut self, group: &mut Group) {
        while let Err(error) = self.append(&group.records) {
            match error {
                AppendError::Conflict { stream, .. } if group.holds(stream) => self.part_with(stream, group),
                AppendError::Conflict { .. } => {
                    self.fail("the journal refuses a record that it was not given");
                    self.lose(group, true);
                    return;
                }
                AppendError::Full { written } => {
                    tracing::error!("the disk is full: bookings are refused until there is room");
                    // Closed first: whoever is answered now finds the journal closed.
                    self.status.set(JournalStatus::Full);
                    self.reopen_at = monotonic_now() + REOPEN_EVERY;
                    self.lose(group, written);
                    return;
                }
                AppendError::Failed(why) => {
                    self.fail(&why);
                    self.lose(group, true);
                    return;
                }
            }
        }
        group.records.clear();
        if catch_unwind(AssertUnwindSafe(|| show_and_release(&mut group.items, &self.deaths))).is_err() {
            self.fail("the writer died with a durable group in hand");
            // A reply that is dropped says that its outcome is unknown, and that is true here.
            group.items.clear();
        }
        // Only what happens makes memory grow, so this is soon enough.
        let sheddings = self.journal.sheddings();
        if std::mem::replace(&mut self.sheddings, sheddings) != sheddings {
            (self.notify)(Notice::Shed);
        }
    }

    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        if records.is_empty() {
            return Ok(());
        }
        let append = AssertUnwindSafe(|| {
            self.deaths.pass(DeathAt::Appending);
            self.journal.append(records)
        });
        catch_unwind(append)
            .unwrap_or_else(|_| Err(AppendError::Failed("the writer died while it wrote".to_owned())))
    }

    /// Takes a stream that does not follow what is there out of the group: nothing of it was written.
    fn part_with(&mut self, stream: Stream, group: &mut Group) {
        group.records.retain(|record| record.stream != stream);
        for item in std::mem::take(&mut group.items) {
            match item {
                Item::Event(work) | Item::Reply(work) if work.stream() == stream => {
                    self.fence(&work);
                    work.refuse();
                }
                other => group.items.push(other),
            }
        }
    }

    /// Gives up a group that was not made durable, as far as anybody knows.
    fn lose(&mut self, group: &mut Group, written: bool) {
        group.records.clear();
        for item in std::mem::take(&mut group.items) {
            match item {
                Item::Event(work) => {
                    self.fence(&work);
                    // Dropped, it says that the outcome is unknown.
                    if written { drop(work) } else { work.refuse() }
                }
                Item::Reply(work) if self.is_fenced(&work) => work.refuse(),
                // It waited for events of earlier groups only, and these are durable.
                Item::Reply(work) => work.release(),
                Item::Barrier(passed) => pass(passed),
            }
        }
    }

    fn is_fenced(&self, work: &AnyWork) -> bool {
        self.fenced.get(&work.stream()).is_some_and(|epoch| work.epoch() <= *epoch)
    }

    /// From now on takes nothing more from the incarnation whose work this is: its state is ahead of the journal.
    fn fence(&mut self, work: &AnyWork) {
        if !self.is_fenced(work) {
            self.fenced.insert(work.stream(), work.epoch());
            (self.notify)(Notice::Lost(work.stream()));
        }
    }

    fn fail(&self, why: &str) {
        if self.status.get() != JournalStatus::Failed {
            self.status.set(JournalStatus::Failed);
            (self.fatal)(why);
        }
    }

    fn try_reopen(&mut self) {
        self.reopen_at = monotonic_now() + REOPEN_EVERY;
        let reopen = AssertUnwindSafe(|| self.journal.reopen());
        let died = || Err(ReopenError::Failed("the writer died while it reopened the journal".to_owned()));
        match catch_unwind(reopen).unwrap_or_else(|_| died()) {
            Ok(()) => {
                tracing::info!("there is room again: bookings go on");
                self.status.set(JournalStatus::Open);
                (self.notify)(Notice::Reopened);
            }
            Err(ReopenError::StillFull) => {}
            Err(ReopenError::Failed(why)) => self.fail(&why),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.fail("the writer died between two groups");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how long the writer waits is nobody's time but its own")]
pub(crate) fn monotonic_now() -> Instant {
    Instant::now()
}

/// Readers see a group before anybody is told of it: whoever got an answer finds it in the next read.
fn show_and_release(items: &mut Vec<Item>, deaths: &Deaths) {
    deaths.pass(DeathAt::Publishing);
    publish::publish(items.iter_mut().filter_map(|item| match item {
        Item::Event(work) => Some(work),
        Item::Reply(_) | Item::Barrier(_) => None,
    }));
    deaths.pass(DeathAt::Releasing);
    for item in items.drain(..) {
        match item {
            Item::Event(work) | Item::Reply(work) => work.release(),
            Item::Barrier(passed) => pass(passed),
        }
    }
}

fn pass(barrier: oneshot::Sender<()>) {
    // Whoever waited may have gone away.
    let _ = barrier.send(());
}
