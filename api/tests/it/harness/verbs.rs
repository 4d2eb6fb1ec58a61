//! What people do at a box office.

use hyper::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::client::Client;
use super::clock::eventually;
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

    /// Changes a booking.
    #[track_caller]
    pub(crate) fn changes(&self, booking: &Value, change: &Value) -> Answer {
        self.patch(&format!("/bookings/{}", id_of(booking)), change)
    }

    /// Does something to a booking: `extend`, `confirm`.
    #[track_caller]
    pub(crate) fn does_to(&self, booking: &Value, action: &str) -> Answer {
        self.call(Method::POST, &format!("/bookings/{}/{action}", id_of(booking))).send()
    }

    #[track_caller]
    pub(crate) fn does_to_with_key(&self, booking: &Value, action: &str, key: &str) -> Answer {
        self.call(Method::POST, &format!("/bookings/{}/{action}", id_of(booking))).key(key).send()
    }

    /// Begins to pay for a booking.
    #[track_caller]
    pub(crate) fn pays(&self, booking: &Value, method: &str) -> Answer {
        self.post("/payments", &json!({"bookingId": id_of(booking), "method": method}))
    }

    #[track_caller]
    pub(crate) fn pays_with_key(&self, booking: &Value, method: &str, key: &str) -> Answer {
        let payment = json!({"bookingId": id_of(booking), "method": method});
        self.call(Method::POST, "/payments").key(key).json(&payment).send()
    }

    /// Pays for a booking and waits for the end: the payment.
    #[track_caller]
    pub(crate) fn has_paid(&self, booking: &Value, method: &str) -> Value {
        let payment = self.pays(booking, method).is(202).json();
        self.waits_for_payment(&payment, |payment| payment["status"] != "processing")
    }

    /// Books, pays, and has to get it: the booking.
    #[track_caller]
    pub(crate) fn has_bought(&self, concert: &Concert, quantity: u64) -> Value {
        let held = self.has_booked(concert, quantity);
        assert_eq!(self.has_paid(&held, "sim_ok")["status"], "succeeded");
        self.sees_booking(&held)
    }

    /// Waits until a payment is as it should be.
    #[track_caller]
    pub(crate) fn waits_for_payment(&self, payment: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/payments/{}", id_of(payment));
        eventually("the payment is as it should be", || {
            Some(self.get(&path).is(200).json()).filter(|payment| is_so(payment))
        })
    }

    /// Waits until a booking has this status.
    #[track_caller]
    pub(crate) fn waits_for_booking(&self, booking: &Value, status: &str) -> Value {
        eventually(status, || Some(self.sees_booking(booking)).filter(|booking| booking["status"] == status))
    }

    /// The status of every seat of a concert's first seat type, by label.
    #[track_caller]
    pub(crate) fn seat_statuses(&self, concert: &Concert) -> std::collections::BTreeMap<String, String> {
        let map = self.get(&concert.path("/seats")).is(200).json();
        let seats = map["seatTypes"][0]["seats"].as_array().expect("numbered seats").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        seats.iter().map(|seat| (text(&seat["label"]), text(&seat["status"]))).collect()
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
