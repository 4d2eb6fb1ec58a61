//! Concerts as the tests make them.

use serde_json::{Value, json};

use super::clock::in_days;

/// A concert that was made: what its creation answered.
#[derive(Clone, Debug)]
pub(crate) struct Concert {
    pub(crate) id: String,
    pub(crate) body: Value,
}

impl Concert {
    #[track_caller]
    pub(crate) fn of(body: Value) -> Self {
        Self { id: body["id"].as_str().expect("a concert has an id").to_owned(), body }
    }

    /// The id of a seat type, by its place.
    #[track_caller]
    pub(crate) fn seat_type(&self, index: usize) -> &str {
        self.body["seatTypes"][index]["id"].as_str().expect("a seat type has an id")
    }

    /// The sequence that it was made with.
    #[track_caller]
    pub(crate) fn sequence(&self) -> u64 {
        self.body["sequence"].as_u64().expect("a concert has a sequence")
    }

    /// `/concerts/{id}` and what follows.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/concerts/{}{rest}", self.id)
    }

    /// The request for these seats of its first seat type.
    #[track_caller]
    pub(crate) fn order_of(&self, seats: &[&str]) -> Value {
        json!({"concertId": self.id, "seatTypeId": self.seat_type(0), "seats": seats})
    }

    /// The request for seats of its first seat type.
    #[track_caller]
    pub(crate) fn order(&self, quantity: u64) -> Value {
        json!({"concertId": self.id, "seatTypeId": self.seat_type(0), "quantity": quantity})
    }
}

/// The least that makes a concert on sale: 100 seats at 25.50.
pub(crate) fn concert(name: &str) -> Value {
    json!({
        "name": name,
        "venue": "The Blue Note",
        "startTime": in_days(30),
        "seatTypes": [{"name": "Standing", "price": 25.50, "totalSeats": 100}],
    })
}

/// The same to be paid for, ten tickets a user.
pub(crate) fn paid(name: &str) -> Value {
    with(concert(name), &json!({"payment": "required", "maxTicketsPerUser": 10}))
}

/// Two rows of ten numbered seats, A and B, at 20.00, ten tickets a user.
pub(crate) fn hall(name: &str) -> Value {
    let rows = json!([{"label": "A", "seats": 10}, {"label": "B", "seats": 10}]);
    let seats = json!([{"name": "Stalls", "price": 20, "rows": rows}]);
    with(concert(name), &json!({"maxTicketsPerUser": 10, "seatTypes": seats}))
}

/// A draft that takes as much room in the journal as one call can, some 80 KB.
pub(crate) fn bulky(name: &str) -> Value {
    let seat_type = |index: usize| {
        let name = format!("{index:03}{}", "🎫".repeat(90));
        json!({"name": name, "price": 1, "totalSeats": 1})
    };
    let seat_types: Vec<_> = (0..100).map(seat_type).collect();
    json!({
        "name": name,
        "venue": "Nowhere",
        "startTime": in_days(30),
        "description": "🎶".repeat(10_000),
        "draft": true,
        "seatTypes": seat_types,
    })
}

/// A value with other members.
#[track_caller]
pub(crate) fn with(mut base: Value, members: &Value) -> Value {
    let object = base.as_object_mut().expect("an object has members");
    for (name, value) in members.as_object().expect("members are an object") {
        object.insert(name.clone(), value.clone());
    }
    base
}
