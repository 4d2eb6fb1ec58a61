//! What the tables of a segment say of its blocks, of payments and of users.

use boxoffice_engine::ids::{BookingNumber, ConcertId, PaymentNumber, UserId};
use boxoffice_engine::time::Time;

use super::segment::Run;

pub(super) type BlockEntry = [u8; 8 + 1 + 8 + 8 + 4];
pub(super) type PaymentEntry = [u8; 4 + 3];
pub(super) type UserEntry = [u8; 3 + 1 + 3];

/// When the bookings of a segment were made, as its table of users has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ages {
    pub(super) newest: Time,
    /// In milliseconds.
    pub(super) unit: u64,
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
pub(super) fn age_in(entry: UserEntry) -> u8 {
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
