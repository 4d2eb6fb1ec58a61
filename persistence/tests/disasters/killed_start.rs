//! A start that is killed: at whichever step of keeping the evidence, the next one finds everything.

use std::path::Path;

use crate::alone;
use crate::child::{self, Beside, Task};
use crate::history::{append_groups, groups_in};
use crate::step::Step;
use crate::support::{copy_dir, open};
use crate::writer::Writer;

const STEPS: [&str; 3] = [".copying", ".copy", ".spoiled"];

/// Kills starts of a store at each step with each of its generations. `live` holds what a kill left behind.
fn check(live: &Path, groups: u64, beside: Beside, rounds: usize) {
    let generations = std::fs::read_dir(live).unwrap().map(|entry| entry.unwrap().file_name());
    let generations = generations.map(|name| name.into_string().unwrap());
    let generations: Vec<_> = generations.filter(|name| name.starts_with("journal-")).collect();
    let names = generations.iter().flat_map(|generation| STEPS.map(|step| format!("{generation}{step}")));
    let names: Vec<_> = names.collect();
    for name in std::iter::repeat_n(&names, rounds).flatten() {
        let killed = tempfile::tempdir().unwrap();
        copy_dir(live, killed.path());
        let mut start = child::start(Task::Check { groups }, beside, killed.path());
        let step = killed.path().join(name);
        // The step may pass unseen; the child then ends by itself, having written two groups.
        while !step.exists() && start.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        start.kill().unwrap();
        let outcome = start.wait_with_output().unwrap();
        let found = groups_in(&open(killed.path()).unwrap()).unwrap();
        assert!((groups..=groups + 2).contains(&found), "after {name}: {found} groups, {outcome:?}");
    }
}

#[test]
fn a_start_can_be_killed_at_any_step() {
    let _alone = alone();
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(live.path()).unwrap();
    append_groups(&journal, 0..30);
    copy_dir(live.path(), killed.path());
    check(killed.path(), 30, Beside::Nothing, 4);
}

#[test]
fn a_start_after_a_killed_snapshot_can_be_killed_at_any_step() {
    let _alone = alone();
    let killed = tempfile::tempdir().unwrap();
    let mut writer = Writer::start(killed.path(), 0, Beside::Snapshots);
    writer.writes(12);
    writer.reaches(Step::Archive);
    writer.killed();
    let sound = tempfile::tempdir().unwrap();
    copy_dir(killed.path(), sound.path());
    let groups = groups_in(&open(sound.path()).unwrap()).unwrap();
    check(killed.path(), groups, Beside::Snapshots, 1);
}
