//! The archive: every event of every concert, for good, in the directory `archive/`.
//!
//! When a generation of the journal is closed, what happened at each concert is put into a [`segment`] of its own. That is one file and
//! one sync for a snapshot of ten thousand concerts, where a file per concert would be ten thousand. Nothing but concerts is archived:
//! what is personal goes with the generation.
//!
//! It is append-only: a record in it never changes and never goes. Only segments are merged ([`merge`]), eight of one tier into one of
//! the next, so that years of snapshots lie in one or two hundred files. A crash between the rename of a merged segment and the removal of
//! those that it covers leaves both; the one that covers counts, and [`Archive::clean`] removes the others. See [`crate::segments`].
//!
//! **Invariants: the segments cover all generations from 0 on without a gap. A concert's records are numbered from 1 on without a gap,
//! across all segments.**

use std::path::Path;

use boxoffice_engine::ids::ConcertId;

use crate::compression::Decompressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::files::FileError;
use crate::segments::Segments;

mod merge;
pub(crate) mod segment;
#[cfg(test)]
mod tests;
mod writer;

use merge::Merged;
use segment::{Segment, Slot};
use writer::Writer;

/// The archive of a data directory as it was when it was opened, added to or merged. A value never changes: whoever adds or merges gets the
/// next one. It can be read as long as it lives, whatever is merged meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    segments: Segments<Segment>,
}

/// The segment of a generation, being made. Nothing counts before [`finish`](Self::finish).
pub(crate) struct Draft<'a> {
    archive: &'a Archive,
    writer: Writer,
}

impl Archive {
    /// Opens the archive in a directory; where that is not there, it is empty. Of each segment the footer is checked.
    ///
    /// # Errors
    /// When a footer is damaged or of a newer program, when generations are missing, or when the operating system refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, KeepError> {
        Ok(Self { segments: Segments::open(dir)? })
    }

    fn next_generation(&self) -> u64 {
        self.archived_through().map_or(0, |last| last + 1)
    }

    /// The last generation that is in the archive.
    pub(crate) fn archived_through(&self) -> Option<u64> {
        self.segments.through()
    }

    /// Begins the segment of the next generation. There may be one draft and one merge at a time.
    ///
    /// # Errors
    /// When it is not the next: after a crash it may be there already, see [`archived_through`](Self::archived_through).
    pub(crate) fn draft(&self, generation: u64) -> Result<Draft<'_>, KeepError> {
        let expected = self.next_generation();
        if generation != expected {
            return Err(KeepError::refused("a generation")(Flaw::Generation { expected, found: generation }));
        }
        let writer = Writer::create(self.segments.dir(), generation, generation)?;
        Ok(Draft { archive: self, writer })
    }

    /// Shows all records of a concert in order, some at a time: the first one's sequence, how many, and their packed bytes.
    ///
    /// # Errors
    /// At the first damage; what was shown before it is right.
    pub(crate) fn read(
        &self,
        concert: ConcertId,
        visit: &mut dyn FnMut(u64, u32, &[u8]),
    ) -> Result<(), Damage> {
        let mut decompressor = Decompressor::new();
        let mut expected = 1;
        for segment in self.segments.iter() {
            for slot in segment.slots_of(concert)? {
                let found = slot.first_sequence;
                if found != expected {
                    return Err(segment.damage(slot.offset)(Flaw::Sequence { expected, found }));
                }
                visit(found, slot.count, &segment.read(&slot, &mut decompressor)?);
                expected += u64::from(slot.count);
            }
        }
        Ok(())
    }

    /// All concerts of which there is anything, in order.
    pub(crate) fn concerts(&self) -> Result<Vec<ConcertId>, Damage> {
        let mut concerts = Vec::new();
        for block in Merged::new(&self.segments) {
            let (_, slot) = block?;
            if concerts.last() != Some(&slot.concert) {
                concerts.push(slot.concert);
            }
        }
        Ok(concerts)
    }

    /// Reads everything, shows the records concert by concert in order, and tells `wrong` of all damage.
    pub(crate) fn verify(
        &self,
        mut visit: impl FnMut(ConcertId, u64, u32, &[u8]),
        mut wrong: impl FnMut(Damage),
    ) {
        for segment in self.segments.iter() {
            segment.check_lengths().unwrap_or_else(&mut wrong);
        }
        let mut decompressor = Decompressor::new();
        let mut reached: Option<(ConcertId, u64)> = None;
        for block in Merged::new(&self.segments) {
            let read = block.and_then(|(segment, slot)| {
                let Slot { concert, first_sequence: found, count, offset, .. } = slot;
                let expected = reached.filter(|(before, _)| *before == concert).map_or(1, |(_, next)| next);
                reached = Some((concert, found + u64::from(count)));
                visit(concert, found, count, &segment.read(&slot, &mut decompressor)?);
                let gap = Flaw::Sequence { expected, found };
                if found == expected { Ok(()) } else { Err(segment.damage(offset)(gap)) }
            });
            read.unwrap_or_else(&mut wrong);
        }
    }

    /// Writes one segment in the place of eight that lie side by side, if there are such and they wait no more. Whoever wants all that is due calls it, and
    /// takes what it returns into use, until it returns `None`. It needs room for what it merges once more, and takes its time: a
    /// megabyte in memory, the whole of the eight from the disk. Generations may be added meanwhile.
    ///
    /// # Errors
    /// When a block is damaged or the operating system refuses. The archive is as it was then.
    pub(crate) fn merge(&self) -> Result<Option<Segment>, KeepError> {
        let due = self.segments.due(|_| true);
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
}

impl Draft<'_> {
    /// Puts records of a concert, packed one after another. A concert's records may come in several calls, in any order; they are read
    /// quickest when the concerts come in order. After an error the draft is good for nothing.
    ///
    /// # Errors
    /// When there are not `count` records, one is too long, or the operating system refuses.
    pub(crate) fn put(
        &mut self,
        concert: ConcertId,
        first_sequence: u64,
        count: u32,
        packed: &[u8],
    ) -> Result<(), KeepError> {
        self.writer.put(concert, first_sequence, count, packed)
    }

    /// Makes the segment durable, with nothing in it if nothing was put.
    ///
    /// # Errors
    /// When a concert's records have a gap, or the operating system refuses. The archive is as it was then, unless the very last step
    /// failed: then only the next start can tell.
    pub(crate) fn finish(self) -> Result<Archive, KeepError> {
        let segment = self.writer.finish()?;
        Ok(Archive { segments: self.archive.segments.clone().with(segment) })
    }
}
