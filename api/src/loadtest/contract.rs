//! The contract's JSON, as far as a buyer and an organizer need it.

use std::borrow::Cow;

use serde::Deserialize;

use super::history::{Concert, Counts};
use super::limits::{SEATS_PER_ROW, TICKETS_PER_BUYER};

/// `booking`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Booking<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) concert_id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) user_id: Cow<'a, str>,
    pub(super) items: Vec<Item<'a>>,
    pub(super) quantity: u32,
    #[serde(borrow)]
    pub(super) status: Cow<'a, str>,
    pub(super) sequence: u64,
}

/// Seats of one type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    pub(super) seat_type_id: Cow<'a, str>,
    #[serde(default)]
    pub(super) seats: Vec<String>,
}

impl Booking<'_> {
    /// The labels of all its seats, in an order of their own.
    pub(super) fn seats(&self) -> Vec<String> {
        let mut seats: Vec<String> = self.items.iter().flat_map(|item| item.seats.iter().cloned()).collect();
        seats.sort_unstable();
        seats
    }
}

/// Why a request was refused.
#[derive(Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) code: String,
    #[serde(default)]
    pub(super) detail: String,
    pub(super) sequence: Option<u64>,
    pub(super) available: Option<u32>,
    pub(super) seat: Option<String>,
}

/// `concert`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConcertShown {
    pub(super) id: String,
    pub(super) sequence: u64,
    pub(super) seat_types: Vec<SeatTypeShown>,
}

/// A seat type in a concert.
#[derive(Deserialize)]
pub(super) struct SeatTypeShown {
    pub(super) id: String,
    pub(super) remaining: u64,
}

/// The answer of `/concerts/{id}/seats`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatsShown {
    pub(super) sequence: u64,
    pub(super) seat_types: Vec<SeatTypeCounts>,
}

/// The counters of a seat type, and its seats where they are numbered.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatTypeCounts {
    total_seats: u64,
    available: u64,
    held: u64,
    booked: u64,
    blocked: u64,
    #[serde(default)]
    pub(super) seats: Vec<SeatShown>,
}

impl SeatTypeCounts {
    pub(super) fn counts(&self) -> Counts {
        let Self { total_seats: total, available, held, booked, blocked, .. } = *self;
        Counts { total, available, held, booked, blocked }
    }
}

/// A numbered seat.
#[derive(Deserialize)]
pub(super) struct SeatShown {
    pub(super) label: String,
    pub(super) status: String,
}

/// The answer to a registration or a login.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) user: User,
    pub(super) token: String,
}

/// An account.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
}

/// The body that makes a concert.
pub(super) fn new_concert(name: &str, start: &str, seats: u32, is_numbered: bool) -> String {
    let seat_type = if is_numbered {
        let rows = (0..seats.div_ceil(SEATS_PER_ROW)).map(|row| {
            let in_row = SEATS_PER_ROW.min(seats - row * SEATS_PER_ROW);
            serde_json::json!({ "label": row_label(row), "seats": in_row })
        });
        serde_json::json!({ "name": "Stalls", "price": 40, "rows": rows.collect::<Vec<_>>() })
    } else {
        serde_json::json!({ "name": "Standing", "price": 40, "totalSeats": seats })
    };
    serde_json::json!({
        "name": name, "venue": "Load Test Hall", "startTime": start,
        "maxTicketsPerUser": TICKETS_PER_BUYER, "seatTypes": [seat_type],
    })
    .to_string()
}

fn row_label(row: u32) -> String {
    format!("R{}", row + 1)
}

/// The label of a numbered seat, counted from 0.
pub(super) fn seat_label(seat: u32) -> String {
    format!("{}-{}", row_label(seat / SEATS_PER_ROW), seat % SEATS_PER_ROW + 1)
}

/// The body that books: a seat, or so many of them.
pub(super) fn new_booking(concert: &Concert, quantity: u32, seat: Option<&str>) -> String {
    let Concert { id, seat_type, .. } = concert;
    match seat {
        Some(seat) => format!(r#"{{"concertId":"{id}","seatTypeId":"{seat_type}","seats":["{seat}"]}}"#),
        None => format!(r#"{{"concertId":"{id}","seatTypeId":"{seat_type}","quantity":{quantity}}}"#),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_seat_that_is_made_has_a_label_of_its_own() {
        let body: serde_json::Value =
            serde_json::from_str(&new_concert("Rush", "2030-01-01T00:00:00Z", 120, true)).unwrap();
        let rows = body["seatTypes"][0]["rows"].as_array().unwrap();
        let made = rows.iter().flat_map(|row| {
            let (label, seats) = (row["label"].as_str().unwrap(), row["seats"].as_u64().unwrap());
            (1..=seats).map(move |number| format!("{label}-{number}"))
        });
        assert_eq!(made.collect::<BTreeSet<_>>(), (0..120).map(seat_label).collect());
    }

    #[test]
    fn a_booking_is_read_whatever_else_it_says() {
        let text = r#"{"id":"b","concertId":"c","concertName":"\u00fc\"","userId":"u","items":[{"seatTypeId":"t",
            "seats":["B-2","A-1"],"quantity":2}],"quantity":2,"status":"confirmed","sequence":7,"new":null}"#;
        let booking: Booking<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((booking.seats(), booking.sequence), (vec!["A-1".to_owned(), "B-2".to_owned()], 7));
    }
}
