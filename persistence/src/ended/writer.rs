//! A segment, being written.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use boxoffice_engine::concert::EndedBooking;
use boxoffice_engine::ids::BookingNumber;

use super::segment::{
    BLOCKS, BlockEntry, PAYMENTS, Packed, PaymentEntry, Run, Segment, USERS, UserEntry, append, block_entry,
    code_of, encode_block, encode_footer, payment_entry, user_entry,
};
use super::table;
use crate::archive::names;
use crate::compression::Compressor;
use crate::damage::{Damage, Flaw, KeepError};
use crate::new_file::NewFile;
use crate::wire;

/// Bytes of bookings that a block is filled with: who looks for one booking reads all of its block.
const BLOCK_BYTES_AIM: usize = 32 * 1024;

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
    users: Vec<UserEntry>,
}

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
        for status in super::segment::STATUSES {
            for ended in bookings.iter().filter(|ended| ended.booking.status == status) {
                let status = code_of(status).expect("these are the statuses of bookings that have ended");
                let run = Run { concert: ended.concert, status };
                let number = ended.booking.number;
                form.clear();
                wire::pack_ended(ended, &mut form);
                self.add(run, Packed { number, form: &form })?;
                let payments =
                    ended.payments.iter().map(|payment| payment_entry(run, payment.number, number));
                self.payments.extend(payments);
                self.users.push(user_entry(run, ended));
            }
        }
        Ok(())
    }

    /// Adds a booking; runs come in order, and of each its bookings.
    pub(super) fn add(&mut self, run: Run, packed: Packed<'_>) -> Result<(), KeepError> {
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

    /// Makes the segment durable with the payments and users that were put, which are sorted first.
    pub(super) fn finish_sorted(mut self) -> Result<Segment, KeepError> {
        let (mut payments, mut users) = (std::mem::take(&mut self.payments), std::mem::take(&mut self.users));
        payments.sort_unstable();
        users.sort_unstable();
        self.finish(payments.into_iter().map(Ok), users.into_iter().map(Ok))
    }

    /// Makes the segment durable with these payments and users, which come in their order. It is there when this returns.
    pub(super) fn finish(
        mut self,
        payments: impl Iterator<Item = Result<PaymentEntry, Damage>>,
        users: impl Iterator<Item = Result<UserEntry, Damage>>,
    ) -> Result<Segment, KeepError> {
        self.close_block()?;
        if !self.blocks.is_sorted() {
            return Err(KeepError::refused("ended bookings")(Flaw::Form("they do not come in order")));
        }
        let tables = [
            table::write(&mut self.file, BLOCKS, self.blocks.iter().copied().map(Ok))?,
            table::write(&mut self.file, PAYMENTS, payments)?,
            table::write(&mut self.file, USERS, users)?,
        ];
        self.file.append(&encode_footer(&self.generations, self.since, self.bookings, tables))?;
        self.file.keep()?;
        Ok(Segment::open(&self.dir, *self.generations.start(), *self.generations.end())?)
    }
}
