//! Holds: seats that are kept until they are paid for.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{BoxOffice, eventually, now, paid, with};

fn time(value: &Value, member: &str) -> jiff::Timestamp {
    value[member].as_str().expect("a time").parse().expect("RFC 3339")
}

#[test]
fn a_booking_that_is_to_be_paid_is_held_for_the_time_of_the_concert() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(paid("Night"), &json!({"holdSeconds": 90, "offerSeconds": 45})));
    assert_eq!((&made.body["payment"], &made.body["holdSeconds"]), (&json!("required"), &json!(90)));
    assert_eq!(made.body["offerSeconds"], 45);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 2);
    assert_eq!((&held["status"], &held["total"]), (&json!("held"), &json!(51.0)));
    assert_eq!(time(&held, "createdAt") + SignedDuration::from_secs(90), time(&held, "expiresAt"));
    assert!(time(&held, "expiresAt") > now());
    assert_eq!(carl.counts(&made), [98, 2, 0, 0]);
    assert_eq!(carl.lists("/bookings/mybookings?status=held"), std::slice::from_ref(&held));
    assert_eq!(olga.lists(&made.path("/bookings?status=held")), [held]);
    assert_eq!(olga.lists(&made.path("/bookings?status=confirmed")), Vec::<Value>::new());
}

#[test]
fn a_hold_counts_against_capacity_and_the_limit_of_its_owner() {
    let office = BoxOffice::open_for_payment();
    let seats = json!([{"name": "Seat", "price": 5, "totalSeats": 3}]);
    let made = office
        .organizer("olga")
        .creates(&with(paid("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 2})));
    let carl = office.customer("carl");
    carl.has_booked(&made, 2);
    carl.books(&made, 1).refused_by_concert("already_booked");
    let problem = office.customer("cleo").books(&made, 2).refused_by_concert("sold_out");
    assert_eq!(problem["available"], 1);
}

#[test]
fn what_costs_nothing_is_not_held() {
    let office = BoxOffice::open_for_payment();
    let seats = json!([{"name": "Seat", "price": 0, "totalSeats": 3}]);
    let made = office.organizer("olga").creates(&with(paid("Night"), &json!({"seatTypes": seats})));
    let booking = office.customer("carl").has_booked(&made, 1);
    assert_eq!((&booking["status"], &booking["expiresAt"]), (&json!("confirmed"), &Value::Null));
}

#[test]
fn a_hold_is_extended_within_its_bound_and_by_those_who_may() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(paid("Night"), &json!({"holdSeconds": 60})));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    // Times are told in milliseconds, and the first call can come within the one in which the hold was made.
    let extended = eventually("the hold lasts longer", || {
        let extended = carl.does_to(&held, "extend").is(200).json();
        (time(&extended, "expiresAt") > time(&held, "expiresAt")).then_some(extended)
    });
    assert_eq!(time(&extended, "updatedAt") + SignedDuration::from_secs(60), time(&extended, "expiresAt"));
    assert_eq!(extended["status"], "held");
    let again = olga.does_to(&held, "extend").is(200).json();
    let bound = time(&held, "createdAt") + SignedDuration::from_secs(2 * 60 + 120);
    assert!(time(&again, "expiresAt") <= bound, "{again}");
    office.customer("cleo").does_to(&held, "extend").refused(404, "booking_not_found");
    office.guest().does_to(&held, "extend").refused(401, "missing_token");
    carl.cancels(&held).is(204);
    carl.does_to(&held, "extend").refused_by_concert("not_held");
    assert_eq!(carl.counts(&made), [100, 0, 0, 0], "its owner released it");
    assert_eq!(carl.sees_booking(&held)["expiresAt"], Value::Null);
}

#[test]
fn a_hold_over_several_seat_types_is_had_or_not_as_a_whole() {
    let office = BoxOffice::open_for_payment();
    let seat_types = json!([
        {"name": "Floor", "price": 10, "totalSeats": 10},
        {"name": "Balcony", "price": 20, "totalSeats": 2},
    ]);
    let made = office.organizer("olga").creates(&with(paid("Night"), &json!({"seatTypes": seat_types})));
    let order = |floor: u64, balcony: u64| {
        let items = json!([
            {"seatTypeId": made.seat_type(0), "quantity": floor},
            {"seatTypeId": made.seat_type(1), "quantity": balcony},
        ]);
        json!({"concertId": made.id, "items": items})
    };
    let carl = office.customer("carl");
    carl.post("/bookings", &order(1, 3)).refused_by_concert("sold_out");
    let held = carl.post("/bookings", &order(2, 2)).is(201).json();
    assert_eq!((&held["status"], &held["total"]), (&json!("held"), &json!(60.0)));
    assert_eq!(carl.has_paid(&held, "sim_ok")["amount"].as_f64(), Some(60.0));
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
}
