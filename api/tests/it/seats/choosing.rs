//! Seats of one's choice: all or none.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Concert, hall, with};

fn ordered(concert: &Concert, change: &Value) -> Value {
    with(json!({"concertId": concert.id, "seatTypeId": concert.seat_type(0)}), change)
}

#[test]
fn chosen_seats_are_booked_all_or_none() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&hall("Night"));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let booking = carl.post("/bookings", &made.order_of(&["B-2", "A-9"])).is(201).json();
    assert_eq!((&booking["quantity"], &booking["total"]), (&json!(2), &json!(40.0)));
    assert_eq!(booking["items"][0]["seats"], json!(["A-9", "B-2"]));
    assert_eq!(carl.sees_booking(&booking), booking);

    let answer = cleo.post("/bookings", &made.order_of(&["A-1", "A-9"]));
    assert_eq!(answer.refused_by_concert("seat_taken")["seat"], "A-9");
    assert_eq!(office.guest().seat_statuses(&made)["A-1"], "available", "none of them");
    carl.cancels(&booking).is(204);
    cleo.post("/bookings", &made.order_of(&["A-1", "A-9"])).is(201);
}

#[test]
fn seats_that_cannot_be_meant_are_refused_and_nothing_changes() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seat_types = json!([
        {"name": "Stalls", "price": 20, "rows": [{"label": "A", "seats": 10}]},
        {"name": "Balcony", "price": 10, "rows": [{"section": "BALCONY", "label": "A", "seats": 10}]},
        {"name": "Standing", "price": 5, "totalSeats": 10},
    ]);
    let made = olga.creates(&with(hall("Night"), &json!({"seatTypes": seat_types})));
    let carl = office.customer("carl");
    for label in ["A-0", "A-11", "A-01", "A-+1", "Z-1", "a-1", "A", "-", "A-1-1", "BALCONY-A-1", "🎫"] {
        let problem = carl.post("/bookings", &made.order_of(&["A-1", label])).refused(404, "seat_not_found");
        assert_eq!(problem["seat"], label);
    }
    let standing = json!({"seatTypeId": made.seat_type(2), "seats": ["A-1"]});
    carl.post("/bookings", &ordered(&made, &standing)).refused(404, "seat_not_found");
    for (change, pointers) in [
        (json!({"seats": ["A-1", "A-2", "A-1"]}), vec!["/seats"]),
        (json!({"seats": ["A-1", "A-2"], "quantity": 3}), vec!["/quantity"]),
        (json!({"seats": ["A-1"], "quantity": 0}), vec!["/quantity"]),
        (json!({"seats": []}), vec!["/seats"]),
        (json!({"seats": "A-1"}), vec!["/seats"]),
        (json!({"seats": ["A-1", 2, ""]}), vec!["/seats/1", "/seats/2"]),
        (json!({"seats": ["A-1"], "bestAvailable": true}), vec!["/bestAvailable"]),
        (json!({"bestAvailable": "yes"}), vec!["/bestAvailable"]),
        (json!({"promoCode": 5}), vec!["/promoCode"]),
    ] {
        carl.post("/bookings", &ordered(&made, &change)).faults(&pointers);
    }
    let twice = json!([
        {"seatTypeId": made.seat_type(0), "seats": ["A-1"]},
        {"seatTypeId": made.seat_type(0), "seats": ["A-1"]},
        {"seatTypeId": made.seat_type(1), "seats": ["x", "x"]},
    ]);
    carl.post("/bookings", &json!({"concertId": made.id, "items": twice}))
        .faults(&["/items/1/seatTypeId", "/items/2/seats"]);
    assert_eq!(olga.sees(&made), made.body);
}

#[test]
fn a_booking_is_changed_to_other_seats_and_keeps_those_that_stay() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&hall("Night"));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let booking = carl.post("/bookings", &made.order_of(&["A-1", "A-2"])).is(201).json();
    cleo.post("/bookings", &made.order_of(&["A-5"])).is(201);
    let changed = carl.changes(&booking, &json!({"seats": ["A-2", "A-3", "A-4"]})).is(200).json();
    assert_eq!(
        (&changed["quantity"], &changed["items"][0]["seats"]),
        (&json!(3), &json!(["A-2", "A-3", "A-4"]))
    );
    assert_eq!(office.guest().seat_statuses(&made)["A-1"], "available");
    let taken = carl.changes(&booking, &json!({"seats": ["A-4", "A-5"]}));
    assert_eq!(taken.refused_by_concert("seat_taken")["seat"], "A-5");
    assert_eq!(carl.sees_booking(&booking), changed);
    let best = carl.changes(&booking, &json!({"quantity": 2, "bestAvailable": true})).is(200).json();
    assert_eq!(best["items"][0]["seats"].as_array().map(Vec::len), Some(2));
    assert_eq!(office.guest().counts(&made), [17, 0, 3, 0]);
}

#[test]
fn an_orphan_is_allowed_unless_the_concert_forbids_it() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let free = olga.creates(&hall("Free"));
    let strict = olga.creates(&with(hall("Strict"), &json!({"forbidOrphanSeats": true})));
    assert_eq!(
        (&free.body["forbidOrphanSeats"], &strict.body["forbidOrphanSeats"]),
        (&json!(false), &json!(true))
    );
    let carl = office.customer("carl");
    carl.post("/bookings", &free.order_of(&["A-2"])).is(201);
    carl.post("/bookings", &strict.order_of(&["A-2"])).refused_by_concert("orphan_seat");
    assert_eq!(olga.sees(&strict), strict.body);
    carl.post("/bookings", &strict.order_of(&["A-1", "A-2"])).is(201);
    olga.put(&strict.path(""), &json!({"forbidOrphanSeats": false})).is(200);
    carl.post("/bookings", &strict.order_of(&["B-2"])).is(201);
}
