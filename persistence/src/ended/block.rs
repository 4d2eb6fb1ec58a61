//! The bookings of a block, packed: in memory each stands for itself, on the disk what compresses differently stands apart.
//!
//! Ids of users are random and hardly compressed; the rest is mostly the same in all bookings of a run, if it stands alone.

use boxoffice_engine::concert::EndedBooking;
use boxoffice_engine::ids::{BookingNumber, ConcertId};

use super::segment::{Run, VERSION};
use crate::compression::{Compressor, Decompressor};
use crate::damage::Flaw;
use crate::fields::Fields;
use crate::sealed;
use crate::wire;

const BLOCK_HEAD_BYTES: usize = 8 + 1 + 4 * 4;
/// Longest block before compression: one is closed when it has about 64 KiB, and a booking has at most ten thousand seats.
const BLOCK_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// A booking as it stands in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packed<'a> {
    pub(super) number: BookingNumber,
    pub(super) form: &'a [u8],
}

impl Packed<'_> {
    pub(super) fn booking(&self, run: Run) -> Result<EndedBooking, String> {
        let status = run.of_status().ok_or("a status that does not exist")?;
        wire::unpack_ended(self.form, run.concert, self.number, status).map_err(|error| error.to_string())
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

/// The bookings of a block of this run.
pub(super) fn decode_block(run: Run, block: &[u8], decompressor: &mut Decompressor) -> Result<Vec<u8>, Flaw> {
    let (mut fields, _) = sealed::open(block, VERSION)?;
    let short = || Flaw::Short(block.len() as u64);
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
    let others = Flaw::Form("its bookings are not what is said");
    let Some(bookings) = together(&heads, &rests) else { return Err(others) };
    let numbers: Option<Vec<BookingNumber>> =
        cut(&bookings).map(|packed| packed.map(|packed| packed.number)).collect();
    match numbers {
        Some(numbers) if numbers.len() as u64 == u64::from(count) && numbers.is_sorted() => Ok(bookings),
        _ => Err(others),
    }
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
