//! What stands on every answer.

use std::collections::BTreeSet;

use hyper::Method;
use serde_json::json;

use crate::harness::{Answer, BoxOffice, concert};

/// An answer of every kind that the contract has, and whether it is one user's.
fn one_of_each(office: &BoxOffice) -> Vec<(Answer, bool)> {
    let (guest, olga, carl) = (office.guest(), office.organizer("olga"), office.customer("carl"));
    let made = olga.creates(&concert("Night"));
    let path = made.path("");
    let booked = carl.books(&made, 1).is(201);
    let etag = guest.get(&path).header("etag").expect("an ETag").to_owned();
    let old = "\"0.0\"";
    vec![
        (guest.call_at(Method::GET, "/livez").send().is(200), false),
        (guest.call_at(Method::GET, "/readyz").send().is(200), false),
        (guest.get("/concerts").is(200), false),
        (guest.get(&path).is(200), false),
        (guest.get(&made.path("/seats")).is(200), false),
        (guest.call(Method::GET, &path).header("if-none-match", &etag).send().is(304), false),
        (carl.get("/bookings/mybookings").is(200), true),
        (carl.get(&format!("/bookings/{}", booked.text("id"))).is(200), true),
        (carl.cancels(&booked.json()).is(204), true),
        (booked, true),
        (guest.post("/auth/register", &json!({})).is(400), false),
        (guest.logs_in("nobody", "wrong password").is(401), false),
        (guest.get("/bookings/mybookings").is(401), false),
        (carl.post("/concerts", &concert("Day")).is(403), true),
        (guest.get("/nowhere").is(404), false),
        (guest.call_at(Method::GET, "/nowhere").send().is(404), false),
        (guest.delete("/concerts").is(405), false),
        (carl.post("/bookings", &made.order(2)).is(409), true),
        (
            olga.call(Method::PUT, &path).header("if-match", old).json(&json!({"name": "x"})).send().is(412),
            true,
        ),
        (olga.call(Method::POST, "/concerts").bytes("{}").send().is(415), true),
        (olga.call(Method::POST, "/concerts").json(&json!("x".repeat(1 << 20))).send().is(413), true),
    ]
}

#[test]
fn every_answer_has_the_security_headers() {
    let office = BoxOffice::open();
    let mut statuses = BTreeSet::new();
    for (answer, is_private) in one_of_each(&office) {
        statuses.insert(answer.status);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        let policy =
            answer.header("content-security-policy").unwrap_or_else(|| panic!("no policy: {answer:?}"));
        assert!(answer.header("referrer-policy").is_some(), "{answer:?}");
        let is_framed = !policy.contains("frame-ancestors") && answer.header("x-frame-options").is_none();
        assert!(!is_framed, "nobody may frame it: {answer:?}");
        let caching =
            answer.header("cache-control").unwrap_or_else(|| panic!("no Cache-Control: {answer:?}"));
        assert!(!is_private || caching.contains("no-store"), "it is one user's: {answer:?}");
    }
    assert_eq!(statuses.len(), 13, "of every kind of answer: {statuses:?}");
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let office = BoxOffice::open();
    let answers = one_of_each(&office);
    let ids: BTreeSet<_> = answers.iter().map(|(answer, _)| answer.header("x-request-id")).collect();
    assert!(!ids.contains(&None), "{ids:?}");
    assert!(!ids.contains(&Some("")), "{ids:?}");
    assert_eq!(ids.len(), answers.len(), "no two are alike");
}

#[test]
fn no_answer_tells_about_the_inside() {
    let office = BoxOffice::open();
    for (answer, _) in one_of_each(&office) {
        let text = format!("{answer:?}").to_lowercase();
        for word in ["sled", "ractor", "axum", "hyper", "serde", "panicked", ".rs:", "actor"] {
            assert!(!text.contains(word), "{word}: {answer:?}");
        }
    }
}
