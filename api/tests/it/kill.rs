//! `kill -9` under load, again and again.

mod paying;

use serde_json::json;

use crate::harness::{Books, BoxOffice, Client, Concert, Crowd, Ledger, audit, concert, rounds, seed, with};

fn books(organizer: &Client, concerts: &[Concert]) -> Vec<Books> {
    concerts.iter().map(|concert| audit(organizer, concert)).collect()
}

#[test]
fn whatever_was_acknowledged_survives_kill_9_under_load() {
    let seed = seed("whatever_was_acknowledged_survives_kill_9_under_load");
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let concerts = ["Night", "Day"].map(|name| {
        let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
        olga.creates(&with(concert(name), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})))
    });
    let mut ledger = Ledger::default();
    for cycle in 0..rounds("BOXOFFICE_KILL_CYCLES", 3) {
        let crowd = Crowd::to(&office, &concerts, 8, &format!("fan-{cycle}"), rng.u64(..));
        crowd.after(rng.usize(1..300));
        office.kill();
        ledger.takes_over(crowd.leaves());
        office.reopen();
        ledger.is_kept_in(&books(&olga, &concerts));
        ledger.settles();
        ledger.equals(&books(&olga, &concerts));
    }
    assert_ne!(ledger.len(), 0);
}

#[test]
fn a_kill_while_it_opens_harms_nothing() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let booking = office.customer("carl").has_booked(&made, 1);
    office.kill();
    let mut rng = fastrand::Rng::with_seed(seed("a_kill_while_it_opens_harms_nothing"));
    for _ in 0..rounds("BOXOFFICE_KILL_CYCLES", 6) {
        // Somewhere between its first instruction and its last step before the port.
        let mut opening = office.setup().run(&["serve"]);
        (0..rng.u32(..100_000)).for_each(|_| std::thread::yield_now());
        opening.kill();
    }
    office.reopen();
    assert_eq!(olga.lists(&made.path("/bookings")), [booking]);
    assert_eq!(audit(&olga, &made).concert["sequence"], made.sequence() + 1);
}
