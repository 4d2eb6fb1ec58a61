//! `kill -9` while people hold, pay and cancel: no money is lost, none is kept that is owed back.

use crate::harness::{Beside, Disasters, Receipts, Setup, Shoppers, rounds, seed, shop};

#[test]
fn holds_and_payments_survive_kill_9_and_all_money_is_accounted_for() {
    let name = "holds_and_payments_survive_kill_9_and_all_money_is_accounted_for";
    money_survives_kills(name, Beside::Nothing);
}

#[test]
fn holds_and_payments_survive_kill_9_in_the_middle_of_snapshots_and_trims() {
    let name = "holds_and_payments_survive_kill_9_in_the_middle_of_snapshots_and_trims";
    money_survives_kills(name, Beside::Snapshots);
}

fn money_survives_kills(name: &str, beside: Beside) {
    let mut rng = fastrand::Rng::with_seed(seed(name));
    let mut office = Setup::new().variable("BOXOFFICE_GATEWAY", "simulated").beside(beside).open();
    let data = office.setup().data().to_owned();
    let olga = office.organizer("olga");
    let made = olga.creates(&shop("Night"));
    let mut receipts = Receipts::default();
    let mut kills = Disasters::new(rounds("BOXOFFICE_KILL_CYCLES", 3), beside);
    while let Some(cycle) = kills.next(&data) {
        let shoppers = Shoppers::to(&office, &made, &format!("fan-{cycle}"), rng.u64(..));
        kills.wait(&data, &shoppers.acknowledged, rng.usize(20..300));
        office.kill();
        kills.has_left(&data);
        shoppers.leave(&mut receipts);
        office.reopen();
        receipts.settle();
    }
    kills.came_in_the_middle(&data);
    receipts.are_kept_by(&olga, &made);
}
