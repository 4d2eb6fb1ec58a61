//! Rows that cannot be accepted are refused with every bad field named, and only those.

use boxoffice_engine::concert::{SeatPosition, SeatRow, row_faults};
use boxoffice_engine::faults::Faults;

use super::support::row;

fn check(case: &str, rows: &[SeatRow], pointers: &[&str]) {
    let mut faults = Faults::default();
    row_faults(rows, "/seatTypes/1", &mut faults);
    let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    let expected: Vec<String> =
        pointers.iter().map(|pointer| format!("/seatTypes/1/rows{pointer}")).collect();
    assert_eq!(found, expected, "{case}: {faults:?}");
}

fn many(rows: usize, seats: u32) -> Vec<SeatRow> {
    (0..rows).map(|index| row(None, &index.to_string(), seats)).collect()
}

fn positioned(seats: u32, positions: &[(i32, i32)]) -> SeatRow {
    let positions = positions.iter().map(|(x, y)| SeatPosition { x: *x, y: *y });
    SeatRow { positions: positions.collect(), ..row(None, "B", seats) }
}

#[test]
fn the_numbers_of_rows_and_seats_are_bounded() {
    check("no row", &[], &[""]);
    check("one seat", &many(1, 1), &[]);
    check("an empty row", &many(1, 0), &["", "/0/seats"]);
    check("an empty row among others", &[row(None, "A", 1), row(None, "B", 0)], &["/1/seats"]);
    check("the longest row", &many(1, 1_000), &[]);
    check("a longer row", &many(1, 1_001), &["/0/seats"]);
    check("all seats", &many(100, 1_000), &[]);
    check("a seat too many", &[many(100, 1_000), vec![row(None, "A", 1)]].concat(), &[""]);
    check("sums beyond 32 bits", &many(2, u32::MAX), &["", "/0/seats", "/1/seats"]);
    check("all rows", &many(5_000, 20), &[]);
    check("a row too many", &many(5_001, 1), &[""]);
}

#[test]
fn no_more_than_a_hundred_faults_are_named_however_many_rows_and_maps_are_bad() {
    let mut faults = Faults::default();
    for map in 0..3 {
        row_faults(&many(5_000, 0), &format!("/{map}"), &mut faults);
    }
    assert_eq!(faults.iter().count(), 100);
    assert_eq!(faults.iter().last().unwrap().pointer, "/0/rows/98/seats");
}

#[test]
fn labels_and_sections_are_short_plain_and_without_hyphens() {
    for (text, is_good) in [
        ("A", true),
        ("A.1_b", true),
        ("Côté cour", true),
        ("楼座", true),
        ("abcdefghijklmnopqrst", true),
        ("öööööööööööööööööööö", true),
        ("abcdefghijklmnopqrstu", false),
        ("", false),
        (" ", false),
        (" A", false),
        ("A ", false),
        ("A-B", false),
        ("-", false),
        ("A\nB", false),
        ("A\u{202e}B", false),
        ("A\u{200b}", false),
    ] {
        let pick = |pointer| if is_good { vec![] } else { vec![pointer] };
        check(text, &[row(None, "1", 1), row(None, text, 1)], &pick("/1/label"));
        check(text, &[row(None, "1", 1), row(Some(text), "1", 1)], &pick("/1/section"));
    }
}

#[test]
fn rows_of_a_section_have_labels_of_their_own() {
    let rows = [row(None, "A", 1), row(Some("L"), "A", 1), row(Some("R"), "A", 1), row(Some("R"), "a", 1)];
    check("the same label in other sections", &rows, &[]);
    check("without a section", &[row(None, "A", 1), row(None, "B", 1), row(None, "A", 2)], &["/2/label"]);
    let rows = [row(Some("R"), "A", 1), row(None, "A", 1), row(Some("R"), "A", 1), row(Some("R"), "A", 1)];
    check("in a section, twice", &rows, &["/2/label", "/3/label"]);
}

#[test]
fn positions_are_none_or_one_per_seat_and_not_far_away() {
    let far = 100_000_000;
    for (case, positioned, pointers) in [
        ("none", positioned(2, &[]), [].as_slice()),
        ("one each", positioned(2, &[(0, 0), (-1, 5)]), &[]),
        ("too few", positioned(2, &[(0, 0)]), &["/1/positions"]),
        ("too many", positioned(1, &[(0, 0), (0, 0)]), &["/1/positions"]),
        ("as far as can be", positioned(2, &[(far, -far), (-far, far)]), &[]),
        ("too far right", positioned(1, &[(far + 1, 0)]), &["/1/positions/0/x"]),
        ("too far up", positioned(2, &[(0, 0), (0, -far - 1)]), &["/1/positions/1/y"]),
        ("the first of two", positioned(2, &[(i32::MIN, i32::MAX), (i32::MIN, 0)]), &["/1/positions/0/x"]),
        ("too few and too far", positioned(2, &[(0, i32::MIN)]), &["/1/positions", "/1/positions/0/y"]),
    ] {
        check(case, &[row(None, "A", 1), positioned], pointers);
    }
}

#[test]
fn every_bad_field_of_every_row_is_named() {
    let rows = [
        SeatRow { positions: vec![SeatPosition { x: 0, y: 0 }], ..row(Some(""), "", 0) },
        row(Some("x-y"), "A", 1_001),
    ];
    check(
        "all at once",
        &rows,
        &["/0/section", "/0/label", "/0/seats", "/0/positions", "/1/section", "/1/seats"],
    );
}
