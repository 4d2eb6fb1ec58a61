//! `kill -9` under load, again and again.

mod paying;

use serde_json::json;

use crate::harness::{
    Beside, Books, BoxOffice, Client, Concert, Crowd, Disasters, Ledger, Setup, audit, concert, rounds, seed,
    with,
};

fn books(organizer: &Client, concerts: &[Concert]) -> Vec<Books> {
    concerts.iter().map(|concert| audit(organizer, concert)).collect()
}

#[test]
fn whatever_was_acknowledged_survives_kill_9_under_load() {
    acknowledged_survives_kills("whatever_was_acknowledged_survives_kill_9_under_load", Beside::Nothing);
}

#[test]
fn whatever_was_acknowledged_survives_kill_9_in_the_middle_of_snapshots_and_trims() {
    let name = "whatever_was_acknowledged_survives_kill_9_in_the_middle_of_snapshots_and_trims";
    acknowledged_survives_kills(name, Beside::Snapshots);
}

fn acknowledged_survives_kills(name: &str, beside: Beside) {
    let mut rng = fastrand::Rng::with_seed(seed(name));
    let mut office = Setup::new().beside(beside).open();
    let data = office.setup().data().to_owned();
    let olga = office.organizer("olga");
    let concerts = ["Night", "Day"].map(|name| {
        let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
        olga.creates(&with(concert(name), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})))
    });
    let mut ledger = Ledger::default();
    let mut kills = Disasters::new(rounds("BOXOFFICE_KILL_CYCLES", 3), beside);
    while let Some(cycle) = kills.next(&data) {
        let crowd = Crowd::to(&office, &concerts, 8, &format!("fan-{cycle}"), rng.u64(..));
        kills.wait(&data, &crowd.acknowledged, rng.usize(1..300));
        office.kill();
        kills.has_left(&data);
        ledger.takes_over(crowd.leaves());
        office.reopen();
        ledger.is_kept_in(&books(&olga, &concerts));
        ledger.settles();
        ledger.equals(&books(&olga, &concerts));
    }
    kills.came_in_the_middle(&data);
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
