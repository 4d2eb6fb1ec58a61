//! A full disk: nothing acknowledged is lost, reading goes on, and writing does once there is room.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use boxoffice_engine::journal::{AppendError, Journal, Record, ReopenError, Scope};
use boxoffice_persistence::{SledJournal, verify};

use crate::alone;
use crate::history::{self, groups_in};
use crate::loop_device::LoopDevice;
use crate::support::{append_groups, everything, expected, group_of, open};

const ROUNDS: u64 = 3;

/// Writes until there is not a byte left.
fn fill(path: &Path) {
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
        file.sync_data().unwrap();
    }
}

/// Appends groups from `groups` on until one is refused; returns how many there are then.
fn append_until_full(journal: &impl Journal, group_of: fn(u64) -> Vec<Record>, mut groups: u64) -> u64 {
    loop {
        match journal.append(&group_of(groups)) {
            Ok(()) => groups += 1,
            Err(error) => {
                assert_eq!(error, AppendError::Full { written: true });
                return groups;
            }
        }
    }
}

#[test]
fn a_full_disk_refuses_and_recovers_in_the_process() {
    let _alone = alone();
    let Some(disk) = LoopDevice::new(160) else { return };
    let (data_dir, filler) = (disk.path().join("data"), disk.path().join("filler"));
    let journal = open(&data_dir).unwrap();
    append_groups(&journal, 0..9);
    let mut groups = 9;
    for _ in 0..3 {
        fill(&filler);
        groups = append_until_full(&journal, group_of, groups);
        assert!(everything(&journal) == expected(groups), "what was acknowledged can be read");
        assert_eq!(journal.append(&group_of(groups)), Err(AppendError::Full { written: false }));
        assert_eq!(journal.reopen(), Err(ReopenError::StillFull));
        assert!(everything(&journal) == expected(groups));

        std::fs::remove_file(&filler).unwrap();
        journal.reopen().unwrap();
        let found = everything(&journal);
        // What the refused append wrote is there whole or not at all.
        if found != expected(groups) {
            groups += 1;
            assert!(found == expected(groups));
        }
        append_groups(&journal, groups..groups + 3);
        groups += 3;
    }
    drop(journal);

    fill(&filler);
    let refusal = open(&data_dir).err().unwrap().to_string();
    assert!(refusal.contains("too little room"), "{refusal}");
    std::fs::remove_file(&filler).unwrap();
    assert!(everything(&open(&data_dir).unwrap()) == expected(groups));
}

/// While a journal is full, a replay shows what was acknowledged, or it fails because sled wants to write as it reads.
fn is_whole_while_full(journal: &SledJournal, groups: u64) {
    let unreadable = journal.restore(Scope::Everything, &mut |_| ()).err();
    match unreadable.map_or_else(|| groups_in(journal), |error| Err(error.to_string())) {
        Ok(found) => assert_eq!(found, groups),
        Err(unreadable) => assert!(unreadable.contains("No space left"), "{unreadable}"),
    }
}

#[test]
fn a_disk_that_fills_up_in_a_snapshot_costs_the_snapshot_and_nothing_else() {
    let _alone = alone();
    let Some(disk) = LoopDevice::new(320) else { return };
    let filler = disk.path().join("filler");
    let mut failed = 0;
    for round in 0..ROUNDS {
        let data_dir = disk.path().join(format!("data-{round}"));
        let journal = open(&data_dir).unwrap();
        history::append_groups(&journal, 0..3);
        journal.snapshot().unwrap();
        history::append_groups(&journal, 3..15);
        // In the last round the disk is full before the snapshot begins.
        let is_last = round + 1 == ROUNDS;
        if is_last {
            fill(&filler);
        }
        let closed = generations(&data_dir).len();
        std::thread::scope(|scope| {
            let snapshot = scope.spawn(|| journal.snapshot());
            while !snapshot.is_finished() && generations(&data_dir).len() == closed {
                std::thread::yield_now();
            }
            fill(&filler);
            failed += u64::from(snapshot.join().unwrap().is_err());
        });
        // What was trimmed is filled, too.
        fill(&filler);
        let groups = append_until_full(&journal, history::group_of, 15);
        assert!(journal.snapshot().is_err(), "there is no room for a snapshot");
        assert_eq!(unfinished(&data_dir), Vec::<PathBuf>::new(), "what failed takes no room");
        is_whole_while_full(&journal, groups);

        std::fs::remove_file(&filler).unwrap();
        journal.reopen().unwrap();
        // What the refused append wrote is there whole or not at all.
        let found = groups_in(&journal).unwrap();
        assert!((groups..=groups + 1).contains(&found), "{found} groups of {groups}");
        history::append_groups(&journal, found..found + 3);
        for group in found + 3..found + 5 {
            history::append_groups(&journal, group..group + 1);
            assert_ne!(journal.snapshot().unwrap().records, 0, "there is room again");
        }
        assert!(generations(&data_dir).len() <= 2, "what two snapshots stand for is trimmed again");
        drop(journal);
        let report = verify(&data_dir, None).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!(groups_in(&open(&data_dir).unwrap()), Ok(found + 5));
        std::fs::remove_dir_all(&data_dir).unwrap();
    }
    println!("{failed} of {ROUNDS} snapshots failed when the disk filled up");
    assert_ne!(failed, 0);
}

fn generations(data_dir: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(data_dir).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.to_str().unwrap().contains("/journal-")).collect()
}

/// Temporary names of snapshots and archive.
fn unfinished(data_dir: &Path) -> Vec<PathBuf> {
    let names =
        ["snapshots", "archive"].map(|directory| std::fs::read_dir(data_dir.join(directory)).unwrap());
    let paths = names.into_iter().flatten().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "new")).collect()
}
