//! `kill -9` while people hold, pay and cancel: no money is lost, none is kept that is owed back.

use crate::harness::{BoxOffice, Receipts, Shoppers, rounds, seed, shop};

#[test]
fn holds_and_payments_survive_kill_9_and_all_money_is_accounted_for() {
    let seed = seed("holds_and_payments_survive_kill_9_and_all_money_is_accounted_for");
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&shop("Night"));
    let mut receipts = Receipts::default();
    for cycle in 0..rounds("BOXOFFICE_KILL_CYCLES", 3) {
        let shoppers = Shoppers::to(&office, &made, &format!("fan-{cycle}"), rng.u64(..));
        shoppers.after(rng.usize(20..300));
        office.kill();
        shoppers.leave(&mut receipts);
        office.reopen();
        receipts.settle();
    }
    receipts.are_kept_by(&olga, &made);
}
