//! Histories that are wrong, each in one way. A check that passes these is worth nothing.

mod timeline;

use super::super::history::{Concert, InDoubt, Refusal, Why};
use super::*;

const RULES: Rules = Rules { tickets_per_buyer: 4, is_all_told: true };

/// A concert of six numbered seats that is sold out after one cancellation, as it should be.
fn sound() -> (Told, Books) {
    let concert = Concert {
        id: "c".to_owned(),
        name: "Rush".to_owned(),
        seat_type: "c-t1".to_owned(),
        seats: 6,
        is_numbered: true,
        sequence: 1,
    };
    let mut told = Told::new(concert);
    told.bookings = vec![
        booked("a", 1, 2, &["A-1", "A-2"]),
        booked("b", 2, 3, &["A-3"]),
        booked("c", 3, 4, &["A-4", "A-5", "A-6"]),
        booked("d", 2, 6, &["A-1", "A-2"]),
    ];
    told.bookings[0].cancellation = Cancellation::Told;
    told.refusals = vec![
        refusal(4, 2, Why::SoldOut(0)),
        refusal(4, 3, Why::LimitReached),
        refusal(3, 1, Why::SeatTaken("A-3".to_owned())),
    ];
    told.is_sold_out = true;
    let bookings = vec![
        kept("a", 1, "cancelled", 5, &["A-1", "A-2"]),
        kept("b", 2, "confirmed", 3, &["A-3"]),
        kept("c", 3, "confirmed", 4, &["A-4", "A-5", "A-6"]),
        kept("d", 2, "confirmed", 6, &["A-1", "A-2"]),
    ];
    let books = Books {
        sequence: 6,
        sequence_of_seats: 6,
        remaining: 0,
        counts: Counts { total: 6, available: 0, held: 0, booked: 6, blocked: 0 },
        seat_map: (1..=6).map(|seat| (format!("A-{seat}"), "booked".to_owned())).collect(),
        bookings,
    };
    (told, books)
}

fn labels(seats: &[&str]) -> Vec<String> {
    seats.iter().map(|seat| (*seat).to_owned()).collect()
}

fn quantity(seats: &[&str]) -> u32 {
    u32::try_from(seats.len()).unwrap()
}

fn booked(id: &str, buyer: Buyer, sequence: u64, seats: &[&str]) -> Booked {
    let (id, quantity, seats) = (id.to_owned(), quantity(seats), labels(seats));
    Booked { id, buyer, quantity, seats, sequence, cancellation: Cancellation::None }
}

fn kept(id: &str, buyer: Buyer, status: &str, sequence: u64, seats: &[&str]) -> Kept {
    let (id, status, quantity, seats) = (id.to_owned(), status.to_owned(), quantity(seats), labels(seats));
    Kept { id, buyer: Some(buyer), quantity, seats, status, sequence }
}

fn refusal(sequence: u64, buyer: Buyer, why: Why) -> Refusal {
    Refusal { sequence, buyer, quantity: 2, why }
}

/// Adds a seventh event that everybody agrees on, so that only its contents can be wrong.
fn add(told: &mut Told, books: &mut Books, id: &str, buyer: Buyer, seats: &[&str]) {
    books.sequence += 1;
    books.sequence_of_seats += 1;
    told.bookings.push(booked(id, buyer, books.sequence, seats));
    books.bookings.push(kept(id, buyer, "confirmed", books.sequence, seats));
    books.counts.booked += seats.len() as u64;
    books.counts.total = books.counts.available + books.counts.booked;
}

/// The names of what is broken after a sound history was damaged.
fn broken(rules: Rules, damage: impl FnOnce(&mut Told, &mut Books)) -> Vec<&'static str> {
    let (mut told, mut books) = sound();
    damage(&mut told, &mut books);
    let mut findings = Findings::default();
    check(&told, &books, rules, &mut findings);
    for finding in findings.iter() {
        assert_eq!(finding.broken > 0, !finding.cases.is_empty(), "{finding:?}");
    }
    findings.iter().filter(|finding| finding.broken > 0).map(|finding| finding.breach).collect()
}

fn breaks(expected: &[&str], damage: impl FnOnce(&mut Told, &mut Books)) {
    assert_eq!(broken(RULES, damage), expected);
}

#[test]
fn a_sound_history_holds_and_all_of_it_was_looked_at() {
    let (told, books) = sound();
    let mut findings = Findings::default();
    check(&told, &books, RULES, &mut findings);
    assert!(findings.all_held(), "{findings:?}");
    for finding in findings.iter().filter(|finding| finding.breach != "key_twice") {
        assert_ne!(finding.checked, 0, "{finding:?}");
    }
}

#[test]
fn a_lost_booking_is_found() {
    breaks(&["lost_booking", "counters_differ", "sold_out_inexactly"], |_, books| {
        books.bookings.remove(1);
    });
    // Even where the counters forget it, too.
    breaks(&["lost_booking", "sold_out_inexactly"], |_, books| {
        books.bookings.remove(1);
        books.counts = Counts { total: 6, available: 1, held: 0, booked: 5, blocked: 0 };
        books.remaining = 1;
        books.seat_map[2].1 = "available".to_owned();
    });
}

#[test]
fn a_booking_that_nobody_cancelled_and_is_cancelled_is_lost() {
    breaks(&["lost_booking"], |told, books| {
        told.is_sold_out = false;
        books.bookings[1] = kept("b", 2, "cancelled", 7, &["A-3"]);
        (books.sequence, books.sequence_of_seats, books.remaining) = (7, 7, 1);
        books.counts = Counts { available: 1, booked: 5, ..books.counts };
        books.seat_map[2].1 = "available".to_owned();
    });
}

#[test]
fn a_booking_that_is_only_held_is_lost() {
    breaks(&["lost_booking"], |told, books| {
        told.is_sold_out = false;
        books.bookings[1].status = "held".to_owned();
        books.counts = Counts { held: 1, booked: 5, ..books.counts };
        books.seat_map[2].1 = "held".to_owned();
    });
}

#[test]
fn a_lost_cancellation_is_found() {
    let damage = |told: &mut Told, _: &mut Books| told.bookings[2].cancellation = Cancellation::Told;
    breaks(&["lost_cancellation"], damage);
}

#[test]
fn a_cancellation_in_doubt_may_have_happened_or_not() {
    breaks(&[], |told, _| told.bookings[0].cancellation = Cancellation::InDoubt);
    breaks(&[], |told, _| told.bookings[1].cancellation = Cancellation::InDoubt);
}

#[test]
fn a_booking_that_nobody_was_told_of_is_found() {
    breaks(&["unknown_booking"], |told, _| {
        told.bookings.remove(2);
    });
    // A stranger's.
    breaks(&["unknown_booking"], |told, books| {
        told.bookings.remove(2);
        books.bookings[2].buyer = None;
        told.refusals.clear();
    });
}

#[test]
fn an_order_in_doubt_may_have_made_one_booking_of_its_own() {
    let doubt = InDoubt { buyer: 3, quantity: 3 };
    breaks(&[], |told, _| {
        told.bookings.remove(2);
        told.in_doubt.push(doubt);
    });
    breaks(&[], |told, _| told.in_doubt.push(doubt));
    for other in [InDoubt { buyer: 1, ..doubt }, InDoubt { quantity: 2, ..doubt }] {
        breaks(&["unknown_booking"], |told, _| {
            told.bookings.remove(2);
            told.in_doubt.push(other);
        });
    }
    // Two bookings of one order in doubt.
    breaks(&["unknown_booking"], |told, books| {
        told.is_sold_out = false;
        add(told, books, "e", 5, &["B-1"]);
        add(told, books, "f", 5, &["B-2"]);
        told.concert.seats = 8;
        told.refusals.clear();
        books.seat_map.extend(["B-1", "B-2"].map(|seat| (seat.to_owned(), "booked".to_owned())));
        told.bookings.truncate(4);
        told.in_doubt.push(InDoubt { buyer: 5, quantity: 1 });
    });
}

#[test]
fn a_booking_that_is_there_otherwise_than_told_is_found() {
    breaks(&["booking_differs"], |_, books| books.bookings[1].buyer = Some(9));
    breaks(&["booking_differs"], |_, books| books.bookings[1].sequence = 5);
    breaks(&["booking_differs", "counters_differ"], |_, books| {
        books.bookings[1].seats = labels(&["A-9"]);
    });
    breaks(&["booking_differs", "counters_differ", "sold_out_inexactly"], |_, books| {
        books.bookings[1].quantity = 2;
    });
    breaks(&["booking_differs", "counters_differ", "sold_out_inexactly"], |_, books| {
        books.bookings.push(books.bookings[1].clone());
    });
}

#[test]
fn one_booking_given_to_two_people_is_found() {
    let found = broken(RULES, |told, _| told.bookings.push(booked("b", 4, 3, &["A-3"])));
    assert!(found.contains(&"booking_differs") && found.contains(&"seat_twice"), "{found:?}");
}

#[test]
fn a_counter_that_is_wrong_is_found() {
    breaks(&["counters_differ"], |_, books| books.counts.booked = 5);
    breaks(&["counters_differ"], |_, books| books.counts.held = 1);
    breaks(&["counters_differ", "sold_out_inexactly"], |_, books| books.counts.available = 1);
    breaks(&["counters_differ"], |_, books| books.counts.blocked = 1);
    breaks(&["counters_differ"], |_, books| books.counts.total = 7);
    breaks(&["counters_differ"], |_, books| books.remaining = 1);
    breaks(&["counters_differ"], |_, books| books.sequence_of_seats = 5);
}

#[test]
fn a_seat_map_that_is_wrong_is_found() {
    breaks(&["counters_differ"], |_, books| books.seat_map[3].1 = "available".to_owned());
    breaks(&["counters_differ"], |_, books| books.seat_map[3].1 = "held".to_owned());
    breaks(&["counters_differ"], |_, books| {
        books.seat_map.pop();
    });
    breaks(&["counters_differ"], |_, books| books.seat_map.push(("B-1".to_owned(), "booked".to_owned())));
}

#[test]
fn sold_out_with_a_seat_left_is_found() {
    breaks(&["sold_out_inexactly"], |told, books| {
        told.concert.seats = 7;
        told.refusals.clear();
        books.counts = Counts { total: 7, available: 1, ..books.counts };
        books.remaining = 1;
        books.seat_map.push(("A-7".to_owned(), "available".to_owned()));
    });
}
