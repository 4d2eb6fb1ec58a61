//! The journal on sled: what the engine sees of this room.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use boxoffice_engine::journal::{AppendError, Journal, Record, ReopenError, ReplayError, Scope};

use crate::chain::{Reader, Tip};
use crate::data_dir::{DataDir, ROOM_BYTES_MIN};
use crate::error::OpenError;
use crate::files;
use crate::frame;
use crate::sled_store::{self, Opened};
use crate::store_thread;
use crate::watchdog::Watchdog;
use crate::wire;

mod open;
mod writer;

use writer::{State, Writer};

/// A journal in a data directory, on sled.
///
/// One `append` is one commit group: its records packed into frames of up to 64 KiB, then sled's `flush`, then `fdatasync` on
/// sled's file, then the mark. No other process can open the data directory while this lives.
pub struct SledJournal {
    dir: DataDir,
    /// `None` after a reopening that failed. Replays hold it for reading, so a reopening waits for them.
    db: RwLock<Option<sled::Db>>,
    /// Frames that replays may show.
    durable_frames: AtomicU64,
    writer: Mutex<Writer>,
    watchdog: Watchdog,
    _lock: File,
}

impl SledJournal {
    /// Opens the journal of a data directory, or makes an empty one; checks all that is in it first.
    ///
    /// `fatal` is called with a reason when a write takes longer than 10 seconds. It must end the process without acknowledging
    /// anything, since the thread that writes may never come back.
    ///
    /// # Errors
    /// See [`OpenError`]. The files are then as they were.
    pub fn open(data_dir: &Path, fatal: impl FnOnce(&str) + Send + 'static) -> Result<Self, OpenError> {
        open::open(data_dir, fatal)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a reopened store into use. Its chain may go beyond what was acknowledged: it is durable, so it counts.
    fn resume(&self, writer: &mut Writer, opened: Opened) -> Result<sled::Db, String> {
        writer.mark.write(opened.tip).and_then(|()| writer.mark.sync()).map_err(|error| error.to_string())?;
        self.durable_frames.store(opened.tip.frames, Ordering::Release);
        Ok(writer.resume(opened))
    }
}

impl Journal for SledJournal {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        let mut writer = self.writer();
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let tip = writer.append(db.as_ref(), records, &self.watchdog)?;
        self.durable_frames.store(tip.frames, Ordering::Release);
        Ok(())
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        let db = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = db.as_ref().ok_or_else(|| ReplayError("it is closed".to_owned()))?;
        let frames = self.durable_frames.load(Ordering::Acquire);
        replay(db, frames, scope, visit).map_err(ReplayError)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
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
        match files::bytes_free(self.dir.path()) {
            Ok(free) if free < ROOM_BYTES_MIN => return Err(ReopenError::StillFull),
            Ok(_) => {}
            Err(error) => return fail(&mut writer, error.to_string()),
        }
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        match reopened(&self.dir, db.take(), writer.tip) {
            Ok(opened) => match self.resume(&mut writer, opened) {
                Ok(opened) => {
                    *db = Some(opened);
                    Ok(())
                }
                Err(why) => fail(&mut writer, why),
            },
            Err(OpenError::NoRoom { .. }) => Err(ReopenError::StillFull),
            Err(OpenError::Io(error)) if error.is_full() => Err(ReopenError::StillFull),
            Err(refusal) => fail(&mut writer, refusal.to_string()),
        }
    }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        if matches!(self.writer().state, State::Failed(_)) {
            // sled flushes when it is dropped, and a broken one can wait for that for ever. The process ends anyway.
            std::mem::forget(self.db.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        }
    }
}

/// Closes what is left of a store and opens it again. The chain must still hold what was acknowledged.
fn reopened(dir: &DataDir, broken: Option<sled::Db>, acknowledged: Tip) -> Result<Opened, OpenError> {
    let bytes = files::bytes_in(&dir.journal())?;
    let inside = dir.clone();
    let opened = store_thread::run(bytes, move || {
        drop(broken);
        sled_store::open_checked(&inside, acknowledged)
    });
    opened.map_err(|died| sled_store::refusal(dir, &died))?
}

/// Shows the records of the first `frames` frames.
fn replay(db: &sled::Db, frames: u64, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), String> {
    let mut reader = Reader::default();
    let mut entries = db.range(..frame::key(frames));
    // sled may panic on what it reads; the visitor's own panic is the visitor's business.
    while let Some(entry) =
        store_thread::catch(|| entries.next()).map_err(|message| format!("sled panicked: {message}"))?
    {
        let (key, value) = entry.map_err(|error| error.to_string())?;
        let Some(group) = reader.follow(&key, &value).map_err(|damage| damage.to_string())? else { continue };
        for packed in wire::unpack(group.bytes) {
            let packed = packed.map_err(|error| error.to_string())?;
            let wanted = match scope {
                Scope::Everything => true,
                Scope::Stream(stream) => packed.head.stream == stream,
            };
            if wanted {
                visit(packed.record().map_err(|error| error.to_string())?);
            }
        }
    }
    let reached = reader.whole().frames;
    if reached == frames { Ok(()) } else { Err(format!("it ends after {reached} frames of {frames}")) }
}
