//! States as bytes: what a snapshot of one stream is made of.
//!
//! ```text
//! version u16 (little-endian) | kind u8 (0: the accounts, 1: a concert) | sequence, epoch, state in bincode 2, standard configuration
//! ```
//!
//! The state's own form is what serde derives from the engine's types, less what follows from the rest. So it changes with them, and
//! each kind has a version. A concert's state of another version is no loss: it is made again from the concert's history, so a change
//! needs no more than the next [`CONCERT_VERSION`]. **The accounts have nothing to be made again from: theirs of an earlier version
//! must stay readable.** `tests/golden` holds a state of each.
//!
//! No length is believed before its elements are there, so bytes can never ask for more memory than a multiple of their own number.
//! Therefore bincode is given no limit: it would only be one more size beyond which a state that was written could not be read.

use bincode::config::{self, Configuration};
use bincode::serde::{borrow_decode_from_slice, encode_into_writer};
use boxoffice_engine::journal::{Snapshot, State};
use serde::{Deserialize, Serialize};

use crate::wire::Appender;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

/// The version of the accounts' state. The next one keeps a decoder for this one.
pub const ACCOUNTS_VERSION: u16 = 1;

/// The version of a concert's state.
pub const CONCERT_VERSION: u16 = 2;

const CONFIG: Configuration = config::standard();
const VERSION_BYTES: usize = 2;
const ACCOUNTS: u8 = 0;
const CONCERT: u8 = 1;

/// Bytes that are not a state of this program's versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Another version of this program wrote them. Nothing is wrong with them.
    #[error("the state is in form {0}, which this program does not read")]
    OtherVersion(u16),
    /// There is no such kind of stream.
    #[error("the state is of kind {0}, which does not exist")]
    Kind(u8),
    /// They end too soon, or hold what does not exist.
    #[error("the state is not in the form of its version: {0}")]
    Form(String),
    /// They go on after the state's end.
    #[error("the state is followed by {0} bytes that belong to nothing")]
    LeftOver(usize),
}

/// The state's bytes. The same state has the same bytes, in every process.
pub fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_over(snapshot, &mut bytes);
    bytes
}

/// The same, in the place of what `bytes` has: whoever writes many needs not ask for memory for each.
pub(crate) fn encode_over(snapshot: &Snapshot, bytes: &mut Vec<u8>) {
    let Snapshot { sequence, epoch, state, .. } = snapshot;
    bytes.clear();
    match state {
        State::Accounts(accounts) => write(ACCOUNTS_VERSION, ACCOUNTS, (sequence, epoch, accounts), bytes),
        State::Concert(concert) => write(CONCERT_VERSION, CONCERT, (sequence, epoch, concert), bytes),
    }
}

/// The state that these bytes stand for. Whether its invariants hold is seen by who begins a [`Fold`] with it.
///
/// [`Fold`]: boxoffice_engine::fold::Fold
///
/// # Errors
/// When they are not what [`encode`] writes.
pub fn decode(bytes: &[u8]) -> Result<Snapshot, StateError> {
    let cut_off = || StateError::Form("it is cut off".to_owned());
    let (version, rest) = bytes.split_first_chunk::<VERSION_BYTES>().ok_or_else(cut_off)?;
    let (kind, rest) = rest.split_first().ok_or_else(cut_off)?;
    let readable = match *kind {
        ACCOUNTS => ACCOUNTS_VERSION,
        CONCERT => CONCERT_VERSION,
        kind => return Err(StateError::Kind(kind)),
    };
    let version = u16::from_le_bytes(*version);
    if version != readable {
        return Err(StateError::OtherVersion(version));
    }
    let (sequence, epoch, state) = if *kind == ACCOUNTS {
        let (sequence, epoch, accounts) = read(rest)?;
        (sequence, epoch, State::Accounts(accounts))
    } else {
        let (sequence, epoch, concert) = read(rest)?;
        (sequence, epoch, State::Concert(concert))
    };
    Ok(Snapshot { stream: state.stream(), sequence, epoch, state })
}

fn write(version: u16, kind: u8, state: impl Serialize, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.push(kind);
    encode_into_writer(state, Appender(bytes), CONFIG)
        .expect("memory takes every byte, and a sound state can be written");
}

fn read<'de, S: Deserialize<'de>>(bytes: &'de [u8]) -> Result<S, StateError> {
    let read = borrow_decode_from_slice(bytes, CONFIG);
    let (state, length) = read.map_err(|error| StateError::Form(error.to_string()))?;
    match bytes.len() - length {
        0 => Ok(state),
        left => Err(StateError::LeftOver(left)),
    }
}
