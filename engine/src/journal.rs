//! The port behind which a box office survives.
//!
//! A journal keeps the events of many **streams** (each concert is one, the accounts are another). The doc comment of
//! [`Journal`] is the contract; `journal::conformance` (feature `testing`) holds every implementation to it.

use crate::accounts::AccountsEvent;
use crate::concert::ConcertEvent;
use crate::ids::ConcertId;
use crate::time::Time;

#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod faulty;
mod memory;
mod stream_ends;

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

/// An append that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A record is not the next of its stream, or its writer has been fenced by a later epoch. Nothing was written.
    #[error("record {sequence} of {stream:?} by epoch {epoch} does not follow what is there")]
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
/// 3. **One writer.** `append` is called by one thread at a time and may block it. `replay` may run beside it on other threads;
///    it shows at least what was durable when it began.
/// 4. **Order.** A replay visits the records of a stream in the order of their sequence. Between streams there is no order.
/// 5. **Full.** After `Full`, every append is refused with `Full { written: false }` until `reopen` succeeds. Nothing that was
///    acknowledged before is lost by it. A replay until then shows all that was acknowledged and nothing that a crash could undo,
///    or fails.
/// 6. **Failed.** After `Failed`, every append is refused with `Failed`.
pub trait Journal: Send + Sync + 'static {
    /// Makes the records durable, all or none.
    ///
    /// # Errors
    /// See [`AppendError`] for what is known about the records then.
    fn append(&self, records: &[Record]) -> Result<(), AppendError>;

    /// Shows every record of the scope to `visit`.
    ///
    /// # Errors
    /// When the journal cannot be read to its end.
    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError>;

    /// Makes a journal that was full writable again, if there is room now. A journal that is writable stays so.
    ///
    /// # Errors
    /// When there is still no room, or no hope.
    fn reopen(&self) -> Result<(), ReopenError>;
}
