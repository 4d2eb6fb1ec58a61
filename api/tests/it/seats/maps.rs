//! Seat maps: what is uploaded is what is shown.

use hyper::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, concert, eventually, hall, now, with};

#[test]
fn a_map_is_shown_seat_by_seat_with_sections_and_positions() {
    let office = BoxOffice::open();
    let rows = json!([
        {"section": "STALLS", "label": "A", "seats": 2, "positions": [[0, 1.5], [-2.25, 3]]},
        {"section": "STALLS", "label": "B", "seats": 1},
        {"label": "A", "seats": 1},
    ]);
    let seat_types = json!([
        {"name": "Stalls", "price": 20, "rows": rows},
        {"name": "Standing", "price": 10, "totalSeats": 50},
    ]);
    let made = office.organizer("olga").creates(&with(concert("Night"), &json!({"seatTypes": seat_types})));
    let numbered = &made.body["seatTypes"][0];
    assert_eq!((&numbered["numbered"], &numbered["totalSeats"]), (&json!(true), &json!(4)));
    assert_eq!(made.body["seatTypes"][1]["numbered"], false);

    let seats = office.guest().get(&made.path("/seats")).is(200).json();
    assert_eq!((&seats["concertId"], &seats["sequence"]), (&json!(made.id), &made.body["sequence"]));
    assert_eq!(
        seats["seatTypes"][0],
        json!({
            "id": made.seat_type(0), "name": "Stalls", "price": 20.0, "totalSeats": 4,
            "available": 4, "held": 0, "booked": 0, "blocked": 0,
            "seats": [
                {"label": "STALLS-A-1", "row": "A", "section": "STALLS", "number": 1, "x": 0, "y": 1.5, "status": "available"},
                {"label": "STALLS-A-2", "row": "A", "section": "STALLS", "number": 2, "x": -2.25, "y": 3, "status": "available"},
                {"label": "STALLS-B-1", "row": "B", "section": "STALLS", "number": 1, "status": "available"},
                {"label": "A-1", "row": "A", "number": 1, "status": "available"},
            ],
        })
    );
    assert!(seats["seatTypes"][1].get("seats").is_none());
}

#[test]
fn a_map_shows_what_every_seat_is() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(hall("Night"), &json!({"payment": "required"})));
    let carl = office.customer("carl");
    let held = carl.post("/bookings", &made.order_of(&["A-3", "A-4"])).is(201).json();
    let booked = carl.post("/bookings", &made.order_of(&["B-10"])).is(201).json();
    carl.has_paid(&booked, "sim_ok");
    let block = made.path(&format!("/seattypes/{}/block", made.seat_type(0)));
    olga.post(&block, &json!({"seats": ["A-1"]})).is(200);
    let statuses = office.guest().seat_statuses(&made);
    assert_eq!(statuses.len(), 20);
    for (label, status) in &statuses {
        let expected = match label.as_str() {
            "A-3" | "A-4" => "held",
            "B-10" => "booked",
            "A-1" => "blocked",
            _ => "available",
        };
        assert_eq!(status, expected, "{label}");
    }
    assert_eq!(olga.counts(&made), [16, 2, 1, 1]);
    carl.cancels(&held).is(204);
    assert_eq!(office.guest().seat_statuses(&made)["A-3"], "available");
}

#[test]
fn whoever_has_the_map_is_told_that_it_is_the_same() {
    let office = BoxOffice::open();
    for rows in [2, 60] {
        let rows: Vec<_> = (0..rows).map(|row| json!({"label": format!("R{row}"), "seats": 50})).collect();
        let seats = json!([{"name": "Stalls", "price": 20, "rows": rows}]);
        let made = office.organizer("olga").creates(&with(hall("Night"), &json!({"seatTypes": seats})));
        let path = made.path("/seats");
        let first = office.guest().get(&path).is(200);
        let tag = first.header("etag").expect("a tag").to_owned();
        let again = office.guest().call(Method::GET, &path).header("if-none-match", &tag).send().is(304);
        assert_eq!((again.header("etag"), again.body.len()), (Some(tag.as_str()), 0));
        let booking = office.customer("carl").has_booked(&made, 1);
        let seat = booking["items"][0]["seats"][0].as_str().expect("a label").to_owned();
        // A large map is at most a tenth of a second old.
        eventually("the map shows the booking", || {
            let answer = office.guest().call(Method::GET, &path).header("if-none-match", &tag).send();
            (answer.status == 200).then_some(())
        });
        assert_eq!(office.guest().seat_statuses(&made)[&seat], "booked");
    }
}

#[test]
fn a_large_map_shows_what_was_booked_a_tenth_of_a_second_before() {
    let office = BoxOffice::open();
    let rows: Vec<_> = (0..60).map(|row| json!({"label": format!("R{row}"), "seats": 50})).collect();
    let seats = json!([{"name": "Stalls", "price": 20, "rows": rows}]);
    let change = json!({"seatTypes": seats, "maxTicketsPerUser": 100});
    let made = office.organizer("olga").creates(&with(hall("Night"), &change));
    let (carl, guest) = (office.customer("carl"), office.guest());
    for _ in 0..20 {
        let seat = carl.has_booked(&made, 1)["items"][0]["seats"][0].as_str().expect("a label").to_owned();
        let due = now() + SignedDuration::from_millis(100);
        // Others keep looking, so that there is always a map that was made a moment ago.
        eventually("a tenth of a second is over", || {
            guest.get(&made.path("/seats")).is(200);
            (now() >= due).then_some(())
        });
        assert_eq!(guest.seat_statuses(&made)[&seat], "booked");
    }
}

#[test]
fn a_map_of_60_000_seats_is_taken_and_shown() {
    let office = BoxOffice::open();
    let row = |row: i32| {
        let positions: Vec<_> = (0..100).map(|seat| json!([seat, row])).collect();
        json!({"section": format!("S{}", row / 50), "label": row.to_string(), "seats": 100, "positions": positions})
    };
    let rows: Vec<_> = (0..600).map(row).collect();
    let seats = json!([{"name": "Arena", "price": 20, "rows": rows}]);
    let made = office.organizer("olga").creates(&with(hall("Arena"), &json!({"seatTypes": seats})));
    let seats = office.guest().seat_statuses(&made);
    assert_eq!(seats.len(), 60_000);
    let booking = office.customer("carl").has_booked(&made, 10);
    assert_eq!(booking["items"][0]["seats"].as_array().map(Vec::len), Some(10));
}

#[test]
fn numbered_seats_are_added_later_and_their_number_is_not_changed() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let stalls = json!({"name": "Stalls", "price": 30, "rows": [{"label": "A", "seats": 3}]});
    let added = olga.post(&made.path("/seattypes"), &stalls).is(201).json();
    assert_eq!((&added["numbered"], &added["totalSeats"]), (&json!(true), &json!(3)));
    let path = made.path(&format!("/seattypes/{}", added["id"].as_str().expect("an id")));
    olga.patch(&path, &json!({"totalSeats": 4})).faults(&["/totalSeats"]);
    assert_eq!(olga.patch(&path, &json!({"price": 31})).is(200).json()["price"], json!(31.0));
    let order = json!({"concertId": made.id, "seatTypeId": added["id"], "seats": ["A-2"]});
    let booking = office.customer("carl").post("/bookings", &order).is(201).json();
    assert_eq!(booking["items"][0]["seats"], json!(["A-2"]));
    assert_eq!(office.guest().counts(&made), [100, 0, 0, 0]);
    let seats: Value = office.guest().get(&made.path("/seats")).is(200).json();
    assert_eq!(seats["seatTypes"][1]["seats"][1]["status"], "booked");
}

#[test]
fn who_sees_hidden_seats_has_another_tag() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!([
        {"name": "Floor", "price": 5, "totalSeats": 10},
        {"name": "Friends", "price": 1, "totalSeats": 2, "hidden": true},
    ]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats})));
    let (open, all) = (office.guest().get(&made.path("")), olga.get(&made.path("")));
    assert_ne!(open.header("etag"), all.header("etag"));
    let known = |client: &Client, tag: &str| {
        client.call(Method::GET, &made.path("")).header("if-none-match", tag).send().status
    };
    assert_eq!(known(&olga, open.header("etag").unwrap()), 200);
    assert_eq!(known(&olga, all.header("etag").unwrap()), 304);
    assert_eq!(known(&office.guest(), all.header("etag").unwrap()), 200);
}

#[test]
fn what_depends_on_who_asks_says_so() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&hall("Night"));
    let draft = olga.creates(&with(concert("Day"), &json!({"draft": true})));
    for client in [&olga, &office.guest()] {
        for path in [made.path(""), made.path("/seats")] {
            let shown = client.get(&path).is(200);
            assert_eq!(shown.header("vary"), Some("Authorization"), "{shown:?}");
            let tag = shown.header("etag").expect("a tag");
            let known = client.call(Method::GET, &path).header("if-none-match", tag).send().is(304);
            assert_eq!(known.header("vary"), Some("Authorization"), "{known:?}");
        }
    }
    let hidden = office.guest().get(&draft.path("")).is(404);
    assert_eq!(hidden.header("vary"), Some("Authorization"), "{hidden:?}");
}
