//! Idempotency keys of lines.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, audit, concert, status_and_code, with};

fn keyed(line: Value, key: &str) -> Value {
    with(line, &json!({"idempotencyKey": key}))
}

#[test]
fn a_batch_that_is_sent_again_is_replayed_line_by_line_across_a_kill() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    // Users have keys of their own: the same text means another thing for each.
    let lines: Vec<_> = (0..80).map(|user| keyed(made.line(&format!("user-{user}"), 1), "order")).collect();
    let first = olga.books_all(&lines);
    assert!(first.iter().all(|told| told["status"] == 201 && told["replayed"].is_null()));
    for kills in [false, true] {
        if kills {
            office.kill_and_reopen();
        }
        let again = olga.books_all(&lines);
        for (again, first) in again.iter().zip(&first) {
            assert_eq!(again, &with(first.clone(), &json!({"replayed": true})));
        }
        assert_eq!(audit(&olga, &made).bookings.len(), 80);
    }
}

#[test]
fn a_replay_shows_the_booking_as_it_is_now() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let line = keyed(made.line("ada", 1), "order");
    let booking = olga.books_all(std::slice::from_ref(&line))[0]["booking"].clone();
    olga.cancels(&booking).is(204);
    let again = olga.books_all(&[line]);
    assert_eq!((&again[0]["status"], &again[0]["replayed"]), (&json!(201), &json!(true)));
    assert_eq!(again[0]["booking"], olga.sees_booking(&booking));
    assert_eq!(again[0]["booking"]["status"], "cancelled");
}

#[test]
fn a_key_with_another_request_is_refused_and_within_one_batch_it_is_replayed() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let generous = json!({"maxTicketsPerUser": 10});
    let made = olga.creates(&with(concert("Night"), &generous));
    let other = olga.creates(&with(concert("Day"), &generous));
    let told = olga.books_all(&[
        keyed(made.line("ada", 1), "k"),
        keyed(made.line("ada", 1), "k"),
        keyed(made.line("ada", 2), "k"),
        keyed(made.line("ben", 2), "k"),
        keyed(other.line("ada", 2), "k"),
        made.line("ada", 1),
    ]);
    let codes: Vec<_> = told.iter().map(status_and_code).collect();
    let booked = (201, "");
    assert_eq!(codes, [booked, booked, (422, "idempotency_key_reused"), booked, booked, booked]);
    assert_eq!(told[1], with(told[0].clone(), &json!({"line": 2, "replayed": true})));
    assert_eq!((audit(&olga, &made).bookings.len(), audit(&olga, &other).bookings.len()), (3, 1));
}

#[test]
fn a_line_and_a_call_of_its_user_with_the_same_key_are_one_request() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 10})));
    let ada = office.customer("ada");
    let told = olga.books_all(&[keyed(made.line("ada", 2), "k")]);
    let again = ada.orders_with_key(&made.order(2), "k").is(201);
    assert!(again.is_replay());
    assert_eq!(again.json(), told[0]["booking"]);
    ada.orders_with_key(&made.order(1), "k").refused(422, "idempotency_key_reused");
    assert_eq!(audit(&olga, &made).bookings.len(), 1);
}

#[test]
fn a_line_that_was_refused_is_decided_anew() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seat = json!({"seatTypes": [{"name": "The seat", "price": 1, "totalSeats": 1}]});
    let made = olga.creates(&with(concert("Night"), &seat));
    let lines = ["ada", "ben"].map(|user| keyed(made.line(user, 1), "k"));
    let told = olga.books_all(&lines);
    assert_eq!([&told[0]["status"], &told[1]["status"]], [201, 409]);
    olga.cancels(&told[0]["booking"]).is(204);
    let told = olga.books_all(&lines);
    assert_eq!([&told[0]["status"], &told[1]["status"]], [201, 201]);
    assert_eq!((&told[0]["replayed"], &told[1]["replayed"]), (&json!(true), &Value::Null));
}
