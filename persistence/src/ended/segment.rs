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
//! footer:  first generation u64 | last u64 | the first that ever shed u64 | bookings u64 | the ages' newest i64 and unit u64 | entries
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

use std::fs::File;
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use boxoffice_engine::concert::{BookingStatus, EndedBooking, Payment};
use boxoffice_engine::ids::{BookingNumber, ConcertId, PaymentNumber, UserId};
use boxoffice_engine::time::Time;

use super::table::{self, Extent, Fences, Table};
use crate::archive::names;
use crate::compression::{Compressor, Decompressor};
use crate::damage::{Damage, Flaw};
use crate::fields::Fields;
use crate::sealed::{self, SEAL_BYTES};
use crate::wire;

pub(super) const VERSION: u8 = 2;
const BLOCK_HEAD_BYTES: usize = 8 + 1 + 4 * 4;
const FOOTER_BYTES: usize = SEAL_BYTES + 10 * 8;
/// Longest block before compression: one is closed when it has about 64 KiB, and a booking has at most ten thousand seats.
const BLOCK_BYTES_MAX: u32 = 16 * 1024 * 1024;

pub(super) const BLOCKS: u8 = 0;
pub(super) const PAYMENTS: u8 = 1;
pub(super) const USERS: u8 = 2;

pub(super) type BlockEntry = [u8; 8 + 1 + 8 + 8 + 4];
pub(super) type PaymentEntry = [u8; 4 + 3];
pub(super) type UserEntry = [u8; 3 + 1 + 3];

/// What a concert has of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub(super) concert: ConcertId,
    pub(super) status: u8,
}

/// The statuses of bookings that have ended, as they are written.
pub(super) fn code_of(status: BookingStatus) -> Option<u8> {
    match status {
        BookingStatus::Cancelled => Some(0),
        BookingStatus::Expired => Some(1),
        BookingStatus::Confirmed | BookingStatus::Held => None,
    }
}

pub(super) const STATUSES: [BookingStatus; 2] = [BookingStatus::Cancelled, BookingStatus::Expired];

/// A segment, open for reading. It can be read as long as it is open, even when a merged one has taken its place.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) since: u64,
    pub(super) bookings: u64,
    pub(super) ages: Ages,
    tables: [Extent; 3],
    pub(super) fences: Fences,
}

/// When the bookings of a segment were made, as its table of users has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ages {
    newest: Time,
    /// In milliseconds.
    unit: u64,
}

impl Ages {
    /// For bookings that were made in this time.
    pub(super) fn between(oldest: Time, newest: Time) -> Self {
        Self { newest, unit: newest.0.abs_diff(oldest.0) / (u64::from(u8::MAX) + 1) + 1 }
    }

    /// The age of a booking that was made at this time. What is older has no lower one.
    pub(super) fn of(self, time: Time) -> u8 {
        let before = if time < self.newest { self.newest.0.abs_diff(time.0) } else { 0 };
        u8::try_from(before / self.unit.max(1)).unwrap_or(u8::MAX)
    }

    /// The latest time of this age.
    pub(super) fn latest(self, age: u8) -> Time {
        Time(self.newest.0.saturating_sub_unsigned(self.unit.saturating_mul(age.into())))
    }
}

/// A booking as it stands in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    pub(super) number: BookingNumber,
    pub(super) form: &'a [u8],
}

impl Segment {
    /// Opens the segment of these generations and checks its footer; the rest is checked as it is read.
    pub(super) fn open(dir: &Path, first: u64, last: u64) -> Result<Self, Damage> {
        let path = names::path(dir, first, last);
        let flaw = Damage::at(&path, 0);
        let file = File::open(&path).map_err(Flaw::reading).map_err(&flaw)?;
        let length = file.metadata().map_err(Flaw::reading).map_err(&flaw)?.len();
        let Some(footer_at) = length.checked_sub(FOOTER_BYTES as u64) else {
            return Err(flaw(Flaw::Short(length)));
        };
        let (since, bookings, ages, tables) = (0, 0, Ages::default(), [Extent::default(); 3]);
        let fences = Fences::default();
        let mut segment = Self { path, file, first, last, since, bookings, ages, tables, fences };
        let mut footer = [0; FOOTER_BYTES];
        let read = segment.read_at(footer_at, &mut footer);
        read.and_then(|()| segment.take_footer(&footer, footer_at)).map_err(segment.damage(footer_at))?;
        Ok(segment)
    }

    fn take_footer(&mut self, footer: &[u8; FOOTER_BYTES], footer_at: u64) -> Result<(), Flaw> {
        let (mut fields, _) = sealed::open(footer, VERSION)?;
        let numbers: Vec<u64> = std::iter::from_fn(|| fields.u64()).collect();
        let [first, last, since, bookings, newest, unit, blocks, payments, users, tables_at] = numbers[..]
        else {
            return Err(Flaw::Short(FOOTER_BYTES as u64));
        };
        if (first, last) != (self.first, self.last) {
            return Err(Flaw::Other);
        }
        (self.since, self.bookings) = (since, bookings);
        self.ages = Ages { newest: Time(newest.cast_signed()), unit };
        let mut at = Some(tables_at);
        let widths = [size_of::<BlockEntry>(), size_of::<PaymentEntry>(), size_of::<UserEntry>()];
        for ((extent, width), entries) in self.tables.iter_mut().zip(widths).zip([blocks, payments, users]) {
            *extent = Extent { at: at.unwrap_or_default(), entries };
            at = table::table_bytes(width, entries).zip(at).and_then(|(bytes, at)| at.checked_add(bytes));
        }
        if at == Some(footer_at) { Ok(()) } else { Err(Flaw::Form("its lengths do not add up")) }
    }

    pub(super) fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<(), Flaw> {
        self.file.read_exact_at(bytes, offset).map_err(Flaw::reading)
    }

    /// For `map_err`.
    pub(super) fn damage(&self, at: u64) -> impl Fn(Flaw) -> Damage + use<> {
        Damage::at(&self.path, at)
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

    /// The bookings of the block of this number that a table names, as they were packed, and their run.
    pub(super) fn block(
        &self,
        number: u32,
        decompressor: &mut Decompressor,
    ) -> Result<(Run, Vec<u8>), Damage> {
        self.read_block(&self.blocks().at(number.into())?, decompressor)
    }

    /// The run of a block, and its bookings as they were packed.
    pub(super) fn read_block(
        &self,
        entry: &BlockEntry,
        decompressor: &mut Decompressor,
    ) -> Result<(Run, Vec<u8>), Damage> {
        let short = || self.damage(0)(Flaw::Form("its table is cut off"));
        let mut fields = Fields::new(entry);
        let (concert, status) = fields.u64().zip(fields.take()).ok_or_else(short)?;
        let run = Run { concert: ConcertId::from_bits(concert), status: u8::from_be_bytes(status) };
        let _first_number = fields.u64();
        let (offset, length) = fields.u64().zip(fields.u32()).ok_or_else(short)?;
        let bookings = self.open_block(run, offset, length, decompressor);
        Ok((run, bookings.map_err(self.damage(offset))?))
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
        let mut block = vec![0; usize::try_from(length).map_err(|_| Flaw::Form("it is longer than memory"))?];
        self.read_at(offset, &mut block)?;
        let (mut fields, _) = sealed::open(&block, VERSION)?;
        let short = || Flaw::Short(length.into());
        let (concert, status) = fields.u64().zip(fields.take()).ok_or_else(short)?;
        if (Run { concert: ConcertId::from_bits(concert), status: u8::from_be_bytes(status) }) != run {
            return Err(Flaw::Other);
        }
        let (count, head_bytes) = fields.u32().zip(fields.u32()).ok_or_else(short)?;
        let (compressed, rest_bytes) = fields.u32().zip(fields.u32()).ok_or_else(short)?;
        let heads = usize::try_from(compressed).ok().and_then(|length| fields.bytes(length));
        let mut open =
            |bytes: &[u8], length: u32| decompressor.decompress(bytes, length.into(), BLOCK_BYTES_MAX.into());
        let heads = open(heads.ok_or_else(short)?, head_bytes)?;
        let rests = open(fields.rest(), rest_bytes)?;
        let bookings = together(&heads, &rests).ok_or(Flaw::Form("its bookings are not what is said"))?;
        let numbers: Option<Vec<BookingNumber>> =
            cut(&bookings).map(|packed| packed.map(|packed| packed.number)).collect();
        match numbers {
            Some(numbers) if numbers.len() as u64 == u64::from(count) && numbers.is_sorted() => Ok(bookings),
            _ => Err(Flaw::Form("its bookings are not what is said")),
        }
    }

    /// Reads everything, and tells `wrong` of all damage. Returns how many bookings are sound.
    pub(super) fn verify(&self, wrong: &mut impl FnMut(String)) -> u64 {
        let mut tell = Vec::new();
        let mut decompressor = Decompressor::new();
        let (mut sound, mut lengths) = (0, 0);
        let (mut payments, mut users) = (Vec::new(), Vec::new());
        for (number, entry) in (0..).zip(self.blocks().every(&mut tell)) {
            lengths += entry.last_chunk().map_or(0, |length| u64::from(u32::from_be_bytes(*length)));
            match self.read_block(&entry, &mut decompressor) {
                Ok((run, bookings)) => {
                    for packed in cut(&bookings).flatten() {
                        match packed.booking(run) {
                            Ok(ended) => {
                                sound += 1;
                                let of =
                                    |payment: &Payment| payment_entry(run.concert, payment.number, number);
                                payments.extend(ended.payments.iter().map(of));
                                let age = self.ages.of(ended.booking.created_at);
                                users.push(user_entry(user_hash(&ended.user), age, number));
                            }
                            Err(error) => {
                                tell.push(format!("{}: {:?}: {error}", self.path.display(), packed.number));
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
            let (path, bookings) = (self.path.display(), self.bookings);
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

impl Packed<'_> {
    pub(super) fn booking(&self, run: Run) -> Result<EndedBooking, String> {
        let status = STATUSES.get(usize::from(run.status)).ok_or("a status that does not exist")?;
        wire::unpack_ended(self.form, run.concert, self.number, *status).map_err(|error| error.to_string())
    }
}

/// The bookings of a block, one after another; `None` for what is cut off.
pub(super) fn cut(bookings: &[u8]) -> impl Iterator<Item = Option<Packed<'_>>> {
    let mut fields = Fields::new(bookings);
    std::iter::from_fn(move || {
        if fields.rest().is_empty() {
            return None;
        }
        let head = fields.u64().zip(fields.u32());
        let form = head.and_then(|(_, length)| fields.bytes(usize::try_from(length).ok()?));
        let packed = head.zip(form).map(|((number, _), form)| Packed { number: BookingNumber(number), form });
        if packed.is_none() {
            fields = Fields::new(&[]);
        }
        Some(packed)
    })
}

/// Appends a booking to those of a block.
pub(super) fn append(bookings: &mut Vec<u8>, Packed { number, form }: Packed<'_>) {
    bookings.extend_from_slice(&number.0.to_be_bytes());
    let length =
        u32::try_from(form.len()).expect("a booking is made of one request, which is far below 4 GiB");
    bookings.extend_from_slice(&length.to_be_bytes());
    bookings.extend_from_slice(form);
}

/// Makes a block.
pub(super) fn encode_block(
    run: Run,
    count: u32,
    bookings: &[u8],
    compressor: &mut Compressor,
) -> Result<Vec<u8>, Flaw> {
    let (heads, rests) = apart(bookings);
    let length = |of: &[u8]| {
        let fits = u32::try_from(of.len()).ok().filter(|length| *length <= BLOCK_BYTES_MAX);
        fits.ok_or(Flaw::TooLong { length: of.len() as u64, max: BLOCK_BYTES_MAX.into() })
    };
    let (head_bytes, rest_bytes) = (length(&heads)?, length(&rests)?);
    let mut compressed = Vec::new();
    compressor.append(&heads, &mut compressed);
    let mut block = sealed::begin(VERSION, BLOCK_HEAD_BYTES + bookings.len() / 2);
    block.extend_from_slice(&run.concert.bits().to_be_bytes());
    block.push(run.status);
    for field in [count, head_bytes, length(&compressed)?, rest_bytes] {
        block.extend_from_slice(&field.to_be_bytes());
    }
    block.extend_from_slice(&compressed);
    compressor.append(&rests, &mut block);
    sealed::seal(&mut block);
    Ok(block)
}

/// Bookings as they are written: the heads of their forms, and what is left.
fn apart(bookings: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (mut heads, mut rests, mut before) = (Vec::new(), Vec::new(), 0);
    for Packed { number, form } in cut(bookings).flatten() {
        let head = wire::ended_head(form).filter(|head| *head <= form.len());
        let head_bytes = head.and_then(|head| u8::try_from(head).ok()).unwrap_or(0);
        let (head, rest) = form.split_at(head_bytes.into());
        heads.extend_from_slice(head);
        rests.extend_from_slice(&number.0.wrapping_sub(before).to_be_bytes());
        rests.push(head_bytes);
        let length = u32::try_from(rest.len()).expect("a booking's length was written in 32 bits before");
        rests.extend_from_slice(&length.to_be_bytes());
        rests.extend_from_slice(rest);
        before = number.0;
    }
    (heads, rests)
}

/// The bookings of which these are the heads and the rests.
fn together(heads: &[u8], rests: &[u8]) -> Option<Vec<u8>> {
    let (mut heads, mut rests) = (Fields::new(heads), Fields::new(rests));
    let (mut bookings, mut number) = (Vec::new(), 0_u64);
    while !rests.rest().is_empty() {
        number = number.wrapping_add(rests.u64()?);
        let [head] = rests.take()?;
        let length = usize::try_from(rests.u32()?).ok()?;
        let (head, rest) = (heads.bytes(head.into())?, rests.bytes(length)?);
        append(&mut bookings, Packed { number: BookingNumber(number), form: &[head, rest].concat() });
    }
    heads.rest().is_empty().then_some(bookings)
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

/// Where the blocks of a run begin whose first number is at least this one.
pub(super) fn block_key(run: Run, number: BookingNumber) -> [u8; 8 + 1 + 8] {
    let mut key = [run.status; 8 + 1 + 8];
    key[..8].copy_from_slice(&run.concert.bits().to_be_bytes());
    key[9..].copy_from_slice(&number.0.to_be_bytes());
    key
}

pub(super) fn block_entry(run: Run, first: BookingNumber, offset: u64, length: u32) -> BlockEntry {
    let mut entry = [0; size_of::<BlockEntry>()];
    entry[..17].copy_from_slice(&block_key(run, first));
    entry[17..25].copy_from_slice(&offset.to_be_bytes());
    entry[25..].copy_from_slice(&length.to_be_bytes());
    entry
}

/// Blocks that the tables can name.
pub(super) const BLOCKS_MAX: u32 = 1 << 24;

/// What all entries of a payment begin with. Two payments may have the same.
pub(super) fn payment_hash(concert: ConcertId, payment: PaymentNumber) -> [u8; 4] {
    short_hash([concert.bits().to_be_bytes(), payment.0.to_be_bytes()].as_flattened())
}

pub(super) fn payment_entry(concert: ConcertId, payment: PaymentNumber, block: u32) -> PaymentEntry {
    let mut entry = [0; size_of::<PaymentEntry>()];
    entry[..4].copy_from_slice(&payment_hash(concert, payment));
    entry[4..].copy_from_slice(&block.to_be_bytes()[1..]);
    entry
}

/// What all entries of a user begin with. Two users may have the same.
pub(super) fn user_hash(user: &UserId) -> [u8; 3] {
    let [first, second, third, _] = short_hash(user.as_str().as_bytes());
    [first, second, third]
}

pub(super) fn user_entry(user: [u8; 3], age: u8, block: u32) -> UserEntry {
    let mut entry = [age; size_of::<UserEntry>()];
    entry[..3].copy_from_slice(&user);
    entry[4..].copy_from_slice(&block.to_be_bytes()[1..]);
    entry
}

/// The age in an entry of a user.
pub(super) fn age_in(entry: &UserEntry) -> u8 {
    entry[3]
}

/// The number of the block that an entry of a payment or a user ends with.
pub(super) fn block_in(entry: &[u8]) -> u32 {
    entry.last_chunk().map_or(0, |[upper, middle, lower]| u32::from_be_bytes([0, *upper, *middle, *lower]))
}

fn short_hash(bytes: &[u8]) -> [u8; 4] {
    let mut short = [0; 4];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..4]);
    short
}
