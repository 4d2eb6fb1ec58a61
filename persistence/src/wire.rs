//! The wire form of records, version 1: what stands in the bodies of frames.
//!
//! A group is its records one after another, each as `length u32 (little-endian) | head | payload`. `length` counts head and
//! payload; the head (stream, sequence, epoch, time) is read without the payload, so a filter by stream costs no decoding.
//! Head and payload are bincode 2 in its standard configuration. The engine's types have no wire form of their own: the types
//! here mirror them. What is there never changes: an event that says more than its mirror can gets a new variant, at the end.
//! `tests/golden` holds the bytes, a file per generation of variants.

#![expect(
    clippy::inline_always,
    reason = "measured: what a start reads a million times is handed on in memory otherwise, and waited for, which takes a fifth of it"
)]

use bincode::config::{self, Configuration};
use bincode::enc::write::Writer;
use bincode::error::EncodeError;
use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;

mod accounts;
pub(crate) mod columns;
mod concert;
mod ended;
mod list;
mod quick;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod samples;
pub(crate) mod short_id;
#[cfg(test)]
mod tests;

pub(crate) use ended::{ended_head, ended_user, pack_ended, unpack_ended};

const CONFIG: Configuration = config::standard();
const LENGTH_BYTES: usize = 4;

/// Bytes that are no record, though they passed their checksum: a fault of a program, not of a disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("a record is cut off")]
    CutOff,
    #[error("a record has bytes that belong to nothing")]
    LeftOver,
    #[error("a record is not in the form of this version: {0}")]
    Form(String),
    #[error("a record holds a {0} that does not exist")]
    Value(&'static str),
}

/// Where a record stands, without what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) stream: Stream,
    pub(crate) sequence: u64,
    pub(crate) epoch: u64,
    pub(crate) time: Time,
}

/// A record whose payload has not been decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PackedRecord<'a> {
    pub(crate) head: Head,
    /// All of it, as it stands in its group.
    pub(crate) bytes: &'a [u8],
    payload: &'a [u8],
}

#[derive(Encode, Decode)]
struct WireHead {
    stream: WireStream,
    sequence: u64,
    epoch: u64,
    time: i64,
}

#[derive(Encode, Decode)]
enum WireStream {
    Accounts,
    Concert(u64),
}

#[derive(Encode, BorrowDecode)]
enum WireEvent<'a> {
    Accounts(accounts::WireAccountsEvent<'a>),
    Concert(concert::WireConcertEvent<'a>),
}

impl From<WireStream> for Stream {
    fn from(stream: WireStream) -> Self {
        match stream {
            WireStream::Accounts => Self::Accounts,
            WireStream::Concert(bits) => Self::Concert(ConcertId::from_bits(bits)),
        }
    }
}

/// Appends the wire form of a record to a group.
pub(crate) fn pack(record: &Record, group: &mut Vec<u8>) {
    let start = group.len();
    group.extend_from_slice(&[0; LENGTH_BYTES]);
    let Record { stream, sequence, epoch, time, ref event } = *record;
    let stream = match stream {
        Stream::Accounts => WireStream::Accounts,
        Stream::Concert(concert) => WireStream::Concert(concert.bits()),
    };
    let event = match event {
        Event::Accounts(event) => WireEvent::Accounts(event.into()),
        Event::Concert(event) => WireEvent::Concert(event.into()),
    };
    let head = WireHead { stream, sequence, epoch, time: time.0 };
    bincode::encode_into_writer((head, event), Appender(group), CONFIG)
        .expect("memory takes every byte, and no mirror type refuses to be encoded");
    let length = u32::try_from(group.len() - start - LENGTH_BYTES)
        .expect("a record is made of one request, which is far below 4 GiB");
    group[start..start + LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
}

/// The records of a group, in order. It ends after the first error.
pub(crate) fn unpack(group: &[u8]) -> impl Iterator<Item = Result<PackedRecord<'_>, WireError>> {
    each(group, |rest| read_head(take(rest)?))
}

/// Whose record these are the bytes of, its length included.
pub(crate) fn stream_of(record: &[u8]) -> Result<Stream, WireError> {
    let head = record.get(LENGTH_BYTES..).ok_or(WireError::CutOff)?;
    if let Some(stream) = quick::stream(head) {
        return Ok(stream);
    }
    bincode::decode_from_slice::<WireStream, _>(head, CONFIG).map(|(stream, _)| stream.into()).map_err(form)
}

/// The bytes of each record of a group, its length included, in order. It ends after the first error.
pub(crate) fn cut(group: &[u8]) -> impl Iterator<Item = Result<&[u8], WireError>> {
    each(group, take)
}

#[inline(always)]
fn each<'a, T>(
    group: &'a [u8],
    take: impl Fn(&mut &'a [u8]) -> Result<T, WireError>,
) -> impl Iterator<Item = Result<T, WireError>> {
    let mut rest = group;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let taken = take(&mut rest);
        if taken.is_err() {
            rest = &[];
        }
        Some(taken)
    })
}

/// Takes the bytes of one record, its length included.
#[inline(always)]
fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let length = rest.first_chunk::<LENGTH_BYTES>().ok_or(WireError::CutOff)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| WireError::CutOff)?;
    let length = length.checked_add(LENGTH_BYTES).ok_or(WireError::CutOff)?;
    let (record, after) = rest.split_at_checked(length).ok_or(WireError::CutOff)?;
    *rest = after;
    Ok(record)
}

#[inline(always)]
fn read_head(bytes: &[u8]) -> Result<PackedRecord<'_>, WireError> {
    let record = &bytes[LENGTH_BYTES..];
    let (head, read) = quick::head(record).map_or_else(|| decode_head(record), Ok)?;
    Ok(PackedRecord { head, bytes, payload: &record[read..] })
}

fn decode_head(record: &[u8]) -> Result<(Head, usize), WireError> {
    let (head, read) = bincode::decode_from_slice::<WireHead, _>(record, CONFIG).map_err(form)?;
    let WireHead { stream, sequence, epoch, time } = head;
    Ok((Head { stream: stream.into(), sequence, epoch, time: Time(time) }, read))
}

impl PackedRecord<'_> {
    /// Decodes the payload.
    pub(crate) fn record(&self) -> Result<Record, WireError> {
        self.show(|record| record)
    }

    /// Decodes the payload, and shows the record where it was made.
    #[inline(always)]
    pub(crate) fn show<T>(&self, mut show: impl FnMut(Record) -> T) -> Result<T, WireError> {
        let Head { stream, sequence, epoch, time } = self.head;
        let mut show = |event| show(Record { stream, sequence, epoch, time, event });
        match quick::plain_booking(self.payload, &mut show) {
            Some(shown) => Ok(shown),
            None => Ok(show(self.event()?)),
        }
    }

    #[inline(never)]
    fn event(&self) -> Result<Event, WireError> {
        quick::booking(self.payload).map_or_else(|| self.decode(), Ok)
    }

    fn decode(&self) -> Result<Event, WireError> {
        let (event, read) =
            bincode::borrow_decode_from_slice::<WireEvent<'_>, _>(self.payload, CONFIG).map_err(form)?;
        if read != self.payload.len() {
            return Err(WireError::LeftOver);
        }
        Ok(match event {
            WireEvent::Accounts(event) => Event::Accounts(event.try_into()?),
            WireEvent::Concert(event) => Event::Concert(event.try_into()?),
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn form(error: bincode::error::DecodeError) -> WireError {
    WireError::Form(error.to_string())
}

/// Lets bincode write at the end of some bytes.
pub(crate) struct Appender<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer for Appender<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        match bytes {
            // Hashes are written byte by byte.
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }
}
