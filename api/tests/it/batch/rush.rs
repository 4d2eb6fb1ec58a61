//! Batches that all want the same seats, at once.

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;

use crate::harness::{BoxOffice, audit, concert, with};

const SEATS: usize = 700;
const PARTNERS: usize = 6;
const LINES: usize = 250;

#[test]
fn a_rush_of_batches_sells_every_seat_exactly_once() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 12.5, "totalSeats": SEATS}]);
    let made = olga.creates(&with(concert("Rush"), &json!({"seatTypes": seats})));
    let partners = (0..PARTNERS).map(|partner| {
        let (olga, ada) = (office.organizer("olga"), office.customer(&format!("single-{partner}")));
        let made = made.clone();
        thread::spawn(move || {
            // Half of the users are everybody's, so that their limits are fought over, too.
            let user = |line: usize| {
                if line.is_multiple_of(2) { format!("user-{line}") } else { format!("own-{partner}-{line}") }
            };
            let lines: Vec<_> = (0..LINES).map(|line| made.line(&user(line), 1)).collect();
            let alone = ada.books(&made, 1);
            let mut told = olga.books_all(&lines);
            told.retain(|told| told["status"] == 201);
            let mut booked: Vec<_> = told.into_iter().map(|told| told["booking"].clone()).collect();
            if alone.status == 201 {
                booked.push(alone.json());
            }
            booked
        })
    });
    let partners: Vec<_> = partners.collect();
    let booked: Vec<_> =
        partners.into_iter().flat_map(|partner| partner.join().expect("everybody is answered")).collect();
    let books = audit(&olga, &made);
    assert_eq!(olga.counts(&made), [0, 0, SEATS as u64, 0], "sold out to the last seat");
    assert_eq!(booked.len(), SEATS);
    let ids: BTreeSet<_> = booked.iter().map(|booking| booking["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, books.bookings.keys().map(String::as_str).collect(), "exactly what was acknowledged");
    let users: BTreeSet<_> =
        booked.iter().map(|booking| booking["userId"].as_str().expect("a user")).collect();
    assert_eq!(users.len(), SEATS, "nobody has two tickets");
}
