//! Adding and changing seat types.

use serde_json::json;

use crate::harness::{BoxOffice, concert, with};

#[test]
fn a_seat_type_that_is_added_can_be_booked() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let answer = olga
        .post(&made.path("/seattypes"), &json!({"name": "Balcony", "price": 80, "totalSeats": 2}))
        .is(201);
    let balcony = answer.json();
    assert_eq!((&balcony["name"], &balcony["price"]), (&json!("Balcony"), &json!(80.0)));
    assert_eq!((&balcony["totalSeats"], &balcony["remaining"]), (&json!(2), &json!(2)));
    assert_eq!(balcony["numbered"], false);

    let now = office.guest().sees(&made);
    assert_eq!(now["seatTypes"], json!([made.body["seatTypes"][0], balcony]));
    assert_eq!(now["version"].as_u64(), made.body["version"].as_u64().map(|version| version + 1));
    let order = json!({"concertId": made.id, "seatTypeId": balcony["id"]});
    let booking = office.customer("carl").post("/bookings", &order).is(201).json();
    assert_eq!((&booking["items"][0]["seatTypeName"], &booking["total"]), (&json!("Balcony"), &json!(80.0)));
}

#[test]
fn a_new_price_counts_for_new_bookings_only() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 9})));
    let carl = office.customer("carl");
    let before = carl.has_booked(&made, 2);
    let path = made.path(&format!("/seattypes/{}", made.seat_type(0)));
    let changed = olga.patch(&path, &json!({"price": 30.25, "name": "Floor"})).is(200).json();
    assert_eq!((&changed["price"], &changed["name"]), (&json!(30.25), &json!("Floor")));
    assert_eq!((&changed["totalSeats"], &changed["remaining"]), (&json!(100), &json!(98)));

    let after = carl.has_booked(&made, 2);
    assert_eq!((&before["total"], &after["total"]), (&json!(51.0), &json!(60.5)));
    let kept = carl.sees_booking(&before);
    assert_eq!((&kept["total"], &kept["items"][0]["unitPrice"]), (&json!(51.0), &json!(25.5)));
}

#[test]
fn capacity_can_grow_and_shrink_but_not_below_what_is_sold() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 9})));
    let path = made.path(&format!("/seattypes/{}", made.seat_type(0)));
    let resized = |seats: u64| olga.patch(&path, &json!({"totalSeats": seats}));
    let booking = office.customer("carl").has_booked(&made, 5);

    let problem = resized(4).refused_by_concert("capacity_below_sold");
    assert_eq!(problem["sequence"], booking["sequence"]);
    assert_eq!(olga.counts(&made), [95, 0, 5, 0]);

    assert_eq!(resized(5).is(200).json()["remaining"], 0);
    assert_eq!(olga.sees(&made)["status"], "sold_out");
    let problem = office.customer("cleo").books(&made, 1).refused_by_concert("sold_out");
    assert_eq!(problem["available"], 0);

    assert_eq!(resized(7).is(200).json()["remaining"], 2);
    assert_eq!(olga.sees(&made)["status"], "on_sale");
    office.customer("cleo").has_booked(&made, 2);
    assert_eq!(olga.counts(&made), [0, 0, 7, 0]);
}

#[test]
fn every_fault_of_a_seat_type_is_named_and_nothing_changes() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let add = made.path("/seattypes");
    let change = made.path(&format!("/seattypes/{}", made.seat_type(0)));
    for (fault, pointers) in [
        (json!({"name": ""}), vec!["/name"]),
        (json!({"name": "bell\u{7}"}), vec!["/name"]),
        (json!({"name": "n".repeat(10_000)}), vec!["/name"]),
        (json!({"price": -1}), vec!["/price"]),
        (json!({"price": 1_000_000.01}), vec!["/price"]),
        (json!({"price": 1.001}), vec!["/price"]),
        (json!({"price": "10"}), vec!["/price"]),
        (json!({"totalSeats": 0}), vec!["/totalSeats"]),
        (json!({"totalSeats": 100_000_001}), vec!["/totalSeats"]),
        (json!({"totalSeats": 1.5}), vec!["/totalSeats"]),
        (json!({"remaining": 5}), vec!["/remaining"]),
        (json!({"name": 1, "price": "1", "totalSeats": -1}), vec!["/name", "/price", "/totalSeats"]),
    ] {
        let good = json!({"name": "Balcony", "price": 10, "totalSeats": 10});
        olga.post(&add, &with(good, &fault)).faults(&pointers);
        olga.patch(&change, &fault).faults(&pointers);
    }
    olga.post(&add, &json!({})).faults(&["/name", "/price", "/totalSeats"]);
    assert_eq!(olga.sees(&made), made.body);
}

#[test]
fn seat_types_that_are_not_there_are_not_found() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let other = olga.creates(&concert("Day"));
    for id in ["nonsense", "1", other.seat_type(0), &"x".repeat(500)] {
        let path = made.path(&format!("/seattypes/{id}"));
        olga.patch(&path, &json!({"price": 1})).refused(404, "seat_type_not_found");
        let inventory = format!("/inventory/concert/{}/seattype/{id}", made.id);
        olga.get(&inventory).refused(404, "seat_type_not_found");
    }
    olga.get(&format!("/inventory/concert/nonsense/seattype/{}", made.seat_type(0)))
        .refused(404, "concert_not_found");
    olga.post("/concerts/nonsense/seattypes", &json!({"name": "A", "price": 1, "totalSeats": 1}))
        .refused(404, "concert_not_found");
}

#[test]
fn a_concert_takes_no_more_than_a_hundred_seat_types() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let add = |number: usize| {
        let seat_type = json!({"name": format!("Block {number}"), "price": 1, "totalSeats": 1});
        olga.post(&made.path("/seattypes"), &seat_type)
    };
    for number in 1..100 {
        add(number).is(201);
    }
    add(100).refused(400, "validation_failed");
    assert_eq!(olga.sees(&made)["seatTypes"].as_array().map(Vec::len), Some(100));
}
