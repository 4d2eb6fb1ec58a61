//! Snapshots as whoever runs a store sees them: what leaves the journal, what a start needs, and what a damaged one costs.

use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use boxoffice_engine::concert::ConcertEvent;
use boxoffice_engine::ids::{BookingNumber, UserId};
use boxoffice_engine::journal::conformance::{registrations, replayed, sale};
use boxoffice_engine::journal::{Event, Found, Journal, Record, Scope};
use boxoffice_persistence::{OpenError, Report, SledJournal, verify};
use tempfile::TempDir;

use crate::support::{contents, copy_dir, open, states, states_of, try_copy_dir};

pub(crate) fn files(dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let listed = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        listed.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix)).collect();
    files.sort();
    files
}

/// A store with some history: `rounds` snapshots and a tail of a few records behind the last.
fn used(dir: &Path, rounds: u64) -> Vec<Record> {
    let journal = open(dir).unwrap();
    let mut records = Vec::new();
    for round in 0..=rounds {
        let group =
            [sale(1, 1, 50 * round + 1..=50 * round + 50), registrations(1, 3 * round + 1..=3 * round + 3)]
                .concat();
        journal.append(&group).unwrap();
        records.extend(group);
        if round == 0 {
            let once = sale(2, 1, 1..=9);
            journal.append(&once).unwrap();
            records.extend(once);
        }
        if round < rounds {
            journal.snapshot().unwrap();
        }
    }
    records
}

#[test]
fn what_two_snapshots_stand_for_leaves_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let records = used(dir.path(), 12);
    assert_eq!(
        files(dir.path(), "journal-").len(),
        2,
        "the last generation, and the one of the snapshot before"
    );
    assert_eq!(files(&dir.path().join("snapshots"), "manifest-").len(), 2);
    assert!(files(&dir.path().join("snapshots"), "states-").len() <= 3);
    let journal = open(dir.path()).unwrap();
    assert_eq!(states(&journal), (states_of(&records), 53));
    drop(journal);
    let report = verify(dir.path(), None).unwrap();
    assert!(report.is_sound() && report.states == 3, "{report}");
    assert_eq!(report.archived, 12 * 50 + 9);
}

#[test]
fn a_snapshot_of_what_cannot_have_happened_fails_and_the_journal_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    let mut records = sale(1, 1, 1..=50);
    let (number, by) = (BookingNumber(7_000), UserId::new("nobody").unwrap());
    let impossible = ConcertEvent::BookingCancelled { number, by, refund: 0, idempotency: None };
    records.push(Record { sequence: 51, event: Event::Concert(impossible), ..records[49].clone() });
    journal.append(&records).unwrap();
    for round in 1..=3 {
        let error = journal.snapshot().unwrap_err().to_string();
        assert!(error.ends_with("event 51 cannot have happened"), "{error}");
        let others = sale(2, 1, 10 * round - 9..=10 * round);
        journal.append(&others).unwrap();
        records.extend(others);
    }
    assert_eq!(replayed(&journal, Scope::Everything), records);
}

#[test]
fn verify_is_never_kinder_than_a_start_and_changes_nothing_whatever_is_missing() {
    let sound = tempfile::tempdir().unwrap();
    used(sound.path(), 3);
    let names = |dir: &Path| -> BTreeSet<OsString> {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let entries: Vec<_> = names(sound.path()).into_iter().collect();
    let is_of_the_journal = |name: &OsStr| name == "mark" || name.as_encoded_bytes().starts_with(b"journal-");
    let journal: Vec<_> = entries.iter().filter(|name| is_of_the_journal(name)).cloned().collect();
    let mut refusals = 0;
    for missing in entries.iter().map(|name| vec![name.clone()]).chain([journal, entries.clone()]) {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(sound.path(), dir.path());
        for name in &missing {
            let path = dir.path().join(name);
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        let before = (names(dir.path()), contents(dir.path()));
        let looked = verify(dir.path(), None);
        assert!((names(dir.path()), contents(dir.path())) == before, "without {missing:?}");
        let is_sound = looked.as_ref().is_ok_and(Report::is_sound);
        if let Err(refusal) = open(dir.path()) {
            assert!(!is_sound, "without {missing:?}: {refusal}, but {looked:?}");
            refusals += 1;
        } else if missing == entries {
            // A start makes a new one there.
            assert!(matches!(looked, Err(OpenError::NoStore { .. })), "{looked:?}");
        }
    }
    assert!(refusals >= 4, "each generation, the archive, the mark, and all of the journal: {refusals}");
}

#[test]
fn a_start_after_a_snapshot_reads_no_records_and_loads_no_concert_that_can_sleep() {
    let dir = tempfile::tempdir().unwrap();
    let records = used(dir.path(), 1);
    open(dir.path()).unwrap().snapshot().unwrap();
    let journal = open(dir.path()).unwrap();
    let (mut sketches, mut snapshots) = (0, 0);
    journal
        .start(&mut [&mut |found| match found {
            Found::Sketch(sketch) => sketches += usize::from(sketch.sketch.bookings > 0),
            Found::Snapshot(_) => snapshots += 1,
            Found::Record(record) => panic!("{record:?}"),
        }])
        .unwrap();
    assert_eq!((sketches, snapshots), (2, 1));
    assert_eq!(states(&journal), (states_of(&records), 0));
}

#[test]
fn a_damaged_manifest_is_passed_over_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let records = used(dir.path(), 4);
    let newest = files(&dir.path().join("snapshots"), "manifest-").pop().unwrap();
    File::options().write(true).open(newest).unwrap().write_all_at(b"?", 20).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(!report.is_sound(), "{report}");
    let journal = open(dir.path()).unwrap();
    assert_eq!(states(&journal).0, states_of(&records), "the manifest before and the generations since then");
    journal.append(&sale(2, 2, 10..=11)).unwrap();
    journal.snapshot().unwrap();
    drop(journal);
    let records = [records, sale(2, 2, 10..=11)].concat();
    assert_eq!(states(&open(dir.path()).unwrap()), (states_of(&records), 0));
}

#[test]
fn damaged_states_are_made_again_from_history_or_from_the_snapshot_before() {
    let sound = tempfile::tempdir().unwrap();
    let records = used(sound.path(), 4);
    let snapshots = files(&sound.path().join("snapshots"), "states-");
    let mut opened = 0;
    for file in &snapshots {
        let length = file.metadata().unwrap().len();
        for place in (0..length).step_by(usize::try_from(length / 40).unwrap()) {
            let dir = tempfile::tempdir().unwrap();
            copy_dir(sound.path(), dir.path());
            let file = dir.path().join("snapshots").join(file.file_name().unwrap());
            let file = File::options().write(true).open(file).unwrap();
            file.write_all_at(b"\xa5\x5a", place).unwrap();
            let journal = open(dir.path()).unwrap();
            assert_eq!(states(&journal).0, states_of(&records), "damage at {place}");
            opened += 1;
        }
    }
    assert!(opened > 80);
}

#[test]
fn what_is_damaged_is_restored_whole_at_the_start_and_told() {
    let sound = tempfile::tempdir().unwrap();
    let records = used(sound.path(), 1);
    open(sound.path()).unwrap().snapshot().unwrap();
    let newest = files(&sound.path().join("snapshots"), "states-").pop().unwrap();
    let length = newest.metadata().unwrap().len();
    let mut shown = HashSet::new();
    for place in (0..length).step_by(usize::try_from(length / 60).unwrap()) {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(sound.path(), dir.path());
        let file = dir.path().join("snapshots").join(newest.file_name().unwrap());
        File::options().write(true).open(file).unwrap().write_all_at(b"\xa5\x5a", place).unwrap();
        assert_eq!(verify(dir.path(), None).unwrap().wrong.len(), 1, "damage at {place}");
        let journal = open(dir.path()).unwrap();
        let (mut sketches, mut folds, mut events) = (0, Vec::new(), 0);
        let started = journal.start(&mut [&mut |found| match found {
            Found::Sketch(_) => sketches += 1,
            Found::Snapshot(snapshot) => folds.push(snapshot.state),
            Found::Record(_) => events += 1,
        }]);
        started.unwrap();
        let whole = states_of(&records);
        assert!(events > 0 || folds.iter().all(|state| whole.contains(state)), "damage at {place}");
        shown.insert((sketches, folds.len(), events));
        assert_eq!(states(&journal).0, whole, "damage at {place}");
    }
    // Nothing of a concert is lost with its state or its sketch; without the accounts' state the snapshot before counts.
    let (in_a_state, in_a_sketch, in_the_accounts) = ((2, 1, 0), (1, 2, 0), (1, 2, 53));
    assert_eq!(shown, HashSet::from([in_a_state, in_a_sketch, in_the_accounts]));
}

#[test]
fn the_archive_gone_is_told_and_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path(), 3);
    fs::remove_dir_all(dir.path().join("archive")).unwrap();
    let report = verify(dir.path(), None).unwrap();
    assert!(!report.is_sound(), "{report}");
    assert!(open(dir.path()).is_err());
}

#[test]
fn a_generation_that_is_archived_takes_no_more_records() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path()).unwrap();
    journal.append(&sale(1, 1, 1..=5)).unwrap();
    journal.snapshot().unwrap();
    drop(journal);
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    assert_eq!(states(&open(dir.path()).unwrap()), (states_of(&sale(1, 1, 1..=5)), 5));
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    fs::remove_dir_all(dir.path().join("journal-0000000001")).unwrap();
    let refusal = open(dir.path()).err().unwrap().to_string();
    assert!(refusal.contains("generation 1") && !refusal.contains('\n'), "{refusal}");
}

#[test]
fn an_archive_that_cannot_be_merged_does_not_keep_the_journal_from_being_trimmed() {
    let dir = tempfile::tempdir().unwrap();
    let mut records = used(dir.path(), 6);
    let segment = dir.path().join("archive/0000000003-0000000003");
    File::options().write(true).open(segment).unwrap().write_all_at(b"?", 40).unwrap();
    let journal = open(dir.path()).unwrap();
    for round in 7..12 {
        let group = sale(1, 1, 50 * round + 1..=50 * round + 50);
        journal.append(&group).unwrap();
        records.extend(group);
        journal.snapshot().unwrap();
    }
    drop(journal);
    assert_eq!(files(dir.path(), "journal-").len(), 2);
    let archive = files(&dir.path().join("archive"), "");
    assert_eq!(archive.len(), 11, "none of it was merged, and nothing else left: {archive:?}");
    let report = verify(dir.path(), None).unwrap();
    assert!(report.wrong.iter().any(|wrong| wrong.contains("0000000003-0000000003")), "{report}");
    assert!(states(&open(dir.path()).unwrap()) == (states_of(&records), 0));
}

#[test]
fn snapshots_gone_with_their_generations_refuse_the_start() {
    let dir = tempfile::tempdir().unwrap();
    used(dir.path(), 3);
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    let refusal = open(dir.path()).err().unwrap().to_string();
    assert!(refusal.contains("damaged") && !refusal.contains('\n'), "{refusal}");
}

#[test]
fn a_kill_at_any_snapshot_leaves_a_store_that_opens_whole() {
    let live = tempfile::tempdir().unwrap();
    let journal = open(live.path()).unwrap();
    let mut records = Vec::new();
    let mut copies = Vec::new();
    for round in 0..6_u64 {
        let group = sale(1, 1, 20 * round + 1..=20 * round + 20);
        journal.append(&group).unwrap();
        records.extend(group);
        let made = copies_amid_snapshot(&journal, live.path());
        copies.extend(made.into_iter().map(|copy| (copy, records.len())));
    }
    assert!(copies.len() > 5);
    for (copy, count) in &copies {
        // Files of different moments may be among them: then it refuses, and never shows less.
        if let Ok(journal) = open(copy.path()) {
            assert_eq!(states(&journal).0, states_of(&records[..*count]));
        }
    }
}

/// Makes a snapshot. Copies are what a kill before it leaves behind, and then at about any step of it, as far as copying beside it can
/// catch it.
pub(crate) fn copies_amid_snapshot(journal: &SledJournal, data_dir: &Path) -> Vec<TempDir> {
    let before = tempfile::tempdir().unwrap();
    copy_dir(data_dir, before.path());
    let mut copies = vec![before];
    std::thread::scope(|scope| {
        let snapshot = scope.spawn(|| journal.snapshot().unwrap());
        while !snapshot.is_finished() {
            let copy = tempfile::tempdir().unwrap();
            if try_copy_dir(data_dir, copy.path()).is_ok() {
                copies.push(copy);
            }
        }
    });
    copies
}
