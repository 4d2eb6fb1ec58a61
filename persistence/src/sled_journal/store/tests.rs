//! What no disk brings about when a test asks for it.

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::conformance::sale;
use boxoffice_engine::journal::{Found, Journal, Scope};

use super::*;
use crate::mark::Mark;
use crate::sled_journal::SledJournal;
use crate::snapshotter::Schedule;

#[test]
fn records_since_the_last_snapshot_are_counted_across_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(dir.path(), Schedule::NEVER, |why| panic!("{why}")).unwrap();
    journal.append(&sale(1, 1, 1..=3)).unwrap();
    journal.snapshot().unwrap();
    let needs_snapshot = |records: u64| journal.store.needs_snapshot(u64::MAX, records);
    journal.append(&sale(1, 1, 4..=8)).unwrap();
    assert!(needs_snapshot(5) && !needs_snapshot(6), "those of the snapshot do not count");
    drop(journal);
    let journal = SledJournal::open(dir.path(), Schedule::NEVER, |why| panic!("{why}")).unwrap();
    let needs_snapshot = |records: u64| journal.store.needs_snapshot(u64::MAX, records);
    assert!(needs_snapshot(5) && !needs_snapshot(6), "those from before the start count");
}

#[test]
fn what_a_full_disk_took_after_all_is_restored_once_the_journal_is_reopened() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(dir.path(), Schedule::default(), |why| panic!("{why}")).unwrap();
    journal.append(&sale(1, 1, 1..=3)).unwrap();
    journal.snapshot().unwrap();
    {
        let store = &journal.store;
        let mut writer = store.writer();
        // The group reaches the disk, but whoever appended it was told that the disk is full.
        writer.append(&sale(1, 1, 4..=4), &store.watchdog).unwrap();
        writer.state = State::Full;
    }
    reopen_with_the_fourth(&journal);
}

#[test]
fn a_mark_for_which_there_is_no_room_waits_for_it_like_a_record() {
    let dir = tempfile::tempdir().unwrap();
    let journal = SledJournal::open(dir.path(), Schedule::default(), |why| panic!("{why}")).unwrap();
    journal.append(&sale(1, 1, 1..=3)).unwrap();
    journal.snapshot().unwrap();
    let mark = std::mem::replace(&mut journal.store.writer().mark, Mark::without_room());
    assert_eq!(journal.append(&sale(1, 1, 4..=4)), Err(AppendError::Full { written: true }));
    for _ in 0..2 {
        assert_eq!(journal.reopen(), Err(ReopenError::StillFull));
        assert_eq!(journal.append(&sale(1, 1, 5..=5)), Err(AppendError::Full { written: false }));
    }
    journal.store.writer().mark = mark;
    reopen_with_the_fourth(&journal);
    drop(journal);
    let journal = SledJournal::open(dir.path(), Schedule::default(), |why| panic!("{why}")).unwrap();
    journal.append(&sale(1, 1, 6..=6)).unwrap();
}

/// Reopens a journal of which a snapshot stands for three records, finds the fourth, and appends the fifth.
fn reopen_with_the_fourth(journal: &SledJournal) {
    journal.reopen().unwrap();
    let stream = Stream::Concert(ConcertId::from_bits(1));
    let mut found = Vec::new();
    journal.restore(Scope::Stream(stream), &mut |next| found.push(next)).unwrap();
    assert!(matches!(&found[0], Found::Snapshot(snapshot) if snapshot.sequence == 3), "{found:?}");
    assert_eq!(found[1..], [Found::Record(sale(1, 1, 4..=4).remove(0))]);
    journal.append(&sale(1, 1, 5..=5)).unwrap();
}
