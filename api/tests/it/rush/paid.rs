//! A rush for numbered seats that are to be paid for: chosen ones and the best available, with payments that succeed, fail and are
//! given back.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::harness::{Answer, Beside, Client, Concert, Setup, cents, eventually, paid, seed, with};

const CLIENTS: usize = 12;
const USERS_PER_CLIENT: usize = 10;
const ROWS: u64 = 10;
const SEATS_PER_ROW: u64 = 20;
const CALLS_IN_THE_RUSH: usize = 30;
/// Nothing that goes on beside the rush needs so many.
const CALLS_MAX: usize = 20_000;
/// In cents.
const PRICE: i64 = 1_000;
const FEE: i64 = 100;

/// What one client did with its money, in cents.
#[derive(Default)]
struct Wallet {
    captured: i64,
    refunded: i64,
}

struct Visitor {
    users: Vec<Client>,
    concert: Concert,
    rng: Rng,
    holding: Vec<(Client, Value)>,
    bought: Vec<(Client, Value)>,
    wallet: Wallet,
}

impl Visitor {
    fn orders(&mut self) {
        let user = self.users[self.rng.usize(..self.users.len())].clone();
        let answer = if self.rng.bool() {
            let mut label = || format!("{}-{}", self.rng.u64(1..=ROWS), self.rng.u64(1..=SEATS_PER_ROW));
            let seats = BTreeSet::from([label(), label()]);
            user.post(
                "/bookings",
                &self.concert.order_of(&seats.iter().map(String::as_str).collect::<Vec<_>>()),
            )
        } else {
            user.books(&self.concert, self.rng.u64(1..=4))
        };
        self.takes(&user, &answer);
    }

    /// Takes what was booked; false when it was not.
    fn takes(&mut self, user: &Client, answer: &Answer) -> bool {
        if answer.status == 201 {
            assert_eq!(answer.json()["status"], "held");
            self.holding.push((user.clone(), answer.json()));
            return true;
        }
        let code = answer.problem()["code"].as_str().expect("a code").to_owned();
        assert!(["sold_out", "already_booked", "seat_taken"].contains(&code.as_str()), "{answer:?}");
        answer.refused_by_concert(&code);
        false
    }

    fn pays(&mut self) {
        let Some((user, held)) = self.some_hold() else { return };
        if self.rng.u8(..4) == 0 {
            assert_eq!(user.has_paid(&held, "sim_declined")["status"], "failed");
            self.holding.push((user, held));
        } else {
            self.buys(user, &held);
        }
    }

    fn buys(&mut self, user: Client, held: &Value) {
        let payment = user.has_paid(held, "sim_ok");
        assert_eq!(payment["status"], "succeeded");
        self.wallet.captured += cents(&payment["amount"]);
        let booking = user.sees_booking(held);
        assert_eq!((&booking["status"], &booking["items"]), (&json!("confirmed"), &held["items"]));
        self.bought.push((user, booking));
    }

    /// Cancels a hold or what was bought.
    fn cancels(&mut self) {
        if self.rng.bool() {
            let Some((user, held)) = self.some_hold() else { return };
            user.cancels(&held).is(204);
        } else if !self.bought.is_empty() {
            let (user, booking) = self.bought.swap_remove(self.rng.usize(..self.bought.len()));
            user.cancels(&booking).is(204);
            self.wallet.refunded += cents(&booking["total"]) - FEE;
        }
    }

    fn some_hold(&mut self) -> Option<(Client, Value)> {
        if self.holding.is_empty() {
            return None;
        }
        Some(self.holding.swap_remove(self.rng.usize(..self.holding.len())))
    }

    /// Comes and goes for a while, then buys whatever is left.
    fn rushes(mut self, last_call: &Barrier, is_enough: impl Fn() -> bool) -> Self {
        for _ in (0..CALLS_MAX).take_while(|call| *call < CALLS_IN_THE_RUSH || !is_enough()) {
            match self.rng.u8(..6) {
                0..3 => self.orders(),
                3..5 => self.pays(),
                _ => self.cancels(),
            }
        }
        last_call.wait();
        // Nobody gives anything back any more.
        for user in self.users.clone() {
            while self.takes(&user, &user.books(&self.concert, 1)) {}
        }
        for (user, held) in std::mem::take(&mut self.holding) {
            self.buys(user, &held);
        }
        self
    }
}

#[test]
fn a_rush_for_numbered_seats_sells_each_of_them_once_and_the_money_is_right() {
    let name = "a_rush_for_numbered_seats_sells_each_of_them_once_and_the_money_is_right";
    sells_each_seat_once_and_the_money_is_right(name, Beside::Nothing);
}

#[test]
fn a_rush_for_numbered_seats_beside_snapshots_and_trims_sells_each_of_them_once() {
    let name = "a_rush_for_numbered_seats_beside_snapshots_and_trims_sells_each_of_them_once";
    sells_each_seat_once_and_the_money_is_right(name, Beside::Snapshots);
}

fn sells_each_seat_once_and_the_money_is_right(name: &str, beside: Beside) {
    let office = Setup::new().variable("BOXOFFICE_GATEWAY", "simulated").beside(beside).open();
    let data = office.setup().data().to_owned();
    let olga = office.organizer("olga");
    let rows: Vec<_> =
        (1..=ROWS).map(|row| json!({"label": row.to_string(), "seats": SEATS_PER_ROW})).collect();
    let change = json!({
        "seatTypes": [{"name": "Stalls", "price": 10, "rows": rows}],
        "maxTicketsPerUser": 4,
        "cancellation": {"feeFixed": 1},
    });
    let made = olga.creates(&with(paid("Rush"), &change));
    let seed = seed(name);
    let last_call = Arc::new(Barrier::new(CLIENTS));
    let visitors = (0..CLIENTS).map(|client| {
        let connection = office.guest();
        let users = (0..USERS_PER_CLIENT).map(|user| {
            let minted = office.customer(&format!("fan-{client}-{user}"));
            connection.with_token(&minted.id, minted.token.as_deref().expect("a token"))
        });
        let visitor = Visitor {
            users: users.collect(),
            concert: made.clone(),
            rng: Rng::with_seed(seed.wrapping_add(client as u64)),
            holding: Vec::new(),
            bought: Vec::new(),
            wallet: Wallet::default(),
        };
        let (last_call, data) = (Arc::clone(&last_call), data.clone());
        thread::spawn(move || visitor.rushes(&last_call, || beside.has_happened(&data)))
    });
    let visitors: Vec<_> = visitors.collect();
    let visitors: Vec<_> =
        visitors.into_iter().map(|visitor| visitor.join().expect("nothing wrong was seen")).collect();

    assert!(beside.has_happened(&data), "{beside:?}");
    let seats = ROWS * SEATS_PER_ROW;
    assert_eq!(olga.counts(&made), [0, 0, seats, 0], "sold out to the last seat");
    assert!(olga.seat_statuses(&made).values().all(|status| status == "booked"));
    let confirmed = olga.lists(&made.path("/bookings?status=confirmed&limit=100"));
    let labels: Vec<_> = confirmed
        .iter()
        .flat_map(|booking| booking["items"][0]["seats"].as_array().expect("seats"))
        .collect();
    let different: BTreeSet<_> = labels.iter().map(|label| label.as_str()).collect();
    assert_eq!((labels.len() as u64, different.len() as u64), (seats, seats), "no seat is anybody else's");
    let bought = visitors.iter().flat_map(|visitor| &visitor.bought);
    let bought: BTreeSet<_> = bought.map(|(_, booking)| booking["id"].as_str()).collect();
    let listed: BTreeSet<_> = confirmed.iter().map(|booking| booking["id"].as_str()).collect();
    assert_eq!(listed, bought, "exactly what people were told they have");

    let sales = eventually("all refunds are made", || {
        Some(olga.get(&made.path("/sales")).is(200).json()).filter(|sales| sales["refundsOwed"] == 0.0)
    });
    let captured: i64 = visitors.iter().map(|visitor| visitor.wallet.captured).sum();
    let refunded: i64 = visitors.iter().map(|visitor| visitor.wallet.refunded).sum();
    assert_eq!((cents(&sales["captured"]), cents(&sales["refunded"])), (captured, refunded));
    let sold = PRICE * i64::try_from(seats).expect("few seats");
    assert_eq!(captured - refunded, sold + cents(&sales["feesKept"]), "{sales}");
    assert_eq!(cents(&sales["seatTypes"][0]["revenue"]), sold);
}
