//! Seats that an organizer sets aside.

use serde_json::json;

use crate::harness::{BoxOffice, Concert, concert, hall};

fn path(concert: &Concert, action: &str) -> String {
    concert.path(&format!("/seattypes/{}/{action}", concert.seat_type(0)))
}

#[test]
fn seats_that_are_set_aside_are_not_sold_until_they_are_released() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&hall("Night"));
    let carl = office.customer("carl");
    let counts = olga.post(&path(&made, "block"), &json!({"seats": ["A-1", "A-2"]})).is(200).json();
    assert_eq!((&counts["available"], &counts["blocked"]), (&json!(18), &json!(2)));
    let refused = carl.post("/bookings", &made.order_of(&["A-3", "A-2"])).refused_by_concert("seat_blocked");
    assert_eq!(refused["seat"], "A-2");
    // Once more changes nothing.
    olga.post(&path(&made, "block"), &json!({"seats": ["A-1"]})).is(200);
    assert_eq!(olga.sees(&made)["sequence"], made.sequence() + 1);
    olga.post(&path(&made, "release"), &json!({"seats": ["A-2", "A-9"]})).is(200);
    carl.post("/bookings", &made.order_of(&["A-3", "A-2"])).is(201);
    let refused = olga.post(&path(&made, "block"), &json!({"seats": ["A-4", "A-3"]}));
    assert_eq!(refused.refused_by_concert("seat_taken")["seat"], "A-3");
    assert_eq!(olga.counts(&made), [17, 0, 2, 1]);
}

#[test]
fn so_many_places_without_numbers_are_set_aside() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    olga.post(&path(&made, "block"), &json!({"quantity": 99})).is(200);
    assert_eq!(olga.counts(&made), [1, 0, 0, 99]);
    let refused = olga.post(&path(&made, "block"), &json!({"quantity": 2})).refused_by_concert("sold_out");
    assert_eq!(refused["available"], 1);
    olga.post(&path(&made, "release"), &json!({"quantity": 1_000})).is(200);
    assert_eq!(olga.counts(&made), [100, 0, 0, 0]);
}

#[test]
fn who_may_not_and_what_is_not_there_is_refused() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&hall("Night"));
    let standing = olga.creates(&concert("Day"));
    for action in ["block", "release"] {
        let path = path(&made, action);
        let seats = json!({"seats": ["A-1"]});
        office.guest().post(&path, &seats).refused(401, "missing_token");
        office.customer("carl").post(&path, &seats).refused(403, "forbidden");
        office.organizer("otto").post(&path, &seats).refused(403, "forbidden");
        olga.post(&path, &json!({"seats": ["A-1", "Z-1"]})).refused(404, "seat_not_found");
        olga.post(&path, &json!({"quantity": 2})).faults(&["/seats"]);
        olga.post(&path, &json!({})).faults(&["/seats"]);
        olga.post(&path, &json!({"seats": ["A-1"], "quantity": 1})).faults(&["/quantity"]);
        olga.post(&path, &json!({"seats": ["A-1", "A-1"], "x": 1})).faults(&["/x"]);
        olga.post(&path, &json!({"seats": ["A-1", "A-1"]})).faults(&["/seats"]);
        let nowhere = made.path(&format!("/seattypes/{}/{action}", standing.seat_type(0)));
        olga.post(&nowhere, &seats).refused(404, "seat_type_not_found");
        let standing = standing.path(&format!("/seattypes/{}/{action}", standing.seat_type(0)));
        olga.post(&standing, &json!({"quantity": 0})).faults(&["/quantity"]);
        olga.post(&standing, &seats).refused(404, "seat_not_found");
    }
    assert_eq!(olga.sees(&made), made.body);
}
