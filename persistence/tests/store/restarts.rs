//! The store through restarts: what it holds, what it refuses, and in which words.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use boxoffice_engine::journal::{AppendError, Journal};
use boxoffice_persistence::verify;

use crate::support::{append_groups, contents, copy_dir, everything, expected, group_of, open};

/// A store with these groups as a kill leaves it.
fn killed(groups: u64) -> tempfile::TempDir {
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(live.path()).unwrap();
    append_groups(&journal, 0..groups);
    copy_dir(live.path(), dead.path());
    dead
}

/// Refuses twice in the same single line, and leaves the files as they were.
fn check_refused(data_dir: &Path, words: &str) {
    let before = contents(data_dir);
    for _ in 0..2 {
        let line = open(data_dir).err().map(|error| error.to_string()).unwrap();
        assert!(line.contains(words), "{line:?} does not say {words:?}");
        assert!(!line.contains('\n') && line.contains(data_dir.to_str().unwrap()), "{line:?}");
        assert!(contents(data_dir) == before, "a refusal changes nothing: {line:?}");
    }
}

/// Changes what sled holds, behind the back of the journal.
fn with_sled(data_dir: &Path, change: impl FnOnce(&sled::Db)) {
    let config = sled::Config::new().path(data_dir.join("journal-0000000000")).segment_size(1024 * 1024);
    let db = config.flush_every_ms(None).open().unwrap();
    change(&db);
    db.flush().unwrap();
}

/// Changes what the last of sled's trees with frames holds, behind the back of the journal.
fn with_last_tree(data_dir: &Path, change: impl FnOnce(&sled::Tree)) {
    with_sled(data_dir, |db| {
        let last = db.tree_names().into_iter().filter(|name| *name != db.name()).max();
        change(&last.map_or_else(|| sled::Tree::clone(db), |name| db.open_tree(name).unwrap()));
    });
}

/// Puts a frame behind the last one of the store: with a checksum and a place in the chain that fit, of this version and part.
fn forge(tree: &sled::Tree, version: u8, part: u8, last: bool) {
    let (key, before) = tree.last().unwrap().unwrap();
    let number = u64::from_be_bytes(key.as_ref().try_into().unwrap()) + 1;
    let counted = |at: usize| u64::from_be_bytes(before[at..at + 8].try_into().unwrap());
    let records = u64::from(u32::from_be_bytes(before[17..21].try_into().unwrap()));
    let mut value = vec![version];
    value.extend_from_slice(&number.to_be_bytes());
    value.extend_from_slice(&(counted(9) + records).to_be_bytes());
    value.extend_from_slice(&[0; 7]);
    value.extend_from_slice(&[part, u8::from(last)]);
    value.extend_from_slice(&1_u32.to_be_bytes());
    value.extend_from_slice(&before[before.len() - 32..]);
    value.push(b'?');
    let hash = *blake3::hash(&value).as_bytes();
    value.extend_from_slice(&hash);
    tree.insert(number.to_be_bytes(), value).unwrap();
}

#[test]
fn a_killed_store_opens_with_everything_and_goes_on() {
    let dir = killed(10);
    for groups in 10..14 {
        let journal = open(dir.path()).unwrap();
        assert!(everything(&journal) == expected(groups));
        assert!(matches!(journal.append(&group_of(groups - 1)), Err(AppendError::Conflict { .. })));
        append_groups(&journal, groups..groups + 1);
    }
    let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 6, "lock, mark, journal, snapshots, archive and ended: {names:?}");
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    // Within one process the lock works as between two: it belongs to the open file.
    for refused in [open(dir.path()).err(), verify(dir.path(), None).err()] {
        assert!(refused.unwrap().to_string().contains("in use by another process"));
    }
    append_groups(&journal, 0..1);
    drop(journal);
    assert_eq!(everything(&open(dir.path()).unwrap()).len(), 3_000);
}

#[test]
fn a_second_process_is_refused_even_when_the_lock_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    append_groups(&journal, 0..1);
    fs::remove_file(dir.path().join("lock")).unwrap();
    for refused in [open(dir.path()).err(), verify(dir.path(), None).err()] {
        assert!(refused.unwrap().to_string().contains("in use by another process"));
    }
    append_groups(&journal, 1..2);
    drop(journal);
    assert!(everything(&open(dir.path()).unwrap()) == expected(2));
}

#[test]
fn a_directory_that_lost_its_whole_store_is_not_taken_for_a_new_one() {
    let dir = killed(3);
    fs::remove_file(dir.path().join("mark")).unwrap();
    fs::remove_dir_all(dir.path().join("journal-0000000000")).unwrap();
    check_refused(dir.path(), "its journal and its mark are gone");
}

#[test]
fn a_lost_end_is_never_silent() {
    let dir = killed(9);
    with_last_tree(dir.path(), |tree| drop(tree.pop_max().unwrap()));
    check_refused(dir.path(), "lost its end");
    let report = verify(dir.path(), None).unwrap();
    assert!(report.frames + 1 == report.marked_frames.unwrap() && !report.is_sound(), "{report}");

    let dir = killed(9);
    fs::remove_dir_all(dir.path().join("journal-0000000000")).unwrap();
    check_refused(dir.path(), "holds 0 frames");
    assert!(!verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn a_gap_is_damage() {
    let dir = killed(9);
    with_sled(dir.path(), |db| drop(db.remove(3_u64.to_be_bytes()).unwrap()));
    check_refused(dir.path(), "frame 3 is missing");
    let report = verify(dir.path(), None).unwrap();
    assert!(report.frames < 4 && report.to_string().contains("frame 3 is missing"), "{report}");
}

#[test]
fn a_tree_that_is_missing_or_foreign_is_damage() {
    let one_of = |dir: &Path, change: fn(&sled::Db, sled::IVec)| {
        with_sled(dir, |db| {
            let name = db.tree_names().into_iter().filter(|name| *name != db.name()).min();
            change(db, name.expect("nine groups take several trees"));
        });
    };
    let dir = killed(9);
    one_of(dir.path(), |db, name| assert!(db.drop_tree(name).unwrap()));
    check_refused(dir.path(), "its tree 1 is missing");

    let dir = killed(9);
    one_of(dir.path(), |db, name| db.open_tree(name).unwrap().clear().unwrap());
    check_refused(dir.path(), "frame 9 is missing");

    let dir = killed(9);
    one_of(dir.path(), |db, _| drop(db.open_tree(b"foreign").unwrap()));
    check_refused(dir.path(), "its tree 4 is missing");
}

#[test]
fn a_journal_from_before_there_were_several_trees_opens_and_goes_on() {
    let dir = killed(9);
    with_sled(dir.path(), |db| {
        for name in db.tree_names().into_iter().filter(|name| *name != db.name()) {
            for entry in &db.open_tree(&name).unwrap() {
                let (key, value) = entry.unwrap();
                db.insert(key, value).unwrap();
            }
            assert!(db.drop_tree(&name).unwrap());
        }
    });
    for groups in 9..12 {
        let journal = open(dir.path()).unwrap();
        assert!(everything(&journal) == expected(groups));
        append_groups(&journal, groups..groups + 1);
    }
    assert!(everything(&open(dir.path()).unwrap()) == expected(12));
}

#[test]
fn garbage_behind_the_end_is_damage() {
    let dir = killed(3);
    with_last_tree(dir.path(), |tree| drop(tree.insert(u64::MAX.to_be_bytes(), b"?").unwrap()));
    check_refused(dir.path(), "is missing");
    let dir = killed(3);
    with_last_tree(dir.path(), |tree| drop(tree.insert(b"what is this", b"?").unwrap()));
    check_refused(dir.path(), "has a key of 12 bytes");
    let dir = killed(3);
    with_last_tree(dir.path(), |tree| {
        forge(tree, 1, 0, true);
    });
    check_refused(dir.path(), "bad records");
}

#[test]
fn another_history_is_damage() {
    let (dir, other) = (killed(3), killed(4));
    fs::copy(other.path().join("mark"), dir.path().join("mark")).unwrap();
    check_refused(dir.path(), "lost its end");
    let foreign = tempfile::tempdir().unwrap();
    let journal = open(foreign.path()).unwrap();
    append_groups(&journal, 0..2);
    journal.append(&group_of(2)[..3]).unwrap();
    copy_dir(&foreign.path().join("journal-0000000000"), &dir.path().join("other"));
    fs::remove_dir_all(dir.path().join("journal-0000000000")).unwrap();
    fs::rename(dir.path().join("other"), dir.path().join("journal-0000000000")).unwrap();
    fs::copy(killed(3).path().join("mark"), dir.path().join("mark")).unwrap();
    check_refused(dir.path(), "where the journal has others");
}

#[test]
fn an_unfinished_group_at_the_end_goes() {
    let dir = killed(9);
    with_last_tree(dir.path(), |tree| {
        // Two of them, since the next group writes over the first.
        forge(tree, 1, 0, false);
        forge(tree, 1, 1, false);
    });
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.unfinished_frames == 2, "{report}");
    for groups in 9..11 {
        let journal = open(dir.path()).unwrap();
        assert!(everything(&journal) == expected(groups));
        append_groups(&journal, groups..groups + 1);
    }
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.unfinished_frames == 0, "{report}");
}

#[test]
fn a_newer_store_is_no_damage() {
    let dir = killed(3);
    with_last_tree(dir.path(), |tree| {
        forge(tree, 2, 0, true);
    });
    check_refused(dir.path(), "newer boxoffice (format 2)");
}

#[test]
fn a_store_without_a_good_mark_is_refused() {
    let dir = killed(3);
    let mark = File::options().write(true).open(dir.path().join("mark")).unwrap();
    mark.write_all_at(&[0xff; 8192], 0).unwrap();
    check_refused(dir.path(), "mark cannot be read");
    assert!(!verify(dir.path(), None).unwrap().is_sound());
    fs::remove_file(dir.path().join("mark")).unwrap();
    check_refused(dir.path(), "mark is missing");
}

#[test]
fn one_good_slot_of_the_mark_is_enough() {
    for slot in [0, 4096] {
        let dir = killed(3);
        let mark = File::options().write(true).open(dir.path().join("mark")).unwrap();
        mark.write_all_at(b"torn", slot).unwrap();
        assert!(everything(&open(dir.path()).unwrap()) == expected(3));
    }
}

#[test]
fn values_outside_the_log_are_an_alarm() {
    let dir = killed(3);
    fs::write(dir.path().join("journal-0000000000/blobs/12345"), "a value that sled never syncs").unwrap();
    check_refused(dir.path(), "blobs is not empty");
    assert!(!verify(dir.path(), None).unwrap().is_sound());
}

#[test]
fn no_frame_is_ever_put_outside_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    append_groups(&journal, 0..120);
    drop(journal);
    assert_eq!(fs::read_dir(dir.path().join("journal-0000000000/blobs")).unwrap().count(), 0);
    assert!(everything(&open(dir.path()).unwrap()) == expected(120));
}

#[test]
fn a_start_that_died_while_it_checked_is_taken_back() {
    let dir = killed(9);
    copy_dir(&dir.path().join("journal-0000000000"), &dir.path().join("journal-0000000000.copy"));
    let db = File::options().write(true).open(dir.path().join("journal-0000000000/db")).unwrap();
    db.set_len(1_000).unwrap();
    assert!(verify(dir.path(), None).unwrap().is_sound(), "the copy is what counts");
    assert!(everything(&open(dir.path()).unwrap()) == expected(9));
}

#[test]
fn a_kill_while_sled_opens_is_no_obstacle() {
    let dir = killed(3);
    fs::write(dir.path().join("journal-0000000000/snap.0000000000001000.generating"), "half").unwrap();
    assert!(everything(&open(dir.path()).unwrap()) == expected(3));
}

#[test]
fn verify_tells_what_is_there_and_touches_nothing() {
    let (dir, elsewhere) = (killed(9), tempfile::tempdir().unwrap());
    let before = contents(dir.path());
    for work_dir in [None, Some(elsewhere.path())] {
        let report = verify(dir.path(), work_dir).unwrap();
        assert!(report.is_sound(), "{report}");
        let counted = (report.records, report.streams, report.marked_frames);
        assert_eq!(counted, (expected(9).len() as u64, 3, Some(report.frames)));
    }
    assert!(contents(dir.path()) == before);
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    let empty = tempfile::tempdir().unwrap();
    drop(open(empty.path()).unwrap());
    assert!(verify(empty.path(), None).unwrap().is_sound());
}
