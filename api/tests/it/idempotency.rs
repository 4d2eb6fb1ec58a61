//! `Idempotency-Key`: a call that is repeated happens once.

use std::collections::BTreeSet;
use std::thread;

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, audit, concert, eventually, in_seconds, paid, with};

fn generous(name: &str) -> Value {
    with(concert(name), &json!({"maxTicketsPerUser": 100}))
}

fn creates_with_key(organizer: &Client, request: &Value, key: &str) -> Answer {
    organizer.call(Method::POST, "/concerts").key(key).json(request).send()
}

#[test]
fn the_same_key_gives_the_same_booking_and_says_so() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let first = carl.orders_with_key(&made.order(2), "key").is(201);
    assert!(!first.is_replay());
    for _ in 0..3 {
        let again = carl.orders_with_key(&made.order(2), "key").is(201);
        assert!(again.is_replay());
        assert_eq!(again.json(), first.json());
        assert_eq!(again.header("location"), first.header("location"));
    }
    assert_eq!(audit(&olga, &made).bookings.len(), 1);
}

#[test]
fn a_replay_gives_the_booking_as_it_is_now() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&generous("Night"));
    let carl = office.customer("carl");
    let booking = carl.orders_with_key(&made.order(1), "key").is(201).json();
    carl.cancels(&booking).is(204);
    let again = carl.orders_with_key(&made.order(1), "key").is(201);
    assert!(again.is_replay());
    assert_eq!(again.json(), carl.sees_booking(&booking));
    assert_eq!(again.text("status"), "cancelled");
}

#[test]
fn a_key_with_another_request_is_refused() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let booking = carl.orders_with_key(&made.order(1), "key").is(201).json();
    let other = carl.has_booked(&made, 1);
    carl.orders_with_key(&made.order(2), "key").refused(422, "idempotency_key_reused");
    carl.cancels_with_key(&booking, "key").refused(422, "idempotency_key_reused");
    carl.cancels_with_key(&booking, "cancel").is(204);
    carl.cancels_with_key(&other, "cancel").refused(422, "idempotency_key_reused");
    carl.orders_with_key(&made.order(1), "cancel").refused(422, "idempotency_key_reused");
    assert_eq!(carl.sees_booking(&other), other);
    assert_eq!(audit(&olga, &made).bookings.len(), 2);
}

#[test]
fn a_key_belongs_to_its_user_and_its_concert() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let (night, day) = (olga.creates(&generous("Night")), olga.creates(&generous("Day")));
    let mut ids = BTreeSet::new();
    for name in ["carl", "cleo"] {
        for made in [&night, &day] {
            let answer = office.customer(name).orders_with_key(&made.order(1), "key").is(201);
            assert!(!answer.is_replay());
            ids.insert(answer.text("id"));
        }
    }
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_refused_request_is_decided_anew() {
    let office = BoxOffice::open();
    let seat = json!({"seatTypes": [{"name": "The seat", "price": 1, "totalSeats": 1}]});
    let made = office.organizer("olga").creates(&with(concert("Night"), &seat));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let booking = cleo.has_booked(&made, 1);
    for _ in 0..2 {
        carl.orders_with_key(&made.order(1), "key").refused_by_concert("sold_out");
    }
    cleo.cancels(&booking).is(204);
    let had = carl.orders_with_key(&made.order(1), "key").is(201);
    assert!(!had.is_replay());
    assert!(carl.orders_with_key(&made.order(1), "key").is(201).is_replay());
}

#[test]
fn duplicates_that_come_at_once_make_one_booking() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    for round in 0..5 {
        let key = format!("key-{round}");
        let callers = (0..16).map(|_| {
            let (carl, order, key) = (office.customer("carl"), made.order(1), key.clone());
            thread::spawn(move || carl.orders_with_key(&order, &key).is(201))
        });
        let callers: Vec<_> = callers.collect();
        let answers: Vec<_> = callers.into_iter().map(|caller| caller.join().expect("an answer")).collect();
        let ids: BTreeSet<_> = answers.iter().map(|answer| answer.text("id")).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        assert_eq!(answers.iter().filter(|answer| !answer.is_replay()).count(), 1);
        assert_eq!(audit(&olga, &made).bookings.len(), round + 1);
    }
}

#[test]
fn keys_survive_a_restart_and_a_kill() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let first = carl.orders_with_key(&made.order(1), "booked").is(201).json();
    let second = carl.has_booked(&made, 1);
    carl.cancels_with_key(&second, "cancelled").is(204);
    for kills in [true, false] {
        if kills {
            office.kill_and_reopen();
        } else {
            office.restart();
        }
        let again = carl.orders_with_key(&made.order(1), "booked").is(201);
        assert!(again.is_replay());
        assert_eq!(again.json(), first);
        assert!(carl.cancels_with_key(&second, "cancelled").is(204).is_replay());
        carl.orders_with_key(&made.order(2), "booked").refused(422, "idempotency_key_reused");
        assert_eq!(audit(&olga, &made).bookings.len(), 2);
    }
}

#[test]
fn a_repeated_cancellation_with_a_key_is_answered_as_the_first() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    assert!(!carl.cancels_with_key(&booking, "key").is(204).is_replay());
    assert!(carl.cancels_with_key(&booking, "key").is(204).is_replay());
    carl.cancels_with_key(&booking, "another key").refused_by_concert("already_cancelled");
    carl.cancels(&booking).refused_by_concert("already_cancelled");
    assert_eq!(olga.counts(&made), [100, 0, 0, 0]);
}

#[test]
fn a_concert_is_made_once_per_key_of_its_organizer() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let request = generous("Night");
    let first = creates_with_key(&olga, &request, "key").is(201);
    assert!(!first.is_replay());
    let again = creates_with_key(&olga, &request, "key").is(201);
    assert!(again.is_replay());
    assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
    let other = with(request.clone(), &json!({"name": "Day"}));
    creates_with_key(&olga, &other, "key").refused(422, "idempotency_key_reused");
    let of_otto = creates_with_key(&office.organizer("otto"), &request, "key").is(201);
    assert!(!of_otto.is_replay());

    office.kill_and_reopen();
    let after = creates_with_key(&olga, &request, "key").is(201);
    assert!(after.is_replay());
    assert_eq!(after.json(), first.json());
    let faulty = with(request, &json!({"name": ""}));
    creates_with_key(&olga, &faulty, "new key").faults(&["/name"]);
    creates_with_key(&olga, &other, "new key").is(201);
    assert_eq!(olga.lists("/concerts").len(), 3);
}

#[test]
fn a_concert_with_payments_is_told_again_when_its_gateway_is_gone() {
    let mut office = BoxOffice::open_for_payment();
    let request = paid("Night");
    let first = creates_with_key(&office.organizer("olga"), &request, "key").is(201);
    office.close();
    let office = office.setup().clone().variable("BOXOFFICE_GATEWAY", "none").open();
    let olga = office.organizer("olga");
    let again = creates_with_key(&olga, &request, "key").is(201);
    assert!(again.is_replay());
    assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
    creates_with_key(&olga, &paid("Day"), "key").refused(422, "idempotency_key_reused");
    creates_with_key(&olga, &request, "another key").refused(409, "gateway_missing");
    olga.post("/concerts", &request).refused(409, "gateway_missing");
    assert_eq!(olga.lists("/concerts").len(), 1);
}

#[test]
fn a_concert_that_has_begun_is_told_again_by_its_key() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let request = with(concert("Now"), &json!({"startTime": in_seconds(3)}));
    let first = creates_with_key(&olga, &request, "key").is(201);
    let path = first.header("location").expect("where it is").trim_start_matches("/api").to_owned();
    eventually("it begins", || (olga.get(&path).text("status") == "closed").then_some(()));
    let again = creates_with_key(&olga, &request, "key").is(201);
    assert!(again.is_replay());
    assert_eq!(again.text("id"), first.text("id"));
    creates_with_key(&olga, &request, "another key").faults(&["/startTime"]);
    let worse = with(request, &json!({"name": 5}));
    creates_with_key(&olga, &worse, "another key").faults(&["/startTime", "/name"]);
}

#[test]
fn a_key_has_one_to_255_characters() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    for key in [String::new(), "k".repeat(256)] {
        let ordered = carl.orders_with_key(&made.order(1), &key);
        let cancelled = carl.cancels_with_key(&booking, &key);
        let created = creates_with_key(&olga, &generous("Day"), &key);
        for answer in [ordered, cancelled, created] {
            let code = answer.clone().is(400).problem()["code"].clone();
            assert!(code == "validation_failed" || code == "malformed_request", "{answer:?}");
        }
    }
    assert_eq!(olga.sees(&made)["sequence"], booking["sequence"]);
    assert_eq!(olga.lists("/concerts").len(), 1);
    let longest = "k".repeat(255);
    carl.orders_with_key(&made.order(1), &longest).is(201);
    assert!(carl.orders_with_key(&made.order(1), &longest).is(201).is_replay());
}

#[test]
fn a_user_has_64_keys_per_concert_and_the_oldest_goes_first() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&generous("Night"));
    let carl = office.customer("carl");
    let order = |number: usize| carl.orders_with_key(&made.order(1), &format!("key-{number}")).is(201);
    let ids: Vec<_> = (0..65).map(|number| order(number).text("id")).collect();
    for (number, id) in ids.iter().enumerate().skip(1) {
        let again = order(number);
        assert!(again.is_replay(), "key {number} of 65 is remembered");
        assert_eq!(again.text("id"), *id);
    }
    assert!(!order(0).is_replay(), "the 65th key took the place of the first");
    assert!(!order(1).is_replay(), "and the first that of the second");
    assert!(order(3).is_replay());
    assert_eq!(audit(&olga, &made).bookings.len(), 67);
}
