//! What every piece of a snapshot or the archive has in common: its first byte is the version of its format, its last 32 bytes are
//! BLAKE3 of everything before them. That is so in every version, so that a piece of a newer program is never mistaken for damage.

use std::io::{self, BufRead, BufReader, Read};

use crate::damage::Flaw;
use crate::fields::Fields;

/// Bytes that are read and hashed at a time.
const CHUNK_BYTES: usize = 64 * 1024;
const HASH_BYTES: usize = 32;
/// What the seal adds to a piece: version and hash.
pub(crate) const SEAL_BYTES: usize = 1 + HASH_BYTES;

/// Begins a piece.
pub(crate) fn begin(version: u8, bytes: usize) -> Vec<u8> {
    let mut piece = Vec::with_capacity(SEAL_BYTES + bytes);
    piece.push(version);
    piece
}

/// Ends a piece with its hash.
pub(crate) fn seal(piece: &mut Vec<u8>) -> blake3::Hash {
    let hash = blake3::hash(piece);
    piece.extend_from_slice(hash.as_bytes());
    hash
}

/// What is between version and hash, and the hash, once that is found to be right. A piece of another version than `known` is a
/// flaw of its own.
pub(crate) fn open(piece: &[u8], known: u8) -> Result<(Fields<'_>, blake3::Hash), Flaw> {
    let short = || Flaw::Short(piece.len() as u64);
    let (sealed, hash) = piece.split_last_chunk::<HASH_BYTES>().ok_or_else(short)?;
    let (version, content) = sealed.split_first().ok_or_else(short)?;
    let hash = blake3::Hash::from_bytes(*hash);
    if blake3::hash(sealed) != hash {
        return Err(Flaw::Hash);
    }
    if *version != known {
        return Err(Flaw::Version { found: *version, known });
    }
    Ok((Fields::new(content), hash))
}

/// What `decode` makes of what is between version and hash, where the piece, of so many bytes, is too long to be had in memory as a whole.
/// It reads what nobody has proved yet, so whatever it says counts only if the hash is found to be right afterwards.
pub(crate) fn read<T>(
    mut piece: impl Read,
    length: u64,
    known: u8,
    decode: impl FnOnce(&mut dyn BufRead) -> Result<T, Flaw>,
) -> Result<T, Flaw> {
    let sealed = length.checked_sub(HASH_BYTES as u64).filter(|sealed| *sealed > 0);
    let sealed = piece.by_ref().take(sealed.ok_or(Flaw::Short(length))?);
    let hashed = Hashed { from: sealed, hasher: blake3::Hasher::new() };
    let mut content = BufReader::with_capacity(CHUNK_BYTES, hashed);
    let mut version = [0];
    content.read_exact(&mut version).map_err(Flaw::reading)?;
    let decoded = decode(&mut content);
    io::copy(&mut content, &mut io::sink()).map_err(Flaw::reading)?;
    let found = content.into_inner().hasher.finalize();
    let mut hash = [0; HASH_BYTES];
    piece.read_exact(&mut hash).map_err(Flaw::reading)?;
    match version {
        _ if found != hash => Err(Flaw::Hash),
        [found] if found != known => Err(Flaw::Version { found, known }),
        _ => decoded,
    }
}

/// Hashes what is read.
struct Hashed<R> {
    from: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(bytes)?;
        self.hasher.update(&bytes[..read]);
        Ok(read)
    }
}

/// What is between version and hash of a piece that was opened before.
pub(crate) fn content(piece: &[u8]) -> Option<Fields<'_>> {
    let (sealed, _) = piece.split_last_chunk::<HASH_BYTES>()?;
    let (_, content) = sealed.split_first()?;
    Some(Fields::new(content))
}
