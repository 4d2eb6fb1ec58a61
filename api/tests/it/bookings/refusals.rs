//! Which refusal answers where several apply: the first of the contract's list.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, hall, in_days, with};

/// Two seats, one ticket per user.
fn small(name: &str) -> Value {
    let seats = json!([{"name": "Seat", "price": 1, "totalSeats": 2}]);
    with(concert(name), &json!({"seatTypes": seats}))
}

fn sells_out(office: &BoxOffice, concert: &Concert) {
    for name in ["first", "second"] {
        office.customer(name).has_booked(concert, 1);
    }
}

#[track_caller]
fn changes_nothing(witness: &Client, concert: &Concert, refused: impl FnOnce()) {
    let before = witness.sees(concert);
    refused();
    assert_eq!(witness.sees(concert), before);
}

#[test]
fn a_malformed_request_is_refused_before_anything_else() {
    let office = BoxOffice::open();
    let carl = office.customer("carl");
    let order = json!({"concertId": "0000000000000", "seatTypeId": "0000000000000-t1", "quantity": 0});
    carl.post("/bookings", &order).faults(&["/quantity"]);
    carl.post("/bookings", &with(order, &json!({"quantity": 1}))).refused(404, "concert_not_found");
}

#[test]
fn an_unknown_seat_type_is_refused_before_the_state_of_the_concert() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&small("Night"));
    let other = olga.creates(&small("Day"));
    olga.does("cancel", &made).is(200);
    let carl = office.customer("carl");
    let foreign = json!({"concertId": made.id, "seatTypeId": other.seat_type(0)});
    carl.post("/bookings", &foreign).refused(404, "seat_type_not_found");
    let second_is_unknown = json!({
        "concertId": made.id,
        "items": [{"seatTypeId": made.seat_type(0)}, {"seatTypeId": other.seat_type(0)}],
    });
    carl.post("/bookings", &second_is_unknown).refused(404, "seat_type_not_found");
    let unknown_concert = json!({"concertId": "0000000000000", "seatTypeId": made.seat_type(0)});
    carl.post("/bookings", &unknown_concert).refused(404, "concert_not_found");
}

#[test]
fn a_replay_answers_before_the_state_of_the_concert() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&small("Night"));
    let carl = office.customer("carl");
    let first = carl.orders_with_key(&made.order(1), "k").is(201).text("id");
    olga.does("cancel", &made).is(200);
    let again = carl.orders_with_key(&made.order(1), "k").is(201);
    assert!(again.is_replay());
    assert_eq!(again.text("id"), first);
    carl.orders_with_key(&made.order(2), "k").refused(422, "idempotency_key_reused");
}

#[test]
fn a_cancelled_concert_is_refused_before_its_sale_is_looked_at() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let not_open = olga.creates(&with(small("Later"), &json!({"salesOpenAt": in_days(1)})));
    let closed = olga.creates(&small("Closed"));
    olga.does("close", &closed).is(200);
    let sold_out = olga.creates(&small("Sold out"));
    sells_out(&office, &sold_out);
    for made in [not_open, closed, sold_out] {
        olga.does("cancel", &made).is(200);
        office.customer("carl").books(&made, 5).refused_by_concert("concert_cancelled");
        office.customer("first").books(&made, 1).refused_by_concert("concert_cancelled");
    }
}

#[test]
fn a_sale_that_is_not_open_is_refused_before_limits_and_seats() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(small("Later"), &json!({"salesOpenAt": in_days(1)})));
    for quantity in [1, 2, 3] {
        changes_nothing(&olga, &made, || {
            let problem = office.customer("carl").books(&made, quantity).refused_by_concert("sales_not_open");
            assert_eq!(problem["sequence"], made.body["sequence"]);
        });
    }
}

#[test]
fn a_closed_sale_is_refused_before_limits_and_seats() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&small("Night"));
    sells_out(&office, &made);
    olga.does("close", &made).is(200);
    for (name, quantity) in [("first", 1), ("carl", 1), ("carl", 3)] {
        changes_nothing(&olga, &made, || {
            office.customer(name).books(&made, quantity).refused_by_concert("sales_closed");
        });
    }
}

#[test]
fn the_limit_of_the_user_is_refused_before_the_seats() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&small("Night"));
    sells_out(&office, &made);
    changes_nothing(&olga, &made, || {
        let problem = office.customer("first").books(&made, 1).refused_by_concert("already_booked");
        assert_eq!(problem["sequence"], olga.sees(&made)["sequence"]);
        office.customer("carl").books(&made, 2).refused_by_concert("already_booked");
        office.customer("carl").books(&made, 1).refused_by_concert("sold_out");
    });
}

#[test]
fn refusals_of_numbered_seats_come_in_the_order_of_the_contract() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let change = json!({"forbidOrphanSeats": true, "maxTicketsPerUser": 3});
    let made = olga.creates(&with(hall("Night"), &change));
    olga.post(&made.path("/codes"), &json!({"code": "ONCE", "percentOff": 10, "maxUses": 1})).is(201);
    let block = made.path(&format!("/seattypes/{}/block", made.seat_type(0)));
    olga.post(&block, &json!({"seats": ["A-1"]})).is(200);
    office.customer("cleo").post("/bookings", &made.order_of(&["A-2", "A-3"])).is(201);
    let carl = office.customer("carl");
    let order = |seats: &[&str], code: &str| with(made.order_of(seats), &json!({"promoCode": code}));
    changes_nothing(&olga, &made, || {
        carl.post("/bookings", &order(&["A-1", "Z-9"], "WRONG")).refused(404, "seat_not_found");
        let four = ["A-1", "A-2", "A-4", "A-5"];
        carl.post("/bookings", &order(&four, "WRONG")).refused_by_concert("code_invalid");
        carl.post("/bookings", &order(&four, "ONCE")).refused_by_concert("already_booked");
        carl.post("/bookings", &order(&four[..3], "ONCE")).refused_by_concert("seat_blocked");
        carl.post("/bookings", &order(&["A-2", "A-5"], "ONCE")).refused_by_concert("seat_taken");
        carl.post("/bookings", &order(&["A-5"], "ONCE")).refused_by_concert("orphan_seat");
    });
    carl.post("/bookings", &order(&["A-4"], "ONCE")).is(201);
    olga.does("close", &made).is(200);
    carl.post("/bookings", &order(&["A-5", "Z-9"], "WRONG")).refused(404, "seat_not_found");
    carl.post("/bookings", &order(&["A-5"], "WRONG")).refused_by_concert("sales_closed");
}
