//! A disk that runs full: no bookings, but everything can be read, and it goes on by itself once there is room.

use serde_json::{Value, json};

use crate::harness::{
    BoxOffice, Client, Crowd, LoopDisk, Setup, audit, concert, eventually, in_days, seed, with,
};

const DISK_MEGABYTES: u64 = 200;
/// Bulky calls until the last room is surely used up: some 80 KB each.
const BULKY_CALLS_MAX: usize = 5_000;

/// A draft that takes as much room in the journal as one call can.
fn bulky(number: usize) -> Value {
    let seat_type = |index: usize| {
        let name = format!("{index:03}{}", "🎫".repeat(90));
        json!({"name": name, "price": 1, "totalSeats": 1})
    };
    let seat_types: Vec<_> = (0..100).map(seat_type).collect();
    json!({
        "name": format!("Bulky {number}"),
        "venue": "Nowhere",
        "startTime": in_days(30),
        "description": "🎶".repeat(10_000),
        "draft": true,
        "seatTypes": seat_types,
    })
}

/// Uses up the room that is left until a call is refused for want of it.
fn runs_full(organizer: &Client) {
    for number in 0..BULKY_CALLS_MAX {
        let answer = organizer.post("/concerts", &bulky(number));
        if answer.status != 201 {
            let problem = answer.is(503).problem();
            let code = &problem["code"];
            assert!(code == "storage_unavailable" || code == "outcome_unknown", "{problem}");
            return;
        }
    }
    panic!("the disk does not run full");
}

fn reads_are_served(office: &BoxOffice, concert: &crate::harness::Concert) {
    let (guest, olga) = (office.guest(), office.organizer("olga"));
    guest.get("/concerts").is(200);
    guest.get(&concert.path("")).is(200);
    guest.get(&concert.path("/seats")).is(200);
    //X
    olga.get("/bookings/mybookings").is(200);
    guest.call_at(hyper::Method::GET, "/livez").send().is(200);
}

#[test]
fn a_full_disk_stops_bookings_but_neither_reads_nor_what_comes_after() {
    let name = "a_full_disk_stops_bookings_but_neither_reads_nor_what_comes_after";
    let Some(disk) = LoopDisk::new(name, DISK_MEGABYTES) else { return };
    let mut office = Setup::new().data_at(&disk.root().join("data")).open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})));
    let before = office.customer("carl").has_booked(&made, 1);

    let crowd = Crowd::to(&office, std::slice::from_ref(&made), 2, "fan", seed(name));
    crowd.after(20);
    let filler = disk.fills();
    runs_full(&office.organizer("bulk"));
    let late = office.customer("late");
    let refused = late.orders_with_key(&made.order(1), "key").is(503).problem();
    assert!(refused["code"] == "storage_unavailable" || refused["code"] == "outcome_unknown", "{refused}");
    reads_are_served(&office, &made);
    //Y

    std::fs::remove_file(filler).expect("room can be made");
    let after = eventually("bookings work again", || {
        let answer = late.orders_with_key(&made.order(1), "key");
        (answer.status == 201).then(|| answer.json())
    });
    assert!(office.process.is_alive(), "in the same process");
    crowd.after(20);
    let mut ledger = crowd.leaves();
    ledger.settles();
    ledger.booked(before);
    ledger.booked(after);
    ledger.equals(&[audit(&olga, &made)]);

    office.kill_and_reopen();
    ledger.equals(&[audit(&olga, &made)]);
}
