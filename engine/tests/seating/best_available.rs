//! Which seats a party is given, drawn.

use boxoffice_engine::concert::{SeatMap, SeatStates, SeatStatus};

use super::support::{count, drawn, hall, row};

/// Whether a party is given the seats that are drawn as `O`; it is as large as they are many.
fn check(case: &str, expected: &[&str]) {
    let before: Vec<String> = expected.iter().map(|line| line.replace('O', ".")).collect();
    let before: Vec<&str> = before.iter().map(String::as_str).collect();
    let quantity = expected.iter().map(|line| line.matches('O').count()).sum::<usize>();
    let (map, states) = hall(&before);
    let given = states.best_available(&map, count(quantity));
    let given = given.map(|seats| drawn(&before, &seats));
    assert_eq!(
        given.as_deref(),
        Some(&expected.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()[..]),
        "{case}"
    );
}

#[test]
fn a_block_nearest_the_middle_of_the_first_row() {
    check("the middle", &["..OO..", "......"]);
    check("of two as near the left one", &["..OO...", "......."]);
    check("two rows count as two seats, and the first wins", &["bbbbOO..", "........"]);
    check("rather behind than far to the side", &["bbbbbb..", "bbbbbbbb", "...OO..."]);
    check(
        "rather to the side than far behind",
        &["bbbbbbOO", "bbbbbbbb", "bbbbbbbb", "bbbbbbbb", "........"],
    );
    check("whatever the others hold", &["hxbhxb", "hxOOxb", "......"]);
    check("one alone", &["..O..", "....."]);
    check("the whole row", &["OOOO"]);
    check("rows of many lengths have one middle", &["bb", "...OOO...", ".."]);
}

#[test]
fn no_single_seat_is_left_if_that_can_be() {
    check("not in the middle", &["OO.."]);
    check("one seat of three", &["O.."]);
    check("in the next row", &["...", "..OO.."]);
    check("though far away", &["...", "...", "...", "OO"]);
    check("unless there is no other way", &["OO.", "..."]);
    check("by what is taken already", &["b...OObb..", "bbbbbbbbbb"]);
    check("a seat single before is left alone", &["b.bOO..b"]);
}

#[test]
fn a_party_is_split_in_the_fewest_rows() {
    check("within a row", &["OOxOO", "..x.."]);
    check("not in the first rows, but in the fewest", &["..", "..", "OOxOO"]);
    check("in two, the first two", &["OO", "OO", ".."]);
    check("of one section", &["a|..", "b|OO", "b|OO"]);
    check("of two sections when one has too few", &["a|OO", "b|OO", "c|.b"]);
    check("a section that comes again is another", &["a|..", "b|.b", "a|..", "c|OO", "c|OO"]);
    check("rather more rows of one section", &["a|..", "b|..", "c|OO", "c|bb", "c|OO"]);
}

#[test]
fn nobody_sits_alone_if_that_can_be() {
    check("three and two", &["OOObOO"]);
    check("nobody in the single seats", &["OOb.bOOO"]);
    check("in another row rather", &["OOb.b", "bOObb"]);
    check("in another section rather", &["a|OOb.b.", "b|OO"]);
    check("of runs as long and as far the first is whole", &["OOObOO."]);
    check("an odd party of pairs", &["OObO."]);
    check("of an odd party of pairs one in the single seat", &["..bOObO"]);
    check("singles when nothing else is left", &["ObObO"]);
    check("pairs first, then singles", &["ObOObO"]);
    check("alone in few rows rather than in one section", &["a|ObO", "a|ObO"]);
    check("alone in two sections", &["a|ObO", "b|Obb"]);
}

#[test]
fn the_last_part_leaves_no_single_seat_if_that_can_be() {
    check("it takes the pair, not two of three", &["...bOObOOOO"]);
    check("it takes two of four", &["..OObOOOOb..."]);
    check("one is yielded to it when it has no room for more", &[".OOObOO"]);
    check("two are yielded to it rather", &["..OOOObOOO"]);
    check("two by the shortest that can", &["OOOOOObOO..bOOO"]);
}

#[test]
fn large_parties_in_long_rows_are_seated() {
    let rows = (0..100).map(|index| row(None, &format!("{index}"), 1_000));
    let map = SeatMap::new(rows.collect());
    let mut states = SeatStates::all_available(&map);
    let block = states.best_available(&map, 1_000).unwrap();
    assert_eq!(block, (0..1_000).collect::<Vec<_>>());
    let split = states.best_available(&map, 10_000).unwrap();
    assert_eq!(split, (0..10_000).collect::<Vec<_>>(), "ten whole rows, the first ten");
    assert_eq!(states.best_available(&map, 100_000).unwrap().len(), 100_000);
    assert_eq!(states.best_available(&map, 100_001), None);
    assert_eq!(states.best_available(&map, u32::MAX), None);
    for seat in (0..100_000).step_by(2) {
        states.set(&map, seat, SeatStatus::Held);
    }
    let singles = states.best_available(&map, 10_000).unwrap();
    assert_eq!(
        singles,
        (0..20_000).skip(1).step_by(2).collect::<Vec<_>>(),
        "every second seat of twenty rows"
    );
}
