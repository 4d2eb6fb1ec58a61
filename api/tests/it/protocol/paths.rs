//! Paths and methods.

use hyper::Method;
use serde_json::json;

use crate::harness::{BoxOffice, concert};

#[test]
fn the_box_office_says_that_it_lives_and_is_ready() {
    let office = BoxOffice::open();
    for path in ["/livez", "/readyz"] {
        office.guest().call_at(Method::GET, path).send().is(200);
    }
}

#[test]
fn an_unknown_path_is_not_found() {
    let office = BoxOffice::open();
    let guest = office.guest();
    for path in
        ["/", "/api", "/api/", "/api/concert", "/concerts", "/api/auth", "/api/users/x/y", "/api//concerts"]
    {
        guest.call_at(Method::GET, path).send().refused(404, "not_found");
    }
    guest.call_at(Method::POST, "/api/nothing").json(&json!({})).send().refused(404, "not_found");
    guest.call_at(Method::GET, &format!("/{}", "x".repeat(10_000))).send().refused(404, "not_found");
}

#[test]
fn a_wrong_method_is_refused_with_those_that_are_allowed() {
    let office = BoxOffice::open();
    let admin = office.admin();
    let made = admin.creates(&concert("Night"));
    for (method, path, allowed) in [
        (Method::DELETE, "/concerts".to_owned(), vec!["GET", "POST"]),
        (Method::PATCH, made.path(""), vec!["GET", "PUT", "DELETE"]),
        (Method::GET, made.path("/open"), vec!["POST"]),
        (Method::PUT, "/bookings".to_owned(), vec!["POST"]),
        (Method::POST, "/bookings/mybookings".to_owned(), vec!["GET"]),
        (Method::GET, "/auth/login".to_owned(), vec!["POST"]),
        (Method::DELETE, "/auth/profile".to_owned(), vec!["GET", "PATCH"]),
        (Method::POST, made.path("/seats"), vec!["GET"]),
    ] {
        let answer = admin.call(method, &path).send();
        answer.refused(405, "method_not_allowed");
        let allow = answer.header("allow").unwrap_or_else(|| panic!("no Allow: {answer:?}"));
        for method in allowed {
            assert!(allow.split(',').any(|word| word.trim() == method), "{method}: {answer:?}");
        }
    }
    assert_eq!(admin.sees(&made), made.body);
}

#[test]
fn what_comes_with_later_issues_is_refused_and_changes_nothing() {
    let office = BoxOffice::open();
    let admin = office.admin();
    let made = admin.creates(&concert("Night"));
    let booking = admin.has_booked(&made, 1);
    let concert_path = format!("/api{}", made.path(""));
    for path in [
        "/api/concerts/popular".to_owned(),
        format!("{concert_path}/live"),
        "/api/events".to_owned(),
        "/api/me/live".to_owned(),
        "/metrics".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
    ] {
        let answer = admin.call_at(Method::GET, &path).send();
        assert!(matches!(answer.status, 400 | 404 | 405), "{answer:?}");
        answer.problem();
    }
    let searched = admin.get("/concerts?q=night");
    searched.refused(400, "validation_failed");
    assert_eq!(admin.sees_booking(&booking), booking);
}

#[test]
fn ids_need_no_escaping_in_a_url() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let ada = office.guest().registers("ada", "open sesame");
    let booking = ada.has_booked(&made, 1);
    let booking_id = booking["id"].as_str().expect("an id");
    for id in [&made.id, made.seat_type(0), booking_id, &ada.id] {
        let is_safe = |character: char| character.is_ascii_alphanumeric() || "-._~".contains(character);
        assert!(!id.is_empty() && id.chars().all(is_safe), "{id}");
    }
}
