//! Damage: whatever is broken in a killed store, it opens whole or refuses in one line. Never with less, never with a panic.
//!
//! `BOXOFFICE_DAMAGE_TRIALS` says how many trials; `BOXOFFICE_DAMAGE_SEED` repeats a run.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::alone;
use crate::child::{self, Task};
use crate::support::{append_groups, contents, copy_dir, open};

const TRIALS: u64 = 60;

/// Random numbers that a seed repeats (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % end.max(1)
    }
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text:?}")))
}

/// A store as a kill leaves it, after `starts` starts with `groups` groups each.
fn killed(starts: u64, groups: u64) -> (tempfile::TempDir, u64) {
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for start in 0..starts {
        let journal = open(live.path()).unwrap();
        append_groups(&journal, start * groups..(start + 1) * groups);
        if start + 1 == starts {
            copy_dir(live.path(), dead.path());
        }
    }
    (dead, starts * groups)
}

/// Breaks one file of a store and says how.
fn break_one(data_dir: &Path, dice: &mut Dice) -> String {
    let files: Vec<(PathBuf, u64)> =
        contents(data_dir).into_iter().map(|(path, content)| (path, content.len() as u64)).collect();
    let database = files.iter().find(|(path, _)| path.ends_with("db")).unwrap();
    // Most of what can break is the database, and every other file is broken often enough.
    let any = usize::try_from(dice.below(files.len() as u64)).unwrap();
    let (path, length) = if dice.below(2) == 0 { database } else { &files[any] };
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

#[test]
fn a_broken_store_opens_whole_or_refuses_in_one_line() {
    let _alone = alone();
    let trials = number_from("BOXOFFICE_DAMAGE_TRIALS").unwrap_or(TRIALS);
    let seed =
        number_from("BOXOFFICE_DAMAGE_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("{trials} trials; repeat with BOXOFFICE_DAMAGE_SEED={seed}");
    let stores = [killed(1, 5), killed(3, 4), killed(2, 70)];
    let mut dice = Dice(seed);
    let mut whole = 0;
    for trial in 0..trials {
        let (sound, groups) = &stores[usize::try_from(trial % 3).unwrap()];
        let temp = tempfile::tempdir().unwrap();
        copy_dir(sound.path(), temp.path());
        let how = break_one(temp.path(), &mut dice);
        let broken = contents(temp.path());
        let said = child::run(Task::Check { groups: *groups }, temp.path());
        let context = format!("trial {trial}, seed {seed}, {how}: {:?} {}", said.lines, said.errors);
        assert!(said.ended_well && said.errors.is_empty(), "{context}");
        match said.lines.as_slice() {
            [line] if line == "whole" => whole += 1,
            [line] if line.starts_with("refused: ") => {
                assert!(contents(temp.path()) == broken, "a refusal changes nothing: {context}");
            }
            _ => panic!("{context}"),
        }
    }
    println!("{whole} opened whole, {} were refused", trials - whole);
}
