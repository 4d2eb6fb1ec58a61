//! The bookings that the states of concerts have shed, for good, in the directory `ended/`.
//!
//! A snapshot puts the settled bookings of the concerts that it renews into a [`segment`] of its own, with what it takes to find them: by
//! number, by payment, by user. It is durable before the manifest counts whose states lack them:
//!
//! | step of a snapshot | what a crash behind it leaves | what the next start does |
//! | --- | --- | --- |
//! | write `ended/G-G.new`, sync it | a temporary name | takes the states before, which have the bookings; `clean` removes it |
//! | rename it to `ended/G-G` | bookings that are in the states as well | the same; the next try puts its own in this one's place |
//! | commit the manifest | the states without them | finds them here |
//!
//! Segments are merged as those of the archive are. What the archive has of a booking is what happened to it; this is what it came to,
//! and could be made again from that. So the archive's files need not know of it, and a store without this directory is one that has
//! shed nothing.
//!
//! **Invariant: the segments cover all generations from the first that shed anything on, without a gap.**

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use boxoffice_engine::concert::EndedBooking;

use crate::archive::names;
use crate::damage::{Damage, Flaw, KeepError};
use crate::files::{self, FileError};

mod block;
mod entries;
mod find;
mod merge;
mod segment;
mod table;
#[cfg(test)]
mod tests;
mod writer;

use segment::Segment;
use writer::Writer;

/// Bookings of a segment that was merged, at most: its tables are sorted in memory, 16 bytes for each. So of a thousand million bookings
/// there are some hundreds of files, which a search reads a page or two of.
const BOOKINGS_MERGED_MAX: u64 = 4_000_000;

/// What was shed, as it was when it was opened, added to or merged. A value never changes: whoever adds or merges gets the next one.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    dir: PathBuf,
    /// In the order of their generations, without a gap.
    segments: Vec<Arc<Segment>>,
}

/// A segment that can take the place of those that it was merged of.
pub(crate) struct Merger(Arc<Segment>);

/// The segment of a generation, being made. Nothing counts before [`finish`](Self::finish).
pub(crate) struct Draft {
    /// What stays.
    ended: Ended,
    writer: Writer,
}

impl Ended {
    /// Opens what is in a directory, which is made if it is not there. Of each segment the footer is checked.
    ///
    /// # Errors
    /// When a footer is damaged or of a newer program, when generations are missing, or when the operating system refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, KeepError> {
        files::make_directory(dir)?;
        let mut ended = Self { dir: dir.to_owned(), segments: Vec::new() };
        let mut names = names::all(dir)?;
        // A segment that covers others comes before them.
        names.sort_unstable_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
        for (first, last) in names {
            if ended.through().is_some_and(|through| last <= through) {
                continue;
            }
            let segment = Segment::open(dir, first, last)?;
            let expected = ended.through().map_or(segment.since, |through| through + 1);
            if first != expected {
                let gap = Flaw::Generation { expected, found: first };
                return Err(Damage::at(&names::path(dir, first, last), 0)(gap).into());
            }
            ended.segments.push(Arc::new(segment));
        }
        Ok(ended)
    }

    /// The last generation that it covers.
    pub(crate) fn through(&self) -> Option<u64> {
        self.segments.last().map(|segment| segment.last)
    }

    /// Whether anything was ever shed.
    pub(crate) fn has_any(&self) -> bool {
        self.segments.iter().any(|segment| segment.bookings > 0)
    }

    /// Begins the segment of a generation: of the next, or of the last once more, if no manifest came to count on it. Nothing if the
    /// generation is covered in another way: then nothing can be shed. There may be one draft and one merge at a time.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn draft(&self, generation: u64) -> Result<Option<Draft>, KeepError> {
        let mut ended = self.clone();
        ended.segments.pop_if(|last| (last.first, last.last) == (generation, generation));
        if ended.through().is_some_and(|through| through + 1 != generation) {
            return Ok(None);
        }
        let since = ended.segments.first().map_or(generation, |first| first.since);
        let writer = Writer::create(&self.dir, generation..=generation, since)?;
        Ok(Some(Draft { ended, writer }))
    }

    /// Writes one segment in the place of eight that lie side by side, if there are such among the generations before this one. Whoever
    /// wants all that is due calls it, and takes what it returns into use, until it returns `None`. Generations may be added meanwhile.
    ///
    /// # Errors
    /// When a segment is damaged or the operating system refuses. All is as it was then.
    pub(crate) fn merge(&self, before: u64) -> Result<Option<Merger>, KeepError> {
        let counting = self.segments.partition_point(|segment| segment.last < before);
        let spans = self.segments[..counting].iter().map(|segment| segment.last - segment.first + 1);
        let bookings =
            |range: Range<usize>| self.segments[range].iter().map(|segment| segment.bookings).sum::<u64>();
        let may = |range: Range<usize>| bookings(range) <= BOOKINGS_MERGED_MAX;
        let Some(range) = crate::archive::due(&spans.collect::<Vec<_>>(), may) else { return Ok(None) };
        let segment = merge::merge(&self.dir, &self.segments[range])?;
        Ok(Some(Merger(Arc::new(segment))))
    }

    /// The same with one segment in the place of those that it was merged of. These are removed.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn merged(&self, Merger(segment): Merger) -> Result<Self, FileError> {
        let begin = self.segments.partition_point(|before| before.last < segment.first);
        let end = self.segments.partition_point(|covered| covered.last <= segment.last);
        let mut ended = self.clone();
        ended.segments.splice(begin..end, [segment]);
        ended.clean()?;
        Ok(ended)
    }

    /// Removes temporary names, and segments that another one covers.
    ///
    /// # Errors
    /// When the operating system refuses; what is left can be removed later.
    pub(crate) fn clean(&self) -> Result<(), FileError> {
        let in_use: Vec<_> = self.segments.iter().map(|segment| (segment.first, segment.last)).collect();
        names::clean(&self.dir, &in_use)
    }

    /// Reads everything, and tells `wrong` of all damage. Returns how many bookings are sound.
    pub(crate) fn verify(&self, mut wrong: impl FnMut(String)) -> u64 {
        self.segments.iter().map(|segment| segment.verify(&mut wrong)).sum()
    }
}

impl Draft {
    /// Puts bookings of a concert, in the order of their numbers; concerts come in order, each once. After an error the draft is good
    /// for nothing.
    ///
    /// # Errors
    /// When one is too long, or the operating system refuses.
    pub(crate) fn put(&mut self, bookings: &[EndedBooking]) -> Result<(), KeepError> {
        self.writer.put(bookings)
    }

    /// Makes the segment durable, with nothing in it if nothing was put.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn finish(self) -> Result<Ended, KeepError> {
        let segment = self.writer.finish()?;
        let mut ended = self.ended;
        ended.segments.push(Arc::new(segment));
        Ok(ended)
    }
}
