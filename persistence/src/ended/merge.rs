//! Segments that lie side by side, made one.

use std::path::Path;
use std::sync::Arc;

use boxoffice_engine::ids::BookingNumber;

use super::block::{Packed, cut};
use super::entries::BlockEntry;
use super::segment::{Block, Run, Segment};
use super::table::Entries;
use super::writer::Writer;
use crate::compression::Decompressor;
use crate::damage::{Damage, KeepError};

/// Writes the segment that takes the place of these. They stay as they are. A booking that is in several is written once: it is the same.
pub(super) fn merge(dir: &Path, segments: &[Arc<Segment>]) -> Result<Segment, KeepError> {
    let [first, .., last] = segments else { unreachable!("there are several to merge") };
    let mut writer = Writer::create(dir, first.first..=last.last, first.since)?;
    let mut bookings = Vec::with_capacity(segments.len());
    for segment in segments {
        bookings.push(Bookings::of(segment)?);
    }
    let mut written = None;
    while let Some(least) = (0..bookings.len())
        .filter(|index| bookings[*index].key().is_some())
        .min_by_key(|index| bookings[*index].key())
    {
        let (block, packed) = bookings[least].current().expect("it has the least key");
        let key = (block.run, packed.number);
        if written.replace(key) != Some(key) {
            let ended = bookings[least].segment.booking_of(block, packed)?;
            writer.add(block.run, packed, &ended)?;
        }
        bookings[least].advance()?;
    }
    writer.finish()
}

/// The bookings of a segment, in the order of runs and numbers, a block at a time.
struct Bookings<'a> {
    segment: &'a Segment,
    blocks: Entries<'a, { size_of::<BlockEntry>() }>,
    decompressor: Decompressor,
    /// The one that is being read; none at the end.
    block: Option<Block>,
    /// The numbers of the block's bookings, and where their forms lie in it.
    numbers: std::vec::IntoIter<(BookingNumber, std::ops::Range<usize>)>,
}

impl<'a> Bookings<'a> {
    fn of(segment: &'a Segment) -> Result<Self, Damage> {
        let blocks = segment.blocks().from(&[])?;
        let decompressor = Decompressor::new();
        let numbers = Vec::new().into_iter();
        let mut bookings = Self { segment, blocks, decompressor, block: None, numbers };
        bookings.open_next_block()?;
        Ok(bookings)
    }

    fn key(&self) -> Option<(Run, BookingNumber)> {
        Some((self.block.as_ref()?.run, self.numbers.as_slice().first()?.0))
    }

    fn current(&self) -> Option<(&Block, Packed<'_>)> {
        let block = self.block.as_ref()?;
        let (number, form) = self.numbers.as_slice().first()?;
        Some((block, Packed { number: *number, form: &block.bookings[form.clone()] }))
    }

    fn advance(&mut self) -> Result<(), Damage> {
        self.numbers.next();
        if self.numbers.as_slice().is_empty() { self.open_next_block() } else { Ok(()) }
    }

    fn open_next_block(&mut self) -> Result<(), Damage> {
        let Some(entry) = self.blocks.next().transpose()? else {
            self.block = None;
            return Ok(());
        };
        let block = self.segment.read_block(&entry, &mut self.decompressor)?;
        let mut end = 0;
        let numbers: Vec<_> = cut(&block.bookings)
            .flatten()
            .map(|packed| {
                // Number and length stand before each.
                let begin = end + 8 + 4;
                end = begin + packed.form.len();
                (packed.number, begin..end)
            })
            .collect();
        (self.block, self.numbers) = (Some(block), numbers.into_iter());
        Ok(())
    }
}
