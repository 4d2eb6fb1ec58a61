//! Segments that lie side by side, read as one and made one.

use std::iter::Peekable;
use std::path::Path;
use std::sync::Arc;

use super::segment::{Segment, Slot, Slots};
use super::writer::{BLOCK_BYTES_AIM, Writer};
use crate::compression::Decompressor;
use crate::damage::{Damage, KeepError};

/// The blocks of several segments, in the order of concert and sequence.
pub(super) struct Merged<'a> {
    segments: Vec<(&'a Segment, Peekable<Slots<'a>>)>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(segments: &'a [Arc<Segment>]) -> Self {
        let segments = segments.iter().map(|segment| (&**segment, segment.slots().peekable()));
        Self { segments: segments.collect() }
    }
}

impl<'a> Iterator for Merged<'a> {
    type Item = Result<(&'a Segment, Slot), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut least = None;
        for (index, (_, slots)) in self.segments.iter_mut().enumerate() {
            // Damage comes before everything: whoever goes on behind it knows that something may be missing.
            let key = match slots.peek() {
                None => continue,
                Some(Err(_)) => None,
                Some(Ok(slot)) => Some(slot.key()),
            };
            if least.is_none_or(|(least, _)| key < least) {
                least = Some((key, index));
            }
        }
        let (segment, slots) = &mut self.segments[least?.1];
        Some(slots.next()?.map(|slot| (*segment, slot)))
    }
}

/// Writes the segment that takes the place of these. They stay as they are.
pub(super) fn merge(dir: &Path, segments: &[Arc<Segment>]) -> Result<Segment, KeepError> {
    let [first, .., last] = segments else { unreachable!("there are several to merge") };
    let mut writer = Writer::create(dir, first.first, last.last)?;
    let mut decompressor = Decompressor::new();
    let mut gathered: Option<(Slot, Vec<u8>)> = None;
    for block in Merged::new(segments) {
        let (segment, slot) = block?;
        let packed = segment.read(&slot, &mut decompressor)?;
        match &mut gathered {
            Some((begun, records))
                if begun.concert == slot.concert && records.len() + packed.len() <= BLOCK_BYTES_AIM =>
            {
                begun.count += slot.count;
                records.extend_from_slice(&packed);
            }
            _ => write(&mut writer, gathered.replace((slot, packed)))?,
        }
    }
    write(&mut writer, gathered)?;
    writer.finish()
}

fn write(writer: &mut Writer, gathered: Option<(Slot, Vec<u8>)>) -> Result<(), KeepError> {
    let Some((slot, packed)) = gathered else { return Ok(()) };
    writer.put(slot.concert, slot.first_sequence, slot.count, &packed)
}
