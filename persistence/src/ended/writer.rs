//! A segment, being written.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use boxoffice_engine::concert::EndedBooking;
use boxoffice_engine::ids::BookingNumber;
use boxoffice_engine::time::Time;

use super::block::{Packed, append, encode_block};
use super::entries::{
    Ages, BLOCKS_MAX, BlockEntry, PaymentEntry, block_entry, payment_entry, user_entry, user_hash,
};
use super::segment::{BLOCKS, PAYMENTS, Run, Segment, USERS, encode_footer};
use super::table;
use crate::compression::Compressor;
use crate::damage::{Flaw, KeepError};
use crate::new_file::NewFile;
use crate::segments::{SegmentFile, names};
use crate::wire;

/// Bytes of bookings that a block is filled with: who looks for one booking reads all of its block.
const BLOCK_BYTES_AIM: usize = 64 * 1024;

/// Writes the segment of some generations.
pub(super) struct Writer {
    dir: PathBuf,
    generations: RangeInclusive<u64>,
    since: u64,
    file: NewFile,
    compressor: Compressor,
    /// The block that is being filled.
    filling: Option<Filling>,
    bookings: u64,
    blocks: Vec<BlockEntry>,
    payments: Vec<PaymentEntry>,
    users: Vec<OfUser>,
}

/// A user's booking: the hash of the user, when it was made, its block.
type OfUser = ([u8; 3], Time, u32);

struct Filling {
    run: Run,
    first: BookingNumber,
    count: u32,
    bookings: Vec<u8>,
}

impl Writer {
    pub(super) fn create(
        dir: &Path,
        generations: RangeInclusive<u64>,
        since: u64,
    ) -> Result<Self, KeepError> {
        let file = NewFile::create(&names::path(dir, *generations.start(), *generations.end()))?;
        Ok(Self {
            dir: dir.to_owned(),
            generations,
            since,
            file,
            compressor: Compressor::new(),
            filling: None,
            bookings: 0,
            blocks: Vec::new(),
            payments: Vec::new(),
            users: Vec::new(),
        })
    }

    /// Puts bookings of one concert, in the order of their numbers.
    pub(super) fn put(&mut self, bookings: &[EndedBooking]) -> Result<(), KeepError> {
        let mut form = Vec::new();
        let Some(first) = bookings.first() else { return Ok(()) };
        for (run, status) in Run::all_of(first.concert) {
            for ended in bookings.iter().filter(|ended| ended.booking.status == status) {
                let number = ended.booking.number;
                form.clear();
                wire::pack_ended(ended, &mut form);
                self.add(run, Packed { number, form: &form }, ended)?;
            }
        }
        Ok(())
    }

    /// Adds a booking, packed and as it is; runs come in order, and of each its bookings.
    pub(super) fn add(
        &mut self,
        run: Run,
        packed: Packed<'_>,
        ended: &EndedBooking,
    ) -> Result<(), KeepError> {
        let fits = |filling: &Filling| {
            filling.run == run && filling.bookings.len() + packed.form.len() <= BLOCK_BYTES_AIM
        };
        if !self.filling.as_ref().is_some_and(fits) {
            self.close_block()?;
        }
        let filling = self.filling.get_or_insert_with(|| Filling {
            run,
            first: packed.number,
            count: 0,
            bookings: Vec::new(),
        });
        append(&mut filling.bookings, packed);
        filling.count += 1;
        self.bookings += 1;
        let block = u32::try_from(self.blocks.len()).unwrap_or(BLOCKS_MAX);
        let payments = ended.payments.iter();
        self.payments.extend(payments.map(|payment| payment_entry(run.concert, payment.number, block)));
        self.users.push((user_hash(&ended.user), ended.booking.created_at(), block));
        Ok(())
    }

    fn close_block(&mut self) -> Result<(), KeepError> {
        let Some(Filling { run, first, count, bookings }) = self.filling.take() else { return Ok(()) };
        let refused = KeepError::refused(format!("booking {} of concert {}", first.0, run.concert));
        let block = encode_block(run, count, &bookings, &mut self.compressor).map_err(refused)?;
        let length = u32::try_from(block.len()).expect("a block of 16 MiB does not grow beyond 4 GiB");
        let offset = self.file.append(&block)?;
        self.blocks.push(block_entry(run, first, offset, length));
        Ok(())
    }

    /// Makes the segment durable. It is there when this returns.
    pub(super) fn finish(mut self) -> Result<Segment, KeepError> {
        self.close_block()?;
        let refused = |what| KeepError::refused("ended bookings")(Flaw::Form(what));
        if !self.blocks.is_sorted() {
            return Err(refused("they do not come in order"));
        }
        if self.blocks.len() as u64 > BLOCKS_MAX.into() {
            return Err(refused("they are of more concerts than a table can name"));
        }
        let times = || self.users.iter().map(|(_, created_at, _)| *created_at);
        let ages = Ages::between(times().min().unwrap_or_default(), times().max().unwrap_or_default());
        self.payments.sort_unstable();
        self.users.sort_unstable_by_key(|(user, created_at, block)| (*user, ages.of(*created_at), *block));
        let users = self.users.iter();
        let users = users.map(|(user, created_at, block)| user_entry(*user, ages.of(*created_at), *block));
        let tables = [
            table::write(&mut self.file, BLOCKS, self.blocks.iter().copied())?,
            table::write(&mut self.file, PAYMENTS, self.payments.iter().copied())?,
            table::write(&mut self.file, USERS, users)?,
        ];
        self.file.append(&encode_footer(&self.generations, self.since, self.bookings, ages, tables))?;
        self.file.keep()?;
        Ok(Segment::open(&self.dir, *self.generations.start(), *self.generations.end())?)
    }
}
