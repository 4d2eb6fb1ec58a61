//! A crowd that books and cancels until it is stopped or the box office is gone, and remembers what it was told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use fastrand::Rng;
use serde_json::Value;

use super::acknowledgements::Acknowledgements;
use super::box_office::BoxOffice;
use super::client::Client;
use super::concert::Concert;
use super::ledger::{Ledger, Unsettled};

/// Users that one thread acts for: few enough that they come to their limits.
const USERS_PER_THREAD: usize = 20;
/// Calls of one thread: a crowd that nobody stops goes home in the end.
const CALLS_PER_THREAD_MAX: usize = 2_000_000;

/// Threads that book and cancel.
pub(crate) struct Crowd {
    threads: Vec<JoinHandle<Ledger>>,
    pub(crate) acknowledged: Acknowledgements,
    leaves: Arc<AtomicBool>,
}

impl Crowd {
    /// Sends a crowd to concerts. `name` keeps the users and keys of several crowds apart.
    pub(crate) fn to(
        office: &BoxOffice,
        concerts: &[Concert],
        threads: usize,
        name: &str,
        seed: u64,
    ) -> Self {
        let (acknowledged, acknowledgements) = mpsc::channel();
        let leaves = Arc::new(AtomicBool::new(false));
        let threads = (0..threads).map(|number| {
            let connection = office.guest();
            let users = (0..USERS_PER_THREAD).map(|user| {
                let minted = office.customer(&format!("{name}-{number}-{user}"));
                connection.with_token(&minted.id, minted.token.as_deref().expect("a customer has a token"))
            });
            let fan = Fan {
                users: users.collect(),
                concerts: concerts.to_vec(),
                rng: Rng::with_seed(seed.wrapping_add(number as u64)),
                holding: Vec::new(),
                ledger: Ledger::default(),
                acknowledged: acknowledged.clone(),
            };
            let leaves = Arc::clone(&leaves);
            thread::spawn(move || fan.comes_and_goes(&leaves))
        });
        Self { threads: threads.collect(), acknowledged: Acknowledgements::new(acknowledgements), leaves }
    }

    /// Stops the crowd, unless it has gone already: what it was told.
    #[track_caller]
    pub(crate) fn leaves(self) -> Ledger {
        self.leaves.store(true, Ordering::Relaxed);
        let mut all = Ledger::default();
        for thread in self.threads {
            all.takes_over(thread.join().expect("nobody in the crowd was told something wrong"));
        }
        all
    }
}

/// One thread of the crowd.
struct Fan {
    users: Vec<Client>,
    concerts: Vec<Concert>,
    rng: Rng,
    /// Who holds which booking.
    holding: Vec<(usize, Value)>,
    ledger: Ledger,
    acknowledged: Sender<()>,
}

impl Fan {
    fn comes_and_goes(mut self, leaves: &AtomicBool) -> Ledger {
        for call in 0..CALLS_PER_THREAD_MAX {
            let key = format!("call-{call}");
            let cancels = !self.holding.is_empty() && self.rng.u8(..3) == 0;
            let is_open = if cancels { self.cancels(key) } else { self.books(key) };
            if !is_open || leaves.load(Ordering::Relaxed) {
                break;
            }
        }
        self.ledger
    }

    /// Books for somebody; false when the box office is gone.
    fn books(&mut self, key: String) -> bool {
        let user = self.rng.usize(..self.users.len());
        let client = self.users[user].clone();
        let concert = &self.concerts[self.rng.usize(..self.concerts.len())];
        let order = concert.order(self.rng.u64(1..=2));
        let Ok(answer) = client.call(hyper::Method::POST, "/bookings").key(&key).json(&order).attempt()
        else {
            self.ledger.unknown(Unsettled::Order { client, order, key });
            return false;
        };
        match answer.status {
            201 => {
                let booking = answer.json();
                self.holding.push((user, booking.clone()));
                self.ledger.booked(booking);
                // Who no longer waits for acknowledgements does not mind.
                let _ = self.acknowledged.send(());
            }
            503 if answer.problem()["code"] == "outcome_unknown" => {
                self.ledger.unknown(Unsettled::Order { client, order, key });
            }
            503 => _ = answer.refused(503, "storage_unavailable"),
            _ => _ = answer.refused_by_concert("already_booked"),
        }
        true
    }

    /// Cancels one of the bookings; false when the box office is gone.
    fn cancels(&mut self, key: String) -> bool {
        let (user, booking) = self.holding.swap_remove(self.rng.usize(..self.holding.len()));
        let client = self.users[user].clone();
        let path = format!("/bookings/{}", booking["id"].as_str().expect("a booking has an id"));
        let Ok(answer) = client.call(hyper::Method::DELETE, &path).key(&key).attempt() else {
            self.ledger.unknown(Unsettled::Cancellation { client, booking, key });
            return false;
        };
        match answer.status {
            503 if answer.problem()["code"] == "outcome_unknown" => {
                self.ledger.unknown(Unsettled::Cancellation { client, booking, key });
            }
            503 => {
                answer.refused(503, "storage_unavailable");
                self.holding.push((user, booking));
            }
            _ => {
                answer.is(204);
                self.ledger.cancelled(&booking);
                let _ = self.acknowledged.send(());
            }
        }
        true
    }
}
