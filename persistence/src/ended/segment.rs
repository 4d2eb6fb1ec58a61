//! A segment: the bookings that were shed for one or several generations of the journal, in one file that never changes.
//!
//! Blocks, then the pages of three tables (see [`super::table`]), then the footer; each sealed (see [`crate::sealed`]). Between version and
//! hash, numbers big-endian:
//!
//! ```text
//! block:   concert u64 | status u8 | bookings u32 | length of the heads u32, and compressed u32 | length of the rests u32
//!          | the heads, zstd | the rests, zstd
//! heads:   of each booking's form (see `wire::ended`) what says whose it is
//! rests:   (number, less the one before u64 | length of the head u8 | length u32 | the form without its head) of each booking
//! footer:  first generation u64 | last u64 | the first of the first segment u64 | bookings u64 | the ages' newest i64 and unit u64 | entries
//!          of each table u64 * 3 | offset of the tables u64
//!
//! table 0, blocks:   concert u64 | status u8 | first number u64 | offset u64 | length u32
//! table 1, payments: hash of concert and payment u32 | block u24
//! table 2, users:    hash of the user u24 | age u8 | block u24
//! ```
//!
//! A run is what a concert has of one status, in the order of numbers, in blocks side by side. So whoever looks for one status reads no
//! booking of another. Payments and users have an entry for each block that they are in; what is looked for there is seen by reading the
//! block. The age of a booking of a user is how long before the newest of the segment it was made, in units of which there are 256: so the
//! newest are read first, whatever concert they are of. Ids of users are hardly compressed, and the rest is when it stands alone.

use std::ops::RangeInclusive;
use std::path::Path;

use boxoffice_engine::concert::{BookingStatus, EndedBooking, Payment};
use boxoffice_engine::ids::{BookingId, ConcertId};
use boxoffice_engine::time::Time;

use super::block::{Packed, cut, decode_block};
use super::entries::{Ages, BlockEntry, PaymentEntry, UserEntry, payment_entry, user_entry, user_hash};
use super::table::{self, Extent, Table};
use crate::compression::Decompressor;
use crate::damage::{Damage, Flaw};
use crate::fields::Fields;
use crate::sealed::{self, SEAL_BYTES};
use crate::segments::{Fences, Footer, OpenFile, SegmentFile};

pub(super) const VERSION: u8 = 2;
const FOOTER_BYTES: usize = SEAL_BYTES + 10 * 8;
/// Pages of one segment whose first entries are remembered: a quarter of a megabyte.
const FENCES_MAX: usize = 4 * 1024;

pub(super) const BLOCKS: u8 = 0;
pub(super) const PAYMENTS: u8 = 1;
pub(super) const USERS: u8 = 2;

/// What a concert has of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub(super) concert: ConcertId,
    pub(super) status: u8,
}

/// The statuses of bookings that have ended, in the order of how they are written.
const STATUSES: [BookingStatus; 2] = [BookingStatus::Cancelled, BookingStatus::Expired];

impl Run {
    /// The runs of a concert, each with its status.
    pub(super) fn all_of(concert: ConcertId) -> impl Iterator<Item = (Self, BookingStatus)> {
        (0..).zip(STATUSES).map(move |(status, of)| (Self { concert, status }, of))
    }

    /// The status of its bookings, if there is such a one.
    pub(super) fn of_status(self) -> Option<BookingStatus> {
        STATUSES.get(usize::from(self.status)).copied()
    }
}

/// A block that was read.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) run: Run,
    /// Where it lies.
    at: u64,
    /// Its bookings, as they were packed.
    pub(super) bookings: Vec<u8>,
}

/// A segment, open for reading. It can be read as long as it is open, even when a merged one has taken its place.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(super) file: OpenFile,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) since: u64,
    pub(super) bookings: u64,
    pub(super) ages: Ages,
    tables: [Extent; 3],
    /// The first entries of pages.
    pub(super) fences: Fences<table::Page, Box<[u8]>>,
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

    fn beginning(&self) -> u64 {
        self.since
    }

    fn bytes(&self) -> u64 {
        self.file.length()
    }
}

impl Segment {
    fn of(file: OpenFile, generations: (u64, u64), footer: &Footer<FOOTER_BYTES>) -> Result<Self, Flaw> {
        let (mut fields, _) = sealed::open(&footer.bytes, VERSION)?;
        let numbers: Vec<u64> = std::iter::from_fn(|| fields.u64()).collect();
        let [first, last, since, bookings, newest, unit, blocks, payments, users, tables_at] = numbers[..]
        else {
            return Err(Flaw::Short(FOOTER_BYTES as u64));
        };
        if (first, last) != generations {
            return Err(Flaw::Other);
        }
        let mut tables = [Extent::default(); 3];
        let mut at = Some(tables_at);
        let widths = [size_of::<BlockEntry>(), size_of::<PaymentEntry>(), size_of::<UserEntry>()];
        for ((extent, width), entries) in tables.iter_mut().zip(widths).zip([blocks, payments, users]) {
            *extent = Extent { at: at.unwrap_or_default(), entries };
            at = table::table_bytes(width, entries).zip(at).and_then(|(bytes, at)| at.checked_add(bytes));
        }
        if at != Some(footer.at) {
            return Err(Flaw::Form("its lengths do not add up"));
        }
        let (ages, fences) = (Ages { newest: Time(newest.cast_signed()), unit }, Fences::of(FENCES_MAX));
        Ok(Self { file, first, last, since, bookings, ages, tables, fences })
    }

    /// For `map_err`.
    pub(super) fn damage(&self, at: u64) -> impl Fn(Flaw) -> Damage + use<> {
        self.file.damage(at)
    }

    pub(super) fn blocks(&self) -> Table<'_, { size_of::<BlockEntry>() }> {
        Table { segment: self, kind: BLOCKS, extent: self.tables[usize::from(BLOCKS)] }
    }

    pub(super) fn payments(&self) -> Table<'_, { size_of::<PaymentEntry>() }> {
        Table { segment: self, kind: PAYMENTS, extent: self.tables[usize::from(PAYMENTS)] }
    }

    pub(super) fn users(&self) -> Table<'_, { size_of::<UserEntry>() }> {
        Table { segment: self, kind: USERS, extent: self.tables[usize::from(USERS)] }
    }

    /// The block of this number, that a table names.
    pub(super) fn block(&self, number: u32, decompressor: &mut Decompressor) -> Result<Block, Damage> {
        self.read_block(&self.blocks().at(number.into())?, decompressor)
    }

    /// The block of this entry.
    pub(super) fn read_block(
        &self,
        entry: &BlockEntry,
        decompressor: &mut Decompressor,
    ) -> Result<Block, Damage> {
        let short = || self.damage(0)(Flaw::Form("its table is cut off"));
        let mut fields = Fields::new(entry);
        let (concert, status) = fields.u64().zip(fields.take()).ok_or_else(short)?;
        let run = Run { concert: ConcertId::from_bits(concert), status: u8::from_be_bytes(status) };
        let _first_number = fields.u64();
        let (at, length) = fields.u64().zip(fields.u32()).ok_or_else(short)?;
        let bookings = self.open_block(run, at, length, decompressor).map_err(self.damage(at))?;
        Ok(Block { run, at, bookings })
    }

    fn open_block(
        &self,
        run: Run,
        offset: u64,
        length: u32,
        decompressor: &mut Decompressor,
    ) -> Result<Vec<u8>, Flaw> {
        if offset.checked_add(length.into()).is_none_or(|end| end > self.tables[0].at) {
            return Err(Flaw::Form("it lies outside of the blocks"));
        }
        decode_block(run, &self.file.read(offset, length.into())?, decompressor)
    }

    /// A booking of a block.
    pub(super) fn booking_of(&self, block: &Block, packed: Packed<'_>) -> Result<EndedBooking, Damage> {
        packed.booking(block.run).map_err(|_| self.damage(block.at)(Flaw::Form("a booking cannot be read")))
    }

    /// Reads everything, shows of each booking that is sound at which concert it was, and tells `wrong` of all damage. Returns how many
    /// are sound.
    pub(super) fn verify(&self, visit: &mut impl FnMut(ConcertId), wrong: &mut impl FnMut(String)) -> u64 {
        let mut tell = Vec::new();
        let mut decompressor = Decompressor::new();
        let (mut sound, mut lengths) = (0, 0);
        let (mut payments, mut users) = (Vec::new(), Vec::new());
        for (number, entry) in (0..).zip(self.blocks().every(&mut tell)) {
            lengths += entry.last_chunk().map_or(0, |length| u64::from(u32::from_be_bytes(*length)));
            match self.read_block(&entry, &mut decompressor) {
                Ok(Block { run, bookings, .. }) => {
                    for packed in cut(&bookings).flatten() {
                        match packed.booking(run) {
                            Ok(ended) => {
                                sound += 1;
                                visit(run.concert);
                                let of =
                                    |payment: &Payment| payment_entry(run.concert, payment.number, number);
                                payments.extend(ended.payments.iter().map(of));
                                let age = self.ages.of(ended.booking.created_at());
                                users.push(user_entry(user_hash(&ended.user), age, number));
                            }
                            Err(error) => {
                                let (path, number) = (self.file.path().display(), packed.number);
                                let booking = BookingId { concert: run.concert, number };
                                tell.push(format!("{path}: booking {booking}: {error}"));
                            }
                        }
                    }
                }
                Err(damage) => tell.push(damage.to_string()),
            }
        }
        let tables = (self.payments().every(&mut tell), self.users().every(&mut tell));
        // What follows from damage that was told need not be told, too.
        if tell.is_empty() && lengths != self.tables[0].at {
            tell.push(self.damage(0)(Flaw::Form("there are bytes that belong to no block")).to_string());
        }
        if tell.is_empty() && (sound != self.bookings || (sorted(payments), sorted(users)) != tables) {
            let (path, bookings) = (self.file.path().display(), self.bookings);
            tell.push(format!("{path}: has {sound} sound bookings of {bookings}, or its tables name others"));
        }
        tell.into_iter().for_each(wrong);
        sound
    }
}

/// The entries as a table has them: in their order, each once.
fn sorted<const N: usize>(mut entries: Vec<[u8; N]>) -> Vec<[u8; N]> {
    entries.sort_unstable();
    entries.dedup();
    entries
}

/// Makes the footer.
pub(super) fn encode_footer(
    generations: &RangeInclusive<u64>,
    since: u64,
    bookings: u64,
    ages: Ages,
    tables: [Extent; 3],
) -> Vec<u8> {
    let [blocks, payments, users] = tables;
    let mut footer = sealed::begin(VERSION, FOOTER_BYTES);
    let head = [*generations.start(), *generations.end(), since, bookings];
    let rest = [ages.newest.0.cast_unsigned(), ages.unit, blocks.entries, payments.entries, users.entries];
    for field in head.into_iter().chain(rest).chain([blocks.at]) {
        footer.extend_from_slice(&field.to_be_bytes());
    }
    sealed::seal(&mut footer);
    footer
}
