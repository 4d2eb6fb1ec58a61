//! A disk that runs full: no bookings, but everything can be read, and it goes on by itself once there is room.

use serde_json::{Value, json};

use crate::harness::{
    BoxOffice, Client, Concert, Crowd, LoopDisk, Setup, audit, bulky, concert, eventually, seed, with,
};

const DISK_MEGABYTES: u64 = 200;
/// Bulky drafts until the last room is surely used up.
const BULKY_CALLS_MAX: usize = 5_000;

/// Uses up the room that is left until a call is refused for want of it.
fn runs_full(organizer: &Client) {
    for number in 0..BULKY_CALLS_MAX {
        let answer = organizer.post("/concerts", &bulky(&format!("Bulky {number}")));
        if answer.status != 201 {
            let problem = answer.is(503).problem();
            let code = &problem["code"];
            assert!(code == "storage_unavailable" || code == "outcome_unknown", "{problem}");
            return;
        }
    }
    panic!("the disk does not run full");
}

/// A concert on a small disk, with a booking that was made while there was room.
struct OnSmallDisk {
    office: BoxOffice,
    made: Concert,
    before: Value,
    // Last, so that nothing uses it any more when it goes.
    disk: LoopDisk,
}

impl OnSmallDisk {
    fn open(test: &str) -> Option<Self> {
        let disk = LoopDisk::new(test, DISK_MEGABYTES)?;
        let office = Setup::new().data_at(&disk.root().join("data")).open();
        let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 1_000_000}]);
        let request = with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 4}));
        let made = office.organizer("olga").creates(&request);
        let before = office.customer("carl").has_booked(&made, 1);
        Some(Self { office, made, before, disk })
    }
}

#[test]
fn a_full_disk_stops_bookings_until_there_is_room_and_loses_none() {
    let name = "a_full_disk_stops_bookings_until_there_is_room_and_loses_none";
    let Some(OnSmallDisk { mut office, made, before, disk }) = OnSmallDisk::open(name) else { return };
    let olga = office.organizer("olga");
    let crowd = Crowd::to(&office, std::slice::from_ref(&made), 2, "fan", seed(name));
    crowd.acknowledged.after(20);
    let filler = disk.fills();
    runs_full(&office.organizer("bulk"));
    let late = office.customer("late");
    let refused = late.orders_with_key(&made.order(1), "key").is(503).problem();
    assert!(refused["code"] == "storage_unavailable" || refused["code"] == "outcome_unknown", "{refused}");

    std::fs::remove_file(filler).expect("room can be made");
    let after = eventually("bookings work again", || {
        let answer = late.orders_with_key(&made.order(1), "key");
        (answer.status == 201).then(|| answer.json())
    });
    assert!(office.process.is_alive(), "in the same process");
    crowd.acknowledged.after(20);
    let mut ledger = crowd.leaves();
    ledger.settles();
    ledger.booked(before);
    ledger.booked(after);
    ledger.equals(&[audit(&olga, &made)]);

    office.kill_and_reopen();
    ledger.equals(&[audit(&olga, &made)]);
}

#[test]
fn a_full_disk_stops_no_reads() {
    let Some(OnSmallDisk { office, made, before, disk }) = OnSmallDisk::open("a_full_disk_stops_no_reads")
    else {
        return;
    };
    let (guest, olga, carl) = (office.guest(), office.organizer("olga"), office.customer("carl"));
    let crowd = Crowd::to(&office, std::slice::from_ref(&made), 4, "fan", seed("a_full_disk_stops_no_reads"));
    disk.fills();
    runs_full(&office.organizer("bulk"));
    carl.books(&made, 1).is(503);
    let shown = guest.sees(&made);
    // The concert had events on their way to the disk, so it is restored first: for that moment its bookings wait.
    let first_page = eventually("bookings can be read", || {
        let answer = olga.get(&made.path("/bookings?limit=100"));
        (answer.status == 200).then(|| answer.json())
    });

    // Meanwhile the crowd goes on asking for what it cannot have.
    for _ in 0..20 {
        guest.call_at(hyper::Method::GET, "/livez").send().is(200);
        assert_eq!(guest.sees(&made), shown);
        assert_eq!(guest.lists("/concerts"), std::slice::from_ref(&shown));
        assert_eq!(Some(guest.counts(&made)[0]), shown["seatTypes"][0]["remaining"].as_u64());
        office.admin().get("/users").is(200);
        assert_eq!(carl.sees_booking(&before), before);
        assert_eq!(carl.lists("/bookings/mybookings"), std::slice::from_ref(&before));
        assert_eq!(olga.get(&made.path("/bookings?limit=100")).is(200).json(), first_page);
    }
    crowd.leaves().is_kept_in(&[audit(&olga, &made)]);
}
