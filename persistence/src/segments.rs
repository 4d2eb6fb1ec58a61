//! Segments: files that never change, of one generation of the journal or several each, which lie in a directory without a gap and are
//! merged as they become many. The archive's are such, and those of the bookings that have ended.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::damage::{Damage, Flaw, KeepError};
use crate::files::FileError;

pub(crate) mod names;
mod open_file;
mod search;

pub(crate) use open_file::{Footer, OpenFile};
pub(crate) use search::{Fences, first_page};

/// Segments of one tier that become one of the next. Of each tier there are fewer than this, or they wait; so a hundred thousand
/// generations lie in one or two hundred files, and what is in them is rewritten once per tier.
const SEGMENTS_PER_MERGE: usize = 8;
/// Segments of so many bytes together are merged as soon as they are there.
const MERGE_BYTES: u64 = 32 * 1024 * 1024;
/// Of all segments, longer ones wait until they are no more than one part in so many. While segments are merged they lie on the disk twice,
/// and all that is smaller waits, which takes more room itself before it is merged. So neither is ever much of the whole.
const MERGE_DIVISOR: u64 = 8;

/// One of the files.
pub(crate) trait SegmentFile: Sized {
    /// Opens the segment of these generations and checks its footer.
    fn open(dir: &Path, first: u64, last: u64) -> Result<Self, Damage>;

    /// Its first generation and its last.
    fn generations(&self) -> (u64, u64);

    /// With which generation the first of all segments begins.
    fn beginning(&self) -> u64;

    /// How long it is.
    fn bytes(&self) -> u64;
}

/// The segments of a directory, as they were when they were opened, added to or merged: in the order of their generations, without a gap.
/// A value never changes: whoever adds or merges gets the next one. They can be read as long as it lives, whatever is merged meanwhile.
#[derive(Debug)]
pub(crate) struct Segments<S> {
    dir: PathBuf,
    row: Vec<Arc<S>>,
}

impl<S: SegmentFile> Segments<S> {
    /// Opens what is in a directory, which need not be there. Of each segment the footer is checked.
    ///
    /// # Errors
    /// When a footer is damaged or of a newer program, when generations are missing, or when the operating system refuses.
    pub(crate) fn open(dir: &Path) -> Result<Self, KeepError> {
        let mut segments = Self { dir: dir.to_owned(), row: Vec::new() };
        let mut names = names::all(dir)?;
        // A segment that covers others comes before them.
        names.sort_unstable_by_key(|(first, last)| (*first, std::cmp::Reverse(*last)));
        for (first, last) in names {
            let through = segments.through();
            if through.is_some_and(|through| last <= through) {
                continue;
            }
            let segment = S::open(dir, first, last)?;
            let expected = through.map_or(segment.beginning(), |through| through + 1);
            if first != expected {
                let gap = Flaw::Generation { expected, found: first };
                return Err(Damage::at(&names::path(dir, first, last), 0)(gap).into());
            }
            segments.row.push(Arc::new(segment));
        }
        Ok(segments)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The last generation that they cover.
    pub(crate) fn through(&self) -> Option<u64> {
        self.row.last().map(|segment| segment.generations().1)
    }

    /// The same with one more behind them.
    pub(crate) fn with(mut self, segment: S) -> Self {
        self.row.push(Arc::new(segment));
        self
    }

    /// The same without the last, if that is of this generation alone.
    pub(crate) fn without(&self, generation: u64) -> Self {
        let mut segments = self.clone();
        segments.row.pop_if(|last| last.generations() == (generation, generation));
        segments
    }

    /// Those that lie side by side and should become one, of the lowest tier first: it costs least. Those that `may` not stay as they are,
    /// and so do those that are too much of the whole.
    pub(crate) fn due(&self, may: impl Fn(&[Arc<S>]) -> bool) -> Option<&[Arc<S>]> {
        let tier = |segment: &S| {
            let (first, last) = segment.generations();
            (last - first + 1).ilog(SEGMENTS_PER_MERGE as u64)
        };
        let bytes = |segments: &[Arc<S>]| segments.iter().map(|segment| segment.bytes()).sum::<u64>();
        let bytes_max = MERGE_BYTES.max(bytes(&self.row) / MERGE_DIVISOR);
        let even = self.row.chunk_by(|one, next| tier(one) == tier(next));
        // Where the first of a tier wait, those behind them do, too: merged, they would leave the first behind for ever.
        let first = even.filter_map(|even| even.windows(SEGMENTS_PER_MERGE).find(|run| may(run)));
        first.filter(|run| bytes(run) <= bytes_max).min_by_key(|run| tier(&run[0]))
    }

    /// The same with one in the place of those that it was merged of, whatever was added meanwhile. These are removed.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn merged(&self, segment: S) -> Result<Self, FileError> {
        let (first, last) = segment.generations();
        let begin = self.row.partition_point(|before| before.generations().1 < first);
        let end = self.row.partition_point(|covered| covered.generations().1 <= last);
        let mut segments = self.clone();
        segments.row.splice(begin..end, [Arc::new(segment)]);
        segments.clean()?;
        Ok(segments)
    }

    /// Removes temporary names, and segments that another one covers.
    ///
    /// # Errors
    /// When the operating system refuses; what is left can be removed later.
    pub(crate) fn clean(&self) -> Result<(), FileError> {
        let in_use: Vec<_> = self.row.iter().map(|segment| segment.generations()).collect();
        names::clean(&self.dir, &in_use)
    }
}

impl<S> Clone for Segments<S> {
    fn clone(&self) -> Self {
        Self { dir: self.dir.clone(), row: self.row.clone() }
    }
}

impl<S> Deref for Segments<S> {
    type Target = [Arc<S>];

    fn deref(&self) -> &[Arc<S>] {
        &self.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    #[derive(Debug)]
    struct OfLength {
        first: u64,
        last: u64,
        bytes: u64,
    }

    impl SegmentFile for OfLength {
        fn open(_dir: &Path, first: u64, last: u64) -> Result<Self, Damage> {
            Ok(Self { first, last, bytes: 0 })
        }

        fn generations(&self) -> (u64, u64) {
            (self.first, self.last)
        }

        fn beginning(&self) -> u64 {
            0
        }

        fn bytes(&self) -> u64 {
            self.bytes
        }
    }

    /// Segments of so many generations and mebibytes each.
    fn segments(of: &[(u64, u64)]) -> Segments<OfLength> {
        let mut segments = Segments { dir: PathBuf::new(), row: Vec::new() };
        for &(generations, mebibytes) in of {
            let first = segments.through().map_or(0, |last| last + 1);
            let last = first + generations - 1;
            segments = segments.with(OfLength { first, last, bytes: mebibytes * MIB });
        }
        segments
    }

    #[test]
    fn what_is_much_of_the_whole_is_not_merged() {
        let eights = |mebibytes| vec![(8, mebibytes); 8];
        let singles = |mebibytes| vec![(1, mebibytes); 8];
        let behind = |mebibytes, others: Vec<(u64, u64)>| [vec![(64, mebibytes)], others].concat();
        for (of, due) in [
            (singles(4), Some((0, 7))),
            (singles(5), None),
            (eights(4), Some((0, 63))),
            (eights(5), None),
            // The others are seven times as much, or nearly.
            (behind(280, eights(5)), Some((64, 127))),
            (behind(279, eights(5)), None),
            // What is of a lower tier does not wait for what is long, but nobody is left behind.
            ([eights(5), singles(3)].concat(), Some((64, 71))),
            ([vec![(1, 30)], singles(1)].concat(), None),
            (behind(300, [vec![(1, 30)], singles(1)].concat()), Some((64, 71))),
        ] {
            let found = segments(&of);
            let span = found.due(|_| true).map(|run| (run[0].first, run[run.len() - 1].last));
            assert_eq!(span, due, "{of:?}");
        }
    }

    #[test]
    fn nothing_is_left_behind_however_long_segments_are() {
        let mut growing = segments(&[]);
        let mut seed: u64 = 1;
        for generation in 0..4_096 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Most are short, and one in sixteen is long.
            let bytes = if seed >> 60 == 0 { 60 * MIB } else { (seed >> 40) % (4 * MIB) };
            growing = growing.with(OfLength { first: generation, last: generation, bytes });
            while let Some(run) = growing.due(|_| true) {
                let (first, last) = (run[0].first, run[run.len() - 1].last);
                let bytes = run.iter().map(|segment| segment.bytes).sum();
                growing.row.retain(|segment| segment.last < first || segment.first > last);
                let place = growing.row.partition_point(|segment| segment.last < first);
                growing.row.insert(place, Arc::new(OfLength { first, last, bytes }));
            }
            let generations = growing.row.iter().map(|segment| segment.last - segment.first + 1);
            let generations: Vec<_> = generations.collect();
            assert!(generations.is_sorted_by(|one, next| one >= next), "{generations:?}");
            assert!(generations.len() <= 200, "{generations:?}");
        }
    }
}
