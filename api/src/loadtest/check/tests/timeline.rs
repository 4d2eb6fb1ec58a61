//! Histories that are wrong in the order of their events.

use super::*;

#[test]
fn a_seat_sold_twice_is_found() {
    breaks(&["seat_twice"], |told, books| {
        // Somebody else's number has no seat of its own: the house is not oversold, and every counter agrees.
        told.bookings[3].seats = labels(&["A-1", "A-3"]);
        books.bookings[3].seats = labels(&["A-1", "A-3"]);
        books.seat_map.remove(1);
    });
}

#[test]
fn a_seat_that_was_twice_for_a_moment_only_is_found() {
    breaks(&["seat_twice"], |told, books| {
        // It is given again one event before it is given back.
        told.is_sold_out = false;
        told.refusals.clear();
        told.concert.seats = 8;
        told.bookings[3].sequence = 5;
        books.bookings[3].sequence = 5;
        books.bookings[0].sequence = 6;
    });
}

#[test]
fn more_sold_than_there_are_seats_is_found_even_for_a_moment() {
    breaks(&["oversold"], |told, books| {
        told.is_sold_out = false;
        add(told, books, "e", 1, &["B-1"]);
        books.seat_map.push(("B-1".to_owned(), "booked".to_owned()));
    });
    breaks(&["seat_twice", "oversold"], |told, books| {
        told.refusals.clear();
        told.bookings[3].sequence = 5;
        books.bookings[3].sequence = 5;
        books.bookings[0].sequence = 6;
    });
}

#[test]
fn a_buyer_above_the_limit_is_found() {
    breaks(&["above_limit"], |told, books| {
        told.bookings[3].buyer = 3;
        books.bookings[3].buyer = Some(3);
    });
}

#[test]
fn a_sequence_of_two_events_is_found() {
    breaks(&["sequence_twice", "sequence_gap"], |told, books| {
        told.bookings[1].sequence = 2;
        books.bookings[1].sequence = 2;
    });
}

#[test]
fn a_gap_in_the_sequences_is_found() {
    breaks(&["sequence_gap"], |_, books| {
        (books.sequence, books.sequence_of_seats) = (7, 7);
    });
    breaks(&["sequence_gap"], |told, books| {
        (books.sequence, books.sequence_of_seats) = (9, 9);
        told.bookings[3].sequence = 9;
        books.bookings[3].sequence = 9;
    });
}

#[test]
fn a_sequence_beyond_the_last_is_found() {
    breaks(&["sequence_gap"], |_, books| (books.sequence, books.sequence_of_seats) = (5, 5));
}

#[test]
fn a_sequence_from_before_the_concert_was_made_is_found() {
    breaks(&["sequence_gap"], |told, _| told.concert.sequence = 2);
}

#[test]
fn where_not_all_is_told_gaps_are_not_judged_and_all_else_is() {
    let rules = Rules { is_all_told: false, ..RULES };
    assert_eq!(broken(rules, |_, books| (books.sequence, books.sequence_of_seats) = (9, 9)), [""; 0]);
    let twice = |told: &mut Told, books: &mut Books| {
        told.bookings[1].sequence = 2;
        books.bookings[1].sequence = 2;
    };
    assert_eq!(broken(rules, twice), ["sequence_twice"]);
}

#[test]
fn a_wrong_refusal_is_found() {
    for wrong in [
        refusal(3, 2, Why::SoldOut(3)),
        refusal(4, 2, Why::SoldOut(1)),
        refusal(5, 2, Why::SoldOut(2)),
        refusal(3, 1, Why::LimitReached),
        refusal(5, 1, Why::LimitReached),
        refusal(5, 3, Why::SeatTaken("A-1".to_owned())),
        refusal(2, 3, Why::SeatTaken("A-3".to_owned())),
    ] {
        breaks(&["wrongly_refused"], |told, _| told.refusals.push(wrong));
    }
}

#[test]
fn refusals_are_not_judged_on_a_state_that_nobody_knows() {
    breaks(&["sequence_gap"], |told, books| {
        (books.sequence, books.sequence_of_seats) = (7, 7);
        told.refusals.push(refusal(7, 2, Why::SoldOut(3)));
    });
}

#[test]
fn missing_numbers_are_named_as_ranges() {
    assert_eq!(ranges([3, 4, 5, 9, 11, 12].into_iter()), BTreeMap::from([(3, 5), (9, 9), (11, 12)]));
    let (mut told, mut books) = sound();
    told.concert.sequence = 1;
    books.sequence = 9;
    let mut findings = Findings::default();
    check(&told, &books, RULES, &mut findings);
    let gap = findings.iter().find(|finding| finding.breach == "sequence_gap").unwrap();
    assert_eq!(gap.cases, ["Rush: sequence 7 to 9 are of no known event"]);
}
