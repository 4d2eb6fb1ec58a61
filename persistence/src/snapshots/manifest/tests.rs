use super::*;
use crate::golden;

fn entry(stream: Stream, has_sketch: bool) -> Entry {
    let state = Place { file: 4, offset: 300, length: 200, hash: blake3::Hash::from_bytes([8; 32]) };
    let sketch = Place { file: 5, offset: 500, length: 100, hash: blake3::Hash::from_bytes([9; 32]) };
    let sketch = has_sketch.then_some(sketch);
    Entry { stream, sequence: 70_000, epoch: 2, time: Time(-5), state, sketch }
}

fn manifest() -> Manifest {
    with_entries(3)
}

fn with_entries(count: usize) -> Manifest {
    let tip = Tip { frames: 9, records: 500, hash: ChainHash([7; 32]) };
    let concert = |bits| Stream::Concert(ConcertId::from_bits(bits));
    let entries = [
        entry(Stream::Accounts, false),
        entry(concert(1), true),
        entry(concert(0x0123_4567_89ab_cdef), false),
    ];
    let entries = entries.into_iter().take(count).collect();
    Manifest { number: 6, tail: Tail { generation: 3, tip }, entries }
}

fn decode(bytes: &[u8]) -> Result<Manifest, Flaw> {
    Manifest::decode(bytes, bytes.len() as u64, Entries::with_room)
}

/// The manifest with other bytes and a hash that fits them: what only a program can have written.
fn resealed(change: impl FnOnce(&mut Vec<u8>)) -> Result<Manifest, Flaw> {
    let mut bytes = manifest().encode();
    bytes.truncate(bytes.len() - HASH_BYTES);
    change(&mut bytes);
    sealed::seal(&mut bytes);
    decode(&bytes)
}

#[test]
fn what_is_written_is_read() {
    for entries in 0..=3 {
        let manifest = with_entries(entries);
        assert_eq!(decode(&manifest.encode()), Ok(manifest));
    }
}

#[test]
fn a_manifest_has_the_bytes_of_version_1() {
    golden::check(&manifest().encode(), include_str!("../../../tests/golden/manifest-v1.hex"));
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let bytes = manifest().encode();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decode(&flipped), Err(Flaw::Hash), "bit {bit}");
    }
    for length in 0..bytes.len() {
        let cut = decode(&bytes[..length]);
        assert!(matches!(cut, Err(Flaw::Short(_) | Flaw::Hash)), "{length} bytes");
    }
}

#[test]
fn a_manifest_of_a_newer_program_is_no_damage() {
    assert_eq!(resealed(|bytes| bytes[0] = 2), Err(Flaw::Version { found: 2, known: VERSION }));
}

#[test]
fn a_sealed_manifest_must_still_make_sense() {
    // Behind version, number and tail comes the number of entries, and behind that the first of them.
    let count = 1 + 4 * 8 + HASH_BYTES;
    let first = count + 8;
    assert!(matches!(resealed(|bytes| bytes[count] = 1), Err(Flaw::Short(_))), "2^56 entries");
    assert!(matches!(resealed(|bytes| bytes[count + 7] = 4), Err(Flaw::Short(_))));
    assert!(matches!(resealed(|bytes| bytes[count + 7] = 2), Err(Flaw::Form(_))), "bytes are left over");
    assert!(matches!(resealed(|bytes| bytes[first] = 2), Err(Flaw::Form(_))), "a stream of no kind");
    assert!(matches!(resealed(|bytes| bytes[first + 8] = 2), Err(Flaw::Form(_))), "accounts with an id");
    assert!(resealed(|bytes| bytes[first] = 1).is_ok(), "a concert before the concerts");
    let second = first + ENTRY_BYTES_MIN;
    assert!(matches!(resealed(|bytes| bytes[second + 1] = 9), Err(Flaw::Form(_))), "out of order");
    assert!(matches!(resealed(|bytes| bytes[second - 1] = 2), Err(Flaw::Form(_))), "half a sketch");
    for length in 1..manifest().encode().len() - HASH_BYTES {
        assert!(matches!(resealed(|bytes| bytes.truncate(length)), Err(Flaw::Short(_))), "{length} bytes");
    }
}
