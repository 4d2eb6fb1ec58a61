//! What is damaged is seen, by whoever reads it and by who looks for it.

use std::ops::Range;

use super::*;
use crate::segments::names;
use crate::{golden, tampering};

const FIRST: &str = "0000000000-0000000000";

/// Two concerts with an event each, and the one file in which they lie.
fn small() -> (Growing, Vec<u8>) {
    let mut growing = Growing::new();
    growing.add(&[(1, 1), (0x0123_4567_89ab_cdef, 1)]);
    let bytes = fs::read(growing.dir.path().join(FIRST)).unwrap();
    (growing, bytes)
}

/// Everything that is found wrong, whoever finds it.
fn wrong(dir: &Path) -> Vec<Flaw> {
    let archive = match Archive::open(dir) {
        Ok(archive) => archive,
        Err(KeepError::Damaged(damage)) => return vec![damage.flaw],
        Err(error) => panic!("{error}"),
    };
    let mut wrong = Vec::new();
    archive.verify(|_, _, _, _| (), |damage| wrong.push(damage.flaw));
    wrong
}

/// What the golden segments hold.
fn golden_records() -> [(u64, Vec<u8>); 2] {
    [(0x0123_4567_89ab_cdef, [packed(b"ab"), packed(b"")].concat()), (1, packed(b"c"))]
}

#[test]
fn a_segment_has_the_bytes_of_version_2() {
    // Too little for zstd to find anything in it, so that another version of it writes the same.
    let growing = Growing::new();
    let mut draft = growing.archive.draft(0).unwrap();
    for (concert, records) in golden_records() {
        let count = u32::try_from(wire::cut(&records).count()).unwrap();
        draft.put(ConcertId::from_bits(concert), 1, count, &records).unwrap();
    }
    let archive = draft.finish().unwrap();
    assert_eq!(read(&archive, 1), packed(b"c"));
    let bytes = fs::read(growing.dir.path().join(FIRST)).unwrap();
    golden::check(&bytes, include_str!("../../../tests/golden/segment-v2.hex"));
}

#[test]
fn segments_of_every_version_are_read_and_merged_with_others() {
    for golden in [
        include_str!("../../../tests/golden/segment-v1.hex"),
        include_str!("../../../tests/golden/segment-v2.hex"),
    ] {
        let growing = Growing::new();
        fs::write(growing.dir.path().join(FIRST), golden::bytes(golden)).unwrap();
        let mut archive = growing.reopened();
        let check = |archive: &Archive, more: &[u8]| {
            assert_eq!(wrong(growing.dir.path()), []);
            for (concert, records) in golden_records() {
                assert_eq!(read(archive, concert), [&records, more].concat());
            }
        };
        check(&archive, b"");
        let mut more = Vec::new();
        for generation in 1..8 {
            let mut draft = archive.draft(generation).unwrap();
            for (concert, records) in golden_records() {
                let first = wire::cut(&records).count() as u64 + generation;
                draft.put(ConcertId::from_bits(concert), first, 1, &packed(b"more")).unwrap();
            }
            archive = draft.finish().unwrap();
            more.extend(packed(b"more"));
        }
        check(&archive, &more);
        let merged = archive.merge().unwrap().unwrap();
        archive = archive.merged(merged).unwrap();
        assert_eq!(names_in(growing.dir.path()), ["0000000000-0000000007"]);
        check(&archive, &more);
    }
}

#[test]
fn damage_of_a_segment_of_version_1_is_seen() {
    let growing = Growing::new();
    let path = growing.dir.path().join(FIRST);
    let bytes = golden::bytes(include_str!("../../../tests/golden/segment-v1.hex"));
    fs::write(&path, &bytes).unwrap();
    for bit in 0..bytes.len() * 8 {
        tampering::flip(&path, bit);
        assert!(wrong(growing.dir.path()).contains(&Flaw::Hash), "bit {bit}");
        tampering::flip(&path, bit);
    }
    assert_eq!(wrong(growing.dir.path()), []);
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let (growing, bytes) = small();
    let path = growing.dir.path().join(FIRST);
    for bit in 0..bytes.len() * 8 {
        tampering::flip(&path, bit);
        assert!(wrong(growing.dir.path()).contains(&Flaw::Hash), "bit {bit}");
        tampering::flip(&path, bit);
    }
    assert_eq!(wrong(growing.dir.path()), []);
    for length in (0..bytes.len()).rev() {
        tampering::cut(&path, length);
        let wrong = wrong(growing.dir.path());
        assert!(matches!(wrong[..], [Flaw::Short(_) | Flaw::Hash]), "{length} bytes: {wrong:?}");
    }
    fs::write(&path, &bytes).unwrap();
    assert_eq!(wrong(growing.dir.path()), []);
    growing.check(&growing.archive);
}

#[test]
fn damage_is_named_and_what_is_beside_it_can_be_read() {
    let (growing, mut bytes) = small();
    bytes[30] ^= 1;
    fs::write(growing.dir.path().join(FIRST), bytes).unwrap();
    let damage = growing.archive.read(ConcertId::from_bits(1), &mut |_, _, _| ()).unwrap_err();
    assert!(
        damage.to_string().ends_with("0000000000-0000000000: what is at byte 0 does not match its checksum")
    );
    assert!(read(&growing.archive, 0x0123_4567_89ab_cdef) == records(0x0123_4567_89ab_cdef, 1, 1));
    assert_eq!(wrong(growing.dir.path()), [Flaw::Hash]);
}

#[test]
fn a_damaged_index_never_says_that_there_is_nothing() {
    let mut growing = Growing::new();
    growing.add(&(0..300).map(|concert| (2 * concert, 1)).collect::<Vec<_>>());
    let path = growing.dir.path().join(FIRST);
    let bytes = fs::read(&path).unwrap();
    let index_at = usize::try_from(growing.archive.segments[0].index_at).unwrap();
    for byte in (index_at..bytes.len() - 65).step_by(397) {
        tampering::flip(&path, 8 * byte);
        for concert in 0..300 {
            let mut seen = 0;
            let read = growing.archive.read(ConcertId::from_bits(2 * concert), &mut |_, _, _| seen += 1);
            assert!(read.is_err() || seen == 1, "concert {concert}, byte {byte}");
        }
        assert!(wrong(growing.dir.path()).contains(&Flaw::Hash));
        tampering::flip(&path, 8 * byte);
    }
}

#[test]
fn what_searches_have_learned_of_an_index_is_not_read_again() {
    let mut growing = Growing::new();
    growing.add(&(0..300).map(|concert| (concert, 1)).collect::<Vec<_>>());
    growing.check(&growing.archive);
    // The third of five pages, with which every search would begin.
    let page = 33 + 8 + 64 * 32;
    let byte = usize::try_from(growing.archive.segments[0].index_at).unwrap() + 2 * page + 100;
    tampering::flip(&growing.dir.path().join(FIRST), 8 * byte);
    let is_read = |concert| growing.archive.read(ConcertId::from_bits(concert), &mut |_, _, _| ()).is_ok();
    let failed: Vec<u64> = (0..300).filter(|concert| !is_read(*concert)).collect();
    // Where the page before ends it could go on with its last concert.
    assert_eq!(failed, (127..192).collect::<Vec<u64>>());
}

#[test]
fn generations_that_are_missing_are_missed() {
    let mut growing = Growing::new();
    (0..3).for_each(|_| growing.add(&[(1, 1)]));
    let path = |generation: u64| names::path(growing.dir.path(), generation, generation);
    fs::remove_file(path(1)).unwrap();
    assert_eq!(wrong(growing.dir.path()), [Flaw::Generation { expected: 1, found: 2 }]);
    fs::remove_file(path(0)).unwrap();
    assert_eq!(wrong(growing.dir.path()), [Flaw::Generation { expected: 0, found: 2 }]);
}

#[test]
fn a_segment_under_another_name_is_not_believed() {
    let (growing, bytes) = small();
    fs::write(names::path(growing.dir.path(), 1, 1), bytes).unwrap();
    assert_eq!(wrong(growing.dir.path()), [Flaw::Other]);
}

#[test]
fn events_that_are_missing_are_missed() {
    let growing = Growing::new();
    let one = ConcertId::from_bits(1);
    let mut draft = growing.archive.draft(0).unwrap();
    draft.put(one, 1, 2, &records(1, 1, 2)).unwrap();
    let archive = draft.finish().unwrap();
    let mut draft = archive.draft(1).unwrap();
    draft.put(one, 4, 1, &records(1, 4, 1)).unwrap();
    let archive = draft.finish().unwrap();
    let gap = Flaw::Sequence { expected: 3, found: 4 };
    assert_eq!(archive.read(one, &mut |_, _, _| ()).unwrap_err().flaw, gap);
    assert_eq!(wrong(growing.dir.path()), [gap]);
}

/// Changes a piece of the small segment and gives it a hash that fits: what only a program can have written. Returns what is found wrong.
fn resealed(piece: Range<usize>, change: impl FnOnce(&mut [u8])) -> Vec<Flaw> {
    let (growing, mut bytes) = small();
    let sealed = piece.start..piece.end - 32;
    change(&mut bytes[sealed.clone()]);
    let hash = *blake3::hash(&bytes[sealed]).as_bytes();
    bytes[piece.end - 32..piece.end].copy_from_slice(&hash);
    fs::write(growing.dir.path().join(FIRST), bytes).unwrap();
    wrong(growing.dir.path())
}

/// Where the first block, the only page and the footer of the small segment lie.
fn pieces() -> [Range<usize>; 3] {
    let (growing, bytes) = small();
    let index_at = usize::try_from(growing.archive.segments[0].index_at).unwrap();
    let slot = growing.archive.segments[0].slots().next().unwrap().unwrap();
    let footer_at = bytes.len() - 65;
    [0..usize::try_from(slot.length).unwrap(), index_at..footer_at, footer_at..bytes.len()]
}

#[test]
fn a_segment_of_a_newer_program_is_no_damage() {
    for piece in pieces() {
        assert_eq!(resealed(piece, |bytes| bytes[0] = 3)[0], Flaw::Version { found: 3, known: 2 });
    }
}

#[test]
fn a_sealed_segment_must_still_make_sense() {
    let [block, page, footer] = pieces();
    let found = |piece: &Range<usize>, byte: usize, value: u8| {
        let wrong = resealed(piece.clone(), |bytes| bytes[byte] = value);
        wrong.into_iter().next()
    };
    assert_eq!(found(&block, 0, 2), None, "nothing is changed");
    // Behind the version: the concert, the first sequence, the records, and the lengths of the records, of their plain columns, and of these
    // compressed.
    for byte in [8, 16, 20] {
        assert_eq!(found(&block, byte, 9), Some(Flaw::Other), "byte {byte} of the block");
    }
    let long = Flaw::TooLong { length: (255 << 24) + 16, max: segment::PACKED_BYTES_MAX.into() };
    assert_eq!(found(&block, 21, 255), Some(long));
    assert!(matches!(found(&block, 24, 1), Some(Flaw::Form(_))), "the records are longer than that");
    assert!(matches!(found(&block, 24, 200), Some(Flaw::Form(_))), "the records are shorter than that");
    let long = Flaw::TooLong { length: (255 << 24) + 26, max: 2 * u64::from(segment::PACKED_BYTES_MAX) };
    assert_eq!(found(&block, 25, 255), Some(long));
    assert!(matches!(found(&block, 28, 1), Some(Flaw::Compression(_))), "the columns are longer than that");
    assert!(matches!(found(&block, 28, 200), Some(Flaw::Form(_))), "the columns are shorter than that");
    assert!(matches!(found(&block, 32, 255), Some(Flaw::Short(_))), "the columns are behind the end");
    // Behind the version: its number, and the slots, of which the first begins with byte 9.
    assert_eq!(found(&page, 8, 1), Some(Flaw::Other));
    assert!(matches!(found(&page, 9 + 20, 1), Some(Flaw::Form(_))), "a block behind the end");
    assert!(matches!(found(&page, 9 + 28, 1), Some(Flaw::Form(_))), "a block of 16 MiB");
    assert!(matches!(found(&page, 9, 2), Some(Flaw::Form(_))), "the second concert's number is lower");
    // Behind the version: first and last generation, blocks, and where the index is.
    for byte in [8, 16] {
        assert_eq!(found(&footer, byte, 1), Some(Flaw::Other), "byte {byte} of the footer");
    }
    for (byte, value) in [(17, 255), (24, 1), (25, 255), (32, 0)] {
        assert!(matches!(found(&footer, byte, value), Some(Flaw::Form(_))), "byte {byte} of the footer");
    }
}

#[test]
fn bytes_that_belong_to_no_block_are_noticed() {
    let (growing, bytes) = small();
    let [_, page, footer] = pieces();
    let foreign = [&bytes[..page.start], b"?", &bytes[page]].concat();
    let mut end = bytes[footer.start..footer.end - 32].to_vec();
    end[32] += 1;
    crate::sealed::seal(&mut end);
    fs::write(growing.dir.path().join(FIRST), [foreign, end].concat()).unwrap();
    assert!(matches!(wrong(growing.dir.path())[..], [Flaw::Form(_)]));
}
