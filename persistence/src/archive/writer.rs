//! A segment, being written.

use std::path::{Path, PathBuf};

use boxoffice_engine::ids::ConcertId;

use super::segment::{SLOTS_PER_PAGE, Segment, Slot, encode_block, encode_footer, encode_page};
use crate::compression::Compressor;
use crate::damage::{Flaw, KeepError};
use crate::new_file::NewFile;
use crate::segments::{SegmentFile, names};
use crate::wire;

/// Bytes of records that a block is filled with: enough to compress well, little enough to be held many times in memory.
pub(super) const BLOCK_BYTES_AIM: usize = 1024 * 1024;

/// Writes the segment of some generations. In memory are one block and, of each that was written, 32 bytes for the index.
pub(super) struct Writer {
    dir: PathBuf,
    first: u64,
    last: u64,
    file: NewFile,
    slots: Vec<Slot>,
    compressor: Compressor,
}

impl Writer {
    pub(super) fn create(dir: &Path, first: u64, last: u64) -> Result<Self, KeepError> {
        let file = NewFile::create(&names::path(dir, first, last))?;
        let (slots, compressor) = (Vec::new(), Compressor::new());
        Ok(Self { dir: dir.to_owned(), first, last, file, slots, compressor })
    }

    /// Writes records of a concert, in several blocks if they are many.
    pub(super) fn put(
        &mut self,
        concert: ConcertId,
        first_sequence: u64,
        count: u32,
        packed: &[u8],
    ) -> Result<(), KeepError> {
        let refused = |flaw| KeepError::refused(format!("what happened at concert {concert}"))(flaw);
        let (mut begin, mut end) = (0, 0);
        let (mut written, mut records) = (0, 0);
        for record in wire::cut(packed) {
            let record = record.map_err(|_| refused(Flaw::Form("its last record is cut off")))?;
            if records > 0 && end - begin + record.len() > BLOCK_BYTES_AIM {
                self.block((concert, first_sequence + u64::from(written)), records, &packed[begin..end])?;
                (begin, written, records) = (end, written + records, 0);
            }
            end += record.len();
            records += 1;
        }
        if records == 0 || written + records != count {
            return Err(refused(Flaw::Form("it has another number of records than is said")));
        }
        self.block((concert, first_sequence + u64::from(written)), records, &packed[begin..])
    }

    fn block(&mut self, key: (ConcertId, u64), count: u32, packed: &[u8]) -> Result<(), KeepError> {
        let (concert, first_sequence) = key;
        let refused = KeepError::refused(format!("event {first_sequence} of concert {concert}"));
        let block = encode_block(key, count, packed, &mut self.compressor).map_err(refused)?;
        let length = u32::try_from(block.len()).expect("a block of 64 MiB does not grow beyond 4 GiB");
        let offset = self.file.append(&block)?;
        self.slots.push(Slot { concert, first_sequence, count, offset, length });
        Ok(())
    }

    /// Makes the segment durable. It is there when this returns.
    pub(super) fn finish(mut self) -> Result<Segment, KeepError> {
        self.slots.sort_unstable_by_key(Slot::key);
        for pair in self.slots.windows(2).filter(|pair| pair[0].concert == pair[1].concert) {
            let (expected, found) =
                (pair[0].first_sequence + u64::from(pair[0].count), pair[1].first_sequence);
            if expected != found {
                let refused = KeepError::refused(format!("what happened at concert {}", pair[0].concert));
                return Err(refused(Flaw::Sequence { expected, found }));
            }
        }
        let index_at = self.file.length();
        for (number, slots) in (0..).zip(self.slots.chunks(SLOTS_PER_PAGE)) {
            self.file.append(&encode_page(number, slots))?;
        }
        self.file.append(&encode_footer(self.first, self.last, self.slots.len() as u64, index_at))?;
        self.file.keep()?;
        Ok(Segment::open(&self.dir, self.first, self.last)?)
    }
}
