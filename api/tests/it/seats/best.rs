//! The best available: side by side wherever there is room.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, hall, with};

fn seats(booking: &Value) -> Vec<String> {
    let seats = booking["items"][0]["seats"].as_array().expect("seats").clone();
    seats.iter().map(|seat| seat.as_str().expect("a label").to_owned()).collect()
}

#[test]
fn a_party_sits_side_by_side_in_the_best_row_with_room() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&hall("Night"));
    let first = office.customer("carl").has_booked(&made, 4);
    assert_eq!(seats(&first), ["A-4", "A-5", "A-6", "A-7"], "the middle of the first row");
    let asked = with(made.order(6), &json!({"bestAvailable": true}));
    let second = office.customer("cleo").post("/bookings", &asked).is(201).json();
    assert_eq!(seats(&second), ["B-3", "B-4", "B-5", "B-6", "B-7", "B-8"]);
    let third = office.customer("cora").has_booked(&made, 3);
    assert_eq!(seats(&third), ["A-1", "A-2", "A-3"]);
}

#[test]
fn the_last_seats_are_had_one_way_or_another() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&hall("Night"));
    let mut taken = BTreeSet::new();
    for (number, quantity) in [3, 5, 1, 4, 2, 3, 2].into_iter().enumerate() {
        let booking = office.customer(&format!("fan-{number}")).has_booked(&made, quantity);
        for seat in seats(&booking) {
            assert!(taken.insert(seat), "no seat twice: {booking}");
        }
    }
    assert_eq!(taken.len(), 20);
    assert_eq!(office.guest().sees(&made)["status"], "sold_out");
    assert_eq!(office.customer("late").books(&made, 1).refused_by_concert("sold_out")["available"], 0);
}

#[test]
fn general_admission_takes_the_best_available_as_any() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&crate::harness::concert("Night"));
    let asked = with(made.order(1), &json!({"bestAvailable": true}));
    let booking = office.customer("carl").post("/bookings", &asked).is(201).json();
    assert_eq!(booking["items"][0]["seats"], json!([]));
}
