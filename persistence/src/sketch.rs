//! What is told of a concert that sleeps, as bytes: `version u16 (little-endian) | sketch and fingerprints in bincode 2`.
//!
//! A sketch that cannot be read is no loss: the concert is then restored whole at the start.

use bincode::config::{self, Configuration};
use bincode::serde::{borrow_decode_from_slice, encode_into_std_write};
use boxoffice_engine::concert::{Concert, Fingerprint, Sketch};

use crate::state::CONCERT_VERSION;

const CONFIG: Configuration = config::standard();

/// The sketch of a concert that can sleep.
pub(crate) fn encode(concert: &Concert) -> Option<Vec<u8>> {
    let sketch = concert.sketch()?;
    let mut bytes = CONCERT_VERSION.to_le_bytes().to_vec();
    encode_into_std_write((sketch, concert.fingerprints()), &mut bytes, CONFIG)
        .expect("memory takes every byte, and a sound state can be written");
    Some(bytes)
}

/// The sketch that these bytes stand for, and who has booked there. Nothing if they are of another version, or none at all.
pub(crate) fn decode(bytes: &[u8]) -> Option<(Sketch, Vec<Fingerprint>)> {
    let (version, rest) = bytes.split_first_chunk()?;
    if u16::from_le_bytes(*version) != CONCERT_VERSION {
        return None;
    }
    let (decoded, length) = borrow_decode_from_slice(rest, CONFIG).ok()?;
    (length == rest.len()).then_some(decoded)
}
