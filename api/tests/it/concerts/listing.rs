//! Finding concerts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, concert, in_days, with};

fn names(concerts: &[Value]) -> Vec<&str> {
    concerts.iter().map(|concert| concert["name"].as_str().expect("a name")).collect()
}

/// Five concerts that differ in everything that one can look for.
fn fill(olga: &Client) {
    for (name, genre, venue, start, price) in [
        ("Echo", "Rock", "Arena", 10, 40),
        ("Delta", "Jazz", "Cave", 20, 10),
        ("Charlie", "Rock", "Cave", 30, 30),
        ("Bravo", "Folk", "Arena", 40, 20),
        ("Alpha", "Jazz", "Arena", 50, 50),
    ] {
        let changes = json!({
            "genre": genre,
            "venue": venue,
            "startTime": in_days(start),
            "seatTypes": [
                {"name": "Dear", "price": 1_000, "totalSeats": 5},
                {"name": "Cheap", "price": price, "totalSeats": 5},
            ],
        });
        olga.creates(&with(concert(name), &changes));
    }
}

#[test]
fn concerts_are_listed_by_start_unless_asked_otherwise() {
    let office = BoxOffice::open();
    fill(&office.organizer("olga"));
    for (query, expected) in [
        ("", ["Echo", "Delta", "Charlie", "Bravo", "Alpha"]),
        ("?sort=startTime", ["Echo", "Delta", "Charlie", "Bravo", "Alpha"]),
        ("?sort=-startTime", ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]),
        ("?sort=name", ["Alpha", "Bravo", "Charlie", "Delta", "Echo"]),
        ("?sort=price", ["Delta", "Bravo", "Charlie", "Echo", "Alpha"]),
    ] {
        assert_eq!(names(&office.guest().lists(&format!("/concerts{query}"))), expected, "{query}");
    }
}

#[test]
fn concerts_are_found_by_what_they_are() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    fill(&olga);
    let (from, to) = (in_days(15), in_days(35));
    for (query, expected) in [
        ("genre=Rock".to_owned(), vec!["Echo", "Charlie"]),
        ("genre=Polka".to_owned(), vec![]),
        ("venue=Cave".to_owned(), vec!["Delta", "Charlie"]),
        ("venue=Arena&genre=Jazz".to_owned(), vec!["Alpha"]),
        (format!("from={from}"), vec!["Delta", "Charlie", "Bravo", "Alpha"]),
        (format!("to={to}"), vec!["Echo", "Delta", "Charlie"]),
        (format!("from={from}&to={to}&sort=-startTime"), vec!["Charlie", "Delta"]),
    ] {
        assert_eq!(names(&office.guest().lists(&format!("/concerts?{query}"))), expected, "{query}");
    }
}

#[test]
fn concerts_are_found_by_status() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    olga.creates(&concert("on_sale"));
    olga.creates(&with(concert("scheduled"), &json!({"salesOpenAt": in_days(1)})));
    let closed = olga.creates(&concert("closed"));
    olga.does("close", &closed).is(200);
    let cancelled = olga.creates(&concert("cancelled"));
    olga.does("cancel", &cancelled).is(200);
    let seat = json!([{"name": "The seat", "price": 0, "totalSeats": 1}]);
    let sold_out = olga.creates(&with(concert("sold_out"), &json!({"seatTypes": seat})));
    let booking = office.customer("carl").has_booked(&sold_out, 1);
    for status in ["on_sale", "scheduled", "closed", "cancelled", "sold_out"] {
        let found = office.guest().lists(&format!("/concerts?status={status}"));
        assert_eq!(names(&found), [status]);
        assert_eq!(found[0]["status"], status);
    }
    assert_eq!(office.guest().lists("/concerts").len(), 5, "a list has every status unless it is filtered");
    office.customer("carl").cancels(&booking).is(204);
    assert_eq!(names(&office.guest().lists("/concerts?status=on_sale&sort=name")), ["on_sale", "sold_out"]);
}

#[test]
fn following_the_links_gives_each_concert_exactly_once() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let (start, other_start) = (in_days(30), in_days(20));
    for number in 0..47 {
        // Many are alike in what they are sorted by.
        let price = json!([{"name": "Standing", "price": number % 3, "totalSeats": 5}]);
        let start = if number % 2 == 0 { &start } else { &other_start };
        let changes = json!({"startTime": start, "seatTypes": price});
        olga.creates(&with(concert(&format!("Night {}", number % 5)), &changes));
    }
    let guest = office.guest();
    assert_eq!(
        guest.get("/concerts").is(200).json().as_array().map(Vec::len),
        Some(20),
        "20 to a page by default"
    );
    for sort in ["startTime", "-startTime", "name", "price"] {
        let whole = guest.lists(&format!("/concerts?sort={sort}&limit=100"));
        let ids: BTreeSet<_> = whole.iter().map(|concert| concert["id"].as_str()).collect();
        assert_eq!(ids.len(), 47);
        for limit in [1, 7, 46, 47, 48] {
            let pages = guest.lists(&format!("/concerts?sort={sort}&limit={limit}"));
            assert_eq!(pages, whole, "{sort} in pages of {limit}");
        }
        let filtered = guest.lists(&format!("/concerts?sort={sort}&limit=2&to={}", in_days(25)));
        assert_eq!(filtered.len(), 23, "the links keep the filter");
    }
    let all_at_once = guest.get("/concerts?limit=47").is(200);
    assert_eq!(all_at_once.next_page(), None, "no link to an empty page");
}

#[test]
fn a_concert_that_is_made_between_two_pages_moves_no_other() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    fill(&olga);
    let first = office.guest().get("/concerts?sort=name&limit=2").is(200);
    assert_eq!(names(first.json().as_array().expect("a list")), ["Alpha", "Bravo"]);
    olga.creates(&concert("Aardvark"));
    olga.creates(&concert("Delta"));
    let rest = first.next_page().expect("another page").replace("limit=2", "limit=100");
    let rest = office.guest().call_at(hyper::Method::GET, &rest).send().is(200).json();
    assert_eq!(names(rest.as_array().expect("a list")), ["Charlie", "Delta", "Delta", "Echo"]);
}

#[test]
fn a_list_asked_for_badly_is_refused() {
    let office = BoxOffice::open();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "sort=colour",
        "status=lost",
        "from=yesterday",
        "to=2031-02-30T00:00:00Z",
        "cursor=nonsense",
        "cursor=%00",
    ] {
        let answer = office.guest().get(&format!("/concerts?{query}"));
        let problem = answer.refused(400, "validation_failed");
        assert!(problem["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "{answer:?}");
    }
}

#[test]
fn ids_of_the_wrong_form_are_not_found() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let (too_long, too_short) = (format!("{}0", made.id), &made.id[1..]);
    let upper = made.id.to_uppercase();
    let mut wrong = vec!["1", "nonsense", "%20", "..%2f..", "%00", "%e2%82%ac", &too_long, too_short];
    if upper != made.id {
        wrong.push(&upper);
    }
    for id in wrong {
        for rest in ["", "/seats"] {
            office.guest().get(&format!("/concerts/{id}{rest}")).refused(404, "concert_not_found");
        }
        olga.put(&format!("/concerts/{id}"), &json!({"name": "x"})).refused(404, "concert_not_found");
        olga.delete(&format!("/concerts/{id}")).refused(404, "concert_not_found");
        olga.get(&format!("/concerts/{id}/bookings")).refused(404, "concert_not_found");
        olga.get(&format!("/bookings/{id}")).refused(404, "booking_not_found");
        olga.delete(&format!("/bookings/{id}")).refused(404, "booking_not_found");
    }
    olga.get(&format!("/bookings/{}-b999999", made.id)).refused(404, "booking_not_found");
}
