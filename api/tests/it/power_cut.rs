//! Power cuts under load: what was acknowledged is on the disk, not only in the kernel's memory.

use serde_json::json;

use crate::harness::{
    Beside, Crowd, Disasters, Ledger, LoopDisk, Receipts, Setup, Shoppers, audit, bulky, concert, rounds,
    seed, shop, with,
};

/// Room for a long run; the image is sparse.
const DISK_MEGABYTES: u64 = 8_192;
/// So many that the journal grows into a new segment in most rounds: the room that it has already survives more than it should.
const DRAFTS_PER_CUT_MAX: usize = 150;

#[test]
fn whatever_was_acknowledged_survives_a_power_cut() {
    acknowledged_survives_cuts("whatever_was_acknowledged_survives_a_power_cut", Beside::Nothing);
}

#[test]
fn whatever_was_acknowledged_survives_a_power_cut_in_the_middle_of_snapshots_and_trims() {
    let name = "whatever_was_acknowledged_survives_a_power_cut_in_the_middle_of_snapshots_and_trims";
    acknowledged_survives_cuts(name, Beside::Snapshots);
}

fn acknowledged_survives_cuts(name: &str, beside: Beside) {
    let Some(disk) = LoopDisk::new(name, DISK_MEGABYTES) else { return };
    let mut rng = fastrand::Rng::with_seed(seed(name));
    let data = disk.root().join("data");
    let mut office = Setup::new().beside(beside).data_at(&data).open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})));
    let mut ledger = Ledger::default();
    let mut cuts = Disasters::new(rounds("BOXOFFICE_POWER_CUTS", 2), beside);
    while let Some(cut) = cuts.next(&data) {
        let crowd = Crowd::to(&office, std::slice::from_ref(&made), 8, &format!("fan-{cut}"), rng.u64(..));
        crowd.acknowledged.after(rng.usize(1..100));
        let drafts = (0..rng.usize(1..=DRAFTS_PER_CUT_MAX))
            .map(|number| olga.creates(&bulky(&format!("Draft {number}"))));
        let drafts: Vec<_> = drafts.collect();
        let switch = disk.switch();
        cuts.wait(&data, &crowd.acknowledged, 0);
        switch.cut();
        office.kill();
        ledger.takes_over(crowd.leaves());
        disk.comes_back();
        cuts.has_left(&data);
        office.reopen();
        for draft in &drafts {
            assert_eq!(olga.sees(draft), draft.body);
        }
        ledger.is_kept_in(&[audit(&olga, &made)]);
        ledger.settles();
        ledger.equals(&[audit(&olga, &made)]);
    }
    cuts.came_in_the_middle(&data);
    assert_ne!(ledger.len(), 0);
}

#[test]
fn holds_and_payments_survive_a_power_cut_and_all_money_is_accounted_for() {
    let name = "holds_and_payments_survive_a_power_cut_and_all_money_is_accounted_for";
    money_survives_cuts(name, Beside::Nothing);
}

#[test]
fn holds_and_payments_survive_a_power_cut_in_the_middle_of_snapshots_and_trims() {
    let name = "holds_and_payments_survive_a_power_cut_in_the_middle_of_snapshots_and_trims";
    money_survives_cuts(name, Beside::Snapshots);
}

fn money_survives_cuts(name: &str, beside: Beside) {
    let Some(disk) = LoopDisk::new(name, DISK_MEGABYTES) else { return };
    let mut rng = fastrand::Rng::with_seed(seed(name));
    let data = disk.root().join("data");
    let setup = Setup::new().variable("BOXOFFICE_GATEWAY", "simulated").beside(beside);
    let mut office = setup.data_at(&data).open();
    let olga = office.organizer("olga");
    let made = olga.creates(&shop("Night"));
    let mut receipts = Receipts::default();
    let mut cuts = Disasters::new(rounds("BOXOFFICE_POWER_CUTS", 2), beside);
    while let Some(cut) = cuts.next(&data) {
        let shoppers = Shoppers::to(&office, &made, &format!("fan-{cut}"), rng.u64(..));
        let switch = disk.switch();
        cuts.wait(&data, &shoppers.acknowledged, rng.usize(20..200));
        switch.cut();
        office.kill();
        shoppers.leave(&mut receipts);
        disk.comes_back();
        cuts.has_left(&data);
        office.reopen();
        receipts.settle();
    }
    cuts.came_in_the_middle(&data);
    receipts.are_kept_by(&olga, &made);
}

#[test]
fn a_concert_and_an_account_that_were_acknowledged_survive_a_power_cut_right_after() {
    let name = "a_concert_and_an_account_that_were_acknowledged_survive_a_power_cut_right_after";
    let Some(disk) = LoopDisk::new(name, DISK_MEGABYTES) else { return };
    let mut office = Setup::new().data_at(&disk.root().join("data")).open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let ada = office.guest().registers("ada", "open sesame");
    disk.loses_power();
    office.kill();
    disk.comes_back();
    office.reopen();
    assert_eq!(olga.sees(&made), made.body);
    ada.get("/auth/profile").is(200);
    office.guest().logs_in("ada", "open sesame").is(200);
}

#[test]
fn a_disk_that_fails_is_never_taken_for_one_that_holds() {
    let Some(disk) = LoopDisk::new("a_disk_that_fails_is_never_taken_for_one_that_holds", DISK_MEGABYTES)
    else {
        return;
    };
    let mut office = Setup::new().data_at(&disk.root().join("data")).open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let booking = carl.has_booked(&made, 1);
    disk.loses_power();
    let order = cleo.call(hyper::Method::POST, "/bookings").json(&made.order(1)).attempt();
    if let Ok(answer) = order {
        answer.is(503).problem();
    }
    let ended = office.process.ended();
    assert!(ended.status.code().is_some_and(|code| code != 0), "it ends by itself, and not well: {ended:?}");
    disk.comes_back();
    office.reopen();
    assert_eq!(carl.sees_booking(&booking), booking);
    audit(&olga, &made);
}
