//! Changing a concert's details, and who may.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, Concert, concert, in_days, in_seconds, with};

fn change_if(client: &Client, concert: &Concert, etag: &str, change: &Value) -> Answer {
    client.call(Method::PUT, &concert.path("")).header("if-match", etag).json(change).send()
}

fn etag(client: &Client, concert: &Concert) -> String {
    client.get(&concert.path("")).is(200).header("etag").expect("an ETag").to_owned()
}

#[test]
fn what_a_change_names_is_changed_and_the_rest_stays() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"genre": "Jazz", "description": "Long."})));
    let start = in_days(50);
    let changes = [
        json!({"name": "Late Night"}),
        json!({"description": ""}),
        json!({"genre": "Swing", "venue": "The Cave"}),
        json!({"maxTicketsPerUser": 6}),
        json!({"cancellation": {"deadlineHours": 2, "feeFixed": 0.0, "feePercent": 0.0}}),
        json!({"startTime": start, "salesCloseAt": in_days(45)}),
        json!({"salesOpenAt": in_days(3)}),
    ];
    let mut expected = made.body.clone();
    for change in changes {
        let now = olga.put(&made.path(""), &change).is(200).json();
        expected = with(expected, &change);
        for derived in ["version", "sequence", "updatedAt", "date", "status"] {
            expected[derived] = now[derived].clone();
        }
        assert_eq!(now, expected, "{change}");
        assert_eq!(office.guest().sees(&made), now);
    }
    assert_eq!(expected["date"], start[..10]);
    let version = made.body["version"].as_u64().expect("a version");
    assert_eq!(expected["version"], version + 7, "the organizer changed it seven times");
}

#[test]
fn the_start_as_it_is_told_sent_back_changes_nothing() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let day = in_days(40)[..10].to_owned();
    let evening = json!({"startTime": format!("{day}T20:00:00-06:00"), "date": day});
    let made = olga.creates(&with(concert("Night"), &evening));
    let told = made.body["startTime"].clone();
    assert_ne!(told.as_str().expect("a time")[..10], day, "in UTC it is the next day");
    for same in [json!({"startTime": told, "date": day}), json!({"startTime": told}), json!({"date": day})] {
        assert_eq!(olga.put(&made.path(""), &same).is(200).json(), made.body, "{same}");
    }
    let next_day = &told.as_str().expect("a time")[..10];
    olga.put(&made.path(""), &json!({"date": next_day})).faults(&["/date"]);
    // The same moment elsewhere is a change.
    let moved = olga.put(&made.path(""), &json!({"startTime": told, "date": next_day})).is(200).json();
    assert_eq!((&moved["date"], &moved["startTime"]), (&json!(next_day), &told));
    let there: jiff::Timestamp = told.as_str().expect("a time").parse().expect("a time");
    let there = there.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(2)));
    let there = there.strftime("%Y-%m-%dT%H:%M:%S+02:00").to_string();
    let moved = olga.put(&made.path(""), &json!({"startTime": there})).is(200).json();
    assert_eq!(moved["date"], there[..10]);
    assert_eq!(moved["startTime"], told);
}

#[test]
fn the_etag_is_version_and_sequence_and_changes_with_every_event() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let tag_of = |body: &Value| format!("\"{}.{}\"", body["version"], body["sequence"]);
    let first = etag(&olga, &made);
    assert_eq!(first, tag_of(&made.body));

    let unchanged =
        office.guest().call(Method::GET, &made.path("")).header("if-none-match", &first).send().is(304);
    assert_eq!(unchanged.header("etag"), Some(first.as_str()));
    assert_eq!(unchanged.body, b"");

    office.customer("carl").has_booked(&made, 1);
    let call = office.guest().call(Method::GET, &made.path(""));
    let booked = call.header("if-none-match", &first).send().is(200);
    assert_eq!(booked.header("etag"), Some(tag_of(&booked.json()).as_str()));
    assert_eq!(booked.json()["version"], made.body["version"], "a booking is no change by the organizer");
}

#[test]
fn a_change_of_an_older_version_is_refused_and_changes_nothing() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let old = etag(&olga, &made);
    office.customer("carl").has_booked(&made, 1);
    change_if(&olga, &made, &old, &json!({"name": "Later"})).is(200);

    let before = olga.sees(&made);
    change_if(&olga, &made, &old, &json!({"name": "Too late"})).refused(412, "version_mismatch");
    assert_eq!(olga.sees(&made), before);
    change_if(&olga, &made, &etag(&olga, &made), &json!({"name": "In time"})).is(200);
    olga.put(&made.path(""), &json!({"name": "Without condition"})).is(200);
}

#[test]
fn every_fault_of_a_change_is_named_and_nothing_changes() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    for (change, pointers) in [
        (json!({"name": "", "venue": "v".repeat(10_000)}), vec!["/name", "/venue"]),
        (json!({"name": null}), vec!["/name"]),
        (json!({"description": "zero\u{0}"}), vec!["/description"]),
        (json!({"startTime": in_seconds(-60)}), vec!["/startTime"]),
        (json!({"salesOpenAt": in_days(20), "salesCloseAt": in_days(10)}), vec!["/salesOpenAt"]),
        (json!({"salesCloseAt": in_days(31)}), vec!["/salesCloseAt"]),
        (json!({"maxTicketsPerUser": 0}), vec!["/maxTicketsPerUser"]),
        (json!({"cancellation": {"feePercent": 101}}), vec!["/cancellation/feePercent"]),
        (json!({"currency": "EUR"}), vec!["/currency"]),
        (json!({"status": "closed", "seatTypes": []}), vec!["/status", "/seatTypes"]),
        (json!({"name": "Fine", "version": 9}), vec!["/version"]),
    ] {
        olga.put(&made.path(""), &change).faults(&pointers);
    }
    assert_eq!(olga.sees(&made), made.body);
}

#[test]
fn only_its_organizer_and_admins_change_a_concert() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let seat_type = json!({"name": "Balcony", "price": 10, "totalSeats": 10});
    let calls = [
        (Method::PUT, made.path(""), json!({"name": "Mine"})),
        (Method::POST, made.path("/seattypes"), seat_type),
        (Method::PATCH, made.path(&format!("/seattypes/{}", made.seat_type(0))), json!({"price": 0})),
        (Method::POST, made.path("/open"), json!({})),
        (Method::POST, made.path("/close"), json!({})),
        (Method::POST, made.path("/cancel"), json!({})),
        (Method::DELETE, made.path(""), json!({})),
    ];
    for (method, path, body) in calls {
        let call = |client: &Client| {
            let call = client.call(method.clone(), &path);
            if body == json!({}) { call.send() } else { call.json(&body).send() }
        };
        call(&office.organizer("otto")).refused(403, "forbidden");
        call(&office.customer("carl")).refused(403, "forbidden");
        call(&office.guest()).refused(401, "missing_token");
    }
    assert_eq!(office.guest().sees(&made), made.body);
    let changed = office.admin().put(&made.path(""), &json!({"name": "Ours"})).is(200).json();
    assert_eq!((&changed["name"], &changed["organizerId"]), (&json!("Ours"), &json!("olga")));
}

#[test]
fn a_lower_ticket_limit_counts_for_the_next_booking() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 5})));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 3);
    olga.put(&made.path(""), &json!({"maxTicketsPerUser": 3})).is(200);
    carl.books(&made, 1).refused_by_concert("already_booked");
    olga.put(&made.path(""), &json!({"maxTicketsPerUser": 4})).is(200);
    carl.has_booked(&made, 1);
    assert_eq!(carl.sees_booking(&booking)["status"], "confirmed");
}
