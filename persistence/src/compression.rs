//! zstd, within limits.
//!
//! Level 1, for both snapshots and archive. Measured once, on a busy machine and on bytes made to look like bookings (ids of 10 to 12
//! random letters and digits), a thousand at a time: of 49 bytes of a record it leaves 18.4, of 38 of a state 18.6. Levels 2 to 4 leave
//! about as much and are slower, level 6 leaves 17.1 of a record at a quarter of the speed. lz4 leaves 24.4 and 25.7; it is two to four
//! times as quick, and more than that with a few records. A million at a time, level 1 went at about 300 MB/s in and 500 MB/s out, which
//! is expected to be quicker than records are applied, and the archive is there for years: so size counts more.
//!
//! Level 2 for what is large: there the first level forgets what it saw so long ago, level 2 does not. Where a thousand bookings live at a
//! concert, a booking and its cancellation, which name the same user, lie 150 KB apart. Of a megabyte of such records, level 1 leaves 43 %
//! and level 2 leaves 35 %, in a tenth more time; of 140 KB it is level 1 that leaves less, by 2 %.

use crate::damage::Flaw;

const LEVEL: i32 = 1;
const LEVEL_OF_LARGE: i32 = 2;
const LARGE_BYTES: usize = 256 * 1024;

/// Compresses one piece after another without making a context for each.
pub(crate) struct Compressor(zstd::bulk::Compressor<'static>);

impl Compressor {
    pub(crate) fn new() -> Self {
        Self(zstd::bulk::Compressor::new(LEVEL).expect("zstd knows its own first levels"))
    }

    /// Appends the compressed form of `bytes` to `piece`.
    pub(crate) fn append(&mut self, bytes: &[u8], piece: &mut Vec<u8>) {
        let level = if bytes.len() < LARGE_BYTES { LEVEL } else { LEVEL_OF_LARGE };
        self.0.set_compression_level(level).expect("zstd knows its own first levels");
        let compressed = self.0.compress(bytes).expect("the buffer has the length that zstd asks for");
        piece.extend_from_slice(&compressed);
    }
}

/// The other way, with one context for all pieces, too.
pub(crate) struct Decompressor(zstd::bulk::Decompressor<'static>);

impl Decompressor {
    pub(crate) fn new() -> Self {
        Self(zstd::bulk::Decompressor::new().expect("zstd needs no dictionary"))
    }

    /// Reverses [`Compressor::append`] where that had `length` bytes. Compressed bytes are believed only behind their checksum, and
    /// the length, too; still nothing above `max` is made room for.
    pub(crate) fn decompress(&mut self, compressed: &[u8], length: u64, max: u64) -> Result<Vec<u8>, Flaw> {
        if length > max {
            return Err(Flaw::TooLong { length, max });
        }
        let capacity = usize::try_from(length).map_err(|_| Flaw::TooLong { length, max })?;
        let bytes = self.0.decompress(compressed, capacity);
        let bytes = bytes.map_err(|error| Flaw::Compression(error.to_string()))?;
        if bytes.len() == capacity { Ok(bytes) } else { Err(Flaw::Form("it is shorter than it says")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut piece = Vec::new();
        Compressor::new().append(bytes, &mut piece);
        piece
    }

    fn decompress(compressed: &[u8], length: u64, max: u64) -> Result<Vec<u8>, Flaw> {
        Decompressor::new().decompress(compressed, length, max)
    }

    #[test]
    fn what_is_compressed_comes_back() {
        for bytes in [&b""[..], b"x", &[7; 10_000]] {
            assert_eq!(decompress(&compressed(bytes), bytes.len() as u64, 10_000).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn one_compressor_makes_the_same_of_the_same() {
        let mut compressor = Compressor::new();
        let mut pieces = [Vec::new(), Vec::new()];
        for piece in &mut pieces {
            compressor.append(b"as before", piece);
        }
        assert_eq!(pieces[0], pieces[1]);
    }

    #[test]
    fn one_decompressor_reads_one_piece_after_another_whatever_was_wrong_before() {
        let mut decompressor = Decompressor::new();
        let piece = compressed(&[7; 1_000]);
        for length in 0..piece.len() {
            assert!(decompressor.decompress(&piece[..length], 1_000, 1_000).is_err(), "{length} bytes");
            assert_eq!(decompressor.decompress(&piece, 1_000, 1_000), Ok(vec![7; 1_000]));
        }
    }

    #[test]
    fn nothing_is_made_room_for_that_cannot_be() {
        let piece = compressed(&[7; 1_000]);
        for length in [1_001, u64::MAX] {
            assert_eq!(decompress(&piece, length, 1_000), Err(Flaw::TooLong { length, max: 1_000 }));
        }
        assert!(matches!(decompress(&piece, 999, 1_000), Err(Flaw::Compression(_))), "longer than it says");
        assert!(decompress(&piece, 1_000, 2_000).is_ok());
        assert!(matches!(decompress(&piece, 1_001, 2_000), Err(Flaw::Form(_))), "shorter than it says");
    }

    #[test]
    fn bytes_that_are_not_compressed_are_told() {
        let piece = compressed(&[7; 1_000]);
        for length in 0..piece.len() {
            assert!(decompress(&piece[..length], 1_000, 1_000).is_err(), "{length} bytes");
        }
        assert!(decompress(b"anything else", 1_000, 1_000).is_err());
    }
}
