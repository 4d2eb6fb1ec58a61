//! The journals that are held against each other, each in a directory of its own on a disk.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use boxoffice_engine::concert::{EndedBooking, Fingerprint};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{
    AppendError, EndedQuery, Found, Journal, MemoryJournal, Record, ReopenError, ReplayError, Scope, Stream,
    Visitor,
};
use boxoffice_persistence::{PlainFileJournal, Schedule};
use tempfile::TempDir;

use crate::command::give_up;
use crate::office;

/// What Linux calls a file system that lives in memory: there every sync is free and every figure a lie.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// A kind of journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journals {
    /// Nothing is written: the pipeline alone.
    Memory,
    /// One write and one `fdatasync` per commit group: the limit of the disk.
    PlainFile,
    /// The real one.
    Sled,
}

impl Journals {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Memory, Self::PlainFile, Self::Sled];

    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::PlainFile => "plain file",
            Self::Sled => "sled",
        }
    }
}

/// A journal with its directory, which goes when the store goes.
pub struct Store {
    kind: Journals,
    journal: Arc<Preceded>,
    /// Commit groups so far.
    groups: Arc<AtomicU64>,
    directory: TempDir,
}

impl Store {
    /// An empty journal, in a new directory within `parent`, which must lie on a disk.
    pub fn create(kind: Journals, parent: &Path) -> Self {
        let directory = directory_in(parent);
        let journal: Box<dyn Journal> = match kind {
            Journals::Memory => Box::new(MemoryJournal::default()),
            Journals::PlainFile => {
                let file = PlainFileJournal::create(&directory.path().join("journal"));
                Box::new(file.expect("a file for the journal can be made"))
            }
            Journals::Sled => open_sled(directory.path()),
        };
        Self::of(kind, journal, directory)
    }

    fn of(kind: Journals, journal: Box<dyn Journal>, directory: TempDir) -> Self {
        let groups = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&groups);
        let first = Box::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        Self { kind, journal: Arc::new(Preceded { journal, first }), groups, directory }
    }

    /// The journal.
    pub fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal) as Arc<dyn Journal>
    }

    /// Commit groups that were appended so far.
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Lets go of the journal, as the program does at its end.
    pub fn closed(self) -> ClosedStore {
        let Self { kind, journal, directory, .. } = self;
        let journal = Arc::into_inner(journal).expect("a closed office has let go of its journal");
        let lasting = (kind != Journals::Sled).then_some(journal.journal);
        ClosedStore { kind, lasting, directory }
    }
}

/// A journal between two starts of the program.
pub struct ClosedStore {
    kind: Journals,
    /// A memory journal, which no start would find, and a plain file, which is read from the disk at every replay.
    lasting: Option<Box<dyn Journal>>,
    directory: TempDir,
}

impl ClosedStore {
    /// The journal as the next start finds it.
    pub fn open(self) -> Store {
        let Self { kind, lasting, directory } = self;
        let journal = lasting.unwrap_or_else(|| open_sled(directory.path()));
        Store::of(kind, journal, directory)
    }
}

/// A new directory within this one, which must lie on a disk. It goes with what is returned.
pub fn directory_in(parent: &Path) -> TempDir {
    std::fs::create_dir_all(parent).expect("the place for stores can be made");
    if let Err(why) = check_on_disk(parent) {
        give_up(&why);
    }
    let directory = tempfile::Builder::new().prefix("bench-").tempdir_in(parent);
    directory.expect("a directory for a store can be made")
}

/// Appends all records, so many of them together.
pub fn append_all(journal: &dyn Journal, mut records: impl Iterator<Item = Record>, per_group: usize) {
    loop {
        let group: Vec<_> = records.by_ref().take(per_group).collect();
        if group.is_empty() {
            return;
        }
        journal.append(&group).expect("a valid group can be written");
    }
}

/// Refuses a place for stores that lies in memory.
pub(crate) fn check_on_disk(place: &Path) -> Result<(), String> {
    let file_system = rustix::fs::statfs(place).map_err(|error| format!("{}: {error}", place.display()))?;
    if u64::try_from(file_system.f_type) == Ok(TMPFS_MAGIC) {
        let why = "is not on a disk, nothing there is durable; hint: set CARGO_TARGET_DIR, or --directory of `peers`";
        return Err(format!("{} {why}", place.display()));
    }
    Ok(())
}

/// The others make no snapshots either. What these cost is told by benches of their own.
fn open_sled(directory: &Path) -> Box<dyn Journal> {
    Box::new(office::open_store(directory, Schedule::NEVER))
}

/// A journal with something that happens before each commit group is appended to it.
pub(crate) struct Preceded {
    pub(crate) journal: Box<dyn Journal>,
    pub(crate) first: Box<dyn Fn() + Send + Sync>,
}

impl Journal for Preceded {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        (self.first)();
        self.journal.append(records)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        self.journal.replay(scope, visit)
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        self.journal.restore(scope, visit)
    }

    fn start(&self, visitors: &mut [Visitor<'_>]) -> Result<(), ReplayError> {
        self.journal.start(visitors)
    }

    fn booked_at(&self, buyer: Fingerprint) -> Result<Vec<ConcertId>, ReplayError> {
        self.journal.booked_at(buyer)
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        self.journal.snapshot_at(stream)
    }

    fn ended(&self, query: &EndedQuery) -> Result<Vec<EndedBooking>, ReplayError> {
        self.journal.ended(query)
    }

    fn has_ended(&self) -> bool {
        self.journal.has_ended()
    }

    fn sheddings(&self) -> u64 {
        self.journal.sheddings()
    }

    fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.journal.shed_through(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        self.journal.reopen()
    }
}
