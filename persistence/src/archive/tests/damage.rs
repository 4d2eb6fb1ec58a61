//! What is damaged is seen, by whoever reads it and by who looks for it.

use super::*;
use crate::golden;

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
    archive.verify(&mut |_, _, _, _| (), &mut |damage| wrong.push(damage.flaw));
    wrong
}

#[test]
fn a_segment_has_the_bytes_of_version_1() {
    // Too little for zstd to find anything in it, so that another version of it writes the same.
    let growing = Growing::new();
    let mut draft = growing.archive.draft(0).unwrap();
    draft
        .put(ConcertId::from_bits(0x0123_4567_89ab_cdef), 1, 2, &[packed(b"ab"), packed(b"")].concat())
        .unwrap();
    draft.put(ConcertId::from_bits(1), 1, 1, &packed(b"c")).unwrap();
    let archive = draft.finish().unwrap();
    assert_eq!(read(&archive, 1), packed(b"c"));
    let bytes = fs::read(growing.dir.path().join(FIRST)).unwrap();
    golden::check(&bytes, include_str!("../../../tests/golden/segment-v1.hex"));
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let (growing, bytes) = small();
    let path = growing.dir.path().join(FIRST);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, flipped).unwrap();
        assert!(wrong(growing.dir.path()).contains(&Flaw::Hash), "bit {bit}");
    }
    for length in 0..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
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
    for byte in (index_at..bytes.len() - 65).step_by(97) {
        let mut spoiled = bytes.clone();
        spoiled[byte] ^= 1;
        fs::write(&path, spoiled).unwrap();
        for concert in 0..300 {
            let mut seen = 0;
            let read = growing.archive.read(ConcertId::from_bits(2 * concert), &mut |_, _, _| seen += 1);
            assert!(read.is_err() || seen == 1, "concert {concert}, byte {byte}");
        }
        assert!(wrong(growing.dir.path()).contains(&Flaw::Hash));
    }
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

#[test]
fn a_segment_of_a_newer_program_is_no_damage() {
    let (growing, mut bytes) = small();
    let footer = bytes.len() - 65;
    let mut newer = bytes.split_off(footer);
    newer[0] = 2;
    newer.truncate(33);
    crate::sealed::seal(&mut newer);
    fs::write(growing.dir.path().join(FIRST), [bytes, newer].concat()).unwrap();
    assert_eq!(wrong(growing.dir.path()), [Flaw::Version { found: 2, known: 1 }]);
}
