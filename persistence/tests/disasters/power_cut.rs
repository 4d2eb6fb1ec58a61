//! A power cut: what a process said is durable is there afterwards, whatever it was doing.

use crate::alone;
use crate::child::Beside;
use crate::dice::{Dice, number_from};
use crate::history::groups_in;
use crate::loop_device::LoopDevice;
use crate::step::Step;
use crate::support::open;
use crate::writer::{Heard, Writer};

const CUTS: u64 = 4;
/// A store that went through so many cuts makes place for a new one: histories are compared from their beginning.
const CUTS_PER_STORE: u64 = 4;
const GROUPS_BEFORE_MAX: u64 = 12;

fn cuts() -> u64 {
    number_from("BOXOFFICE_POWER_CUTS").unwrap_or(CUTS)
}

/// Asserts that the writer saw its journal fail, twice, and says how many groups there are once the power is back.
fn groups_after(disk: &LoopDevice, heard: &Heard, context: &str) -> u64 {
    let Heard { last, .. } = heard;
    let failed = |said: &String, when: &str| said.starts_with(&format!("{when} the journal failed"));
    assert!(last.len() == 2 && failed(&last[0], "first") && failed(&last[1], "then"), "{context}: {heard:?}");
    disk.restart();
    let journal = open(&disk.path().join("data")).unwrap_or_else(|refusal| panic!("{context}: {refusal}"));
    let groups = groups_in(&journal).unwrap_or_else(|unreadable| panic!("{context}: {unreadable}"));
    assert!((heard.durable..=heard.durable + 1).contains(&groups), "{context}: {groups} groups, {heard:?}");
    groups
}

#[test]
fn what_was_durable_survives_a_power_cut() {
    let _alone = alone();
    for cut in 0..cuts() {
        let Some(disk) = LoopDevice::new(320) else { return };
        let mut writer = Writer::start(&disk.path().join("data"), 0, Beside::Nothing);
        // At another place each time, with small and large groups before it.
        let cut_at = 10 + 23 * (cut % CUTS);
        writer.writes(cut_at);
        disk.switch().cut();
        groups_after(&disk, &writer.ended(), &format!("cut {cut}"));
    }
}

#[test]
fn what_was_durable_survives_a_power_cut_at_any_step_of_a_snapshot() {
    let _alone = alone();
    let mut dice = Dice::from("BOXOFFICE_POWER_SEED");
    let (mut disk, mut groups) = (None, 0);
    let (mut snapshots, mut seen) = (0, 0);
    for cut in 0..cuts() {
        if cut % CUTS_PER_STORE == 0 {
            // The old one first: loop devices are few.
            drop(disk.take());
            (disk, groups) = (LoopDevice::new(640), 0);
        }
        let Some(disk) = &disk else { return };
        let step = *dice.pick(&Step::ALL);
        let mut writer = Writer::start(&disk.path().join("data"), groups, Beside::Snapshots);
        writer.writes(groups + 1 + dice.below(GROUPS_BEFORE_MAX));
        let switch = disk.switch();
        seen += u64::from(writer.reaches(step));
        assert_eq!(writer.heard().no_snapshot, None, "nothing keeps snapshots from being made");
        switch.cut();
        let heard = writer.ended();
        snapshots += heard.snapshots;
        groups = groups_after(disk, &heard, &format!("cut {cut} at {step:?}, seed {}", dice.seed));
    }
    println!(
        "{} cuts beside {snapshots} snapshots, {seen} of them at the step that they were meant for",
        cuts()
    );
    assert_ne!(snapshots, 0);
}
