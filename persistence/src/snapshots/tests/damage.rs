//! What is damaged is seen, and there is something to fall back to.

use super::*;
use crate::{golden, tampering};

/// Changes a file of the directory.
fn spoil(dir: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = dir.join(name);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
}

fn three() -> (tempfile::TempDir, Snapshots) {
    taken(&[&[concert(1), concert(2)], &[concert(2)], &[concert(2)]])
}

#[test]
fn a_damaged_manifest_is_passed_over_and_told_of() {
    let (dir, _) = three();
    for wrong in 1..=3 {
        spoil(dir.path(), &format!("manifest-{:010}", 3 - wrong), |bytes| bytes[60] ^= 1);
        let snapshots = Snapshots::open(dir.path()).unwrap();
        assert_eq!(snapshots.wrong().len(), wrong);
        assert_eq!(snapshots.wrong()[0].flaw, Flaw::Hash);
        let told = snapshots.wrong()[0].to_string();
        assert!(
            told.ends_with("manifest-0000000002: what is at byte 0 does not match its checksum"),
            "{told}"
        );
        let newest = snapshots.newest().map(|manifest| manifest.tail.generation);
        assert_eq!(newest, [Some(1), Some(0), None][wrong - 1]);
    }
}

#[test]
fn a_manifest_without_its_states_is_passed_over() {
    for change in [|bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1), |bytes: &mut Vec<u8>| bytes.clear()]
    {
        let (dir, _) = three();
        spoil(dir.path(), "states-0000000002", change);
        let snapshots = Snapshots::open(dir.path()).unwrap();
        assert_eq!(snapshots.wrong()[0].path, dir.path().join("states-0000000002"));
        check(&snapshots, concert(2), 1);
    }
    let (dir, _) = three();
    fs::remove_file(dir.path().join("states-0000000002")).unwrap();
    check(&Snapshots::open(dir.path()).unwrap(), concert(2), 1);
    fs::remove_file(dir.path().join("states-0000000000")).unwrap();
    let snapshots = Snapshots::open(dir.path()).unwrap();
    assert!(snapshots.newest().is_none(), "all of them name it");
    assert_eq!(snapshots.wrong().len(), 3);
}

#[test]
fn a_damaged_manifest_stays_until_a_newer_one_has_taken_its_place() {
    let (dir, _) = three();
    spoil(dir.path(), "manifest-0000000002", |bytes| bytes[1] ^= 1);
    let snapshots = Snapshots::open(dir.path()).unwrap();
    snapshots.clean().unwrap();
    let all = ["manifest-0000000000", "manifest-0000000001", "manifest-0000000002"];
    let states = ["states-0000000000", "states-0000000001", "states-0000000002"];
    assert_eq!(names_in(dir.path()), [all, states].concat());
    let next = take(&snapshots, 2, &[concert(2)]).unwrap();
    next.clean().unwrap();
    let names = names_in(dir.path());
    assert_eq!(names[..2], ["manifest-0000000001", "manifest-0000000003"]);
    assert!(!names.contains(&"states-0000000002".to_owned()), "{names:?}");
    check(&Snapshots::open(dir.path()).unwrap(), concert(2), 2);
}

#[test]
fn a_manifest_under_another_name_is_not_believed() {
    let (dir, _) = three();
    fs::rename(dir.path().join("manifest-0000000001"), dir.path().join("manifest-0000000007")).unwrap();
    let snapshots = Snapshots::open(dir.path()).unwrap();
    assert_eq!(snapshots.wrong()[0].flaw, Flaw::Other);
    assert_eq!(snapshots.newest().unwrap().tail, tail(2));
}

#[test]
fn a_manifest_of_a_newer_program_refuses() {
    let (dir, _) = three();
    spoil(dir.path(), "manifest-0000000002", |bytes| {
        bytes[0] = 2;
        bytes.truncate(bytes.len() - 32);
        crate::sealed::seal(bytes);
    });
    let error = Snapshots::open(dir.path()).unwrap_err();
    assert!(
        matches!(error, KeepError::Damaged(Damage { flaw: Flaw::Version { found: 2, .. }, .. })),
        "{error}"
    );
}

#[test]
fn every_flipped_bit_of_a_state_is_seen_and_the_one_before_is_still_there() {
    let (dir, snapshots) = taken(&[&[concert(1)], &[concert(1)]]);
    let place = snapshots.newest().unwrap().entries.get(concert(1)).unwrap().state;
    let states = dir.path().join("states-0000000001");
    let bits = fs::metadata(&states).unwrap().len() * 8;
    for bit in 0..usize::try_from(bits).unwrap() {
        tampering::flip(&states, bit);
        let damage = snapshots.read(concert(1)).unwrap_err();
        assert_eq!((damage.at, damage.flaw), (place.offset, Flaw::Hash), "bit {bit}");
        tampering::flip(&states, bit);
    }
    check(&snapshots, concert(1), 1);
    spoil(dir.path(), "states-0000000001", Vec::clear);
    assert_eq!(snapshots.read(concert(1)).unwrap_err().flaw, Flaw::Short(0));
    check(&snapshots.fall_back().unwrap(), concert(1), 0);
}

#[test]
fn a_sound_state_of_somebody_else_is_no_state() {
    let (dir, snapshots) = taken(&[&[concert(1)], &[concert(1)]]);
    // The same length, its own hash right, but another generation's: as if the disk had written to the wrong place.
    let (other, _) = taken(&[&[], &[concert(2)]]);
    let foreign = fs::read(other.path().join("states-0000000001")).unwrap();
    let own = snapshots.newest().unwrap().entries.get(concert(1)).unwrap().state.length;
    assert_eq!(foreign.len() as u64, own, "or else the test would see the length only");
    fs::write(dir.path().join("states-0000000001"), foreign).unwrap();
    assert_eq!(snapshots.read(concert(1)).unwrap_err().flaw, Flaw::Other);
}

#[test]
fn a_damaged_sketch_is_no_damage_of_the_state() {
    let (dir, snapshots) = taken(&[&[concert(3)]]);
    let entry = snapshots.newest().unwrap().entries.get(concert(3)).unwrap();
    let place = entry.sketch.unwrap();
    let states = dir.path().join("states-0000000000");
    for bit in 8 * place.offset..8 * (place.offset + place.length) {
        let bit = usize::try_from(bit).unwrap();
        tampering::flip(&states, bit);
        let damage = read_sketch(&snapshots, concert(3)).unwrap_err();
        assert_eq!((damage.at, damage.flaw), (place.offset, Flaw::Hash), "bit {bit}");
        assert_eq!(snapshots.read(concert(3)), Ok(Some((entry, state(concert(3), 0)))));
        tampering::flip(&states, bit);
    }
    check(&snapshots, concert(3), 0);
}

#[test]
fn a_state_is_no_sketch_and_a_sketch_no_state() {
    let (_dir, snapshots) = taken(&[&[concert(3)]]);
    let entry = snapshots.newest().unwrap().entries.get(concert(3)).unwrap();
    let turned = Entry { sketch: Some(entry.state), ..entry };
    assert_eq!(snapshots.read_sketch(&turned, &mut Decompressor::new()).unwrap_err().flaw, Flaw::Other);
}

#[test]
fn a_state_that_cannot_be_copied_stays_where_it_is() {
    let long = [concert(1), concert(2), concert(3), concert(4)];
    let (dir, snapshots) = taken(&[&long]);
    spoil(dir.path(), "states-0000000000", |bytes| bytes[20] ^= 1);
    // Two of four go, a third goes: what is left, the damaged one among it, would be copied.
    let next = take(&snapshots, 1, &long[1..]).unwrap();
    assert_eq!(next.wrong().len(), 1);
    assert_eq!(next.wrong()[0].flaw, Flaw::Hash);
    assert_eq!(next.read(concert(1)).unwrap_err().flaw, Flaw::Hash);
    long[1..].iter().for_each(|stream| check(&next, *stream, 1));
    // Put anew, it is mended.
    let mended = take(&next, 2, &[concert(1)]).unwrap();
    assert!(mended.wrong().is_empty());
    check(&Snapshots::open(dir.path()).unwrap(), concert(1), 2);
}

#[test]
fn a_states_file_has_the_bytes_of_version_1() {
    let dir = tempfile::tempdir().unwrap();
    let empty = Snapshots::open(dir.path()).unwrap();
    let mut draft = empty.draft().unwrap();
    // Too short for zstd to find anything in them, so that another version of it writes the same.
    draft.put(Stream::Accounts, 1, 1, Time(-2), None, b"").unwrap();
    draft.put(concert(0x0123_4567_89ab_cdef), 70_000, 3, Time(4), Some(b"sketch"), b"state").unwrap();
    let snapshots = draft.commit(tail(0)).unwrap();
    assert_eq!(snapshots.read(Stream::Accounts).unwrap().unwrap().1, b"");
    assert_eq!(snapshots.read(concert(0x0123_4567_89ab_cdef)).unwrap().unwrap().1, b"state");
    let bytes = fs::read(dir.path().join("states-0000000000")).unwrap();
    golden::check(&bytes, include_str!("../../../tests/golden/states-v1.hex"));
}
