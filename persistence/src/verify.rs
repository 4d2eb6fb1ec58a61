//! A closer look at a store: how much of it is sound, and where it is not.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{State, Stream};

use crate::chain::Tip;
use crate::data_dir::{DataDir, GenerationDir};
use crate::error::{OpenError, one_line};
use crate::evidence;
use crate::files::{self, FileError};
use crate::kept::{ENDED_AGAIN, Kept, sketches};
use crate::mark::{Mark, Marked};
use crate::scan::{AtMark, Scan, Walk};
use crate::sled_journal::{ALL_IS_GONE, missing};
use crate::sled_store::{self, Frames};
use crate::snapshots::{Entry, Tail};
use crate::store_thread;
use crate::wire;

/// What [`verify`] found. Shown, it is a few lines for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Frames from the first on that are whole and in their place.
    pub frames: u64,
    /// Event records up to there, those that snapshots stand for included.
    pub records: u64,
    /// Streams (concerts, and the accounts) in them.
    pub streams: usize,
    /// Frames at the end of a group that was never finished, and so never acknowledged. Not damage.
    pub unfinished_frames: u64,
    /// Frames that the journal must have, by its mark; `None` if there is no mark that can be read.
    pub marked_frames: Option<u64>,
    /// Streams whose state is kept in the last snapshot, and is sound.
    pub states: usize,
    /// Records in the archive.
    pub archived: u64,
    /// Bookings that the states have shed.
    pub ended: u64,
    /// Everything that is wrong, a line each. Empty: the store is sound.
    pub wrong: Vec<String>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, records, streams, unfinished_frames, marked_frames, .. } = self;
        let Self { states, archived, ended, wrong, .. } = self;
        write!(f, "whole: {frames} frames with {records} records of {streams} streams")?;
        match marked_frames {
            Some(marked) => write!(f, "\nmark: {marked} frames")?,
            None => write!(f, "\nmark: cannot be read")?,
        }
        if *unfinished_frames > 0 {
            write!(f, "\nunfinished: {unfinished_frames} frames, never acknowledged")?;
        }
        if *states > 0 {
            write!(f, "\nsnapshot: {states} states, {archived} records in the archive")?;
        }
        if *ended > 0 {
            write!(f, "\nended: {ended} bookings beside the states")?;
        }
        if wrong.is_empty() {
            return write!(f, "\nthe store is sound");
        }
        wrong.iter().try_for_each(|what| write!(f, "\nwrong: {what}"))
    }
}

/// Looks at every frame and record of a data directory's journal, decoding all of them.
///
/// sled changes damaged files when it opens them, so this works on a copy in `work_dir`, or else inside the data directory, and
/// removes it in the end. The journal itself is not touched.
///
/// # Errors
/// When it cannot look: another process has the store open, there is no room for the copy, or the operating system refuses.
/// Damage is no error but stands in the report.
pub fn verify(data_dir: &Path, work_dir: Option<&Path>) -> Result<Report, OpenError> {
    let dir = DataDir::new(data_dir);
    dir.require_directory()?;
    if !files::exists(&dir.lock_file())? {
        dir.require_store()?;
    }
    let _lock = dir.lock_to_look()?;
    let mut report = Report::default();
    let generations = dir.generations()?;
    if generations.is_empty() && !files::exists(&dir.mark())? {
        // Else it is a first start that did not get far.
        if dir.had_store()? {
            report.wrong.push(ALL_IS_GONE.to_owned());
        }
    }
    let Some(mark) = look_at_mark(&dir, &mut report)? else { return Ok(report) };
    if generations.is_empty() && mark.frames > 0 {
        let what = format!("there is no journal, but the mark stands behind {} frames", mark.frames);
        report.wrong.push(what);
        return Ok(report);
    }
    let Some(kept) = look_at_kept(&dir, &mut report)? else { return Ok(report) };
    let generations = kept.after_states(generations);
    report.wrong.extend(kept.missing_generation(&generations).map(missing));
    let Tail { tip: start, .. } = kept.tail();
    let mut walk = Walk::begin(start, kept.ends(), mark);
    for generation in &generations {
        walk = look_at_generation(generation, work_dir, walk, &mut report)?;
    }
    add(&walk.end(), mark, &mut report);
    Ok(report)
}

/// Looks at every state and every sketch of the last snapshot and at the whole archive.
fn look_at_kept(dir: &DataDir, report: &mut Report) -> Result<Option<Kept>, OpenError> {
    let (kept, passed_over) = match Kept::open(dir) {
        Ok(opened) => opened,
        Err(OpenError::Damaged { what, .. }) => {
            report.wrong.push(what);
            return Ok(None);
        }
        Err(refusal) => return Err(refusal),
    };
    report.wrong.extend(passed_over);
    let archived = look_at_history(&kept, report);
    let told = report.wrong.len();
    let mut ended = HashMap::new();
    report.ended = kept.ended.verify(
        |concert| *ended.entry(concert).or_default() += 1,
        |what| report.wrong.push(what + ENDED_AGAIN),
    );
    // What follows from damage that was told need not be told, too.
    let ended = (report.wrong.len() == told).then_some(ended);
    let tell = |_, read: sketches::Read| report.wrong.extend(read.err().map(|damage| damage.to_string()));
    sketches::each(&kept, kept.entries(), &mut [tell]);
    for entry in kept.entries() {
        look_at_state(&kept, &entry, ended.as_ref(), report);
        look_whether_archived(&entry, &archived, report);
    }
    Ok(Some(kept))
}

/// Looks at everything in the archive, and returns the last sequence that it has of each concert.
fn look_at_history(kept: &Kept, report: &mut Report) -> HashMap<ConcertId, u64> {
    let mut archived = HashMap::new();
    let mut undecodable = Vec::new();
    kept.archive.verify(
        |concert, _, _, packed| {
            for record in wire::unpack(packed) {
                match record.and_then(|packed| packed.record()) {
                    Ok(record) => {
                        archived.insert(concert, record.sequence);
                    }
                    Err(error) => undecodable.push(format!("the history of concert {concert}: {error}")),
                }
            }
        },
        |damage| report.wrong.push(damage.to_string()),
    );
    report.wrong.append(&mut undecodable);
    report.archived = archived.values().sum();
    archived
}

/// Looks at a state, and whether there is what it has shed, where `ended` says what there is.
fn look_at_state(kept: &Kept, entry: &Entry, ended: Option<&HashMap<ConcertId, u64>>, report: &mut Report) {
    let sound = kept.state(entry.stream).and_then(|snapshot| {
        let fold = snapshot.map(Fold::begin).transpose().map_err(|error| error.to_string())?;
        fold.zip(ended).map_or(Ok(()), |(fold, ended)| look_at_shed(fold.state(), ended))
    });
    match sound {
        Ok(()) => report.states += 1,
        Err(what) => report.wrong.push(what),
    }
}

/// Whether the archive has what the state of a concert was made of.
fn look_whether_archived(entry: &Entry, archived: &HashMap<ConcertId, u64>, report: &mut Report) {
    let Stream::Concert(concert) = entry.stream else { return };
    let last = archived.get(&concert).copied().unwrap_or_default();
    if last < entry.sequence {
        let Entry { sequence, .. } = entry;
        report.wrong.push(format!("the history of concert {concert} ends with event {last} of {sequence}"));
    }
}

/// Whether as many bookings were found of each concert as its state has shed.
fn look_at_shed(state: &State, ended: &HashMap<ConcertId, u64>) -> Result<(), String> {
    let State::Concert(concert) = state else { return Ok(()) };
    let (id, shed) = (concert.id(), concert.bookings_shed());
    let found = ended.get(&id).copied().unwrap_or_default();
    if found >= shed {
        return Ok(());
    }
    Err(format!("of {shed} bookings that the state of concert {id} has shed there are {found}{ENDED_AGAIN}"))
}

/// Goes over a copy of a generation.
fn look_at_generation(
    generation: &GenerationDir,
    work_dir: Option<&Path>,
    walk: Walk,
    report: &mut Report,
) -> Result<Walk, OpenError> {
    // A copy that a start left behind is what the generation was before sled touched it.
    let left_behind = files::exists(&generation.copy())?;
    let source = if left_behind { generation.copy() } else { generation.journal() };
    if !files::exists(&source)? {
        return Ok(walk);
    }
    if let Err(OpenError::Damaged { what, .. }) = sled_store::refuse_blobs(generation.data_dir(), &source) {
        report.wrong.push(what);
    }
    let room = work_dir.map_or_else(|| generation.data_dir().clone(), DataDir::new);
    let copy = room.generation(generation.number).verified();
    room.require_room(files::bytes_in(&source)?)?;
    files::remove_tree(&copy)?;
    let looked = files::copy_tree(&source, &copy).and_then(|()| look_at_copy(&copy, walk.clone()));
    files::remove_tree(&copy)?;
    Ok(looked?.unwrap_or_else(|wrong| {
        report.wrong.push(one_line(&wrong));
        walk
    }))
}

/// The mark, unless it is useless; an empty data directory is like one with the mark of nothing.
fn look_at_mark(dir: &DataDir, report: &mut Report) -> Result<Option<Tip>, FileError> {
    if !files::exists(&dir.mark())? {
        if dir.generations()?.is_empty() {
            report.marked_frames = Some(0);
        } else {
            report.wrong.push("the mark is missing".to_owned());
        }
        return Ok(Some(Tip::default()));
    }
    match Mark::read(&dir.mark())? {
        Marked::At(tip) => {
            report.marked_frames = Some(tip.frames);
            Ok(Some(tip))
        }
        Marked::Unreadable => {
            report.wrong.push("neither slot of the mark can be read".to_owned());
            Ok(Some(Tip::default()))
        }
        Marked::Newer(version) => {
            report.wrong.push(format!("the mark is of format {version}: a newer boxoffice wrote it"));
            Ok(None)
        }
    }
}

/// Opens the copy and walks over it, or says what is wrong with it.
fn look_at_copy(copy: &Path, walk: Walk) -> Result<Result<Walk, String>, FileError> {
    evidence::remove_unfinished_snapshots(copy)?;
    let bytes = files::bytes_in(copy)?;
    let path = copy.to_owned();
    let walked = store_thread::run(bytes, move || {
        let frames = sled_store::open_sled(&path).and_then(Frames::of).map_err(|error| error.to_string())?;
        let mut walk = walk;
        walk.over(frames.all().map_err(|error| error.to_string())?, |packed| {
            packed.record().map(drop).map_err(|error| error.to_string())
        });
        Ok::<_, String>(walk)
    });
    Ok(match walked {
        Ok(Ok(walk)) => Ok(walk),
        Ok(Err(error)) => Err(format!("sled cannot open the journal: {error}")),
        Err(died) => Err(died.to_string()),
    })
}

fn add(scan: &Scan, mark: Tip, report: &mut Report) {
    let Scan { tip, unfinished, ends, damage, at_mark } = scan;
    report.frames = tip.frames;
    report.records = tip.records;
    report.streams = ends.streams();
    report.unfinished_frames = *unfinished;
    report.wrong.extend(damage.as_ref().map(ToString::to_string));
    match at_mark {
        AtMark::Agrees => {}
        AtMark::NotReached => report.wrong.push(format!(
            "the journal is whole up to {} frames, but had {} that were acknowledged",
            tip.frames, mark.frames
        )),
        AtMark::Differs => {
            report
                .wrong
                .push(format!("the mark stands behind {} frames, where the journal has others", mark.frames));
        }
    }
}
