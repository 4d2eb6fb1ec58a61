//! What people do at a box office.

use hyper::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Client;
use super::concert::Concert;

/// More pages than any list of the tests has: following `Link` must come to an end.
const PAGES_MAX: usize = 20_000;

impl Client {
    /// Registers an account with a name of its own and acts for it.
    #[track_caller]
    pub(crate) fn registers(&self, username: &str, password: &str) -> Self {
        let account = json!({
            "username": username,
            "email": format!("{username}@example.org"),
            "password": password,
        });
        self.with_session(&self.post("/auth/register", &account).is(201).json())
    }

    pub(crate) fn logs_in(&self, username: &str, password: &str) -> Answer {
        self.post("/auth/login", &json!({"username": username, "password": password}))
    }

    #[track_caller]
    pub(crate) fn creates(&self, concert: &Value) -> Concert {
        Concert::of(self.post("/concerts", concert).is(201).json())
    }

    #[track_caller]
    pub(crate) fn books(&self, concert: &Concert, quantity: u64) -> Answer {
        self.post("/bookings", &concert.order(quantity))
    }

    #[track_caller]
    pub(crate) fn orders_with_key(&self, order: &Value, key: &str) -> Answer {
        self.call(Method::POST, "/bookings").key(key).json(order).send()
    }

    /// Books and has to get it: the booking.
    #[track_caller]
    pub(crate) fn has_booked(&self, concert: &Concert, quantity: u64) -> Value {
        self.books(concert, quantity).is(201).json()
    }

    #[track_caller]
    pub(crate) fn cancels(&self, booking: &Value) -> Answer {
        self.delete(&format!("/bookings/{}", id_of(booking)))
    }

    #[track_caller]
    pub(crate) fn cancels_with_key(&self, booking: &Value, key: &str) -> Answer {
        self.call(Method::DELETE, &format!("/bookings/{}", id_of(booking))).key(key).send()
    }

    #[track_caller]
    pub(crate) fn sees_booking(&self, booking: &Value) -> Value {
        self.get(&format!("/bookings/{}", id_of(booking))).is(200).json()
    }

    #[track_caller]
    pub(crate) fn sees(&self, concert: &Concert) -> Value {
        self.get(&concert.path("")).is(200).json()
    }

    /// The counters of a concert's first seat type: available, held, booked, blocked.
    #[track_caller]
    pub(crate) fn counts(&self, concert: &Concert) -> [u64; 4] {
        let seats = self.get(&concert.path("/seats")).is(200).json();
        ["available", "held", "booked", "blocked"]
            .map(|count| seats["seatTypes"][0][count].as_u64().expect("seats are counted"))
    }

    /// Opens, closes or cancels a concert.
    #[track_caller]
    pub(crate) fn does(&self, action: &str, concert: &Concert) -> Answer {
        self.call(Method::POST, &concert.path(&format!("/{action}"))).send()
    }

    /// The whole of a list, page by page: `Link` is followed to the end.
    #[track_caller]
    pub(crate) fn lists(&self, path: &str) -> Vec<Value> {
        let mut answer = self.get(path).is(200);
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            all.extend_from_slice(answer.json().as_array().expect("a list"));
            let Some(next) = answer.next_page() else { return all };
            answer = self.call_at(Method::GET, &next).send().is(200);
        }
        panic!("{path} has no last page");
    }
}

#[track_caller]
fn id_of(booking: &Value) -> &str {
    booking["id"].as_str().expect("a booking has an id")
}
