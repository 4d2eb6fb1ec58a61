//! The disk holds what is needed, and not much more.

use proptest::prelude::*;

use super::*;

fn bytes_in(dir: &Path, prefix: &str) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.metadata().unwrap().len()).sum()
}

fn live_bytes(snapshots: &Snapshots) -> u64 {
    snapshots.newest().unwrap().places().map(|place| place.length).sum()
}

fn files(manifest: &Manifest) -> BTreeSet<u64> {
    manifest.places().map(|place| place.file).collect()
}

#[test]
fn a_file_of_which_less_than_half_counts_is_emptied() {
    let all: Vec<Stream> = (0..10).map(concert).collect();
    let (dir, snapshots) = taken(&[&all, &all[..4]]);
    assert_eq!(files(snapshots.newest().unwrap()), [0, 1].into());
    let snapshots = take(&snapshots, 2, &all[..6]).unwrap();
    assert_eq!(files(snapshots.newest().unwrap()), [2].into(), "four of ten are less than half");
    (0..6).for_each(|bits| check(&snapshots, concert(bits), 2));
    (6..10).for_each(|bits| check(&snapshots, concert(bits), 0));
    snapshots.clean().unwrap();
    assert!(dir.path().join("states-0000000000").exists(), "the snapshot before needs it");
    let snapshots = take(&snapshots, 3, &[]).unwrap();
    snapshots.clean().unwrap();
    assert_eq!(names_in(dir.path()), ["manifest-0000000002", "manifest-0000000003", "states-0000000002"]);
}

#[test]
fn concerts_that_are_past_do_not_keep_a_file_each() {
    let (dir, mut snapshots) = taken(&[]);
    for generation in 0..150 {
        snapshots = take(&snapshots, generation, &[concert(generation)]).unwrap();
        snapshots.clean().unwrap();
        let files = files(snapshots.newest().unwrap()).len();
        assert!(files <= draft::STATES_FILES_MAX, "{files} files");
    }
    assert!(names_in(dir.path()).len() <= 2 + 2 * draft::STATES_FILES_MAX);
    let snapshots = Snapshots::open(dir.path()).unwrap();
    (0..150).for_each(|generation| check(&snapshots, concert(generation), generation));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_snapshots_keep_every_state_and_the_disk_bounded(
        generations in prop::collection::vec(prop::collection::vec(0..40_u64, 0..30), 1..25),
    ) {
        let (dir, mut snapshots) = taken(&[]);
        let mut newest = std::collections::BTreeMap::new();
        let mut live_before = 0;
        for (generation, changed) in (0..).zip(&generations) {
            let streams: Vec<Stream> = changed.iter().map(|bits| concert(*bits)).collect();
            newest.extend(changed.iter().map(|bits| (*bits, generation)));
            snapshots = take(&snapshots, generation, &streams).unwrap();
            snapshots.clean().unwrap();
            // Each of two manifests needs files that are at least half alive, but for a state put twice.
            let twice = streams.len() as u64 * 256;
            let live = live_bytes(&snapshots);
            prop_assert!(bytes_in(dir.path(), "states-") <= 2 * (live + live_before) + twice);
            live_before = live;
        }
        let snapshots = Snapshots::open(dir.path()).unwrap();
        prop_assert_eq!(snapshots.newest().unwrap().entries.len(), newest.len());
        for (bits, generation) in newest {
            check(&snapshots, concert(bits), generation);
        }
    }
}
