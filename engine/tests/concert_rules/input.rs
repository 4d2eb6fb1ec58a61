//! Bad input is refused with every bad field named, and only those.

use boxoffice_engine::concert::{CancellationTerms, ConcertCommand, NewConcert};
use boxoffice_engine::money::Currency;

use super::support::{
    BALCONY, FLOOR, NOW, Outcome, START, Stand, after, book, check, create, invalid, new_concert,
    new_seat_type, olga,
};

/// Whether a concert so adjusted is refused for exactly these fields; none: it is accepted.
fn check_new(case: &str, adjust: impl FnOnce(&mut NewConcert), pointers: &[&str]) {
    let mut concert = new_concert();
    adjust(&mut concert);
    let expected = if pointers.is_empty() { Outcome::Happens("Created") } else { invalid(pointers) };
    check(case, &Stand::absent(), &create(olga(), concert), &expected);
}

#[test]
fn lines_of_text_are_bounded_and_plain() {
    let longest = "ö".repeat(200);
    let huge = "x".repeat(1_000_000);
    let (bad, good) = (true, false);
    for (text, name_is_bad, genre_is_bad) in [
        ("Winterreise", good, good),
        ("Ünï cødé 冬の旅 🎹", good, good),
        (&*longest, good, good),
        (&*format!("{longest}x"), bad, bad),
        (&*huge, bad, bad),
        ("", bad, good),
        (" ", bad, bad),
        ("\u{a0}", bad, bad),
        (" x", bad, bad),
        ("x ", bad, bad),
        ("a\nb", bad, bad),
        ("a\tb", bad, bad),
        ("a\0b", bad, bad),
        ("a\u{7f}b", bad, bad),
        ("a\u{85}b", bad, bad),
        ("a\u{202e}b", bad, bad),
        ("a\u{2066}b", bad, bad),
        ("a\u{2028}b", bad, bad),
    ] {
        let case: String = text.chars().take(20).collect();
        let expect = |pointer, is_bad| if is_bad { vec![pointer] } else { vec![] };
        check_new(&case, |concert| concert.details.name = text.to_owned(), &expect("/name", name_is_bad));
        check_new(&case, |concert| concert.details.venue = text.to_owned(), &expect("/venue", name_is_bad));
        check_new(&case, |concert| concert.details.genre = text.to_owned(), &expect("/genre", genre_is_bad));
    }
}

#[test]
fn a_description_is_text_of_several_lines() {
    for (text, pointers) in [
        ("", &[][..]),
        ("one\r\n\ttwo\n\nthree ", &[]),
        (&*"ö".repeat(10_000), &[]),
        (&*"ö".repeat(10_001), &["/description"]),
        ("a\0b", &["/description"]),
        ("a\u{1b}[31mb", &["/description"]),
        ("a\u{202e}b", &["/description"]),
    ] {
        check_new("description", |concert| concert.details.description = text.to_owned(), pointers);
    }
}

#[test]
fn names_of_seat_types_are_shorter_lines() {
    let pointer = &["/seatTypes/1/name"][..];
    for (name, pointers) in [
        (&*"ö".repeat(100), &[][..]),
        (&*"ö".repeat(101), pointer),
        ("", pointer),
        (" Balcony", pointer),
        ("Bal\ncony", pointer),
        ("Floor", pointer),
        ("floor", &[]),
    ] {
        check_new(name, |concert| concert.seat_types[1].name = name.to_owned(), pointers);
    }
}

#[test]
fn capacities_lie_between_one_and_a_hundred_million() {
    let pointer = &["/seatTypes/0/totalSeats"][..];
    for (seats, pointers) in
        [(0, pointer), (1, &[][..]), (100_000_000, &[]), (100_000_001, pointer), (u32::MAX, pointer)]
    {
        check_new("capacity", |concert| concert.seat_types[0] = new_seat_type("Floor", seats), pointers);
    }
}

#[test]
fn prices_lie_between_zero_and_a_million_of_any_currency() {
    let pointer = &["/seatTypes/0/price"][..];
    for (code, million) in [("USD", 100_000_000), ("JPY", 1_000_000), ("KWD", 1_000_000_000)] {
        let currency = Currency::from_code(code).expect("money");
        for (price, pointers) in [
            (-1, pointer),
            (i64::MIN, pointer),
            (0, &[][..]),
            (1, &[]),
            (million, &[]),
            (million + 1, pointer),
            (i64::MAX, pointer),
        ] {
            let adjust = |concert: &mut NewConcert| {
                concert.currency = currency;
                concert.seat_types[0].price = price;
            };
            check_new(code, adjust, pointers);
        }
    }
}

#[test]
fn numbers_of_the_rules_are_bounded() {
    for (limit, pointers) in [
        (0, &["/maxTicketsPerUser"][..]),
        (1, &[]),
        (10_000, &[]),
        (10_001, &["/maxTicketsPerUser"]),
        (u32::MAX, &["/maxTicketsPerUser"]),
    ] {
        check_new("limit", |concert| concert.details.tickets_per_user_max = limit, pointers);
    }
    for (seconds, pointers) in [
        (0, &["/holdSeconds"][..]),
        (1, &[]),
        (7_200, &[]),
        (7_201, &["/holdSeconds"]),
        (u32::MAX, &["/holdSeconds"]),
    ] {
        check_new("hold", |concert| concert.hold_seconds = seconds, pointers);
    }
    let (hours, fixed, percent) =
        ("/cancellation/deadlineHours", "/cancellation/feeFixed", "/cancellation/feePercent");
    for (deadline_hours, fee_fixed, fee_basis_points, pointers) in [
        (0, 0, 0, &[][..]),
        (8_760, 100_000_000, 10_000, &[]),
        (8_761, 100_000_001, 10_001, &[hours, fixed, percent]),
        (u32::MAX, -1, u32::MAX, &[hours, fixed, percent]),
    ] {
        let terms = CancellationTerms { deadline_hours, fee_fixed, fee_basis_points };
        check_new("cancellation", |concert| concert.details.cancellation = terms, pointers);
    }
}

#[test]
fn a_concert_has_one_to_a_hundred_seat_types() {
    let types = |count: usize| (0..count).map(|number| new_seat_type(&format!("Row {number}"), 9)).collect();
    for (count, pointers) in
        [(0, &["/seatTypes"][..]), (1, &[]), (100, &[]), (101, &["/seatTypes"]), (5_000, &["/seatTypes"])]
    {
        check_new("count", |concert| concert.seat_types = types(count), pointers);
    }
    let same = |concert: &mut NewConcert| concert.seat_types = vec![new_seat_type("Row", 9); 3];
    check_new("one name", same, &["/seatTypes/1/name", "/seatTypes/2/name"]);
}

#[test]
fn every_bad_field_of_a_new_concert_is_named_at_once_and_once() {
    let adjust = |concert: &mut NewConcert| {
        concert.details.name = "\u{7}".repeat(300);
        concert.details.description = "\0".to_owned();
        concert.details.genre = "\n".to_owned();
        concert.details.venue.clear();
        concert.details.start.time = after(NOW, -1);
        concert.details.sales_open_at = Some(after(START, 2));
        concert.details.sales_close_at = Some(after(START, 1));
        concert.details.tickets_per_user_max = 0;
        concert.details.cancellation =
            CancellationTerms { deadline_hours: 9_000, fee_fixed: -5, fee_basis_points: 20_000 };
        concert.hold_seconds = 0;
        concert.seat_types = vec![new_seat_type("", 0), new_seat_type("", u32::MAX)];
        concert.seat_types[1].price = -1;
    };
    #[rustfmt::skip]
    let pointers = [
        "/name", "/description", "/genre", "/venue", "/startTime", "/salesOpenAt", "/salesCloseAt",
        "/maxTicketsPerUser", "/cancellation/deadlineHours", "/cancellation/feeFixed", "/cancellation/feePercent",
        "/holdSeconds", "/seatTypes/0/name", "/seatTypes/0/totalSeats", "/seatTypes/1/name",
        "/seatTypes/1/price", "/seatTypes/1/totalSeats",
    ];
    check_new("everything", adjust, &pointers);
}

#[test]
fn a_wish_is_bounded_in_items_and_seats() {
    let stand = Stand::made(|concert| {
        concert.details.tickets_per_user_max = 10_000;
        concert.seat_types = (0..30).map(|number| new_seat_type(&format!("Row {number}"), 100_000)).collect();
    });
    let one_of_each = |types: u16| (1..=types).map(|number| (number, 1)).collect::<Vec<_>>();
    let booked = Outcome::Happens("Booked");
    for (case, items, expected) in [
        ("no items", vec![], invalid(&["/items"])),
        ("twenty items", one_of_each(20), booked.clone()),
        ("twenty-one items", one_of_each(21), invalid(&["/items"])),
        ("as many seats as there may be", vec![(FLOOR, 10_000)], booked),
        ("one more", vec![(FLOOR, 10_001)], invalid(&["/items/0/quantity"])),
        ("far more", vec![(FLOOR, u32::MAX)], invalid(&["/items/0/quantity"])),
        ("more in all", vec![(FLOOR, 10_000), (BALCONY, 1)], invalid(&["/items"])),
        ("none", vec![(FLOOR, 0)], invalid(&["/items/0/quantity"])),
        ("twice the same", vec![(FLOOR, 1), (FLOOR, 2)], invalid(&["/items/1/seatTypeId"])),
        (
            "everything",
            vec![(FLOOR, 0), (FLOOR, 10_001), (9, 1), (FLOOR, 0)],
            invalid(&[
                "/items/0/quantity",
                "/items/1/quantity",
                "/items/1/seatTypeId",
                "/items/3/quantity",
                "/items/3/seatTypeId",
            ]),
        ),
    ] {
        check(case, &stand, &book("ada", &items), &expected);
    }
}

#[test]
fn what_is_wrong_is_said_in_lower_case_without_a_stop_and_without_the_text_itself() {
    let mut concert = new_concert();
    concert.details.name = "\u{7}secret".to_owned();
    concert.details.venue.clear();
    concert.seat_types[0].price = -1;
    let ConcertCommand::Create { concert, .. } = create(olga(), concert) else { unreachable!() };
    let faults = concert.faults(NOW);
    assert_eq!(faults.iter().count(), 3);
    for fault in faults.iter() {
        let detail = &fault.detail;
        assert!(detail.starts_with(|first: char| first.is_lowercase()), "{detail}");
        assert!(!detail.ends_with('.') && !detail.contains("secret"), "{detail}");
    }
}
