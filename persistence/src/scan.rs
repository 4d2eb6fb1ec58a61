//! A walk over everything in a journal that says how much of it is sound.

use boxoffice_engine::journal::StreamEnds;

use crate::chain::{Damage, Reader, Tip};
use crate::frame::Flaw;
use crate::wire::{self, Head, PackedRecord};

/// What a walk found.
pub(crate) struct Scan {
    /// The end of the last whole group before any damage.
    pub(crate) tip: Tip,
    /// Frames behind that, of a group that was never finished.
    pub(crate) unfinished: u64,
    /// Where each stream ends.
    pub(crate) ends: StreamEnds,
    /// The first thing that is wrong.
    pub(crate) damage: Option<Damage>,
    /// What the mark's place looks like.
    pub(crate) at_mark: AtMark,
}

/// How a chain and a mark agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtMark {
    /// The chain ends before it.
    NotReached,
    /// The chain passes through it.
    Agrees,
    /// The chain has another frame there.
    Differs,
}

/// A walk over the generations of a journal, one after another.
#[derive(Clone)]
pub(crate) struct Walk {
    reader: Reader,
    mark: Tip,
    sound: Tip,
    ends: StreamEnds,
    damage: Option<Damage>,
    at_mark: AtMark,
}

impl Walk {
    /// Begins behind `start`, the end of a group, where the streams have these ends.
    pub(crate) fn begin(start: Tip, ends: StreamEnds, mark: Tip) -> Self {
        let at_mark = compare(mark, start, AtMark::NotReached);
        Self { reader: Reader::after(start), mark, sound: start, ends, damage: None, at_mark }
    }

    /// Where the streams end so far.
    pub(crate) fn ends(&self) -> &StreamEnds {
        &self.ends
    }

    /// The end of the last whole group so far.
    pub(crate) fn tip(&self) -> Tip {
        self.sound
    }

    /// Goes over the entries of the next generation, in the order of their keys, and calls `visit` with every record of every
    /// whole group. After damage nothing more is looked at.
    pub(crate) fn over<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        entries: impl Iterator<Item = sled::Result<(K, V)>>,
        mut visit: impl FnMut(&PackedRecord<'_>) -> Result<(), String>,
    ) {
        for entry in entries {
            if self.damage.is_some() {
                return;
            }
            match follow(&mut self.reader, entry, &mut self.ends, &mut visit) {
                Ok(()) => {
                    self.sound = self.reader.whole();
                    self.at_mark = compare(self.mark, self.sound, self.at_mark);
                }
                Err(found) => self.damage = Some(found),
            }
        }
    }

    /// What was found.
    pub(crate) fn end(self) -> Scan {
        let Self { reader, sound, ends, damage, at_mark, .. } = self;
        let unfinished = if damage.is_none() { reader.reached().frames - sound.frames } else { 0 };
        Scan { tip: sound, unfinished, ends, damage, at_mark }
    }
}

fn follow<K: AsRef<[u8]>, V: AsRef<[u8]>>(
    reader: &mut Reader,
    entry: sled::Result<(K, V)>,
    ends: &mut StreamEnds,
    visit: &mut impl FnMut(&PackedRecord<'_>) -> Result<(), String>,
) -> Result<(), Damage> {
    let frame = reader.reached().frames;
    let (key, value) = entry.map_err(|error| Damage { frame, flaw: Flaw::Unreadable(error.to_string()) })?;
    let Some(group) = reader.follow(key.as_ref(), value.as_ref())? else { return Ok(()) };
    let damage = |what: String| Damage { frame: group.frame, flaw: Flaw::Records(what) };
    let mut records = 0;
    for packed in wire::unpack(group.bytes) {
        let packed = packed.map_err(|error| damage(error.to_string()))?;
        let Head { stream, sequence, epoch, .. } = packed.head;
        ends.pass(stream, sequence, epoch).map_err(|conflict| damage(conflict.to_string()))?;
        visit(&packed).map_err(damage)?;
        records += 1;
    }
    if records == group.records {
        Ok(())
    } else {
        Err(damage(format!("{records} instead of {}", group.records)))
    }
}

/// Only the end of a group is ever marked.
fn compare(mark: Tip, tip: Tip, so_far: AtMark) -> AtMark {
    match so_far {
        AtMark::NotReached if tip.frames > mark.frames => AtMark::Differs,
        AtMark::NotReached if tip.frames == mark.frames && tip == mark => AtMark::Agrees,
        AtMark::NotReached if tip.frames == mark.frames => AtMark::Differs,
        known => known,
    }
}
