//! Making a concert.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::{BoxOffice, concert, in_days, with};

fn instant(value: &Value) -> Timestamp {
    value.as_str().expect("a time").parse().expect("RFC 3339")
}

#[test]
fn the_least_that_makes_a_concert_has_the_defaults_of_the_contract() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let request = concert("Night");
    let made = olga.post("/concerts", &request).is(201);
    let body = made.json();
    assert_eq!(made.header("location"), Some(format!("/api/concerts/{}", made.text("id")).as_str()));
    assert_eq!((&body["name"], &body["venue"]), (&json!("Night"), &json!("The Blue Note")));
    assert_eq!(body["status"], "on_sale");
    assert_eq!(body["currency"], "USD");
    assert_eq!(body["maxTicketsPerUser"], 1);
    assert_eq!(body["payment"], "none");
    assert_eq!(body["holdSeconds"], 600);
    assert_eq!(body["cancellation"], json!({"deadlineHours": 0, "feeFixed": 0.0, "feePercent": 0.0}));
    assert_eq!(body["organizerId"], "olga");
    assert_eq!(instant(&body["startTime"]), instant(&request["startTime"]));
    assert_eq!(instant(&body["salesCloseAt"]), instant(&request["startTime"]));
    assert_eq!(body["date"], body["startTime"].as_str().expect("a time")[..10]);
    assert_eq!(body["createdAt"], body["updatedAt"]);
    let seat_type = &body["seatTypes"][0];
    assert_eq!((&seat_type["name"], &seat_type["price"]), (&json!("Standing"), &json!(25.5)));
    assert_eq!((&seat_type["totalSeats"], &seat_type["remaining"]), (&json!(100), &json!(100)));
    assert_eq!(seat_type["numbered"], false);
    assert_eq!(office.guest().get(&format!("/concerts/{}", made.text("id"))).is(200).json(), body);
}

#[test]
fn a_concert_is_made_as_it_was_asked_for() {
    let office = BoxOffice::open();
    let request = with(
        concert("Ōsaka Night ♫"),
        &json!({
            "description": "Two lines,\nand a tab\there.",
            "genre": "Jazz",
            "salesOpenAt": in_days(1),
            "salesCloseAt": in_days(29),
            "currency": "EUR",
            "maxTicketsPerUser": 4,
            "payment": "none",
            "holdSeconds": 7_200,
            "cancellation": {"deadlineHours": 48, "feeFixed": 2.5, "feePercent": 12.5},
            "draft": false,
            "seatTypes": [
                {"name": "Balcony", "price": 0, "totalSeats": 1},
                {"name": "Field", "price": 1_000_000, "totalSeats": 100_000_000},
            ],
        }),
    );
    let made = office.organizer("olga").creates(&request);
    assert_eq!(made.body["status"], "scheduled");
    for member in ["name", "description", "genre", "currency", "maxTicketsPerUser", "payment", "holdSeconds"]
    {
        assert_eq!(made.body[member], request[member], "{member}");
    }
    for (member, expected) in [("deadlineHours", 48.0), ("feeFixed", 2.5), ("feePercent", 12.5)] {
        assert_eq!(made.body["cancellation"][member].as_f64(), Some(expected), "{member}");
    }
    for time in ["startTime", "salesOpenAt", "salesCloseAt"] {
        assert_eq!(instant(&made.body[time]), instant(&request[time]), "{time}");
        assert!(made.body[time].as_str().expect("a time").ends_with('Z'), "times are in UTC");
    }
    for (index, total) in [(0, 1), (1, 100_000_000)] {
        let seat_type = &made.body["seatTypes"][index];
        assert_eq!(seat_type["name"], request["seatTypes"][index]["name"]);
        assert_eq!(seat_type["price"].as_f64(), request["seatTypes"][index]["price"].as_f64());
        assert_eq!((&seat_type["totalSeats"], &seat_type["remaining"]), (&json!(total), &json!(total)));
    }
    assert_eq!(office.guest().sees(&made), made.body);
}

#[test]
fn the_date_is_the_day_of_the_start_in_the_offset_of_the_start() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let day: jiff::civil::Date = in_days(40)[..10].parse().expect("a date");
    let day_before = day.yesterday().expect("a date").to_string();
    let day = day.to_string();
    let start = json!({"startTime": format!("{day}T00:30:00+02:00")});
    let made = olga.creates(&with(with(concert("Midnight"), &start), &json!({"date": day})));
    assert_eq!(made.body["date"], day);
    assert_eq!(made.body["startTime"].as_str().expect("a time")[..10], day_before);
    let wrong = with(with(concert("Midnight"), &start), &json!({"date": day_before}));
    olga.post("/concerts", &wrong).faults(&["/date"]);
}

#[test]
fn prices_have_the_decimals_of_their_currency() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let priced = |currency: &str, price: Value| {
        let seat_types = json!([{"name": "Standing", "price": price, "totalSeats": 3}]);
        with(concert("Night"), &json!({"currency": currency, "seatTypes": seat_types}))
    };
    for (currency, price) in
        [("JPY", 100.0), ("KWD", 1.234), ("USD", 0.1), ("USD", 0.29), ("USD", 999_999.99)]
    {
        let made = olga.creates(&priced(currency, json!(price)));
        assert_eq!(made.body["seatTypes"][0]["price"].as_f64(), Some(price), "{currency}");
        let booking = office.customer("carl").has_booked(&made, 1);
        assert_eq!((booking["total"].as_f64(), &booking["currency"]), (Some(price), &json!(currency)));
    }
    for (currency, price) in [("JPY", 100.5), ("KWD", 1.2345), ("USD", 0.001)] {
        olga.post("/concerts", &priced(currency, json!(price))).faults(&["/seatTypes/0/price"]);
    }
}

#[test]
fn the_seats_of_a_concert_are_counted_from_the_start() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let seats = office.guest().get(&made.path("/seats")).is(200).json();
    assert_eq!((&seats["concertId"], &seats["sequence"]), (&json!(made.id), &made.body["sequence"]));
    let seat_type = &seats["seatTypes"][0];
    assert_eq!((&seat_type["id"], &seat_type["name"]), (&json!(made.seat_type(0)), &json!("Standing")));
    assert_eq!((&seat_type["price"], &seat_type["totalSeats"]), (&json!(25.5), &json!(100)));
    assert_eq!(office.guest().counts(&made), [100, 0, 0, 0]);

    let inventory =
        office.guest().get(&format!("/inventory/concert/{}/seattype/{}", made.id, made.seat_type(0)));
    let expected = json!({
        "concertId": made.id,
        "seatTypeId": made.seat_type(0),
        "remaining": 100,
        "sequence": made.body["sequence"],
    });
    assert_eq!(inventory.is(200).json(), expected);
}

#[test]
fn a_draft_is_seen_by_its_organizer_alone_until_it_is_opened() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let draft = olga.creates(&with(concert("Secret"), &json!({"draft": true})));
    assert_eq!(draft.body["status"], "draft");
    assert_eq!(olga.sees(&draft), draft.body);
    let others = [office.guest(), office.customer("carl"), office.organizer("otto")];
    for other in &others {
        other.get(&draft.path("")).refused(404, "concert_not_found");
        other.get(&draft.path("/seats")).refused(404, "concert_not_found");
        assert_eq!(other.lists("/concerts"), Vec::<Value>::new());
    }
    office.customer("carl").books(&draft, 1).refused(404, "concert_not_found");
    office.organizer("otto").put(&draft.path(""), &json!({"name": "Mine"})).refused(404, "concert_not_found");

    assert_eq!(olga.does("open", &draft).is(200).json()["status"], "on_sale");
    for other in &others {
        assert_eq!(other.sees(&draft)["status"], "on_sale");
        assert_eq!(other.lists("/concerts").len(), 1);
    }
    office.customer("carl").has_booked(&draft, 1);
}
