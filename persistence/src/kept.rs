//! What is kept outside the journal: the states of the last snapshot, and the history before it.

use std::collections::BTreeSet;
use std::sync::Arc;

use boxoffice_engine::concert::Fingerprint;
use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{Record, Scope, SketchOf, Snapshot, State, Stream, StreamEnds};

use crate::archive::Archive;
use crate::compression::Decompressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::data_dir::{DataDir, GenerationDir};
use crate::ended::Ended;
use crate::error::OpenError;
use crate::sketch;
use crate::snapshots::{Entry, Snapshots, Tail};
use crate::state;
use crate::wire;

pub(crate) mod buyers;
pub(crate) mod sketches;

/// What can be done about damage among the bookings that have ended.
pub(crate) const ENDED_AGAIN: &str =
    "; once the directory ended/ is moved aside, the next start makes what was in it again of the history";

/// Snapshots and archive at one moment. A value never changes; the next snapshot makes the next one.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) snapshots: Snapshots,
    pub(crate) archive: Archive,
    /// What the states have shed.
    pub(crate) ended: Ended,
    /// The streams of which that is gone, as it was shed before the first segment that is there. Their states and sketches count for
    /// nothing; the next snapshot renews them.
    pub(crate) bereft: Arc<BTreeSet<Stream>>,
}

impl Kept {
    /// Opens what is kept in a data directory. Where the state of the accounts, which have no archived history, cannot be read, the
    /// snapshot before counts. Also tells what is wrong with the snapshots that were passed over.
    pub(crate) fn open(dir: &DataDir) -> Result<(Self, Vec<String>), OpenError> {
        let refused = |error| refusal(dir, error, "");
        let snapshots = Snapshots::open(&dir.snapshots()).map_err(refused)?;
        let archive = Archive::open(&dir.archive()).map_err(refused)?;
        let ended = Ended::open(&dir.ended()).map_err(|error| refusal(dir, error, ENDED_AGAIN))?;
        let mut kept = Self { snapshots, archive, ended, bereft: Arc::default() };
        let archived = kept.archive.archived_through().map_or(0, |last| last + 1);
        if archived < kept.tail().generation {
            let what = format!("its archive lacks generation {archived}, which is no longer in the journal");
            return Err(OpenError::damaged(dir.path().to_owned(), what));
        }
        let generation = kept.tail().generation;
        if kept.ended.through().is_some_and(|through| through + 1 < generation) {
            let what =
                format!("it lacks the bookings that ended before generation {generation}{ENDED_AGAIN}");
            return Err(OpenError::damaged(dir.path().to_owned(), what));
        }
        let mut wrong: Vec<String> = kept.snapshots.wrong().iter().map(ToString::to_string).collect();
        if let Err(damage) = kept.snapshot(Stream::Accounts) {
            wrong.push(damage);
            kept.snapshots = kept.snapshots.fall_back().map_err(|damage| refused(damage.into()))?;
            kept.snapshot(Stream::Accounts)
                .map_err(|what| OpenError::damaged(dir.path().to_owned(), what))?;
        }
        let generation = kept.tail().generation;
        if generation > 0 && !kept.ended.reaches_back(generation) {
            kept.bereft = Arc::new(kept.states_without_what_they_shed());
        }
        Ok((kept, wrong))
    }

    /// The concerts whose states have shed anything, as their sketches say, or else the states; or may have, as neither can be read. They
    /// are looked at when a store starts that has lost what they shed, or one from before anything was shed.
    fn states_without_what_they_shed(&self) -> BTreeSet<Stream> {
        let mut decompressor = Decompressor::new();
        let mut may_have_shed = |stream: &Stream| {
            if let Ok(Some((SketchOf { sketch, .. }, _))) = self.sketch(*stream, &mut decompressor) {
                return sketch.shed > 0;
            }
            match self.state(*stream) {
                Ok(Some(Snapshot { state: State::Concert(concert), .. })) => concert.bookings_shed() > 0,
                Ok(_) => false,
                Err(_) => matches!(stream, Stream::Concert(_)),
            }
        };
        self.entries().map(|entry| entry.stream).filter(|stream| may_have_shed(stream)).collect()
    }

    /// Of these generations those with records that are not in the states.
    pub(crate) fn after_states(&self, mut generations: Vec<GenerationDir>) -> Vec<GenerationDir> {
        let first = self.tail().generation;
        generations.retain(|generation| generation.number >= first);
        generations
    }

    /// The first generation that the journal must have and has not, if those are there [after the states](Self::after_states).
    pub(crate) fn missing_generation(&self, there: &[GenerationDir]) -> Option<u64> {
        let first = self.tail().generation;
        let archived = self.archive.archived_through();
        if first == 0 && there.is_empty() && archived.is_none() {
            return None;
        }
        // One that is archived had a successor already. If it took records again, these would be missing in the archive.
        let archived = archived.map_or(first, |last| last + 1);
        let last = there.last().map_or(first, |last| last.number).max(archived);
        let mut there = there.iter().map(|there| there.number);
        (first..=last).find(|number| there.next() != Some(*number))
    }

    /// Where the records begin that are not in the states.
    pub(crate) fn tail(&self) -> Tail {
        self.snapshots.newest().map_or_else(Tail::default, |manifest| manifest.tail)
    }

    /// Where the streams end whose records are all in the states.
    pub(crate) fn ends(&self) -> StreamEnds {
        let ends = self.entries().map(|entry| (entry.stream, entry.sequence, entry.epoch));
        StreamEnds::after(self.streams(), ends)
    }

    /// The oldest generation without which the snapshot before the newest would be of no use.
    pub(crate) fn first_generation_needed(&self) -> u64 {
        self.snapshots.before().map_or(0, |manifest| manifest.tail.generation)
    }

    /// What is known of the streams that have states, in their order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.snapshots.newest().into_iter().flat_map(|newest| newest.entries.iter())
    }

    /// How many streams have states.
    pub(crate) fn streams(&self) -> usize {
        self.snapshots.newest().map_or(0, |newest| newest.entries.len())
    }

    fn entry(&self, stream: Stream) -> Option<Entry> {
        self.snapshots.newest()?.entries.get(stream)
    }

    /// Bytes that the states of all streams take on the disk.
    pub(crate) fn states_bytes(&self) -> u64 {
        self.entries().map(|entry| entry.state.length).sum()
    }

    /// Sequence of a stream's state.
    pub(crate) fn sequence(&self, stream: Stream) -> Option<u64> {
        Some(self.entry(stream)?.sequence)
    }

    /// A stream's state. That of a concert which cannot be read is made from the concert's history.
    pub(crate) fn snapshot(&self, stream: Stream) -> Result<Option<Snapshot>, String> {
        match (self.state(stream), stream, self.entry(stream)) {
            (Err(why), Stream::Concert(concert), Some(entry)) => {
                tracing::warn!(why, "a concert's state is made from its history");
                self.made_of_history(concert, &entry).map(Some).map_err(|history| format!("{why}; {history}"))
            }
            (read, ..) => read,
        }
    }

    /// A stream's state as it was kept.
    pub(crate) fn state(&self, stream: Stream) -> Result<Option<Snapshot>, String> {
        let Some((entry, bytes)) = self.snapshots.read(stream).map_err(|damage| damage.to_string())? else {
            return Ok(None);
        };
        let snapshot = state::decode(&bytes).map_err(|error| format!("the state of {stream}: {error}"))?;
        if (snapshot.stream, snapshot.sequence) != (stream, entry.sequence) {
            return Err(format!("what is kept for {stream} is the state of {}", snapshot.stream));
        }
        if self.bereft.contains(&stream) {
            return Err(format!(
                "the bookings that the state of {stream} has shed are gone; its history has them"
            ));
        }
        Ok(Some(snapshot))
    }

    fn made_of_history(&self, concert: ConcertId, entry: &Entry) -> Result<Snapshot, String> {
        let sequence = entry.sequence;
        let mut fold = Fold::absent(Stream::Concert(concert));
        let mut wrong = None;
        let last = self.history(concert, &mut |record| {
            if record.sequence <= sequence && wrong.is_none() {
                wrong = fold.take(&record).err();
            }
        })?;
        match wrong {
            Some(wrong) => Err(wrong.to_string()),
            None if last < sequence => Err(format!("its history ends with event {last} of {sequence}")),
            None => Ok(Snapshot { epoch: entry.epoch, ..fold.into_snapshot() }),
        }
    }

    /// Shows the archived records of a concert, and returns the last one's sequence.
    pub(crate) fn history(&self, concert: ConcertId, visit: &mut dyn FnMut(Record)) -> Result<u64, String> {
        let (mut last, mut wrong) = (0, None);
        let read = self.archive.read(concert, &mut |_, _, packed| {
            for record in wire::unpack(packed) {
                match record.and_then(|packed| packed.record()) {
                    Ok(record) if wrong.is_none() => {
                        last = record.sequence;
                        visit(record);
                    }
                    Ok(_) => {}
                    Err(error) => wrong = wrong.take().or(Some(error)),
                }
            }
        });
        read.map_err(|damage| damage.to_string())?;
        wrong.map_or(Ok(last), |wrong| Err(format!("the history of concert {concert}: {wrong}")))
    }

    /// What is told of a concert that can sleep, and who has booked there. Nothing if it cannot, or if what is told cannot be relied on.
    pub(crate) fn sketch(
        &self,
        stream: Stream,
        decompressor: &mut Decompressor,
    ) -> Result<Option<(SketchOf, Vec<Fingerprint>)>, Damage> {
        let (Stream::Concert(concert), Some(entry)) = (stream, self.entry(stream)) else { return Ok(None) };
        let bytes = self.snapshots.read_sketch(&entry, decompressor)?;
        let Entry { sequence, epoch, time, .. } = entry;
        let decoded = bytes.and_then(|bytes| sketch::decode(&bytes));
        let decoded = decoded.filter(|_| !self.bereft.contains(&stream));
        Ok(decoded.map(|(sketch, buyers)| (SketchOf { concert, sequence, epoch, time, sketch }, buyers)))
    }

    /// The streams of the scope that may have states: all that have any, or the one that is asked for.
    pub(crate) fn streams_of(&self, scope: Scope) -> Vec<Stream> {
        match scope {
            Scope::Everything => self.entries().map(|entry| entry.stream).collect(),
            Scope::Stream(stream) => vec![stream],
        }
    }
}

/// Why a start refuses what is kept, and what can be done about it.
fn refusal(dir: &DataDir, error: KeepError, remedy: &str) -> OpenError {
    let data_dir = dir.path().to_owned();
    match error {
        KeepError::Io(error) => OpenError::Io(error),
        KeepError::Damaged(Damage { flaw: Flaw::Version { found, .. }, .. }) => {
            OpenError::NewerFormat { data_dir, version: found }
        }
        other => OpenError::damaged(data_dir, format!("{other}{remedy}")),
    }
}
