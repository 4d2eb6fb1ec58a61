//! What is answered to each line.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, audit, concert, hall, in_days, ndjson, status_and_code, text, with};

fn big(name: &str) -> Value {
    let seats = json!([{"name": "Standing", "price": 10, "totalSeats": 10_000}]);
    with(concert(name), &json!({"seatTypes": seats}))
}

#[test]
fn every_line_is_a_booking_of_its_user_in_the_order_of_the_lines() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let concerts = ["Night", "Day"].map(|name| olga.creates(&big(name)));
    let lines = (0..600).map(|index| concerts[usize::from(index % 3 == 0)].line(&format!("user-{index}"), 1));
    let told = olga.books_all(&lines.collect::<Vec<_>>());
    for (index, told) in told.iter().enumerate() {
        assert_eq!(status_and_code(told), (201, ""));
        assert!(told["replayed"].is_null(), "{told}");
        assert_eq!(told["booking"]["userId"], format!("user-{index}"));
        assert_eq!(told["booking"]["concertId"], concerts[usize::from(index % 3 == 0)].id);
    }
    for made in &concerts {
        let bookings = told.iter().map(|told| &told["booking"]);
        let bookings: Vec<_> = bookings.filter(|booking| booking["concertId"] == made.id).collect();
        let sequences: Vec<_> = bookings.iter().filter_map(|booking| booking["sequence"].as_u64()).collect();
        let first = made.sequence() + 1;
        let expected: Vec<_> = (first..first + bookings.len() as u64).collect();
        assert_eq!(sequences, expected, "a concert decides its lines in their order");
        let books = audit(&olga, made);
        assert_eq!(books.bookings.len(), bookings.len());
        for booking in bookings {
            assert_eq!(books.bookings[booking["id"].as_str().expect("an id")], *booking);
        }
    }
    let user = office.customer("user-7");
    assert_eq!(user.lists("/bookings/mybookings"), [told[7]["booking"].clone()]);
}

#[test]
fn a_line_that_is_refused_leaves_the_others_alone() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!({"seatTypes": [{"name": "Seat", "price": 1, "totalSeats": 3}], "maxTicketsPerUser": 2});
    let made = olga.creates(&with(concert("Night"), &seats));
    let hall = olga.creates(&hall("Hall"));
    let later = olga.creates(&with(concert("Later"), &json!({"salesOpenAt": in_days(1)})));
    let draft = olga.creates(&with(concert("Draft"), &json!({"draft": true})));
    let numbered = |user: &str, seats: &[&str]| with(hall.order_of(seats), &json!({"userId": user}));
    let line = |user: &str, change: Value| with(made.line(user, 1), &change);
    let cases = [
        (made.line("ada", 2), 201, ""),
        (made.line("ada", 1), 409, "already_booked"),
        (made.line("ben", 2), 409, "sold_out"),
        (made.line("ben", 1), 201, ""),
        (made.line("cleo", 1), 409, "sold_out"),
        (numbered("ada", &["A-1", "A-2"]), 201, ""),
        (numbered("ben", &["A-2", "A-3"]), 409, "seat_taken"),
        (numbered("ben", &["A-3", "A-4"]), 201, ""),
        (numbered("ben", &["Z-1"]), 404, "seat_not_found"),
        (with(hall.order(3), &json!({"userId": "cleo"})), 201, ""),
        (later.line("ada", 1), 409, "sales_not_open"),
        (draft.line("ada", 1), 409, "sales_not_open"),
        (line("ada", json!({"concertId": "0000000000000"})), 404, "concert_not_found"),
        (line("ada", json!({"concertId": "no id"})), 404, "concert_not_found"),
        (line("ada", json!({"seatTypeId": hall.seat_type(0)})), 404, "seat_type_not_found"),
        (line("ada", json!({"promoCode": "NONE"})), 409, "code_invalid"),
        (line("dora", json!({"quantity": 0})), 400, "validation_failed"),
    ];
    let lines: Vec<_> = cases.iter().map(|(line, ..)| line.clone()).collect();
    let told = olga.books_all(&lines);
    for ((line, status, code), told) in cases.iter().zip(&told) {
        assert_eq!(status_and_code(told), (*status, *code), "{line} -> {told}");
        if *status == 409 {
            assert!(
                told["error"]["sequence"].is_u64(),
                "a refusal by a concert carries its sequence: {told}"
            );
        }
    }
    assert_eq!(told[2]["error"]["available"], 1);
    assert_eq!(told[6]["error"]["seat"], "A-2");
    assert_eq!(told[9]["booking"]["items"][0]["seats"].as_array().map(Vec::len), Some(3));
    assert_eq!(olga.counts(&made), [0, 0, 3, 0]);
    assert_eq!(olga.counts(&hall), [13, 0, 7, 0]);
    assert_eq!(olga.sees(&later)["sequence"], later.body["sequence"]);
}

#[test]
fn every_fault_of_a_line_is_named_and_is_its_own() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&big("Night"));
    let line = |change: Value| with(made.line("ada", 1), &change);
    let without_user = made.order(1);
    let items =
        json!({"concertId": made.id, "userId": "ada", "items": [{"seatTypeId": 5, "x": 1}], "quantity": 1});
    for (bad, pointers) in [
        (without_user, vec!["/userId"]),
        (line(json!({"userId": ""})), vec!["/userId"]),
        (line(json!({"userId": "a b"})), vec!["/userId"]),
        (line(json!({"userId": "a".repeat(65)})), vec!["/userId"]),
        (line(json!({"userId": null})), vec!["/userId"]),
        (line(json!({"userId": 5, "quantity": "1", "x": 1})), vec!["/quantity", "/userId", "/x"]),
        (line(json!({"idempotencyKey": ""})), vec!["/idempotencyKey"]),
        (line(json!({"idempotencyKey": "k".repeat(256)})), vec!["/idempotencyKey"]),
        (line(json!({"idempotencyKey": "schlüssel"})), vec!["/idempotencyKey"]),
        (line(json!({"idempotencyKey": 5})), vec!["/idempotencyKey"]),
        (line(json!({"concertId": 5})), vec!["/concertId"]),
        (items, vec!["/items/0/seatTypeId", "/items/0/x", "/quantity"]),
        (json!([]), vec![""]),
        (json!("text"), vec![""]),
    ] {
        let told = olga.books_all(&[made.line("before", 1), bad.clone(), made.line("after", 1)]);
        assert!(told[0]["status"] != 400 && told[2]["status"] != 400, "{bad}");
        assert_eq!(status_and_code(&told[1]), (400, "validation_failed"), "{bad}");
        let errors = told[1]["error"]["errors"].as_array().expect("errors").iter();
        let named: BTreeSet<_> = errors.map(|error| error["pointer"].as_str().expect("a pointer")).collect();
        assert_eq!(named, pointers.into_iter().collect(), "{bad} -> {}", told[1]);
    }
    let booked: BTreeSet<_> =
        olga.lists(&made.path("/bookings")).iter().map(|booking| text(booking, "userId")).collect();
    assert_eq!(booked, ["after", "before"].map(str::to_owned).into());
}

#[test]
fn what_is_no_json_is_refused_on_its_line() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&big("Night"));
    let good = |user: &str| made.line(user, 1).to_string();
    let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
    for bad in ["{", "nonsense", "{} {}", "{\"userId\":\"a\",}", &deep] {
        let body = format!("{}\r\n{bad}\n{}", good("ada"), good("ben"));
        let told = olga.sends_batch(body).told();
        let codes: Vec<_> = told.iter().map(status_and_code).collect();
        assert_eq!(codes[1], (400, "malformed_json"), "{bad}");
        assert_eq!(told.len(), 3);
    }
    let not_text = [good("cleo").as_bytes(), b"\n\"\xff\"\n", good("dora").as_bytes(), b"\n"].concat();
    let told = olga.sends_batch(not_text).told();
    let codes: Vec<_> = told.iter().map(status_and_code).collect();
    assert_eq!(codes, [(201, ""), (400, "malformed_json"), (201, "")]);
    let booked: Vec<_> =
        olga.lists(&made.path("/bookings")).iter().map(|booking| booking["userId"].clone()).collect();
    assert_eq!(booked, ["ada", "ben", "cleo", "dora"]);
}

#[test]
fn empty_lines_are_passed_over_and_counted() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&big("Night"));
    let body = format!("\n{} \r\n\n  \n{}", ndjson(&[made.line("ada", 1)]), made.line("ben", 1));
    let told = olga.sends_batch(body).told();
    let lines: Vec<_> = told.iter().map(|told| told["line"].as_u64()).collect();
    assert_eq!(lines, [Some(2), Some(6)]);
    assert_eq!(olga.sends_batch("").told(), Vec::<Value>::new());
    assert_eq!(olga.sends_batch("\n\n").told(), Vec::<Value>::new());
    assert_eq!(audit(&olga, &made).bookings.len(), 2);
}
