//! The port behind which a box office survives.
//!
//! A journal keeps the events of many **streams** (each concert is one, the accounts are another). The doc comment of
//! [`Journal`] is the contract; `journal::conformance` (feature `testing`) holds every implementation to it.

use std::fmt;

use crate::accounts::{Accounts, AccountsEvent};
use crate::concert::{Concert, ConcertEvent, EndedBooking, Fingerprint, Sketch};
use crate::ids::ConcertId;
use crate::time::Time;

#[cfg(feature = "testing")]
pub mod conformance;
mod ended;
#[cfg(feature = "testing")]
pub mod faulty;
mod memory;
#[cfg(feature = "testing")]
pub mod snapshotting;
mod stream_ends;

pub use ended::{EndedBookings, EndedQuery};
pub use memory::MemoryJournal;
pub use stream_ends::StreamEnds;

/// Whose events these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// Users, roles and sessions.
    Accounts,
    /// One concert.
    Concert(ConcertId),
}

/// As people are told of it.
impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accounts => f.write_str("the accounts"),
            Self::Concert(id) => write!(f, "concert {id}"),
        }
    }
}

impl Stream {
    /// Into which of so many shares it falls, if all streams are dealt out evenly. The same in every process.
    pub fn share(self, shares: usize) -> usize {
        match self {
            Self::Accounts => 0,
            // The bits of an id are random. A remainder is smaller than what it is divided by.
            Self::Concert(id) => usize::try_from(id.bits() % shares.max(1) as u64).unwrap_or(0),
        }
    }
}

/// An event of any stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Of the accounts.
    Accounts(AccountsEvent),
    /// Of a concert.
    Concert(ConcertEvent),
}

/// An event with its place in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose event it is. A concert's stream has concert events only, the accounts' stream account events only.
    pub stream: Stream,
    /// Its number within the stream, from 1, without gaps.
    pub sequence: u64,
    /// Which incarnation of the stream's owner wrote it, from 1. A later owner has a higher epoch and fences earlier ones.
    pub epoch: u64,
    /// When it happened; never before the stream's previous record.
    pub time: Time,
    /// What happened.
    pub event: Event,
}

/// What a replay covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All streams.
    Everything,
    /// One stream.
    Stream(Stream),
}

impl Scope {
    /// Whether a stream belongs to it.
    pub fn covers(self, stream: Stream) -> bool {
        self == Self::Everything || self == Self::Stream(stream)
    }
}

/// What a journal has to make a stream's state of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The state that the stream's records came to up to some point.
    Snapshot(Snapshot),
    /// The stream's next record.
    Record(Record),
    /// What is told of a concert whose snapshot is all that there is, and whose machine can sleep. Only a start is shown these.
    Sketch(SketchOf),
}

impl Found {
    /// Whose it is.
    pub fn stream(&self) -> Stream {
        match self {
            Self::Snapshot(Snapshot { stream, .. }) | Self::Record(Record { stream, .. }) => *stream,
            Self::Sketch(sketch) => Stream::Concert(sketch.concert),
        }
    }
}

/// A concert that can sleep, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchOf {
    /// Which concert.
    pub concert: ConcertId,
    /// Sequence of the last record in its snapshot.
    pub sequence: u64,
    /// That record's epoch.
    pub epoch: u64,
    /// That record's time.
    pub time: Time,
    /// What is told of it.
    pub sketch: Sketch,
}

/// One of several who are shown what a start finds: each is shown other streams, on a thread of its own.
pub type Visitor<'a> = &'a mut (dyn FnMut(Found) + Send);

/// A stream's state at one of its records, so that the records up to there need not happen again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose state it is.
    pub stream: Stream,
    /// The last record in it.
    pub sequence: u64,
    /// That record's epoch.
    pub epoch: u64,
    /// What the records came to.
    pub state: State,
}

/// The state of any stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Of the accounts.
    Accounts(Box<Accounts>),
    /// Of a concert.
    Concert(Box<Concert>),
}

impl State {
    /// The state of a stream before its first record.
    pub fn absent(stream: Stream) -> Self {
        match stream {
            Stream::Accounts => Self::Accounts(Box::default()),
            Stream::Concert(id) => Self::Concert(Box::new(Concert::absent(id))),
        }
    }

    /// Whose state it is.
    pub fn stream(&self) -> Stream {
        match self {
            Self::Accounts(_) => Stream::Accounts,
            Self::Concert(concert) => Stream::Concert(concert.id()),
        }
    }

    /// Sequence of the last record in it; 0 before the first.
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Accounts(accounts) => accounts.sequence(),
            Self::Concert(concert) => concert.sequence(),
        }
    }

    /// Time of the last record in it.
    pub fn time(&self) -> Time {
        match self {
            Self::Accounts(accounts) => accounts.time(),
            Self::Concert(concert) => concert.time(),
        }
    }

    /// The same state in the form in which two that nobody can tell apart are equal, whatever either has shed.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn canonical(self) -> Self {
        match self {
            Self::Accounts(_) => self,
            Self::Concert(concert) => Self::Concert(Box::new(concert.canonical())),
        }
    }

    /// Takes settled bookings out of it, so many at most.
    pub fn shed(&mut self, max: usize) -> Vec<EndedBooking> {
        match self {
            Self::Accounts(_) => Vec::new(),
            Self::Concert(concert) => {
                let settled = concert.settled(max);
                concert.shed(&settled)
            }
        }
    }
}

/// An append that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A record is not the next of its stream, or its writer has been fenced by a later epoch. Nothing was written.
    #[error("record {sequence} of {stream} by epoch {epoch} does not follow what is there")]
    Conflict {
        /// The stream of the first such record.
        stream: Stream,
        /// The record's sequence.
        sequence: u64,
        /// The record's epoch.
        epoch: u64,
    },
    /// There is no room. If `written` is false nothing of the group will ever be seen; else only `reopen` and a replay can tell.
    #[error("the disk is full")]
    Full {
        /// Whether something of the group may have been written.
        written: bool,
    },
    /// The journal cannot be trusted any more: the process must end, and what was being appended has an unknown outcome.
    #[error("the journal failed: {0}")]
    Failed(String),
}

/// A replay that could not be finished.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be read: {0}")]
pub struct ReplayError(pub String);

/// A journal that could not be made writable again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReopenError {
    /// There is still no room: try again later.
    #[error("the disk is still full")]
    StillFull,
    /// It will not come back within this process.
    #[error("the journal failed: {0}")]
    Failed(String),
}

/// A durable, ordered store of event records.
///
/// 1. **Durable.** When `append` returns `Ok`, all its records survive a power cut. They were written in order, all or none:
///    a replay after any crash shows either all records of an append or none of them.
/// 2. **Gap-free.** The records of a stream are numbered 1, 2, 3… An append with a record that is not its stream's next, or
///    whose epoch is lower than that of the stream's last record, is refused with `Conflict` and changes nothing.
/// 3. **One writer.** `append` is called by one thread at a time and may block it. `replay` and `restore` may run beside it on
///    other threads; they show at least what was durable when they began.
/// 4. **Order.** A replay visits the records of a stream in the order of their sequence. Between streams there is no order.
/// 5. **Full.** After `Full`, every append is refused with `Full { written: false }` until `reopen` succeeds. Nothing that was
///    acknowledged before is lost by it. A replay until then shows all that was acknowledged and nothing that a crash could undo,
///    or fails.
/// 6. **Failed.** After `Failed`, every append is refused with `Failed`.
/// 7. **Snapshots.** A journal may keep the states that its records came to, and make them by itself. What a restore shows of a
///    stream comes to the same state as all its records from the first on, and ends with the same one. Of concerts a replay shows
///    all records even so; of the accounts, whose data must be able to go, only those that no snapshot made superfluous.
/// 8. **Ended bookings.** The states that it keeps may have [shed](Concert::shed) bookings that are settled. Each of these is found by
///    [`ended`](Self::ended) as soon as a restore may show a state without it, and for ever. Others may be found, too, if they are
///    settled: whoever looks for bookings may meet one here and in the state, and it is the same.
/// 9. **Buyers.** A start that shows a sketch of a concert keeps in mind who has booked there, so that nobody else needs to. What
///    `booked_at` tells may be a concert too many, and is never one too few.
pub trait Journal: Send + Sync + 'static {
    /// Makes the records durable, all or none.
    ///
    /// # Errors
    /// See [`AppendError`] for what is known about the records then.
    fn append(&self, records: &[Record]) -> Result<(), AppendError>;

    /// Shows every record of the scope that is kept to `visit`.
    ///
    /// # Errors
    /// When the journal cannot be read to its end.
    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError>;

    /// Shows to `visit` what the states of the scope are made of: of each stream its snapshot, if there is one, before any of its
    /// records, and then the records after it, in order. [`Fold`](crate::fold::Fold) makes the states.
    ///
    /// # Errors
    /// When the journal cannot be read to its end.
    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        self.replay(scope, &mut |record| visit(Found::Record(record)))
    }

    /// As [`restore`](Self::restore) of everything, but to several visitors (at least one) at the same time: all that is found of a
    /// stream is shown to the same one. May show a [`Sketch`] in the place of a snapshot.
    ///
    /// # Errors
    /// When the journal cannot be read to its end.
    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        let shares = visitors.len();
        self.restore(Scope::Everything, &mut |found| visitors[found.stream().share(shares)](found))
    }

    /// At which of the concerts of which the last start showed a sketch somebody with this fingerprint has booked.
    ///
    /// # Errors
    /// When that cannot be read.
    fn booked_at(&self, _buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        Ok(Vec::new())
    }

    /// The sequence up to which a snapshot spares the stream's records. A machine at that sequence is restored without reading any.
    fn snapshot_at(&self, _stream: Stream) -> Option<u64> {
        None
    }

    /// Finds ended bookings that states have shed, each once, in the order that the query says. It may read a disk.
    ///
    /// # Errors
    /// When what was shed cannot be read.
    fn ended(&self, _query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        Ok(Vec::new())
    }

    /// Whether any booking was ever shed. While none was, nobody needs to look for one.
    fn has_ended(&self) -> bool {
        false
    }

    /// How often it has shed anything since it was opened.
    fn sheddings(&self) -> u64 {
        0
    }

    /// The highest sequence of which is known that every booking of the stream that was settled by then is found by
    /// [`ended`](Self::ended): a machine that is awake need not have these any more. Known since this journal was opened, if at all.
    fn shed_through(&self, _stream: Stream) -> Option<u64> {
        None
    }

    /// Makes a journal that was full writable again, if there is room now. A journal that is writable stays so.
    ///
    /// # Errors
    /// When there is still no room, or no hope.
    fn reopen(&self) -> Result<(), ReopenError>;
}
