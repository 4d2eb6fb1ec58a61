//! A segment: the concerts' records of one or several generations of the journal, in one file that never changes.
//!
//! Blocks, then pages of the index, then the footer; each sealed (see [`crate::sealed`]). Between version and hash, numbers big-endian:
//!
//! ```text
//! block:  concert u64 | first sequence u64 | records u32 | length of the records u32
//!         | length of their plain columns u32, and compressed u32 | the plain columns, zstd | the random columns: see `wire::columns`
//! page:   number u64, from 0 | slot * 64, in the last page what is left
//! slot:   concert u64 | first sequence u64 | records u32 | offset of the block u64 | length of the block u32
//! footer: first generation u64 | last generation u64 | blocks u64 | offset of the index u64
//! ```
//!
//! In version 1 the records stand in a block as in frames: `.. | length of the records u32 | the records, zstd`. All pieces of a segment have
//! the version of its footer.
//!
//! The slots of all pages are in the order of concert and sequence. The footer has 65 bytes in every version. A search reads a few pages,
//! each behind its own checksum, so that even "nothing of this concert" is an answer to rely on.

use std::path::Path;

use boxoffice_engine::ids::ConcertId;

use crate::compression::{Compressor, Decompressor};
use crate::damage::{Damage, Flaw};
use crate::fields::Fields;
use crate::sealed::{self, SEAL_BYTES};
use crate::segments::{Fences, Footer, OpenFile, SegmentFile, first_page};
use crate::wire::columns::{self, Apart};

const VERSION: u8 = 2;
/// The first version, which is read and not written any more.
const OF_ROWS: u8 = 1;
const BLOCK_HEAD_BYTES: usize = 8 + 8 + 4 * 4;
const SLOT_BYTES: usize = 8 + 8 + 4 + 8 + 4;
pub(super) const SLOTS_PER_PAGE: usize = 64;
const PAGE_HEAD_BYTES: usize = 8;
const FOOTER_BYTES: usize = SEAL_BYTES + 4 * 8;
/// Pages of one segment whose last concerts are remembered: half a megabyte, enough for a million blocks.
const FENCES_MAX: usize = 16 * 1024;

/// Longest block before compression. Blocks hold about a megabyte (see [`super::writer`]), or one record that is longer: a hall of
/// 100,000 drawn seats takes two megabytes.
pub(crate) const PACKED_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Longest columns before compression: of records that are of no form they take a little more.
const COLUMNS_BYTES_MAX: u64 = 2 * PACKED_BYTES_MAX as u64;

/// What the index says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) concert: ConcertId,
    pub(super) first_sequence: u64,
    pub(super) count: u32,
    pub(super) offset: u64,
    pub(super) length: u32,
}

impl Slot {
    /// What slots are in the order of.
    pub(super) fn key(&self) -> (ConcertId, u64) {
        (self.concert, self.first_sequence)
    }
}

/// A segment, open for reading. It can be read as long as it is open, even when a merged one has taken its place.
#[derive(Debug)]
pub(crate) struct Segment {
    file: OpenFile,
    version: u8,
    pub(super) first: u64,
    pub(super) last: u64,
    blocks: u64,
    /// Where the blocks end and the index begins.
    pub(super) index_at: u64,
    /// The last concert of each page.
    fences: Fences<u64, ConcertId>,
}

impl SegmentFile for Segment {
    /// Nothing but the footer is read now; the rest is checked as it is read.
    fn open(dir: &Path, first: u64, last: u64) -> Result<Self, Damage> {
        let (file, footer) = OpenFile::open(dir, first, last)?;
        let flaw = file.damage(footer.at);
        Self::of(file, (first, last), &footer).map_err(flaw)
    }

    fn generations(&self) -> (u64, u64) {
        (self.first, self.last)
    }

    /// The archive has all generations.
    fn beginning(&self) -> u64 {
        0
    }

    fn bytes(&self) -> u64 {
        self.file.length()
    }
}

impl Segment {
    fn of(file: OpenFile, generations: (u64, u64), footer: &Footer<FOOTER_BYTES>) -> Result<Self, Flaw> {
        let version = if footer.bytes.first() == Some(&OF_ROWS) { OF_ROWS } else { VERSION };
        let (mut fields, _) = sealed::open(&footer.bytes, version)?;
        let numbers = [fields.u64(), fields.u64(), fields.u64(), fields.u64()];
        let [Some(first), Some(last), Some(blocks), Some(index_at)] = numbers else {
            return Err(Flaw::Short(FOOTER_BYTES as u64));
        };
        if (first, last) != generations {
            return Err(Flaw::Other);
        }
        let index_end = index_bytes(blocks).and_then(|bytes| bytes.checked_add(index_at));
        if index_end != Some(footer.at) {
            return Err(Flaw::Form("its lengths do not add up"));
        }
        Ok(Self { file, version, first, last, blocks, index_at, fences: Fences::of(FENCES_MAX) })
    }

    /// For `map_err`.
    pub(super) fn damage(&self, at: u64) -> impl Fn(Flaw) -> Damage + use<> {
        self.file.damage(at)
    }

    fn pages(&self) -> u64 {
        self.blocks.div_ceil(SLOTS_PER_PAGE as u64)
    }

    /// The slots of a page; there is one of that number.
    fn page(&self, number: u64) -> Result<Vec<Slot>, Damage> {
        let offset = self.index_at + number * page_bytes(SLOTS_PER_PAGE as u64);
        self.read_page(number, offset).map_err(self.damage(offset))
    }

    fn read_page(&self, number: u64, offset: u64) -> Result<Vec<Slot>, Flaw> {
        let before = number * SLOTS_PER_PAGE as u64;
        let slots = self.blocks.saturating_sub(before).min(SLOTS_PER_PAGE as u64);
        let mut page = [0; SEAL_BYTES + PAGE_HEAD_BYTES + SLOTS_PER_PAGE * SLOT_BYTES];
        let page = usize::try_from(page_bytes(slots)).ok().and_then(|length| page.get_mut(..length));
        let page = page.expect("no page has more than its slots");
        self.file.read_at(offset, page)?;
        let (mut fields, _) = sealed::open(page, self.version)?;
        if fields.u64() != Some(number) {
            return Err(Flaw::Other);
        }
        let slots: Vec<Slot> = std::iter::from_fn(|| take_slot(&mut fields)).collect();
        let fits =
            |slot: &Slot| slot.offset.checked_add(slot.length.into()).is_some_and(|end| end <= self.index_at);
        if !slots.iter().all(fits) {
            return Err(Flaw::Form("it names a block outside of the blocks"));
        }
        if !slots.is_sorted_by(|one, next| one.key() < next.key()) {
            return Err(Flaw::Form("its blocks are not in order"));
        }
        Ok(slots)
    }

    /// Whether the blocks that the index names are all that is in front of it. Damage of the index itself is told to whoever reads it.
    pub(super) fn check_lengths(&self) -> Result<(), Damage> {
        let slots: Result<Vec<u64>, Damage> = self.slots().map(|slot| Ok(slot?.length.into())).collect();
        match slots {
            Ok(lengths) if lengths.iter().sum::<u64>() != self.index_at => {
                Err(self.damage(0)(Flaw::Form("there are bytes that belong to no block")))
            }
            _ => Ok(()),
        }
    }

    /// The slots in their order. Goes on behind a page that is damaged.
    pub(super) fn slots(&self) -> Slots<'_> {
        Slots { segment: self, next_page: 0, page: Vec::new().into_iter() }
    }

    /// The slots of a concert, in order.
    pub(super) fn slots_of(&self, concert: ConcertId) -> Result<Vec<Slot>, Damage> {
        let next_page = first_page(self.pages(), |page| Ok(self.last_concert(page)? < concert))?;
        let from_there = Slots { segment: self, next_page, page: Vec::new().into_iter() };
        let reached = from_there.skip_while(|slot| slot.as_ref().is_ok_and(|slot| slot.concert < concert));
        reached.take_while(|slot| slot.as_ref().map_or(true, |slot| slot.concert == concert)).collect()
    }

    fn last_concert(&self, page: u64) -> Result<ConcertId, Damage> {
        if let Some(known) = self.fences.get(&page, |last| *last) {
            return Ok(known);
        }
        let last = self.page(page)?.last().map(|slot| slot.concert);
        let last = last.expect("no page is without slots: their number follows from the blocks'");
        self.fences.note(page, || last);
        Ok(last)
    }

    /// The records of a block, packed as they are in frames.
    pub(super) fn read(&self, slot: &Slot, decompressor: &mut Decompressor) -> Result<Vec<u8>, Damage> {
        self.read_block(slot, decompressor).map_err(self.damage(slot.offset))
    }

    fn read_block(&self, slot: &Slot, decompressor: &mut Decompressor) -> Result<Vec<u8>, Flaw> {
        let short = || Flaw::Short(slot.length.into());
        // The page that said so was behind its checksum, and the length fits the file: see `fits`.
        let block = self.file.read(slot.offset, slot.length.into())?;
        let (mut fields, _) = sealed::open(&block, self.version)?;
        let concert = ConcertId::from_bits(fields.u64().ok_or_else(short)?);
        let (first_sequence, count) = (fields.u64().ok_or_else(short)?, fields.u32().ok_or_else(short)?);
        if (concert, first_sequence, count) != (slot.concert, slot.first_sequence, slot.count) {
            return Err(Flaw::Other);
        }
        let length = fields.u32().ok_or_else(short)?;
        if self.version == OF_ROWS {
            return decompressor.decompress(fields.rest(), length.into(), PACKED_BYTES_MAX.into());
        }
        if length > PACKED_BYTES_MAX {
            return Err(Flaw::TooLong { length: length.into(), max: PACKED_BYTES_MAX.into() });
        }
        let (plain_bytes, compressed) = fields.u32().zip(fields.u32()).ok_or_else(short)?;
        let plain = usize::try_from(compressed).ok().and_then(|length| fields.bytes(length));
        let plain = plain.ok_or_else(short)?;
        let plain = decompressor.decompress(plain, plain_bytes.into(), COLUMNS_BYTES_MAX)?;
        let random = fields.rest().to_vec();
        let records = columns::together((concert, first_sequence), count, length, &Apart { plain, random });
        records.ok_or(Flaw::Form("its records are not what is said"))
    }
}

/// The slots of a segment, page by page.
pub(super) struct Slots<'a> {
    segment: &'a Segment,
    next_page: u64,
    page: std::vec::IntoIter<Slot>,
}

impl Iterator for Slots<'_> {
    type Item = Result<Slot, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(slot) = self.page.next() {
                return Some(Ok(slot));
            }
            if self.next_page == self.segment.pages() {
                return None;
            }
            self.next_page += 1;
            match self.segment.page(self.next_page - 1) {
                Ok(page) => self.page = page.into_iter(),
                Err(damage) => return Some(Err(damage)),
            }
        }
    }
}

fn page_bytes(slots: u64) -> u64 {
    (SEAL_BYTES + PAGE_HEAD_BYTES) as u64 + slots * SLOT_BYTES as u64
}

/// Bytes of the index of so many blocks, if that is a number.
fn index_bytes(blocks: u64) -> Option<u64> {
    let pages = blocks.div_ceil(SLOTS_PER_PAGE as u64);
    blocks.checked_mul(SLOT_BYTES as u64)?.checked_add(pages.checked_mul(page_bytes(0))?)
}

fn take_slot(fields: &mut Fields<'_>) -> Option<Slot> {
    Some(Slot {
        concert: ConcertId::from_bits(fields.u64()?),
        first_sequence: fields.u64()?,
        count: fields.u32()?,
        offset: fields.u64()?,
        length: fields.u32()?,
    })
}

/// Makes a block.
pub(super) fn encode_block(
    (concert, first_sequence): (ConcertId, u64),
    count: u32,
    packed: &[u8],
    compressor: &mut Compressor,
) -> Result<Vec<u8>, Flaw> {
    let length = packed.len() as u64;
    let fits = u32::try_from(length).ok().filter(|length| *length <= PACKED_BYTES_MAX);
    fits.ok_or(Flaw::TooLong { length, max: PACKED_BYTES_MAX.into() })?;
    let mut block = sealed::begin(VERSION, BLOCK_HEAD_BYTES + packed.len() / 2);
    block.extend_from_slice(&concert.bits().to_be_bytes());
    block.extend_from_slice(&first_sequence.to_be_bytes());
    block.extend_from_slice(&count.to_be_bytes());
    let apart = columns::apart(concert, first_sequence, packed);
    let Apart { plain, random } = apart.map_err(|_| Flaw::Form("its last record is cut off"))?;
    let mut compressed = Vec::new();
    compressor.append(&plain, &mut compressed);
    for length in [packed.len(), plain.len(), compressed.len()] {
        let length =
            u32::try_from(length).expect("columns take little more than the records, 64 MiB at most");
        block.extend_from_slice(&length.to_be_bytes());
    }
    block.extend_from_slice(&compressed);
    block.extend_from_slice(&random);
    sealed::seal(&mut block);
    Ok(block)
}

/// Makes a page of the index.
pub(super) fn encode_page(number: u64, slots: &[Slot]) -> Vec<u8> {
    let mut page = sealed::begin(VERSION, PAGE_HEAD_BYTES + slots.len() * SLOT_BYTES);
    page.extend_from_slice(&number.to_be_bytes());
    for slot in slots {
        page.extend_from_slice(&slot.concert.bits().to_be_bytes());
        page.extend_from_slice(&slot.first_sequence.to_be_bytes());
        page.extend_from_slice(&slot.count.to_be_bytes());
        page.extend_from_slice(&slot.offset.to_be_bytes());
        page.extend_from_slice(&slot.length.to_be_bytes());
    }
    sealed::seal(&mut page);
    page
}

/// Makes the footer.
pub(super) fn encode_footer(first: u64, last: u64, blocks: u64, index_at: u64) -> Vec<u8> {
    let mut footer = sealed::begin(VERSION, FOOTER_BYTES);
    for field in [first, last, blocks, index_at] {
        footer.extend_from_slice(&field.to_be_bytes());
    }
    sealed::seal(&mut footer);
    footer
}
