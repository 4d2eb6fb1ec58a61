//! Booking seats.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, audit, concert, with};

#[test]
fn a_booking_is_what_was_asked_for_and_is_there_for_the_next_call() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    let order = json!({"concertId": made.id, "seatTypeId": made.seat_type(0)});
    let answer = carl.post("/bookings", &order).is(201);
    let booking = answer.json();
    assert_eq!(answer.header("location"), Some(format!("/api/bookings/{}", answer.text("id")).as_str()));
    assert_eq!((&booking["concertId"], &booking["concertName"]), (&json!(made.id), &json!("Night")));
    assert_eq!((&booking["userId"], &booking["status"]), (&json!("carl"), &json!("confirmed")));
    assert_eq!((&booking["quantity"], &booking["total"]), (&json!(1), &json!(25.5)));
    assert_eq!((&booking["currency"], &booking["expiresAt"]), (&json!("USD"), &Value::Null));
    assert_eq!(booking["sequence"], made.sequence() + 1, "the next event of the concert");
    let items = booking["items"].as_array().expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(
        (&items[0]["seatTypeId"], &items[0]["seatTypeName"]),
        (&json!(made.seat_type(0)), &json!("Standing"))
    );
    assert_eq!((&items[0]["quantity"], &items[0]["unitPrice"]), (&json!(1), &json!(25.5)));
    for time in ["createdAt", "updatedAt"] {
        assert!(booking[time].as_str().expect("a time").parse::<jiff::Timestamp>().is_ok());
    }

    assert_eq!(carl.sees_booking(&booking), booking);
    assert_eq!(carl.lists("/bookings/mybookings"), std::slice::from_ref(&booking));
    assert_eq!(office.guest().counts(&made), [99, 0, 1, 0]);
    assert_eq!(office.guest().sees(&made)["sequence"], booking["sequence"]);
}

#[test]
fn several_seats_are_booked_up_to_the_limit_of_the_user() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 5})));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 3);
    assert_eq!((&booking["quantity"], &booking["total"]), (&json!(3), &json!(76.5)));
    carl.books(&made, 3).refused_by_concert("already_booked");
    carl.has_booked(&made, 2);
    carl.books(&made, 1).refused_by_concert("already_booked");
    office.customer("cleo").books(&made, 6).refused_by_concert("already_booked");
    office.customer("cleo").has_booked(&made, 5);
    assert_eq!(audit(&olga, &made).bookings.len(), 3);
}

#[test]
fn several_seat_types_are_booked_together_or_not_at_all() {
    let office = BoxOffice::open();
    let seat_types = json!([
        {"name": "Floor", "price": 10.10, "totalSeats": 10},
        {"name": "Balcony", "price": 20.20, "totalSeats": 2},
    ]);
    let request = with(concert("Night"), &json!({"seatTypes": seat_types, "maxTicketsPerUser": 10}));
    let made = office.organizer("olga").creates(&request);
    let order = |floor: u64, balcony: u64| {
        let floor = json!({"seatTypeId": made.seat_type(0), "quantity": floor});
        let balcony = json!({"seatTypeId": made.seat_type(1), "quantity": balcony});
        json!({"concertId": made.id, "items": [floor, balcony]})
    };
    let carl = office.customer("carl");
    let problem = carl.post("/bookings", &order(1, 3)).refused_by_concert("sold_out");
    assert_eq!((&problem["available"], &problem["sequence"]), (&json!(2), &json!(made.sequence())));
    assert_eq!(office.guest().counts(&made), [10, 0, 0, 0], "nothing was booked of the other");

    let booking = carl.post("/bookings", &order(3, 2)).is(201).json();
    assert_eq!((&booking["quantity"], &booking["total"]), (&json!(5), &json!(70.7)));
    let items = booking["items"].as_array().expect("items");
    let names: Vec<_> = items.iter().map(|item| (&item["seatTypeName"], &item["quantity"])).collect();
    assert_eq!(names, [(&json!("Floor"), &json!(3)), (&json!("Balcony"), &json!(2))]);
    let seats = office.guest().get(&made.path("/seats")).is(200).json();
    assert_eq!(
        (&seats["seatTypes"][0]["available"], &seats["seatTypes"][1]["available"]),
        (&json!(7), &json!(0))
    );
    assert_eq!(office.guest().sees(&made)["status"], "on_sale", "the floor is still to be had");

    carl.cancels(&booking).is(204);
    let seats = office.guest().get(&made.path("/seats")).is(200).json();
    assert_eq!(
        (&seats["seatTypes"][0]["available"], &seats["seatTypes"][1]["available"]),
        (&json!(10), &json!(2))
    );
}

#[test]
fn the_last_seat_sells_the_concert_out() {
    let office = BoxOffice::open();
    let seats = json!([{"name": "The seat", "price": 0, "totalSeats": 1}]);
    let made = office.organizer("olga").creates(&with(concert("Night"), &json!({"seatTypes": seats})));
    let booking = office.customer("carl").has_booked(&made, 1);
    assert_eq!(booking["total"].as_f64(), Some(0.0), "zero is free");
    assert_eq!(office.guest().sees(&made)["status"], "sold_out");
    let problem = office.customer("cleo").books(&made, 1).refused_by_concert("sold_out");
    assert_eq!((&problem["available"], &problem["sequence"]), (&json!(0), &booking["sequence"]));
    assert_eq!(office.guest().counts(&made), [0, 0, 1, 0]);
}

#[test]
fn sequences_are_gap_free_through_bookings_cancellations_and_changes() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 50})));
    let carl = office.customer("carl");
    let mut sequences = BTreeSet::new();
    let mut note = |value: &Value| {
        let sequence = value["sequence"].as_u64().expect("a sequence");
        assert!(sequences.insert(sequence), "{sequence} came twice");
    };
    for turn in 0..10 {
        let booking = carl.has_booked(&made, 1);
        note(&booking);
        carl.books(&made, 51).refused_by_concert("already_booked");
        if turn % 2 == 0 {
            carl.cancels(&booking).is(204);
            note(&carl.sees_booking(&booking));
        }
        note(&olga.put(&made.path(""), &json!({"name": format!("Night {turn}")})).is(200).json());
    }
    let last = olga.sees(&made)["sequence"].as_u64().expect("a sequence");
    let expected: BTreeSet<_> = (made.sequence() + 1..=last).collect();
    assert_eq!(sequences, expected, "refusals make no event");
}

#[test]
fn organizers_and_admins_book_as_everybody_does() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    for somebody in [&olga, &office.organizer("otto"), &office.admin()] {
        assert_eq!(somebody.has_booked(&made, 1)["userId"], somebody.id);
        somebody.books(&made, 1).refused_by_concert("already_booked");
    }
    office.guest().books(&made, 1).refused(401, "missing_token");
}
