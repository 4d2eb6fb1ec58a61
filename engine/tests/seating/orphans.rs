//! Which choices leave a single free seat that was not single before.

use super::support::hall;

/// The seats to be taken are drawn as `O`.
fn check(case: &str, drawing: &[&str], expected: bool) {
    let before: Vec<String> = drawing.iter().map(|line| line.replace('O', ".")).collect();
    let (map, states) = hall(&before.iter().map(String::as_str).collect::<Vec<_>>());
    let seats = drawing.iter().flat_map(|line| line.chars());
    let mut taken: Vec<u32> =
        (0..).zip(seats).filter(|(_, seat)| *seat == 'O').map(|(place, _)| place).collect();
    assert_eq!(states.leaves_orphan(&map, &taken), expected, "{case}: {drawing:?}");
    taken.reverse();
    assert_eq!(states.leaves_orphan(&map, &taken), expected, "{case}, in any order: {drawing:?}");
}

#[test]
fn an_orphan_has_lost_its_last_free_neighbour() {
    for (case, drawing, expected) in [
        ("nothing taken", ["....", "...."], false),
        ("all taken", ["OOOO", "OOOO"], false),
        ("at the row's beginning", [".OO.", "...."], true),
        ("two are left", ["..OO", "...."], false),
        ("at the row's end", ["....", "OOO."], true),
        ("between two parties", ["OO.OO", "....."], true),
        ("one was taken already", ["b.OO..", "......"], true),
        ("held and blocked are taken, too", ["h.Ox..", "......"], true),
        ("single before", ["b.b.OO", "......"], true),
        ("single before, and stays so", ["b.bOO.", "......"], true),
        ("single before, elsewhere", [".bOO", ".b.."], false),
        ("the only seat of its row", ["O", "."], false),
        ("a neighbour in the next row is none", ["...O", "O..."], false),
        ("the row's end is next to no row's beginning", [".O..", "...."], true),
        ("every second one", ["O.O.", "...."], true),
    ] {
        check(case, &drawing, expected);
    }
}

#[test]
fn the_ends_of_words_are_no_ends_of_rows() {
    let row = |taken: std::ops::Range<usize>| -> String {
        (0..130).map(|seat| if taken.contains(&seat) { 'O' } else { '.' }).collect()
    };
    for (taken, expected) in [
        (62..64, false),
        (64..66, false),
        (63..65, false),
        (2..128, false),
        (1..128, true),
        (2..129, true),
        (0..129, true),
        (0..128, false),
        (0..130, false),
    ] {
        check("a long row", &[&row(taken.clone()), ".."], expected);
    }
    let taken: String = (0..130).map(|seat| if seat == 64 { '.' } else { 'O' }).collect();
    check("alone at the beginning of a word", &[&taken], true);
}

#[test]
fn taken_and_repeated_seats_do_no_harm() {
    let (map, states) = hall(&["..b.b..."]);
    assert!(!states.leaves_orphan(&map, &[2]), "it was not free, so nobody lost a neighbour");
    assert!(!states.leaves_orphan(&map, &[0, 0, 1, 1]));
    assert!(states.leaves_orphan(&map, &[0, 0]));
    assert!(!states.leaves_orphan(&map, &[]));
}
