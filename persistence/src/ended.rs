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
//! Segments are merged as those of the archive are (see [`crate::segments`]). What the archive has of a booking is what happened to it; this is what it came to,
//! and could be made again from that. So the archive's files need not know of it, and a store without this directory is one that has
//! shed nothing. Where it is gone, the states that count on it are made of history again, and the next snapshot renews all of them (see
//! [`crate::kept::Kept`]).
//!
//! **Invariant: the segments cover all generations without a gap, from the first that shed anything on, or from the first since all were
//! lost.**

use std::path::Path;

use boxoffice_engine::concert::EndedBooking;
use boxoffice_engine::ids::ConcertId;

use crate::damage::KeepError;
use crate::files::FileError;
use crate::segments::Segments;

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
    segments: Segments<Segment>,
}

/// The segment of a generation, being made. Nothing counts before [`finish`](Self::finish).
pub(crate) struct Draft {
    /// What stays.
    before: Segments<Segment>,
    writer: Writer,
}

impl Ended {
    /// Opens what is in a directory; where that is not there, that is nothing. Of each segment the footer is checked.
    ///
    /// # Errors
    /// When a footer is damaged or of a newer program, when generations are missing, or when the operating system refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, KeepError> {
        Ok(Self { segments: Segments::open(dir)? })
    }

    /// The last generation that it covers.
    pub(crate) fn through(&self) -> Option<u64> {
        self.segments.through()
    }

    /// Whether its first segment is of a generation before this one. If not, what the states before it have shed is not here.
    pub(crate) fn reaches_back(&self, generation: u64) -> bool {
        self.segments.first().is_some_and(|first| first.since < generation)
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
        let before = self.segments.without(generation);
        if before.through().is_some_and(|through| through + 1 != generation) {
            return Ok(None);
        }
        let since = before.first().map_or(generation, |first| first.since);
        let writer = Writer::create(before.dir(), generation..=generation, since)?;
        Ok(Some(Draft { before, writer }))
    }

    /// Writes one segment in the place of eight that lie side by side, if there are such among the generations before this one and they wait
    /// no more. Whoever wants all that is due calls it, and takes what it returns into use, until it returns `None`. Generations may be added meanwhile.
    ///
    /// # Errors
    /// When a segment is damaged or the operating system refuses. All is as it was then.
    pub(crate) fn merge(&self, before: u64) -> Result<Option<Segment>, KeepError> {
        let due = self.segments.due(|run| {
            let bookings: u64 = run.iter().map(|segment| segment.bookings).sum();
            bookings <= BOOKINGS_MERGED_MAX && run.iter().all(|segment| segment.last < before)
        });
        due.map(|due| merge::merge(self.segments.dir(), due)).transpose()
    }

    /// The same with one segment in the place of those that it was merged of. These are removed.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn merged(&self, segment: Segment) -> Result<Self, FileError> {
        Ok(Self { segments: self.segments.merged(segment)? })
    }

    /// Removes temporary names, and segments that another one covers.
    ///
    /// # Errors
    /// When the operating system refuses; what is left can be removed later.
    pub(crate) fn clean(&self) -> Result<(), FileError> {
        self.segments.clean()
    }

    /// Reads everything, shows of each booking that is sound at which concert it was, and tells `wrong` of all damage. Returns how many
    /// are sound.
    pub(crate) fn verify(&self, mut visit: impl FnMut(ConcertId), mut wrong: impl FnMut(String)) -> u64 {
        self.segments.iter().map(|segment| segment.verify(&mut visit, &mut wrong)).sum()
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
        Ok(Ended { segments: self.before.with(segment) })
    }
}
