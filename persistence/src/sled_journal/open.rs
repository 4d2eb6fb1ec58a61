//! Opening: nothing is believed before it has been checked, and nothing is lost by the checking.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, RwLock};

use super::SledJournal;
use super::writer::Writer;
use crate::chain::Tip;
use crate::data_dir::DataDir;
use crate::error::OpenError;
use crate::evidence;
use crate::files::{self, FileError};
use crate::mark::{Mark, Marked};
use crate::sled_store;
use crate::store_thread;
use crate::watchdog::Watchdog;

/// See [`SledJournal::open`].
pub(super) fn open(
    data_dir: &Path,
    fatal: impl FnOnce(&str) + Send + 'static,
) -> Result<SledJournal, OpenError> {
    let dir = DataDir::new(data_dir);
    files::make_directory(data_dir)?;
    let lock = dir.lock()?;
    evidence::settle(&dir)?;
    let (mut mark, marked) = mark_of(&dir, &lock)?;
    mark.hold(&dir)?;
    DataDir::note_store(&lock)?;
    evidence::remove_unfinished_snapshots(&dir.journal())?;
    evidence::keep(&dir)?;
    let opened = match sled_store::open_guarded(&dir, marked) {
        Ok(Ok(opened)) => opened,
        Ok(Err(refusal)) => {
            evidence::put_back(&dir)?;
            return Err(refusal);
        }
        Err(died) => {
            // A stuck sled still has the files: the next start puts the copy back.
            if !matches!(died, store_thread::Died::Stuck(_)) {
                evidence::put_back(&dir)?;
            }
            return Err(sled_store::refusal(&dir, &died));
        }
    };
    evidence::discard(&dir)?;
    mark.write(opened.tip)?;
    mark.sync()?;

    let watchdog = Watchdog::start(fatal).map_err(FileError::new("watch", data_dir))?;
    let durable_frames = AtomicU64::new(opened.tip.frames);
    let (db, writer) = Writer::new(opened, mark);
    Ok(SledJournal {
        dir,
        db: RwLock::new(Some(db)),
        durable_frames,
        writer: Mutex::new(writer),
        watchdog,
        _lock: lock,
    })
}

/// The mark of a data directory and how far it says that the journal reaches. What is missing is made, if nothing was there.
fn mark_of(dir: &DataDir, lock: &File) -> Result<(Mark, Tip), OpenError> {
    let data_dir = || dir.path().to_owned();
    let has_journal = files::exists(&dir.journal())?;
    if !files::exists(&dir.mark())? {
        if has_journal {
            return Err(OpenError::damaged(data_dir(), "its mark is missing"));
        }
        if DataDir::had_store(lock)? {
            return Err(OpenError::damaged(data_dir(), "its journal and its mark are gone"));
        }
        // The mark comes first: a journal without one is never sound.
        Mark::create(&dir.mark())?;
    }
    let (mark, marked) = Mark::open(&dir.mark())?;
    let tip = match marked {
        Marked::At(tip) => tip,
        Marked::Newer(version) => return Err(OpenError::NewerFormat { data_dir: data_dir(), version }),
        Marked::Unreadable => return Err(OpenError::damaged(data_dir(), "its mark cannot be read")),
    };
    if !has_journal {
        if tip.frames > 0 {
            return Err(OpenError::LostTail { data_dir: data_dir(), marked: tip.frames, found: 0 });
        }
        sled_store::create(dir)?;
    }
    Ok((mark, tip))
}
