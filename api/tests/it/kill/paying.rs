//! `kill -9` while people hold, pay and cancel: no money is lost, none is kept that is owed back.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use fastrand::Rng;
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, Concert, eventually, paid, rounds, seed, with};

const SHOPPERS: usize = 8;
const CALLS_MAX: usize = 100_000;

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
        let answer = call.send(&self.client);
        if answer.is_some() {
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

fn cents(amount: &Value) -> i64 {
    let text = format!("{:.2}", amount.as_f64().expect("an amount"));
    text.replace('.', "").parse().expect("digits")
}

fn after(acknowledgements: &Receiver<()>, count: usize) {
    for _ in 0..count {
        acknowledgements.recv().expect("the shoppers are served");
    }
}

#[test]
fn holds_and_payments_survive_kill_9_and_all_money_is_accounted_for() {
    let seed = seed("holds_and_payments_survive_kill_9_and_all_money_is_accounted_for");
    let mut rng = Rng::with_seed(seed);
    let mut office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
    let change = json!({"seatTypes": seats, "maxTicketsPerUser": 10_000, "holdSeconds": 7_200});
    let made = olga.creates(&with(paid("Night"), &change));
    let mut shoppers: Vec<Shopper> = Vec::new();
    for cycle in 0..rounds("BOXOFFICE_KILL_CYCLES", 3) {
        let (sender, acknowledgements) = mpsc::channel();
        let threads: Vec<_> = (0..SHOPPERS)
            .map(|number| {
                let shopper = Shopper {
                    client: office.customer(&format!("fan-{cycle}-{number}")),
                    concert: made.clone(),
                    rng: Rng::with_seed(rng.u64(..)),
                    purchases: Vec::new(),
                    unanswered: None,
                    calls: 0,
                    acknowledged: sender.clone(),
                };
                thread::spawn(move || shopper.shops())
            })
            .collect();
        after(&acknowledgements, rng.usize(1..300));
        office.kill();
        let came = threads.into_iter().map(|thread| thread.join().expect("nobody was told something wrong"));
        shoppers.extend(came.collect::<Vec<_>>());
        office.reopen();
        shoppers.iter_mut().for_each(Shopper::settles);
    }
    let told: Vec<(i64, i64)> = shoppers.iter().map(Shopper::audits).collect();
    let sales = eventually("all refunds are made", || {
        Some(olga.get(&made.path("/sales")).is(200).json()).filter(|sales| sales["refundsOwed"] == 0.0)
    });
    let captured: i64 = told.iter().map(|(captured, _)| captured).sum();
    let refunded: i64 = told.iter().map(|(_, refunded)| refunded).sum();
    assert_ne!(captured, 0);
    assert_eq!((cents(&sales["captured"]), cents(&sales["refunded"])), (captured, refunded), "{sales}");
    assert_eq!(
        cents(&sales["seatTypes"][0]["revenue"]),
        captured - refunded,
        "what is kept is what was sold"
    );
    let bookings = shoppers.iter().map(|shopper| shopper.purchases.len()).sum::<usize>();
    assert_eq!(olga.lists(&made.path("/bookings?limit=100")).len(), bookings, "none that nobody knows of");
}
