//! Opening: nothing is believed before it has been checked, and nothing is lost by the checking.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::SledJournal;
use super::store::Store;
use super::writer::Writer;
use crate::chain::Tip;
use crate::data_dir::{DataDir, GenerationDir};
use crate::error::OpenError;
use crate::evidence;
use crate::files::{self, FileError};
use crate::kept::Kept;
use crate::mark::{Mark, Marked};
use crate::place::Place;
use crate::sled_store::{self, Expected, Opened};
use crate::snapshots::Tail;
use crate::snapshotter::{Schedule, Snapshotter};
use crate::store_thread;
use crate::watchdog::Watchdog;

/// What is said of a directory that had a store and has neither journal nor mark.
pub(crate) const ALL_IS_GONE: &str = "its journal and its mark are gone";

/// See [`SledJournal::open`].
pub(super) fn open(
    data_dir: &Path,
    schedule: Schedule,
    fatal: impl FnOnce(&str) + Send + 'static,
) -> Result<SledJournal, OpenError> {
    let (store, lock) = open_store(data_dir, fatal)?;
    let store = Arc::new(store);
    let snapshotter = Snapshotter::start(Arc::clone(&store), schedule);
    let snapshotter = snapshotter.map_err(FileError::new("make snapshots in", data_dir))?;
    Ok(SledJournal { snapshotter, store, _lock: lock })
}

/// The same with nobody who makes snapshots.
pub(crate) fn open_store(
    data_dir: &Path,
    fatal: impl FnOnce(&str) + Send + 'static,
) -> Result<(Store, File), OpenError> {
    let dir = DataDir::new(data_dir);
    dir.require_directory()?;
    files::make_directory(data_dir)?;
    let lock = dir.lock()?;
    dir.number_journal()?;
    for generation in dir.generations()? {
        evidence::settle(&generation)?;
    }
    let (kept, generations) = kept_and_generations(&dir)?;
    let (mut mark, marked) = mark_of(&dir, &generations)?;
    mark.hold(&dir)?;
    dir.note_store(&lock)?;
    let generations = if generations.is_empty() { vec![dir.generation(0)] } else { generations };
    let Tail { tip: start, .. } = kept.tail();
    let opened = open_generations(&dir, &generations, Expected { start, ends: kept.ends(), mark: marked })?;
    let begun = mark.write(opened.tip).and_then(|()| mark.sync()).and_then(|()| {
        let watchdog = Watchdog::start(fatal).map_err(FileError::new("watch", data_dir))?;
        let place = Place::watched(&dir, mark.file(), watchdog.end())?;
        Ok((watchdog, place))
    });
    let (opened, (watchdog, place)) = closing_unless(begun, opened)?;
    let writer = Writer::new(&opened, mark);
    Ok((Store::new(dir, kept, opened, writer, place, watchdog), lock))
}

/// Closes what is open if the next step failed, on a thread of its own: sled that cannot flush panics when it is dropped.
pub(super) fn closing_unless<T>(
    step: Result<T, FileError>,
    opened: Opened,
) -> Result<(Opened, T), OpenError> {
    match step {
        Ok(done) => Ok((opened, done)),
        Err(error) => {
            store_thread::let_go(opened);
            Err(error.into())
        }
    }
}

/// What snapshots stand for, and the generations after that, without a gap.
fn kept_and_generations(dir: &DataDir) -> Result<(Kept, Vec<GenerationDir>), OpenError> {
    for kept in [dir.snapshots(), dir.archive(), dir.ended()] {
        files::make_directory(&kept)?;
    }
    let (kept, wrong) = Kept::open(dir)?;
    for what in wrong {
        tracing::warn!(what, "a snapshot is passed over");
    }
    let generations = kept.after_states(dir.generations()?);
    match kept.missing_generation(&generations) {
        None => Ok((kept, generations)),
        Some(number) => Err(OpenError::damaged(dir.path().to_owned(), missing(number))),
    }
}

/// What is said of a generation that is missing.
pub(crate) fn missing(number: u64) -> String {
    format!("generation {number} of its journal is missing")
}

/// Opens these generations. When that fails their files are as they were.
fn open_generations(
    dir: &DataDir,
    generations: &[GenerationDir],
    expected: Expected,
) -> Result<Opened, OpenError> {
    let put_back = || {
        let mut kept = generations.iter();
        kept.try_for_each(|kept| if files::exists(&kept.copy())? { evidence::put_back(kept) } else { Ok(()) })
    };
    for generation in generations {
        let kept = evidence::remove_unfinished_snapshots(&generation.journal()).map_err(OpenError::from);
        if let Err(refusal) = kept.and_then(|()| evidence::keep(generation)) {
            put_back()?;
            return Err(refusal);
        }
    }
    match sled_store::open_guarded(generations, expected) {
        Ok(Ok(opened)) => {
            let discarded = generations.iter().try_for_each(evidence::discard);
            closing_unless(discarded, opened).map(|(opened, ())| opened)
        }
        Ok(Err(refusal)) => {
            put_back()?;
            Err(refusal)
        }
        Err(died) => {
            // A stuck sled still has the files: the next start puts the copies back.
            if !matches!(died, store_thread::Died::Stuck(_)) {
                put_back()?;
            }
            Err(sled_store::refusal(dir, &died))
        }
    }
}

/// The mark of a data directory and how far it says that the journal reaches. What is missing is made, if nothing was there.
fn mark_of(dir: &DataDir, generations: &[GenerationDir]) -> Result<(Mark, Tip), OpenError> {
    let data_dir = || dir.path().to_owned();
    let has_journal = !generations.is_empty();
    if !files::exists(&dir.mark())? {
        if has_journal {
            return Err(OpenError::damaged(data_dir(), "its mark is missing"));
        }
        if dir.had_store()? {
            return Err(OpenError::damaged(data_dir(), ALL_IS_GONE));
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
        sled_store::create(&dir.generation(0))?;
    }
    Ok((mark, tip))
}
