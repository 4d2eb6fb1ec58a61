//! Bad input: each fault is named, and nothing changes.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, concert, in_days, in_seconds, with};

/// Every fault of a concert's own fields: what is sent, and what is named.
fn faulty_concerts() -> Vec<(Value, Vec<&'static str>)> {
    vec![
        (json!({"name": ""}), vec!["/name"]),
        (json!({"name": "   "}), vec!["/name"]),
        (json!({"name": "n".repeat(10_000)}), vec!["/name"]),
        (json!({"name": "bell\u{7}"}), vec!["/name"]),
        (json!({"name": "zero\u{0}"}), vec!["/name"]),
        (json!({"name": 5}), vec!["/name"]),
        (json!({"name": null}), vec!["/name"]),
        (json!({"venue": ""}), vec!["/venue"]),
        (json!({"venue": "v".repeat(10_000)}), vec!["/venue"]),
        (json!({"venue": "escape\u{1b}[31m"}), vec!["/venue"]),
        (json!({"description": "d".repeat(200_000)}), vec!["/description"]),
        (json!({"description": "zero\u{0}"}), vec!["/description"]),
        (json!({"description": {}}), vec!["/description"]),
        (json!({"genre": "g".repeat(10_000)}), vec!["/genre"]),
        (json!({"genre": "del\u{7f}"}), vec!["/genre"]),
        (json!({"currency": "ZZZ"}), vec!["/currency"]),
        (json!({"currency": "dollars"}), vec!["/currency"]),
        (json!({"currency": ""}), vec!["/currency"]),
        (json!({"maxTicketsPerUser": 0}), vec!["/maxTicketsPerUser"]),
        (json!({"maxTicketsPerUser": -1}), vec!["/maxTicketsPerUser"]),
        (json!({"maxTicketsPerUser": 1.5}), vec!["/maxTicketsPerUser"]),
        (json!({"maxTicketsPerUser": "2"}), vec!["/maxTicketsPerUser"]),
        (json!({"maxTicketsPerUser": 1e30}), vec!["/maxTicketsPerUser"]),
        (json!({"holdSeconds": 0}), vec!["/holdSeconds"]),
        (json!({"holdSeconds": 7_201}), vec!["/holdSeconds"]),
        (json!({"payment": "maybe"}), vec!["/payment"]),
        (json!({"cancellation": {"deadlineHours": -1}}), vec!["/cancellation/deadlineHours"]),
        (json!({"cancellation": {"feeFixed": -0.01}}), vec!["/cancellation/feeFixed"]),
        (json!({"cancellation": {"feePercent": 100.5}}), vec!["/cancellation/feePercent"]),
        (json!({"cancellation": {"feePercent": -1}}), vec!["/cancellation/feePercent"]),
        (json!({"cancellation": {"fee": 1}}), vec!["/cancellation/fee"]),
        (json!({"cancellation": 5}), vec!["/cancellation"]),
        (json!({"draft": "yes"}), vec!["/draft"]),
        (json!({"colour": "red"}), vec!["/colour"]),
        (json!({"id": "mine", "status": "on_sale"}), vec!["/id", "/status"]),
        (
            json!({"name": "", "venue": "", "maxTicketsPerUser": 0}),
            vec!["/name", "/venue", "/maxTicketsPerUser"],
        ),
        (json!({"name": 1, "startTime": 2, "x": 3}), vec!["/name", "/startTime", "/x"]),
    ]
}

/// Every fault of its times.
fn faulty_times() -> Vec<(Value, Vec<&'static str>)> {
    let year = &in_days(400)[..4];
    vec![
        (json!({"startTime": format!("{year}-02-30T20:00:00Z")}), vec!["/startTime"]),
        (json!({"startTime": format!("{year}-13-01T20:00:00Z")}), vec!["/startTime"]),
        (json!({"startTime": format!("{year}-01-01T25:00:00Z")}), vec!["/startTime"]),
        (json!({"startTime": format!("{year}-01-01T20:00:00")}), vec!["/startTime"]),
        (json!({"startTime": format!("{year}-01-01")}), vec!["/startTime"]),
        (json!({"startTime": "tomorrow"}), vec!["/startTime"]),
        (json!({"startTime": 1_900_000_000}), vec!["/startTime"]),
        (json!({"startTime": in_seconds(-60)}), vec!["/startTime"]),
        (json!({"date": format!("{year}-02-30")}), vec!["/date"]),
        (json!({"date": in_days(35)[..10]}), vec!["/date"]),
        (json!({"date": 20_310_101}), vec!["/date"]),
        (json!({"salesOpenAt": "soon"}), vec!["/salesOpenAt"]),
        (json!({"salesOpenAt": in_days(20), "salesCloseAt": in_days(10)}), vec!["/salesOpenAt"]),
        (json!({"salesOpenAt": in_days(31)}), vec!["/salesOpenAt"]),
        (json!({"salesCloseAt": "late"}), vec!["/salesCloseAt"]),
        (json!({"salesCloseAt": in_days(31)}), vec!["/salesCloseAt"]),
    ]
}

/// Every fault of the first of its seat types.
fn faulty_seat_types() -> Vec<(Value, Vec<&'static str>)> {
    vec![
        (json!({"name": ""}), vec!["/seatTypes/0/name"]),
        (json!({"name": "s".repeat(10_000)}), vec!["/seatTypes/0/name"]),
        (json!({"name": "tab\t"}), vec!["/seatTypes/0/name"]),
        (json!({"name": false}), vec!["/seatTypes/0/name"]),
        (json!({"totalSeats": 0}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": -5}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": 100_000_001}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": u64::MAX}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": 1e300}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": 2.5}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": "100"}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"totalSeats": null}), vec!["/seatTypes/0/totalSeats"]),
        (json!({"price": -0.01}), vec!["/seatTypes/0/price"]),
        (json!({"price": -1}), vec!["/seatTypes/0/price"]),
        (json!({"price": 1_000_000.01}), vec!["/seatTypes/0/price"]),
        (json!({"price": 1e300}), vec!["/seatTypes/0/price"]),
        (json!({"price": 12.345}), vec!["/seatTypes/0/price"]),
        (json!({"price": "12"}), vec!["/seatTypes/0/price"]),
        (json!({"price": null}), vec!["/seatTypes/0/price"]),
        (json!({"colour": "red"}), vec!["/seatTypes/0/colour"]),
        (
            json!({"name": "", "price": -1, "totalSeats": 0}),
            vec!["/seatTypes/0/name", "/seatTypes/0/price", "/seatTypes/0/totalSeats"],
        ),
    ]
}

#[test]
fn every_fault_of_a_new_concert_is_named_and_none_is_made() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    for (change, pointers) in faulty_concerts().into_iter().chain(faulty_times()) {
        olga.post("/concerts", &with(concert("Night"), &change)).faults(&pointers);
    }
    for (change, pointers) in faulty_seat_types() {
        let good = json!({"name": "Standing", "price": 10, "totalSeats": 100});
        let seat_types = json!({"seatTypes": [with(good, &change)]});
        olga.post("/concerts", &with(concert("Night"), &seat_types)).faults(&pointers);
    }
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());
}

#[test]
fn a_concert_has_one_to_a_hundred_seat_types() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let so_many = |count: usize| {
        let seat_type =
            |number: usize| json!({"name": format!("Block {number}"), "price": 1, "totalSeats": 1});
        let seat_types: Vec<_> = (0..count).map(seat_type).collect();
        with(concert("Night"), &json!({"seatTypes": seat_types}))
    };
    for count in [0, 101, 5_000] {
        olga.post("/concerts", &so_many(count)).faults(&["/seatTypes"]);
    }
    for nonsense in [json!({}), json!("Standing"), json!(null)] {
        olga.post("/concerts", &with(concert("Night"), &json!({"seatTypes": nonsense})))
            .faults(&["/seatTypes"]);
    }
    let mixed = json!({"seatTypes": [5, {"name": "Standing", "price": 1, "totalSeats": 1}, []]});
    olga.post("/concerts", &with(concert("Night"), &mixed)).faults(&["/seatTypes/0", "/seatTypes/2"]);
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());
    assert_eq!(olga.creates(&so_many(100)).body["seatTypes"].as_array().map(Vec::len), Some(100));
}

#[test]
fn what_is_missing_is_named() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    olga.post("/concerts", &json!({})).faults(&["/name", "/venue", "/startTime", "/seatTypes"]);
    let bare = with(concert("Night"), &json!({"seatTypes": [{}]}));
    let pointers = ["/seatTypes/0/name", "/seatTypes/0/price", "/seatTypes/0/totalSeats"];
    olga.post("/concerts", &bare).faults(&pointers);
    for no_object in [json!([]), json!("a concert"), json!(5), json!(null)] {
        olga.post("/concerts", &no_object).faults(&[""]);
    }
    olga.post("/bookings", &json!([])).faults(&[""]);
}

#[test]
fn payments_need_a_gateway() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let paid = with(concert("Night"), &json!({"payment": "required"}));
    olga.post("/concerts", &paid).refused(409, "gateway_missing");
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());
}
