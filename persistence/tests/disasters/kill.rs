//! `kill -9` of a process that writes and makes snapshots all the time.

use boxoffice_persistence::verify;

use crate::alone;
use crate::child::Beside;
use crate::dice::{Dice, number_from};
use crate::history::groups_in;
use crate::step::Step;
use crate::support::open;
use crate::writer::Writer;

/// Each step of a snapshot twice.
const KILLS: u64 = 14;
/// A store that was killed so often makes place for a new one: histories are compared from their beginning.
const KILLS_PER_STORE: u64 = 7;
const GROUPS_BEFORE_MAX: u64 = 8;

#[test]
fn what_was_durable_survives_a_kill_at_any_step_of_a_snapshot() {
    let _alone = alone();
    let mut dice = Dice::from("BOXOFFICE_KILL_SEED");
    let kills = number_from("BOXOFFICE_KILL_CYCLES").unwrap_or(KILLS);
    let (mut dir, mut groups) = (tempfile::tempdir().unwrap(), 0);
    let (mut snapshots, mut seen) = (0, 0);
    for kill in 0..kills {
        if kill % KILLS_PER_STORE == 0 {
            (dir, groups) = (tempfile::tempdir().unwrap(), 0);
        }
        let step = *dice.pick(&Step::ALL);
        let mut writer = Writer::start(dir.path(), groups, Beside::Snapshots);
        writer.writes(groups + 1 + dice.below(GROUPS_BEFORE_MAX));
        seen += u64::from(writer.reaches(step));
        let heard = writer.killed();
        let context = format!("kill {kill} at {step:?}, seed {}: {heard:?}", dice.seed);
        assert!(heard.last.is_empty() && heard.no_snapshot.is_none() && heard.errors.is_empty(), "{context}");

        let report = verify(dir.path(), None).unwrap();
        assert!(report.is_sound(), "{context}: {report}");
        let journal = open(dir.path()).unwrap_or_else(|refusal| panic!("{context}: {refusal}"));
        groups = groups_in(&journal).unwrap_or_else(|unreadable| panic!("{context}: {unreadable}"));
        assert!((heard.durable..=heard.durable + 1).contains(&groups), "{context}: {groups} groups");
        snapshots += heard.snapshots;
    }
    println!(
        "{kills} kills beside {snapshots} snapshots, {seen} of them at the step that they were meant for"
    );
    assert_ne!(snapshots, 0);
}
