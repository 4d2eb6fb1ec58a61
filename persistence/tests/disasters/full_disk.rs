//! A full disk: nothing acknowledged is lost, reading goes on, and writing does once there is room.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use boxoffice_engine::journal::{AppendError, Journal, ReopenError};

use crate::alone;
use crate::loop_device::LoopDevice;
use crate::support::{append_groups, everything, expected, group_of, open};

/// Writes until there is not a byte left.
fn fill(path: &Path) {
    let mut file = File::create(path).unwrap();
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![b'x'; size]).and_then(|()| file.sync_data()).is_ok() {}
    }
}

/// Appends groups from `groups` on until one is refused; returns how many there are then.
fn append_until_full(journal: &impl Journal, mut groups: u64) -> u64 {
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
        groups = append_until_full(&journal, groups);
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
