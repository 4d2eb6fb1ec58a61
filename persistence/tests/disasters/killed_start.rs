//! A start that is killed: at whichever step of keeping the evidence, the next one finds everything.

use crate::alone;
use crate::child::{self, Task};
use crate::support::{append_groups, copy_dir, everything, expected, open};

#[test]
fn a_start_can_be_killed_at_any_step() {
    let _alone = alone();
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(live.path()).unwrap();
    append_groups(&journal, 0..30);
    copy_dir(live.path(), killed.path());
    for name in
        ["journal-0000000000.copying", "journal-0000000000.copy", "journal-0000000000.spoiled"].repeat(4)
    {
        let mut start = child::start(Task::Check { groups: 30 }, killed.path());
        let step = killed.path().join(name);
        // The step may pass unseen; the child then ends by itself, having written a group that is taken back here.
        while !step.exists() && start.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        start.kill().unwrap();
        let outcome = start.wait_with_output().unwrap();
        let mut groups = 30;
        let journal = open(killed.path()).unwrap();
        let found = everything(&journal);
        while expected(groups).len() < found.len() {
            groups += 1;
        }
        assert!(groups <= 32 && found == expected(groups), "after {name}: {outcome:?}");
        drop(journal);
        std::fs::remove_dir_all(killed.path()).unwrap();
        copy_dir(live.path(), killed.path());
    }
}
