//! What becomes of a batch when either side dies in the middle of it.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{
    BoxOffice, Client, Concert, Listening, audit, concert, eventually, ndjson, rounds, seed, with,
};

const LINES: usize = 1_000;
const PARTNERS: usize = 3;

fn creates_big(organizer: &Client) -> Concert {
    let seats = json!([{"name": "Standing", "price": 10, "totalSeats": 10_000_000}]);
    organizer.creates(&with(concert("Night"), &json!({"seatTypes": seats})))
}

/// Lines of users who book once each, with a key.
fn lines(made: &Concert, name: &str) -> Vec<Value> {
    let line = |user| with(made.line(&format!("{name}-{user}"), 1), &json!({"idempotencyKey": "order"}));
    (0..LINES).map(line).collect()
}

/// Listens until the answer breaks off or ends: the bookings that were acknowledged.
fn listens(mut answer: Listening, acknowledged: &mpsc::Sender<()>) -> Vec<Value> {
    let mut booked = Vec::new();
    while let Some(told) = answer.hears() {
        assert_eq!(told["line"], booked.len() + 1);
        match told["status"].as_u64() {
            Some(201) => booked.push(told["booking"].clone()),
            _ => panic!("nothing but its end keeps the box office from booking: {told}"),
        }
        // Whoever counts may have heard enough.
        let _ = acknowledged.send(());
    }
    booked
}

#[test]
fn whatever_was_acknowledged_in_a_batch_survives_kill_9_in_the_middle() {
    let mut rng = fastrand::Rng::with_seed(seed("whatever_was_acknowledged_in_a_batch"));
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = creates_big(&olga);
    let mut users = 0;
    for cycle in 0..rounds("BOXOFFICE_KILL_CYCLES", 3) {
        let (sender, acknowledged) = mpsc::channel();
        let batches: Vec<_> =
            (0..PARTNERS).map(|partner| lines(&made, &format!("{cycle}-{partner}"))).collect();
        let partners = batches.iter().map(|batch| {
            let (answer, sender) = (Listening::to(&office, &olga, &ndjson(batch)), sender.clone());
            thread::spawn(move || listens(answer, &sender))
        });
        let partners: Vec<_> = partners.collect();
        drop(sender);
        // The answers may all have come by then: the seed of the next run sets the blow elsewhere.
        let blow = rng.usize(1..LINES);
        assert_eq!(acknowledged.iter().take(blow).count(), blow);
        office.kill();
        let told: Vec<_> =
            partners.into_iter().map(|partner| partner.join().expect("nothing false was told")).collect();
        office.reopen();
        let books = audit(&olga, &made);
        for booking in told.iter().flatten() {
            let id = booking["id"].as_str().expect("an id");
            assert_eq!(books.bookings.get(id), Some(booking), "an acknowledged booking is lost");
        }
        for (batch, told) in batches.iter().zip(&told) {
            let again = olga.books_all(batch);
            assert!(again.iter().all(|told| told["status"] == 201));
            for (again, booking) in again.iter().zip(told) {
                assert_eq!((&again["booking"], &again["replayed"]), (booking, &json!(true)));
            }
        }
        users += PARTNERS * LINES;
        let mut owners = BTreeMap::new();
        for booking in audit(&olga, &made).bookings.into_values() {
            *owners.entry(booking["userId"].as_str().expect("a user").to_owned()).or_insert(0) += 1;
        }
        assert_eq!(owners.len(), users, "every line became a booking in the end");
        assert!(owners.values().all(|count| *count == 1), "and none became two");
    }
}

#[test]
fn a_partner_who_hangs_up_has_booked_all_the_same() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = creates_big(&olga);
    for name in ["first", "second", "third"] {
        let mut answer = Listening::to(&office, &olga, &ndjson(&lines(&made, name)));
        assert_eq!(answer.hears().expect("the batch is taken")["status"], 201);
        drop(answer);
    }
    let booked = |organizer: &Client| organizer.counts(&made)[2];
    eventually("all of it is booked", || (booked(&olga) == 3 * LINES as u64).then_some(()));
    // Their places are free again, and the process has not minded.
    assert_eq!(olga.books_all(&[made.line("last", 1)])[0]["status"], 201);
    office.close();
}
