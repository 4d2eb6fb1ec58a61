//! Merging changes where records lie and nothing else.

use proptest::prelude::*;

use super::*;

fn spans(archive: &Archive) -> Vec<(u64, u64)> {
    archive.segments.iter().map(|segment| (segment.first, segment.last)).collect()
}

#[test]
fn eight_of_a_tier_become_one_of_the_next() {
    let mut growing = Growing::new();
    for generation in 0..7 {
        growing.add(&[(generation % 3, 2)]);
        growing.merge_all();
    }
    assert_eq!(spans(&growing.archive).len(), 7);
    growing.add(&[(9, 1)]);
    growing.merge_all();
    assert_eq!(spans(&growing.archive), [(0, 7)]);
    assert_eq!(names_in(growing.dir.path()), ["0000000000-0000000007"]);
    growing.check(&growing.archive);
    for generation in 8..64 {
        growing.add(&[(generation, 1), (1, 1)]);
    }
    // All that is due, the lower tier first.
    growing.merge_all();
    assert_eq!(spans(&growing.archive), [(0, 63)]);
    growing.check(&growing.archive);
    growing.check(&growing.reopened());
}

#[test]
fn years_of_generations_lie_in_a_few_files() {
    let mut growing = Growing::new();
    for generation in 0..200 {
        growing.add(&[(generation % 5, 1)]);
        growing.merge_all();
        let files = names_in(growing.dir.path()).len();
        assert!(files <= 7 * 3, "{files} files after {generation} generations");
    }
    growing.check(&growing.reopened());
}

#[test]
fn an_archive_that_was_merged_meanwhile_can_still_be_read() {
    let mut growing = Growing::new();
    (0..8).for_each(|_| growing.add(&[(1, 3)]));
    let before = growing.archive.clone();
    growing.merge_all();
    assert_eq!(names_in(growing.dir.path()).len(), 1);
    growing.check(&before);
}

#[test]
fn a_generation_that_is_added_during_a_merge_is_there_afterwards() {
    let mut growing = Growing::new();
    (0..8).for_each(|_| growing.add(&[(1, 3)]));
    let merged = growing.archive.merge().unwrap().unwrap();
    growing.add(&[(1, 2), (4, 1)]);
    growing.check(&growing.reopened());
    growing.archive = growing.archive.merged(merged).unwrap();
    assert_eq!(spans(&growing.archive), [(0, 7), (8, 8)]);
    growing.check(&growing.archive);
    growing.check(&growing.reopened());
}

#[test]
fn blocks_of_a_concert_are_put_together_up_to_their_limit() {
    let mut growing = Growing::new();
    (0..8).for_each(|_| growing.add(&[(1, 10_000), (2, 1)]));
    growing.merge_all();
    let mut lengths = Vec::new();
    growing.archive.read(ConcertId::from_bits(1), &mut |_, _, packed| lengths.push(packed.len())).unwrap();
    let whole = records(1, 1, 80_000).len();
    assert_eq!(lengths.iter().sum::<usize>(), whole);
    assert!(lengths.iter().all(|length| *length <= writer::BLOCK_BYTES_AIM), "{lengths:?}");
    assert!(lengths.len() < 8, "{lengths:?}");
    growing.check(&growing.reopened());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn any_archive_reads_the_same_before_and_after_merging(
        generations in prop::collection::vec(prop::collection::btree_map(0..90_u64, 1..40_u32, 0..80), 1..30),
    ) {
        let mut growing = Growing::new();
        for concerts in generations {
            growing.add(&concerts.into_iter().collect::<Vec<_>>());
        }
        growing.check(&growing.archive);
        let before = growing.archive.clone();
        growing.merge_all();
        growing.check(&growing.archive);
        growing.check(&growing.reopened());
        growing.check(&before);
    }
}
