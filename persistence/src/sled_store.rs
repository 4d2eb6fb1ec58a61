//! sled, opened as this program needs it, and checked before anybody believes it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use boxoffice_engine::journal::StreamEnds;

use crate::chain::Tip;
use crate::data_dir::{DataDir, GenerationDir, ROOM_BYTES_MIN};
use crate::error::OpenError;
use crate::files::{self, FileError};
use crate::scan::{AtMark, Scan, Walk};
use crate::store_thread::{self, Died};

mod frames;
mod pool;

pub(crate) use frames::Frames;
pub(crate) use pool::QuietPool;

/// A leaf of 17 frames must stay below a quarter of a segment, or sled moves it to a blob file, which it never syncs. A generation takes
/// at least two or three segments.
const SEGMENT_BYTES: usize = 1024 * 1024;
/// Replays read each page once and appends touch the last one, so more would buy nothing.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// One generation of the journal, open.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    /// The end of the chain before it.
    pub(crate) start: Tip,
    pub(crate) frames: Frames,
    /// Our own handle to sled's file: sled's `flush` does not survive a power cut, `sync_data` on this does.
    pub(crate) file: Arc<File>,
}

/// Generations whose whole content has been checked and is durable.
pub(crate) struct Opened {
    /// Without a gap, the oldest first. The last takes records.
    pub(crate) generations: Vec<Arc<Generation>>,
    pub(crate) tip: Tip,
    pub(crate) ends: StreamEnds,
    /// Where the streams ended before the last generation.
    pub(crate) ends_before_last: StreamEnds,
}

/// From where generations are opened, and how far they must reach.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The end of the chain before the first of them.
    pub(crate) start: Tip,
    /// Where the streams ended there.
    pub(crate) ends: StreamEnds,
    pub(crate) mark: Tip,
}

/// Opens sled in a directory, making it if there is none.
pub(crate) fn open_sled(journal: &Path) -> sled::Result<sled::Db> {
    sled::Config::new()
        .path(journal)
        .segment_size(SEGMENT_BYTES)
        .mode(sled::Mode::HighThroughput)
        .cache_capacity(CACHE_BYTES)
        // Only the writer flushes: a second flusher is a second lock to wait for.
        .flush_every_ms(None)
        .open()
}

/// Whether sled ran out of room. Its own errors keep the kind when they are repeated.
pub(crate) fn is_full(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if files::is_full(error))
}

/// Makes an empty generation under a temporary name, so that what has its name is always whole.
pub(crate) fn create(dir: &GenerationDir) -> Result<(), OpenError> {
    dir.data_dir().require_room(0)?;
    let new = dir.new_journal();
    files::remove_tree(&new)?;
    let path = new.clone();
    // Closing is part of making: only then are all of sled's files written.
    let made = store_thread::run(0, move || open_sled(&path).map(drop));
    made.map_err(|died| refusal(dir.data_dir(), &died))?.map_err(|error| of_sled(dir.data_dir(), &error))?;
    files::sync_tree(&new)?;
    Ok(files::rename(&new, &dir.journal())?)
}

/// Runs `open_checked` where it can neither panic nor hang.
pub(crate) fn open_guarded(
    dirs: &[GenerationDir],
    expected: Expected,
) -> Result<Result<Opened, OpenError>, Died> {
    let bytes = dirs.iter().map(|dir| files::bytes_in(&dir.journal()).unwrap_or(0)).sum();
    let inside = dirs.to_vec();
    store_thread::run(bytes, move || open_checked(&inside, expected))
}

/// Opens generations that follow one another (at least one), checks every frame and that the chain passes through the mark, removes
/// a group that was never finished, and makes all of it durable: what is read from here on may be told to somebody.
pub(crate) fn open_checked(dirs: &[GenerationDir], expected: Expected) -> Result<Opened, OpenError> {
    let Expected { start, ends, mark } = expected;
    let mut ends_before_last = StreamEnds::default();
    let mut walk = Walk::begin(start, ends, mark);
    let mut generations = Vec::new();
    for (place, dir) in dirs.iter().enumerate() {
        refuse_blobs(dir.data_dir(), &dir.journal())?;
        if place + 1 == dirs.len() {
            ends_before_last = walk.ends().clone();
        }
        let generation = open_one(dir, walk.tip())?;
        let frames = generation.frames.all().map_err(|error| of_sled(dir.data_dir(), &error))?;
        walk.over(frames, |_| Ok(()));
        generations.push(generation);
    }
    let data_dir = || dirs.first().map_or_else(Default::default, |dir| dir.data_dir().path().to_owned());
    let Scan { tip, unfinished, ends, damage, at_mark } = walk.end();
    if let Some(damage) = damage {
        return Err(OpenError::from_damage(data_dir(), &damage));
    }
    match at_mark {
        AtMark::Agrees => {}
        AtMark::NotReached => {
            return Err(OpenError::LostTail { data_dir: data_dir(), marked: mark.frames, found: tip.frames });
        }
        AtMark::Differs => {
            let what = format!("its mark stands behind {} frames, where the journal has others", mark.frames);
            return Err(OpenError::damaged(data_dir(), what));
        }
    }
    for (generation, dir) in generations.iter().zip(dirs) {
        if unfinished > 0 {
            let removed = generation.frames.remove_from(tip.frames);
            removed.map_err(|error| of_sled(dir.data_dir(), &error))?;
        }
        make_durable(generation, dir)?;
    }
    let generations = generations.into_iter().map(Arc::new).collect();
    Ok(Opened { generations, tip, ends, ends_before_last })
}

/// Opens one generation without a look at what is in it.
pub(crate) fn open_one(dir: &GenerationDir, start: Tip) -> Result<Generation, OpenError> {
    let journal = dir.journal();
    wait_until_closed(&journal)?;
    let frames = open_sled(&journal).and_then(Frames::of).map_err(|error| of_sled(dir.data_dir(), &error))?;
    let path = dir.journal_file();
    let file = File::options().read(true).write(true).open(&path).map_err(FileError::new("open", &path))?;
    Ok(Generation { number: dir.number, start, frames, file: Arc::new(file) })
}

fn make_durable(generation: &Generation, dir: &GenerationDir) -> Result<(), OpenError> {
    generation.frames.flush().map_err(|error| of_sled(dir.data_dir(), &error))?;
    generation.file.sync_data().map_err(FileError::new("sync", &dir.journal_file()))?;
    Ok(files::sync_directory(&dir.journal())?)
}

/// Blob files are never synced by sled, so a value in one may be lost: there must be none. Asked before sled opens, which removes
/// some of them.
pub(crate) fn refuse_blobs(dir: &DataDir, journal: &Path) -> Result<(), OpenError> {
    let blobs = journal.join("blobs");
    if files::exists(&blobs)? && !files::list(&blobs)?.is_empty() {
        let what = format!("{} is not empty, though no value is ever put there", blobs.display());
        return Err(OpenError::damaged(dir.path().to_owned(), what));
    }
    Ok(())
}

/// Waits until an earlier sled of this process has let go of its file: its I/O threads may hold it a little longer than the store.
fn wait_until_closed(journal: &Path) -> Result<(), FileError> {
    let path = journal.join("db");
    if !files::exists(&path)? {
        return Ok(());
    }
    let file = File::open(&path).map_err(FileError::new("open", &path))?;
    file.lock().and_then(|()| file.unlock()).map_err(FileError::new("lock", &path))
}

/// The refusal for an open that died.
pub(crate) fn refusal(dir: &DataDir, died: &Died) -> OpenError {
    let (data_dir, what) = (dir.path().to_owned(), died.to_string());
    match died {
        Died::Unstarted(_) => OpenError::Short { data_dir, what },
        Died::Panicked(_) | Died::Stuck(_) => OpenError::damaged(data_dir, what),
    }
}

/// The refusal for an error of sled.
pub(crate) fn of_sled(dir: &DataDir, error: &sled::Error) -> OpenError {
    let data_dir = dir.path().to_owned();
    if is_full(error) {
        let free = files::bytes_free(dir.path()).unwrap_or(0);
        return if free < ROOM_BYTES_MIN {
            OpenError::NoRoom { data_dir, needed: ROOM_BYTES_MIN, free }
        } else {
            OpenError::NoFiles { data_dir, free }
        };
    }
    let what = match error {
        sled::Error::Corruption { .. } => "sled finds its own checksums broken".to_owned(),
        sled::Error::Io(error) if files::is_short(error) => {
            return OpenError::Short { data_dir, what: error.to_string() };
        }
        other => format!("sled cannot read it: {other}"),
    };
    OpenError::damaged(data_dir, what)
}
