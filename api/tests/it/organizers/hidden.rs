//! Hidden seat types, which a code opens.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, with};

fn with_hidden(office: &BoxOffice) -> (Client, Concert) {
    let olga = office.organizer("olga");
    let seat_types = json!([
        {"name": "Floor", "price": 10, "totalSeats": 10},
        {"name": "Friends", "price": 1, "totalSeats": 5, "hidden": true},
    ]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seat_types})));
    let code = json!({"code": "FRIEND", "opens": [made.seat_type(1)]});
    assert_eq!(olga.post(&made.path("/codes"), &code).is(201).json()["opens"], json!([made.seat_type(1)]));
    (olga, made)
}

fn names(concert: &Value) -> Vec<&str> {
    let seat_types = concert["seatTypes"].as_array().expect("seat types");
    seat_types.iter().map(|seat_type| seat_type["name"].as_str().expect("a name")).collect()
}

#[test]
fn a_hidden_seat_type_is_seen_by_managers_and_with_a_code_that_opens_it() {
    let office = BoxOffice::open();
    let (olga, made) = with_hidden(&office);
    assert_eq!(
        (names(&made.body), &made.body["seatTypes"][1]["hidden"]),
        (vec!["Floor", "Friends"], &json!(true))
    );
    for path in ["", "/seats"] {
        for somebody in [office.guest(), office.customer("carl"), office.organizer("otto")] {
            assert_eq!(names(&somebody.get(&made.path(path)).is(200).json()), ["Floor"]);
            let with_wrong = somebody.get(&made.path(&format!("{path}?code=WRONG"))).is(200).json();
            assert_eq!(names(&with_wrong), ["Floor"]);
            let with_right = somebody.get(&made.path(&format!("{path}?code=friend"))).is(200).json();
            assert_eq!(names(&with_right), ["Floor", "Friends"]);
        }
        for somebody in [&olga, &office.admin()] {
            assert_eq!(names(&somebody.get(&made.path(path)).is(200).json()), ["Floor", "Friends"]);
        }
    }
    assert_eq!(names(&office.guest().lists("/concerts")[0]), ["Floor"]);
    let inventory = format!("/inventory/concert/{}/seattype/{}", made.id, made.seat_type(1));
    office.guest().get(&inventory).refused(404, "seat_type_not_found");
    assert_eq!(office.guest().get(&format!("{inventory}?code=FRIEND")).is(200).json()["remaining"], 5);
    assert_eq!(olga.get(&inventory).is(200).json()["remaining"], 5);
}

#[test]
fn a_hidden_seat_type_is_booked_with_a_code_that_opens_it() {
    let office = BoxOffice::open();
    let (olga, made) = with_hidden(&office);
    olga.post(&made.path("/codes"), &json!({"code": "CHEAP", "percentOff": 10})).is(201);
    let order = json!({"concertId": made.id, "seatTypeId": made.seat_type(1)});
    let carl = office.customer("carl");
    carl.post("/bookings", &order).refused(404, "seat_type_not_found");
    for wrong in ["WRONG", "CHEAP"] {
        carl.post("/bookings", &with(order.clone(), &json!({"promoCode": wrong})))
            .refused(404, "seat_type_not_found");
    }
    carl.post(&made.path("/waitlist"), &json!({"seatTypeId": made.seat_type(1)}))
        .refused(404, "seat_type_not_found");
    let booking = carl.post("/bookings", &with(order, &json!({"promoCode": "friend"}))).is(201).json();
    assert_eq!((&booking["items"][0]["seatTypeName"], &booking["total"]), (&json!("Friends"), &json!(1.0)));
    assert_eq!(carl.sees_booking(&booking), booking);
    olga.delete(&made.path("/codes/FRIEND")).is(204);
    assert_eq!(names(&office.guest().get(&made.path("?code=FRIEND")).is(200).json()), ["Floor"]);
}
