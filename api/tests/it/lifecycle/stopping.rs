//! Signals, and how the box office closes.

use serde_json::json;

use crate::harness::{BoxOffice, Crowd, Wire, audit, concert, seed, with};

/// Sends the head of a registration and waits until its body is being read.
fn begins_to_register(office: &BoxOffice, body: &str) -> Wire {
    let mut wire = Wire::to(office);
    let length = body.len();
    wire.says(format!(
        "POST /api/auth/register HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
    ));
    assert_eq!(wire.hears().status, 100);
    wire
}

#[test]
fn a_request_under_way_is_answered_before_the_box_office_closes() {
    for signal in ["TERM", "INT"] {
        let mut office = BoxOffice::open();
        let mut idle = Wire::to(&office);
        idle.says("GET /livez HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(idle.hears().status, 200);
        let account =
            json!({"username": "ada", "email": "ada@example.org", "password": "open sesame"}).to_string();
        let mut wire = begins_to_register(&office, &account);

        office.process.signal(signal);
        assert_eq!(idle.closes(), b"", "a connection that is doing nothing is closed");
        wire.says(&account);
        let answer = wire.hears();
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.json()["user"]["username"], "ada");
        wire.closes();
        office.process.ended().cleanly();

        office.reopen();
        office.guest().logs_in("ada", "open sesame").is(200);
    }
}

#[test]
fn closing_in_the_middle_of_a_rush_loses_nothing() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 100_000}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})));
    let crowd =
        Crowd::to(&office, std::slice::from_ref(&made), 8, "fan", seed("closing_in_the_middle_of_a_rush"));
    crowd.acknowledged.after(200);
    office.close();
    let mut ledger = crowd.leaves();
    office.reopen();
    ledger.is_kept_in(&[audit(&olga, &made)]);
    ledger.settles();
    ledger.equals(&[audit(&olga, &made)]);
}
