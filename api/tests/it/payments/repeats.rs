//! The same request twice: one effect, with a key.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, paid};

fn path(booking: &Value) -> String {
    format!("/bookings/{}", booking["id"].as_str().expect("an id"))
}

fn changes_with_key(client: &Client, booking: &Value, change: &Value, key: &str) -> Answer {
    client.call(Method::PATCH, &path(booking)).key(key).json(change).send()
}

#[test]
fn a_payment_is_made_once_per_key_across_kill_9() {
    let mut office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let first = carl.pays_with_key(&held, "sim_ok", "pay").is(202);
    assert!(!first.is_replay());
    let again = carl.pays_with_key(&held, "sim_ok", "pay").is(202);
    assert!(again.is_replay());
    assert_eq!(again.text("id"), first.text("id"));
    carl.pays_with_key(&held, "sim_declined", "pay").refused(422, "idempotency_key_reused");
    carl.waits_for_booking(&held, "confirmed");
    office.kill_and_reopen();
    let after = carl.pays_with_key(&held, "sim_ok", "pay").is(202);
    assert!(after.is_replay());
    assert_eq!(after.json()["status"], "succeeded", "the payment as it is now");
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!(sales["captured"], 25.5);
}

#[test]
fn a_change_is_made_once_per_key() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let more = json!({"quantity": 3});
    let first = changes_with_key(&carl, &held, &more, "more").is(200);
    let less = json!({"quantity": 2});
    changes_with_key(&carl, &held, &less, "more").refused(422, "idempotency_key_reused");
    changes_with_key(&carl, &held, &less, "less").is(200);
    let again = changes_with_key(&carl, &held, &more, "more").is(200);
    assert!(again.is_replay() && !first.is_replay());
    assert_eq!(again.json()["quantity"], 2, "the booking as it is now");
    let items = json!({"items": [{"seatTypeId": made.seat_type(0), "quantity": 3}]});
    changes_with_key(&carl, &held, &items, "more").refused(422, "idempotency_key_reused");
}

#[test]
fn one_key_is_for_one_call_whatever_its_kind() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.orders_with_key(&made.order(1), "k").is(201).json();
    changes_with_key(&carl, &held, &json!({"quantity": 2}), "k").refused(422, "idempotency_key_reused");
    carl.pays_with_key(&held, "sim_ok", "k").refused(422, "idempotency_key_reused");
    carl.cancels_with_key(&held, "k").refused(422, "idempotency_key_reused");
    assert_eq!(carl.sees_booking(&held), held);
    carl.cancels_with_key(&held, "other").is(204);
    assert!(carl.cancels_with_key(&held, "other").is(204).is_replay());
}

#[test]
fn orders_with_other_seats_or_codes_are_other_requests() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&crate::harness::hall("Hall"));
    let carl = office.customer("carl");
    carl.orders_with_key(&made.order_of(&["A-1", "A-2"]), "k").is(201);
    assert!(carl.orders_with_key(&made.order_of(&["A-1", "A-2"]), "k").is(201).is_replay());
    carl.orders_with_key(&made.order_of(&["A-1", "A-3"]), "k").refused(422, "idempotency_key_reused");
    carl.orders_with_key(&made.order(2), "k").refused(422, "idempotency_key_reused");
    let with_code = crate::harness::with(made.order_of(&["A-1", "A-2"]), &json!({"promoCode": "X"}));
    carl.orders_with_key(&with_code, "k").refused(422, "idempotency_key_reused");
}

#[test]
fn a_payment_that_was_begun_is_told_again_when_its_gateway_is_gone() {
    let mut office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let first = carl.pays_with_key(&held, "sim_ok", "pay").is(202);
    carl.waits_for_booking(&held, "confirmed");
    let other = carl.has_booked(&made, 1);
    office.close();
    let office = office.setup().clone().variable("BOXOFFICE_GATEWAY", "none").open();
    let carl = office.customer("carl");
    let again = carl.pays_with_key(&held, "sim_ok", "pay").is(202);
    assert!(again.is_replay());
    assert_eq!((again.text("id"), again.text("status")), (first.text("id"), "succeeded".to_owned()));
    assert_eq!(again.header("location"), first.header("location"));
    carl.pays_with_key(&other, "sim_ok", "pay").refused(422, "idempotency_key_reused");
    carl.pays_with_key(&other, "sim_ok", "another").refused_by_concert("gateway_missing");
    assert_eq!(carl.sees_booking(&other), other);
}

#[test]
fn a_hold_is_extended_once_per_key_across_kill_9() {
    let mut office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let other = carl.has_booked(&made, 1);
    let first = carl.does_to_with_key(&held, "extend", "more").is(200);
    assert!(!first.is_replay());
    office.kill_and_reopen();
    let again = carl.does_to_with_key(&held, "extend", "more").is(200);
    assert!(again.is_replay());
    assert_eq!(again.json(), first.json());
    carl.does_to_with_key(&other, "extend", "more").refused(422, "idempotency_key_reused");
    carl.does_to_with_key(&held, "confirm", "more").refused(422, "idempotency_key_reused");
    carl.cancels_with_key(&held, "more").refused(422, "idempotency_key_reused");
    assert_eq!(carl.sees_booking(&other), other);
    carl.cancels(&held).is(204);
    let after = carl.does_to_with_key(&held, "extend", "more").is(200);
    assert!(after.is_replay());
    assert_eq!(after.text("status"), "cancelled", "the booking as it is now");
    carl.does_to_with_key(&held, "extend", "").is(400);
    carl.does_to_with_key(&held, "extend", "new").refused_by_concert("not_held");
}
