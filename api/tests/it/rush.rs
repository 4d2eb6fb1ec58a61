//! The rush: many more people than seats, all at once, who book, cancel, and send the same thing twice.

mod paid;

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::harness::{Beside, Client, Concert, Setup, audit, concert, seed, with};

const CLIENTS: usize = 32;
const USERS_PER_CLIENT: usize = 20;
const SEATS: usize = 500;
const CALLS_IN_THE_RUSH: usize = 60;
/// Nothing that goes on beside the rush needs so many.
const CALLS_MAX: usize = 20_000;

/// What one client saw: the sequence of every event that it caused, and the bookings that it was left with.
#[derive(Default)]
struct Seen {
    sequences: Vec<u64>,
    kept: BTreeSet<String>,
}

/// Books for one of the users, sometimes twice with the same key; none when it was refused.
fn orders(users: &[Client], concert: &Concert, rng: &mut Rng, key: &str) -> Option<(Client, Value)> {
    let user = users[rng.usize(..users.len())].clone();
    let order = concert.order(rng.u64(1..=2));
    let answer = user.orders_with_key(&order, key);
    if answer.status != 201 {
        let code = answer.problem()["code"].clone();
        assert!(code == "sold_out" || code == "already_booked", "{answer:?}");
        answer.refused_by_concert(code.as_str().expect("a code"));
        return None;
    }
    if rng.bool() {
        let again = user.orders_with_key(&order, key).is(201);
        assert!(again.is_replay(), "{again:?}");
        assert_eq!(again.json(), answer.json());
    }
    Some((user, answer.json()))
}

/// Books and cancels for a while, then books whatever is left.
fn rushes(
    users: &[Client],
    concert: &Concert,
    rng: &mut Rng,
    last_call: &Barrier,
    is_enough: impl Fn() -> bool,
) -> Seen {
    let mut seen = Seen::default();
    let mut holding = Vec::new();
    let mut notes = |booking: &Value| seen.sequences.push(booking["sequence"].as_u64().expect("a sequence"));
    for call in (0..CALLS_MAX).take_while(|call| *call < CALLS_IN_THE_RUSH || !is_enough()) {
        if !holding.is_empty() && rng.u8(..3) == 0 {
            let (user, booking): (Client, Value) = holding.swap_remove(rng.usize(..holding.len()));
            user.cancels(&booking).is(204);
            user.cancels(&booking).refused_by_concert("already_cancelled");
            notes(&user.sees_booking(&booking));
        } else if let Some((user, booking)) = orders(users, concert, rng, &format!("rush-{call}")) {
            notes(&booking);
            holding.push((user, booking));
        }
    }
    last_call.wait();
    // Nobody cancels any more: whoever is still below the limit takes what there is, until there is nothing.
    for user in users {
        loop {
            let answer = user.books(concert, 1);
            if answer.status != 201 {
                let problem = answer.problem();
                assert!(problem["code"] == "already_booked" || problem["available"] == 0, "{answer:?}");
                break;
            }
            notes(&answer.json());
            holding.push((user.clone(), answer.json()));
        }
    }
    let ids = holding.iter().map(|(_, booking)| booking["id"].as_str().expect("an id").to_owned());
    seen.kept = ids.collect();
    seen
}

#[test]
fn a_rush_sells_every_seat_exactly_once() {
    sells_every_seat_exactly_once("a_rush_sells_every_seat_exactly_once", Beside::Nothing);
}

#[test]
fn a_rush_beside_snapshots_and_trims_sells_every_seat_exactly_once() {
    let name = "a_rush_beside_snapshots_and_trims_sells_every_seat_exactly_once";
    sells_every_seat_exactly_once(name, Beside::Snapshots);
}

fn sells_every_seat_exactly_once(name: &str, beside: Beside) {
    let office = Setup::new().beside(beside).open();
    let data = office.setup().data().to_owned();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 12.5, "totalSeats": SEATS}]);
    let made = olga.creates(&with(concert("Rush"), &json!({"seatTypes": seats, "maxTicketsPerUser": 2})));
    let seed = seed(name);
    let last_call = Arc::new(Barrier::new(CLIENTS));
    let clients = (0..CLIENTS).map(|client| {
        let connection = office.guest();
        let users = (0..USERS_PER_CLIENT).map(|user| {
            let minted = office.customer(&format!("fan-{client}-{user}"));
            connection.with_token(&minted.id, minted.token.as_deref().expect("a token"))
        });
        let (users, made, last_call) = (users.collect::<Vec<_>>(), made.clone(), Arc::clone(&last_call));
        let mut rng = Rng::with_seed(seed.wrapping_add(client as u64));
        let data = data.clone();
        let is_enough = move || beside.has_happened(&data);
        thread::spawn(move || rushes(&users, &made, &mut rng, &last_call, is_enough))
    });
    let clients: Vec<_> = clients.collect();
    let all_seen: Vec<_> =
        clients.into_iter().map(|client| client.join().expect("nothing wrong was seen")).collect();

    assert!(beside.has_happened(&data), "{beside:?}");
    let books = audit(&olga, &made);
    assert_eq!(olga.counts(&made), [0, 0, SEATS as u64, 0], "sold out to the last seat");
    assert_eq!(books.concert["status"], "sold_out");
    let confirmed = books.bookings.iter().filter(|(_, booking)| booking["status"] == "confirmed");
    let confirmed: BTreeSet<_> = confirmed.map(|(id, _)| id.clone()).collect();
    let kept: BTreeSet<_> = all_seen.iter().flat_map(|seen| seen.kept.iter().cloned()).collect();
    assert_eq!(confirmed, kept, "exactly what people were told they have");

    let mut sequences: Vec<_> = all_seen.iter().flat_map(|seen| seen.sequences.iter().copied()).collect();
    sequences.sort_unstable();
    let last = books.concert["sequence"].as_u64().expect("a sequence");
    let expected: Vec<_> = (made.sequence() + 1..=last).collect();
    assert_eq!(sequences, expected, "every event was told to exactly one caller, and none is missing");
}
