//! Damage: whatever is broken in a killed store, it opens whole or refuses in one line. Never with less, never with a panic.
//!
//! `BOXOFFICE_DAMAGE_TRIALS` says how many trials; `BOXOFFICE_DAMAGE_SEED` repeats a run.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use boxoffice_persistence::verify;

use crate::alone;
use crate::child::{self, Beside, Task};
use crate::dice::{Dice, number_from};
use crate::history::append_groups;
use crate::loop_device::LoopDevice;
use crate::support::{self, contents, copy_dir, open};

const TRIALS: u64 = 60;

/// A store as a kill leaves it.
struct Killed {
    dir: tempfile::TempDir,
    groups: u64,
    beside: Beside,
}

impl Killed {
    /// After `starts` starts with `groups` groups each; with snapshots, there is one after each group but the last.
    fn after(starts: u64, groups: u64, beside: Beside) -> Self {
        let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for start in 0..starts {
            let journal = open(live.path()).unwrap();
            for group in start * groups..(start + 1) * groups {
                append_groups(&journal, group..group + 1);
                if beside == Beside::Snapshots && group + 1 < starts * groups {
                    journal.snapshot().unwrap();
                }
            }
            if start + 1 == starts {
                copy_dir(live.path(), dead.path());
            }
        }
        Self { dir: dead, groups: starts * groups, beside }
    }

    /// Opens a copy in which something was broken: it is whole, or it is refused in one line, and then `verify` says what is wrong.
    fn is_whole_or_refused(&self, copy: &Path, how: &str) -> Outcome {
        let broken = contents(copy);
        let said = child::run(Task::Check { groups: self.groups }, self.beside, copy);
        let context = format!("{how}: {:?} {}", said.lines, said.errors);
        assert!(said.ended_well && said.errors.is_empty(), "{context}");
        let outcome = match said.lines.as_slice() {
            [line] if line == "whole" => return Outcome::Whole,
            [line] if line.starts_with("refused: ") => {
                assert!(contents(copy) == broken, "a refusal changes nothing: {context}");
                Outcome::Refused
            }
            [line]
                if line.starts_with("the journal cannot be read: ")
                    && ["archive/", "ended/"].iter().any(|directory| how.starts_with(directory)) =>
            {
                Outcome::WithoutHistory
            }
            _ => panic!("{context}"),
        };
        let again = tempfile::tempdir().unwrap();
        for (path, content) in broken {
            let path = again.path().join(path.strip_prefix(copy).unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let looked = child::run(Task::Verify, self.beside, again.path());
        let told = looked.lines.iter().all(|line| line.starts_with("wrong: ")) && !looked.lines.is_empty();
        assert!(
            looked.ended_well && told,
            "verify sees it, too: {context}: {:?} {}",
            looked.lines,
            looked.errors
        );
        outcome
    }
}

/// What became of a store that was broken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Whole,
    Refused,
    /// All states are right, but of a concert not all events from the first on, or not all bookings that have ended, can be read.
    WithoutHistory,
}

/// Breaks one file of a store and says how.
fn break_one(data_dir: &Path, dice: &mut Dice) -> String {
    let files: Vec<(PathBuf, u64)> =
        contents(data_dir).into_iter().map(|(path, content)| (path, content.len() as u64)).collect();
    let databases: Vec<_> = files.iter().filter(|(path, _)| path.ends_with("db")).cloned().collect();
    // Most of what can break are the databases, and every other file is broken often enough.
    let among = if dice.below(2) == 0 { &databases } else { &files };
    let (path, length) = dice.pick(among);
    let name = path.strip_prefix(data_dir).unwrap().display();
    let file = File::options().read(true).write(true).open(path).unwrap();
    let place = dice.below(*length);
    match dice.below(8) {
        0..4 => {
            let (mut byte, bit) = ([0], dice.below(8));
            file.read_exact_at(&mut byte, place).unwrap();
            file.write_all_at(&[byte[0] ^ (1 << bit)], place).unwrap();
            format!("{name}: bit {bit} of byte {place} of {length} flipped")
        }
        4..6 => {
            file.set_len(place).unwrap();
            format!("{name}: cut from {length} to {place} bytes")
        }
        6 => {
            let block = place / 4096 * 4096;
            let zeros = vec![0; usize::try_from((length - block).min(4096)).unwrap()];
            file.write_all_at(&zeros, block).unwrap();
            format!("{name}: block at {block} of {length} zeroed")
        }
        _ => {
            fs::remove_file(path).unwrap();
            format!("{name}: removed")
        }
    }
}

fn check(stores: &[Killed]) {
    let trials = number_from("BOXOFFICE_DAMAGE_TRIALS").unwrap_or(TRIALS);
    let mut dice = Dice::from("BOXOFFICE_DAMAGE_SEED");
    let mut outcomes = Vec::new();
    for trial in 0..trials {
        let store = &stores[usize::try_from(trial).unwrap() % stores.len()];
        let temp = tempfile::tempdir().unwrap();
        copy_dir(store.dir.path(), temp.path());
        let how = break_one(temp.path(), &mut dice);
        outcomes.push(
            store.is_whole_or_refused(temp.path(), &format!("{how}, trial {trial}, seed {}", dice.seed)),
        );
    }
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    let (whole, refused) = (count(Outcome::Whole), count(Outcome::Refused));
    let without = count(Outcome::WithoutHistory);
    println!(
        "of {trials}, {whole} opened whole, {refused} were refused, {without} opened without all of their history"
    );
}

#[test]
fn a_backup_that_cannot_be_written_is_verified_with_a_directory_to_work_in() {
    let _alone = alone();
    let Some(disk) = LoopDevice::new(160) else { return };
    let data_dir = disk.path().join("data");
    let journal = open(&data_dir).unwrap();
    support::append_groups(&journal, 0..3);
    journal.snapshot().unwrap();
    support::append_groups(&journal, 3..5);
    drop(journal);
    disk.make_read_only();
    let work_dir = tempfile::tempdir().unwrap();
    let report = verify(&data_dir, Some(work_dir.path())).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!(report.records, support::expected(5).len() as u64);
    assert_eq!(work_dir.path().read_dir().unwrap().count(), 0, "nothing is left there");
    let refused = verify(&data_dir, None).unwrap_err().to_string();
    assert!(refused.contains("Read-only file system"), "{refused}");
}

#[test]
fn a_broken_store_opens_whole_or_refuses_in_one_line() {
    let _alone = alone();
    check(&[(1, 5), (3, 4), (2, 70)].map(|(starts, groups)| Killed::after(starts, groups, Beside::Nothing)));
}

#[test]
fn a_broken_store_with_snapshots_opens_whole_or_refuses_in_one_line() {
    let _alone = alone();
    check(&[(1, 3), (3, 5), (2, 9)].map(|(starts, groups)| Killed::after(starts, groups, Beside::Snapshots)));
}

#[test]
fn a_store_with_snapshots_that_lacks_a_part_opens_whole_or_refuses_in_one_line() {
    let _alone = alone();
    for (starts, groups) in [(1, 2), (2, 6)] {
        let store = Killed::after(starts, groups, Beside::Snapshots);
        let parts = parts(store.dir.path(), Path::new(""));
        assert!(parts.len() > 15, "{parts:?}");
        for part in parts {
            let temp = tempfile::tempdir().unwrap();
            copy_dir(store.dir.path(), temp.path());
            let path = temp.path().join(&part);
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
            store.is_whole_or_refused(temp.path(), &format!("{} removed", part.display()));
        }
    }
}

/// Every file and directory below a directory.
fn parts(dir: &Path, below: &Path) -> Vec<PathBuf> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(dir.join(below)).unwrap().map(Result::unwrap) {
        let part = below.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            parts.extend(self::parts(dir, &part));
        }
        parts.push(part);
    }
    parts
}
