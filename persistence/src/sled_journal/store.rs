//! The generations that are open, and who may do what with them when.
//!
//! Appends and the change of generation exclude each other by the writer's lock. Readers take the list of generations and go on
//! with what they took; only a reopening waits for them, because sled opens a directory once at a time.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use boxoffice_engine::concert::Fingerprint;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{AppendError, Record, ReopenError, Stream};
use parking_lot::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

use super::open::closing_unless;
use super::writer::{State, Writer};
use crate::chain::Tip;
use crate::data_dir::{DataDir, ROOM_BYTES_MIN};
use crate::error::OpenError;
use crate::files::{self, FileError};
use crate::kept::Kept;
use crate::kept::buyers::Run;
use crate::place::Place;
use crate::sled_store::{self, Expected, Generation, Opened, QuietPool};
use crate::store_thread;
use crate::watchdog::Watchdog;

#[cfg(test)]
mod tests;

/// What the journal is made of while it is open.
pub(crate) struct Store {
    pub(crate) dir: DataDir,
    /// Those that no snapshot stands for yet, the oldest first. The last takes records; it is missing while it is reopened.
    generations: Mutex<Vec<Arc<Generation>>>,
    /// Those that a snapshot stands for, as long as somebody still reads them.
    retired: Mutex<Vec<(u64, Weak<Generation>)>>,
    /// Streams with records in generations that no snapshot stands for yet, and the last of these generations.
    touched: Mutex<HashMap<Stream, u64>>,
    /// What snapshots stand for.
    kept: Mutex<Arc<Kept>>,
    /// The last state of each stream, since the journal was opened, that had no settled booking left.
    shed: Mutex<HashMap<Stream, u64>>,
    sheddings: AtomicU64,
    /// Who has booked at the concerts that slept at the last start.
    sleepers: Mutex<Arc<[Run]>>,
    /// Held for reading by whoever reads generations, so that a reopening waits for them.
    readers: RwLock<()>,
    /// Frames that readers may show.
    durable_frames: AtomicU64,
    writer: Mutex<Writer>,
    place: Arc<Place>,
    watchdog: Watchdog,
    quiet_pool: Option<QuietPool>,
}

/// Generations that are being read.
pub(crate) struct Reading<'a> {
    generations: Vec<Arc<Generation>>,
    /// Frames of the chain that are durable.
    pub(crate) frames: u64,
    _reader: RwLockReadGuard<'a, ()>,
}

/// A change of generation that did not happen. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RotateError {
    /// The journal takes no records now.
    #[error("the journal is closed")]
    Closed,
    /// The next generation could not be made.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Store {
    pub(super) fn new(
        dir: DataDir,
        kept: Kept,
        opened: Opened,
        writer: Writer,
        place: Arc<Place>,
        watchdog: Watchdog,
    ) -> Self {
        let store = Self {
            retired: Mutex::default(),
            shed: Mutex::default(),
            sheddings: AtomicU64::new(0),
            touched: Mutex::new(touched(&opened, &kept, writer.number).collect()),
            kept: Mutex::new(Arc::new(kept)),
            sleepers: Mutex::new(Arc::default()),
            dir,
            durable_frames: AtomicU64::new(opened.tip.frames),
            quiet_pool: opened.generations.last().map(|current| current.frames.quiet_pool()),
            generations: Mutex::new(opened.generations),
            readers: RwLock::default(),
            place,
            writer: Mutex::new(writer),
            watchdog,
        };
        store.note_journal();
        store
    }

    pub(crate) fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        let mut writer = self.writer();
        let tip = writer.append(records, &self.watchdog)?;
        self.touch(records, writer.number);
        self.durable_frames.store(tip.frames, Ordering::Release);
        Ok(())
    }

    /// What can be read now.
    pub(crate) fn read(&self) -> Reading<'_> {
        let reader = self.readers.read();
        let generations = self.generations();
        // Counted while the list stands still: else a snapshot could take frames out of it that were not counted yet.
        let frames = self.durable_frames.load(Ordering::Acquire);
        Reading { generations: generations.clone(), frames, _reader: reader }
    }

    /// Whether the generation that takes records has any.
    pub(crate) fn has_records(&self) -> bool {
        self.durable_frames.load(Ordering::Acquire) > self.writer().start.frames
    }

    /// Ends the process if the path of the store leads elsewhere: asked before anything is made or removed by its path.
    pub(crate) fn require_place(&self) -> Result<(), OpenError> {
        self.place.require()
    }

    fn note_journal(&self) {
        let current = self.generations().last().cloned();
        let path = |number| self.dir.generation(number).journal_file();
        if let Some(current) = current {
            self.place.note_journal(Arc::clone(&current.file), path(current.number));
        }
    }

    /// Lets a new generation take records from now on, if the present one has any. Only handing over stops appends, not the making
    /// of the new one.
    pub(crate) fn rotate(&self) -> Result<(), RotateError> {
        let (number, start) = {
            let writer = self.writer();
            (writer.number, writer.start)
        };
        self.require_place()?;
        if self.durable_frames.load(Ordering::Acquire) == start.frames {
            return Ok(());
        }
        let next = self.dir.generation(number + 1);
        if !files::exists(&next.journal()).map_err(OpenError::from)? {
            sled_store::create(&next)?;
        }
        let inside = next.clone();
        let opened = store_thread::run(0, move || sled_store::open_one(&inside, Tip::default()));
        let generation = opened.map_err(|died| sled_store::refusal(&self.dir, &died))??;
        self.require_place()?;
        let mut writer = self.writer();
        if !matches!(writer.state, State::Writable) {
            return Err(RotateError::Closed);
        }
        let generation = Arc::new(Generation { start: writer.tip, ..generation });
        writer.change_generation(Arc::clone(&generation));
        self.generations().push(generation);
        self.note_journal();
        Ok(())
    }

    /// The oldest generation that takes no more records and for which no snapshot stands, with the end of the chain in it.
    pub(crate) fn oldest_closed(&self) -> Option<(Arc<Generation>, Tip)> {
        match &self.generations()[..] {
            [oldest, next, ..] => Some((Arc::clone(oldest), next.start)),
            _ => None,
        }
    }

    /// Whether a generation waits for its snapshot, or will soon because it has so many bytes of records since it was opened, or so many
    /// records.
    pub(crate) fn needs_snapshot(&self, bytes_max: u64, records_max: u64) -> bool {
        if self.oldest_closed().is_some() {
            return true;
        }
        let writer = self.writer();
        writer.bytes >= bytes_max || writer.tip.records - writer.start.records >= records_max
    }

    /// Lets go of a generation for which a snapshot stands now.
    pub(crate) fn retire(&self, number: u64) {
        let mut generations = self.generations();
        let gone = generations.extract_if(.., |generation| generation.number == number);
        let gone: Vec<_> = gone.map(|generation| (number, Arc::downgrade(&generation))).collect();
        drop(generations);
        self.retired.lock().extend(gone);
        self.touched.lock().retain(|_, last| *last > number);
    }

    /// Whether somebody still reads a generation for which a snapshot stands.
    pub(crate) fn is_read(&self, number: u64) -> bool {
        let mut retired = self.retired.lock();
        retired.retain(|(_, generation)| generation.strong_count() > 0);
        retired.iter().any(|(retired, _)| *retired == number)
    }

    /// The streams that have records for which no snapshot stands.
    pub(crate) fn touched(&self) -> HashSet<Stream> {
        self.touched.lock().keys().copied().collect()
    }

    /// Whether a stream has records for which no snapshot stands.
    pub(crate) fn is_touched(&self, stream: Stream) -> bool {
        self.touched.lock().contains_key(&stream)
    }

    /// What snapshots stand for now. To be taken after [`read`](Self::read), or a generation could be missing between the two.
    pub(crate) fn kept(&self) -> Arc<Kept> {
        Arc::clone(&self.kept.lock())
    }

    /// Takes the next snapshot into use.
    pub(crate) fn keep(&self, kept: Kept) {
        *self.kept.lock() = Arc::new(kept);
    }

    /// Takes note of states that have no settled booking left, by their sequences.
    pub(crate) fn note_shed(&self, whole: impl IntoIterator<Item = (Stream, u64)>) {
        self.shed.lock().extend(whole);
        self.sheddings.fetch_add(1, Ordering::Release);
    }

    /// How often states have shed anything since the journal was opened.
    pub(crate) fn sheddings(&self) -> u64 {
        self.sheddings.load(Ordering::Acquire)
    }

    /// The sequence up to which everything settled of a stream was shed.
    pub(crate) fn shed_through(&self, stream: Stream) -> Option<u64> {
        self.shed.lock().get(&stream).copied()
    }

    /// Notes who has booked at the concerts that sleep.
    pub(super) fn note_sleepers(&self, sleepers: Vec<Run>) {
        *self.sleepers.lock() = sleepers.into();
    }

    /// At which of the concerts that slept at the last start somebody with this fingerprint has booked.
    pub(super) fn booked_at(&self, buyer: Fingerprint) -> io::Result<Vec<ConcertId>> {
        let sleepers = Arc::clone(&self.sleepers.lock());
        let found = sleepers.iter().map(|run| run.concerts_of(buyer)).collect::<io::Result<Vec<_>>>()?;
        Ok(found.concat())
    }

    /// A group is mostly of few streams, so they are looked at before they are noted.
    fn touch(&self, records: &[Record], generation: u64) {
        let mut touched = self.touched.lock();
        let mut last = None;
        for Record { stream, .. } in records {
            if last.replace(*stream) != Some(*stream) {
                touched.insert(*stream, generation);
            }
        }
    }

    /// Makes the mark durable, while groups go on being written.
    pub(crate) fn sync_mark(&self) -> Result<(), FileError> {
        let sync = self.writer().mark.to_sync();
        sync()
    }

    pub(super) fn reopen(&self) -> Result<(), ReopenError> {
        let mut writer = self.writer();
        match &writer.state {
            State::Writable => return Ok(()),
            State::Failed(why) => return Err(ReopenError::Failed(why.clone())),
            State::Full => {}
        }
        let fail = |writer: &mut Writer, why: String| {
            writer.state = State::Failed(why.clone());
            Err(ReopenError::Failed(why))
        };
        match files::can_hold(self.dir.path(), ROOM_BYTES_MIN) {
            Ok(true) => {}
            Ok(false) => return Err(ReopenError::StillFull),
            Err(error) if error.is_short() => return Err(ReopenError::StillFull),
            Err(error) => return fail(&mut writer, error.to_string()),
        }
        let _nobody_reads = self.readers.write();
        let reopened = self.reopen_current(&mut writer);
        match reopened.and_then(|opened| self.resume(&mut writer, opened)) {
            Ok(()) => Ok(()),
            Err(OpenError::NoRoom { .. }) => Err(ReopenError::StillFull),
            Err(refusal) if refusal.may_pass() => {
                tracing::warn!(%refusal, "the journal cannot be opened again yet");
                Err(ReopenError::StillFull)
            }
            Err(refusal) => fail(&mut writer, refusal.to_string()),
        }
    }

    /// Closes what is left of the generation that took records and opens it again. The chain must still hold what was acknowledged.
    fn reopen_current(&self, writer: &mut Writer) -> Result<Opened, OpenError> {
        let dir = self.dir.generation(writer.number);
        let bytes = files::bytes_in(&dir.journal())?;
        let expected = Expected { start: writer.start, ends: writer.ends_before.clone(), mark: writer.tip };
        let from_writer = writer.current.take();
        let from_list = self.take_current(writer.number);
        let opened = store_thread::run(bytes, move || {
            drop((from_writer, from_list));
            sled_store::open_checked(&[dir], expected)
        });
        opened.map_err(|died| sled_store::refusal(&self.dir, &died))?
    }

    /// Takes a reopened generation into use. Its chain may go beyond what was acknowledged: it is durable, so it counts.
    fn resume(&self, writer: &mut Writer, opened: Opened) -> Result<(), OpenError> {
        let marked = writer.mark.write(opened.tip).and_then(|()| writer.mark.sync());
        let (opened, ()) = closing_unless(marked, opened)?;
        self.touched.lock().extend(touched(&opened, &self.kept(), writer.number));
        self.durable_frames.store(opened.tip.frames, Ordering::Release);
        self.generations().extend(opened.generations.iter().cloned());
        self.note_journal();
        writer.resume(&opened);
        Ok(())
    }

    fn take_current(&self, number: u64) -> Option<Arc<Generation>> {
        self.generations().pop_if(|generation| generation.number == number)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock()
    }

    fn generations(&self) -> MutexGuard<'_, Vec<Arc<Generation>>> {
        self.generations.lock()
    }
}

/// The streams of an opened journal that have records for which no snapshot stands, as of the generation that takes records.
fn touched(opened: &Opened, kept: &Kept, generation: u64) -> impl Iterator<Item = (Stream, u64)> {
    let ahead = opened.ends.streams_ahead_of(|stream| kept.sequence(stream).unwrap_or(0));
    ahead.map(move |stream| (stream, generation))
}

impl Drop for Store {
    fn drop(&mut self) {
        // All of sled's threads may help to close what is open.
        self.quiet_pool = None;
        let writer = self.writer.get_mut();
        let current = writer.current.take();
        if matches!(writer.state, State::Failed(_)) {
            // sled flushes when it is dropped, and a broken one can wait for that for ever. The process ends anyway.
            return std::mem::forget(current);
        }
        let generations = std::mem::take(self.generations.get_mut());
        store_thread::let_go((current, generations));
    }
}

impl Reading<'_> {
    /// The generations, the oldest first.
    pub(crate) fn generations(&self) -> &[Arc<Generation>] {
        &self.generations
    }

    /// The end of the chain before them.
    pub(crate) fn start(&self) -> Tip {
        self.generations.first().map_or_else(Tip::default, |generation| generation.start)
    }
}
