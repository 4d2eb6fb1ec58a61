//! Whatever step the making of a snapshot dies at, the next start has the snapshot before or the new one, whole.

use super::*;
use crate::new_file::crash;

const BOTH: [u64; 2] = [1, 2];

/// Opens what a crash left and says which generation's snapshot is in force, all of whose states must be there.
fn in_force(dir: &Path) -> u64 {
    let snapshots = Snapshots::open(dir).unwrap();
    assert!(snapshots.wrong().is_empty(), "{:?}", snapshots.wrong());
    let generation = snapshots.newest().unwrap().tail.generation;
    // The second concert changes in every generation, the first only in the beginning; in generation 2 its file is emptied.
    check(&snapshots, concert(1), 0);
    check(&snapshots, concert(2), generation);
    assert_eq!(snapshots.before().unwrap().tail.generation, generation - 1);
    check(&snapshots.fall_back().unwrap(), concert(2), generation - 1);
    generation
}

fn beginning() -> (tempfile::TempDir, Snapshots) {
    let (first, second) = (concert(1), concert(2));
    let (dir, snapshots) = taken(&[&[second, first], &[second]]);
    (dir, snapshots)
}

#[test]
fn a_crash_anywhere_leaves_a_whole_snapshot_and_the_next_one_is_made() {
    let (dir, _) = beginning();
    let mut seen = Vec::new();
    let work = |dir: &Path| take(&Snapshots::open(dir).unwrap(), 2, &[concert(2)]);
    crash::everywhere(dir.path(), work, |dir, done| {
        let generation = in_force(dir);
        assert!(done.is_none() || generation == 2, "what was committed is in force");
        seen.push(generation);
        let snapshots = Snapshots::open(dir).unwrap();
        snapshots.clean().unwrap();
        assert_eq!(in_force(dir), generation, "what is removed was not needed");
        let next = take(&Snapshots::open(dir).unwrap(), 3, &[concert(2)]).unwrap();
        check(&next, concert(2), 3);
        check(&next, concert(1), 0);
        next.clean().unwrap();
        check(&Snapshots::open(dir).unwrap(), concert(1), 0);
    });
    assert!(seen.is_sorted() && BOTH.iter().all(|generation| seen.contains(generation)), "{seen:?}");
    assert!(seen.len() > 8, "two files are made in several steps each: {seen:?}");
}

#[test]
fn a_commit_tried_again_in_the_same_process_spoils_nothing_that_may_be_in_force() {
    let (dir, _) = beginning();
    let mut failures = 0;
    for first in 0.. {
        let mut tried = 0;
        for second in 0.. {
            let copy = crash::copied(dir.path());
            let snapshots = Snapshots::open(copy.path()).unwrap();
            if crash::after(first, || take(&snapshots, 2, &[concert(2)])).is_ok() {
                assert!(failures > 50, "two files are made in several steps, twice: {failures}");
                return;
            }
            // By then another generation is closed, so these are other states.
            let again = crash::after(second, || take(&snapshots, 3, &[concert(2)]));
            in_force_after_two(copy.path());
            if again.is_ok() {
                break;
            }
            tried += 1;
        }
        failures += tried;
    }
}

/// As [`in_force`], when the snapshot before may be the one of a commit that failed in its last step.
fn in_force_after_two(dir: &Path) {
    let snapshots = Snapshots::open(dir).unwrap();
    assert!(snapshots.wrong().is_empty(), "{:?}", snapshots.wrong());
    check(&snapshots, concert(1), 0);
    check(&snapshots, concert(2), snapshots.newest().unwrap().tail.generation);
    let before = snapshots.fall_back().unwrap();
    let entries = &before.newest().unwrap().entries;
    assert!(entries.iter().all(|entry| before.read(entry.stream).is_ok()));
}

#[test]
fn a_crash_while_cleaning_leaves_what_is_needed() {
    let (dir, snapshots) = beginning();
    take(&snapshots, 2, &[concert(2)]).unwrap();
    fs::write(dir.path().join("manifest-0000000003.new"), b"cut off").unwrap();
    let work = |dir: &Path| Snapshots::open(dir).unwrap().clean();
    crash::everywhere(dir.path(), work, |dir, done| {
        assert_eq!(in_force(dir), 2);
        if done.is_some() {
            let left =
                ["manifest-0000000001", "manifest-0000000002", "states-0000000000", "states-0000000001"];
            assert_eq!(names_in(dir), [&left[..], &["states-0000000002"]].concat());
        }
    });
}
