//! Bad bookings: each fault is named, and nothing is booked.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, concert, with};

#[test]
fn every_fault_of_an_order_is_named_and_nothing_is_booked() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 50})));
    let carl = office.customer("carl");
    for (change, pointers) in [
        (json!({"quantity": 0}), vec!["/quantity"]),
        (json!({"quantity": -1}), vec!["/quantity"]),
        (json!({"quantity": 1.5}), vec!["/quantity"]),
        (json!({"quantity": "2"}), vec!["/quantity"]),
        (json!({"quantity": 1_000_000_000_000_u64}), vec!["/quantity"]),
        (json!({"quantity": 1e30}), vec!["/quantity"]),
        (json!({"concertId": 5}), vec!["/concertId"]),
        (json!({"concertId": null}), vec!["/concertId"]),
        (json!({"seatTypeId": ["a"]}), vec!["/seatTypeId"]),
        (json!({"userId": "cleo"}), vec!["/userId"]),
        (json!({"total": 0, "status": "confirmed"}), vec!["/total", "/status"]),
        (json!({"concertId": 5, "quantity": 0, "x": 1}), vec!["/concertId", "/quantity", "/x"]),
    ] {
        carl.post("/bookings", &with(made.order(1), &change)).faults(&pointers);
    }
    let without_concert = json!({"seatTypeId": made.seat_type(0)});
    carl.post("/bookings", &without_concert).faults(&["/concertId"]);
    assert_eq!(carl.lists("/bookings/mybookings"), Vec::<Value>::new());
    assert_eq!(office.guest().sees(&made), made.body);
}

#[test]
fn every_fault_of_an_item_is_named_and_nothing_is_booked() {
    let office = BoxOffice::open();
    let seat_type = |name: &str| json!({"name": name, "price": 5, "totalSeats": 100});
    let seat_types = json!({"seatTypes": [seat_type("Floor"), seat_type("Balcony")]});
    let made = office.organizer("olga").creates(&with(concert("Night"), &seat_types));
    let carl = office.customer("carl");
    let good = json!({"seatTypeId": made.seat_type(0), "quantity": 1});
    let other = json!({"seatTypeId": made.seat_type(1), "quantity": 1});
    for (items, pointers) in [
        (json!([]), vec!["/items"]),
        (json!({}), vec!["/items"]),
        (json!(vec![good.clone(); 5_000]), vec!["/items"]),
        (json!([5]), vec!["/items/0"]),
        (json!([{}]), vec!["/items/0/seatTypeId"]),
        (json!([with(good.clone(), &json!({"quantity": 0}))]), vec!["/items/0/quantity"]),
        (json!([with(good.clone(), &json!({"price": 0}))]), vec!["/items/0/price"]),
        (
            json!([
                with(good.clone(), &json!({"quantity": -1})),
                with(other, &json!({"quantity": "x", "y": 1}))
            ]),
            vec!["/items/0/quantity", "/items/1/quantity", "/items/1/y"],
        ),
    ] {
        carl.post("/bookings", &json!({"concertId": made.id, "items": items})).faults(&pointers);
    }
    assert_eq!(office.guest().sees(&made), made.body);
}

#[test]
fn an_order_has_one_seat_type_or_items() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    let items = json!([{"seatTypeId": made.seat_type(0)}]);
    carl.post("/bookings", &with(made.order(1), &json!({"items": items}))).refused(400, "validation_failed");
    carl.post("/bookings", &json!({"concertId": made.id})).refused(400, "validation_failed");
    carl.post("/bookings", &json!({"concertId": made.id, "quantity": 1})).refused(400, "validation_failed");
    assert_eq!(office.guest().sees(&made), made.body);
    carl.post("/bookings", &json!({"concertId": made.id, "items": items})).is(201);
}

#[test]
fn ids_of_the_wrong_form_are_not_found_or_named() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    for nonsense in ["", "1", "nonsense", "../..", "\u{0}", "🎫", &"x".repeat(5_000)] {
        for (member, code) in [("concertId", "concert_not_found"), ("seatTypeId", "seat_type_not_found")] {
            let answer = carl.post("/bookings", &with(made.order(1), &json!({member: nonsense})));
            match answer.status {
                400 => answer.faults(&[&format!("/{member}")]),
                _ => _ = answer.refused(404, code),
            }
        }
    }
    assert_eq!(office.guest().sees(&made), made.body);
}
