//! A label names one seat of a concert, whatever seat type it is of.

use boxoffice_engine::concert::{
    ConcertCommand, Layout, ManagerAction, NewSeatType, Rejection, SeatMap, SeatRow,
};

use super::support::{
    Outcome, Stand, check, create, hall, invalid, manage, new_concert, new_seat_type, olga,
};

const MADE: Outcome = Outcome::Happens("Created");

/// Rows by section and label.
type Rows<'a> = &'a [(&'a str, &'a str)];

/// A seat type with rows of two seats; a section without letters is none.
fn seat_type(name: &str, rows: Rows<'_>) -> NewSeatType {
    let rows = rows.iter().map(|(section, label)| SeatRow {
        section: Some((*section).to_owned()).filter(|section| !section.is_empty()),
        label: (*label).to_owned(),
        seats: 2,
        positions: Vec::new(),
    });
    let layout = Layout::Numbered(SeatMap::new(rows.collect()).into());
    NewSeatType { name: name.to_owned(), layout, ..hall(&[]) }
}

fn concert(seat_types: Vec<NewSeatType>) -> ConcertCommand {
    let mut concert = new_concert();
    concert.seat_types = seat_types;
    create(olga(), concert)
}

fn adds(seat_type: NewSeatType) -> ConcertCommand {
    manage(olga(), ManagerAction::AddSeatType(seat_type))
}

#[test]
fn seat_types_have_no_row_in_common() {
    for (case, left, right, bad) in [
        ("other rows", [("", "A"), ("", "B")].as_slice(), [("", "C")].as_slice(), [].as_slice()),
        ("other sections", &[("LEFT", "A")], &[("RIGHT", "A")], &[]),
        ("a section and none", &[("LEFT", "A")], &[("", "A")], &[]),
        ("another case", &[("", "A")], &[("", "a")], &[]),
        ("a section called as a row is", &[("A", "1")], &[("", "A"), ("1", "A")], &[]),
        ("the same row", &[("", "A")], &[("", "A")], &["0"]),
        ("one of several", &[("", "A"), ("", "B")], &[("", "C"), ("", "B"), ("", "D")], &["1"]),
        ("several", &[("L", "A"), ("L", "B")], &[("L", "B"), ("R", "B"), ("L", "A")], &["0", "2"]),
    ] {
        let types = |right| concert(vec![seat_type("Left", left), new_seat_type("Floor", 5), right]);
        let named = |base: &str| {
            let pointers: Vec<_> = bad.iter().map(|row| format!("{base}/rows/{row}/label")).collect();
            invalid(&pointers.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let (made, added) = if bad.is_empty() {
            (MADE, Outcome::Happens("SeatTypeAdded"))
        } else {
            (named("/seatTypes/2"), named(""))
        };
        check(case, &Stand::absent(), &types(seat_type("Right", right)), &made);
        let mut stand = Stand::absent();
        stand.does(&concert(vec![seat_type("Left", left), new_seat_type("Floor", 5)]));
        check(case, &stand, &adds(seat_type("Right", right)), &added);
    }
}

#[test]
fn the_seat_and_whose_it_is_are_named() {
    let command = concert(vec![
        seat_type("Left", &[("WEST", "A")]),
        seat_type("Right", &[("", "A")]),
        seat_type("Middle", &[("", "A"), ("WEST", "A")]),
    ]);
    let Err(Rejection::Invalid(faults)) = Stand::absent().decide(&command) else { panic!("it is refused") };
    let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.detail.as_str())).collect();
    let hint = "give the row another label or a section";
    assert_eq!(
        told,
        [
            ("/seatTypes/2/rows/0/label", &*format!("seat A-1 is of seat type \"Right\" already; {hint}")),
            (
                "/seatTypes/2/rows/1/label",
                &*format!("seat WEST-A-1 is of seat type \"Left\" already; {hint}")
            ),
        ]
    );
}

#[test]
fn no_more_than_a_hundred_rows_of_a_concert_are_named() {
    let labels: Vec<_> = (0..60).map(|row| row.to_string()).collect();
    let rows: Vec<_> = labels.iter().map(|label| ("", label.as_str())).collect();
    let names = ["North", "South", "East", "West"];
    let command = concert(names.map(|name| seat_type(name, &rows)).into());
    let Err(Rejection::Invalid(faults)) = Stand::absent().decide(&command) else { panic!("it is refused") };
    assert_eq!(faults.iter().count(), 100);
}
