//! Shoppers who hold, pay and cancel until nobody answers, and remember what they were told.

use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use fastrand::Rng;
use hyper::Method;
use serde_json::{Value, json};

use super::acknowledgements::Acknowledgements;
use super::answer::Answer;
use super::box_office::BoxOffice;
use super::client::Client;
use super::clock::eventually;
use super::concert::{Concert, paid, with};

const SHOPPERS: usize = 8;
const CALLS_MAX: usize = 100_000;

/// A concert for shoppers, with more seats than they can have and holds that outlive every test: 5.00 a seat.
pub(crate) fn shop(name: &str) -> Value {
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
    with(paid(name), &json!({"seatTypes": seats, "maxTicketsPerUser": 10_000, "holdSeconds": 7_200}))
}

/// Threads that shop.
pub(crate) struct Shoppers {
    threads: Vec<JoinHandle<Shopper>>,
    pub(crate) acknowledged: Acknowledgements,
}

/// What shoppers were told.
#[derive(Default)]
pub(crate) struct Receipts(Vec<Shopper>);

impl Shoppers {
    /// Sends shoppers to a concert; `name` keeps several crowds of them apart.
    pub(crate) fn to(office: &BoxOffice, concert: &Concert, name: &str, seed: u64) -> Self {
        let (acknowledged, acknowledgements) = mpsc::channel();
        let threads = (0..SHOPPERS).map(|number| {
            let shopper = Shopper {
                client: office.customer(&format!("{name}-{number}")),
                concert: concert.clone(),
                rng: Rng::with_seed(seed.wrapping_add(number as u64)),
                purchases: Vec::new(),
                unanswered: None,
                calls: 0,
                acknowledged: acknowledged.clone(),
            };
            thread::spawn(move || shopper.shops())
        });
        Self { threads: threads.collect(), acknowledged: Acknowledgements::new(acknowledgements) }
    }

    /// Waits until all of them have noticed that the office is gone.
    #[track_caller]
    pub(crate) fn leave(self, receipts: &mut Receipts) {
        let told = self.threads.into_iter();
        receipts.0.extend(told.map(|thread| thread.join().expect("nobody was told something wrong")));
    }
}

impl Receipts {
    /// Asks again, with the same keys, for what was not answered.
    pub(crate) fn settle(&mut self) {
        self.0.iter_mut().for_each(Shopper::settles);
    }

    /// Asserts that everything acknowledged is there, that every payment ends and every refund is made, and that the concert's money
    /// is what the shoppers know of.
    #[track_caller]
    pub(crate) fn are_kept_by(&self, organizer: &Client, concert: &Concert) {
        let told: Vec<(i64, i64)> = self.0.iter().map(Shopper::audits).collect();
        let sales = eventually("all refunds are made", || {
            let sales = organizer.get(&concert.path("/sales")).is(200).json();
            Some(sales).filter(|sales| sales["refundsOwed"] == 0.0)
        });
        let captured: i64 = told.iter().map(|(captured, _)| captured).sum();
        let refunded: i64 = told.iter().map(|(_, refunded)| refunded).sum();
        assert_ne!(captured, 0);
        assert_eq!((cents(&sales["captured"]), cents(&sales["refunded"])), (captured, refunded), "{sales}");
        assert_eq!(cents(&sales["seatTypes"][0]["revenue"]), captured - refunded, "what is kept was sold");
        let bookings = self.0.iter().map(|shopper| shopper.purchases.len()).sum::<usize>();
        let listed = organizer.lists(&concert.path("/bookings?limit=100")).len();
        assert_eq!(listed, bookings, "there is none that nobody knows of");
    }
}

/// What a booking of a shopper's came to, as far as they were told.
struct Purchase {
    booking: Value,
    payment: Option<Value>,
    is_cancelled: bool,
}

/// A call that may be sent again with its key.
#[derive(Clone)]
struct Repeatable {
    method: Method,
    path: String,
    body: Value,
    key: String,
}

/// Somebody who holds, pays and cancels.
struct Shopper {
    client: Client,
    concert: Concert,
    rng: Rng,
    purchases: Vec<Purchase>,
    /// Sent and not answered: about the last purchase, or, without a payment or a cancellation in it, a new one.
    unanswered: Option<Repeatable>,
    calls: usize,
    acknowledged: Sender<()>,
}

impl Shopper {
    fn sends(&mut self, method: Method, path: String, body: Value) -> Option<Answer> {
        self.calls += 1;
        let call = Repeatable { method, path, body, key: format!("call-{}", self.calls) };
        // What could not be written, or may not have been, is settled like what was not answered.
        let answer = call.send(&self.client).filter(|answer| answer.status != 503);
        if answer.is_some() {
            // Who no longer waits for acknowledgements does not mind.
            let _ = self.acknowledged.send(());
        } else {
            self.unanswered = Some(call);
        }
        answer
    }

    /// Holds, pays, and cancels one in three, paid or not, until nobody answers.
    fn shops(mut self) -> Self {
        while self.calls < CALLS_MAX {
            let order = self.concert.order(self.rng.u64(1..=3));
            let Some(held) = self.sends(Method::POST, "/bookings".to_owned(), order) else { break };
            self.purchases.push(Purchase {
                booking: held.is(201).json(),
                payment: None,
                is_cancelled: false,
            });
            let id = self.purchases[self.purchases.len() - 1].booking["id"].clone();
            let method =
                ["sim_ok", "sim_ok", "sim_slow", "sim_declined", "sim_unreachable"][self.rng.usize(..5)];
            let payment = json!({"bookingId": id, "method": method});
            let Some(begun) = self.sends(Method::POST, "/payments".to_owned(), payment) else { break };
            self.notes(begun);
            if self.rng.u8(..3) == 0 {
                let path = format!("/bookings/{}", id.as_str().expect("an id"));
                let Some(cancelled) = self.sends(Method::DELETE, path, Value::Null) else { break };
                self.notes(cancelled);
            }
        }
        self
    }

    /// Notes what the last purchase has come to.
    fn notes(&mut self, answer: Answer) {
        if answer.status == 201 {
            self.purchases.push(Purchase { booking: answer.json(), payment: None, is_cancelled: false });
            return;
        }
        let last = self.purchases.last_mut().expect("a purchase");
        if answer.status == 202 {
            last.payment = Some(answer.json());
        } else {
            answer.is(204);
            last.is_cancelled = true;
        }
    }

    /// Asks again, with the same key, for what was not answered.
    fn settles(&mut self) {
        if let Some(call) = self.unanswered.take() {
            let answer = call.send(&self.client).expect("it is open again");
            self.notes(answer);
        }
    }

    /// Asserts that everything acknowledged is there and comes to its end: what was captured and is owed in cents.
    fn audits(&self) -> (i64, i64) {
        let (mut captured, mut refunded) = (0, 0);
        for Purchase { booking, payment, is_cancelled } in &self.purchases {
            let payment = payment.as_ref().map(|payment| {
                let is_settled = |payment: &Value| match payment["status"].as_str() {
                    Some("succeeded") => !is_cancelled,
                    Some(status) => status != "processing",
                    None => false,
                };
                self.client.waits_for_payment(payment, is_settled)
            });
            let status = payment.as_ref().map(|payment| payment["status"].as_str().expect("a status"));
            let expected = match status {
                _ if *is_cancelled => "cancelled",
                Some("succeeded") => "confirmed",
                _ => "held",
            };
            let kept = self.client.sees_booking(booking);
            assert_eq!(
                (&kept["status"], &kept["items"]),
                (&json!(expected), &booking["items"]),
                "{payment:?}"
            );
            if let (Some(payment), Some("succeeded" | "refunded")) = (&payment, status) {
                assert_eq!(payment["status"] == "refunded", *is_cancelled, "{payment}");
                captured += cents(&payment["amount"]);
                refunded += cents(&payment["refundedAmount"]);
            }
        }
        (captured, refunded)
    }
}

impl Repeatable {
    fn send(&self, client: &Client) -> Option<Answer> {
        let call = client.call(self.method.clone(), &self.path).key(&self.key);
        if self.body.is_null() { call.attempt().ok() } else { call.json(&self.body).attempt().ok() }
    }
}

/// An amount of a currency with two decimals in cents.
pub(crate) fn cents(amount: &Value) -> i64 {
    let text = format!("{:.2}", amount.as_f64().expect("an amount"));
    text.replace('.', "").parse().expect("digits")
}
