//! The audit trail of a booking.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, concert, eventually, hall, paid, with};

fn path(booking: &Value) -> String {
    format!("/bookings/{}/history", booking["id"].as_str().expect("an id"))
}

/// The trail, without numbers and times: these are checked here.
#[track_caller]
fn trail(client: &Client, booking: &Value) -> Vec<Value> {
    let mut entries = client.lists(&path(booking));
    let sequences: Vec<_> = entries.iter().map(|entry| entry["sequence"].as_u64()).collect();
    assert!(sequences.is_sorted() && sequences.iter().all(Option::is_some), "{entries:?}");
    for entry in &mut entries {
        assert!(entry["time"].is_string(), "{entry}");
        let members = entry.as_object_mut().expect("an object");
        for name in ["sequence", "time", "expiresAt"] {
            assert!(members.remove(name).is_some(), "{name} is missing: {members:?}");
        }
    }
    entries
}

#[test]
fn every_entry_tells_who_did_it_why_and_what_it_made_of_the_booking() {
    let office = BoxOffice::open_for_payment();
    let (olga, carl) = (office.organizer("olga"), office.customer("carl"));
    let made = olga.creates(&with(hall("Hall"), &json!({"payment": "required"})));
    let held = carl.post("/bookings", &made.order_of(&["A-1", "A-2"])).is(201).json();
    let payment = carl.has_paid(&held, "sim_ok");
    let changed = carl.changes(&held, &json!({"seats": ["A-2"]})).is(200).json();
    carl.waits_for_payment(&payment, |payment| payment["refundedAmount"] == json!(20.0));
    let item = |seats: Value, quantity: u64| {
        json!([{
            "seatTypeId": made.seat_type(0), "seatTypeName": "Stalls", "quantity": quantity, "seats": seats, "unitPrice": 20.0,
        }])
    };
    let two = json!({"items": item(json!(["A-1", "A-2"]), 2), "total": 40.0});
    let one = json!({"items": item(json!(["A-2"]), 1), "total": 20.0});
    let number = |booking: &Value| booking["sequence"].clone();
    let started = carl.lists(&path(&held))[1]["sequence"].clone();
    let entry = |event: &str, actor: &str, cause: &str, from: Value, status: &str| {
        let by = if actor == "user" { json!("carl") } else { Value::Null };
        json!({
            "event": event, "actor": actor, "by": by, "cause": cause, "causeSequence": from, "status": status,
            "paymentId": null, "amount": null,
        })
    };
    let paid =
        |entry: Value, amount: f64| with(entry, &json!({"paymentId": payment["id"], "amount": amount}));
    let by_gateway = |event, from: &Value, status| entry(event, "gateway", "payment", from.clone(), status);
    let expected = [
        with(entry("held", "user", "request", Value::Null, "held"), &two),
        paid(entry("payment_started", "user", "request", Value::Null, "held"), 40.0),
        paid(by_gateway("payment_submitted", &started, "held"), 40.0),
        paid(with(by_gateway("payment_succeeded", &started, "confirmed"), &two), 40.0),
        with(entry("changed", "user", "request", Value::Null, "confirmed"), &one),
        paid(entry("refund_made", "gateway", "refund_owed", number(&changed), "confirmed"), 20.0),
    ];
    assert_eq!(trail(&carl, &held), expected);
    assert_eq!(trail(&olga, &held), expected, "its organizer sees the same");
    office.customer("cleo").get(&path(&held)).refused(404, "booking_not_found");
}

#[test]
fn what_ended_with_its_concert_tells_who_called_it_off() {
    let mut office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    let called_off = office.admin().does("cancel", &made).is(200).json();
    carl.waits_for_booking(&booking, "cancelled");
    office.kill_and_reopen();
    let last = trail(&carl, &booking).pop().expect("it ended");
    let admin = office.admin().id;
    assert_eq!((&last["event"], &last["status"]), (&json!("concert_cancelled"), &json!("cancelled")));
    assert_eq!((&last["actor"], &last["by"]), (&json!("user"), &json!(admin)));
    assert_eq!(last["cause"], "concert_cancelled");
    assert_eq!(last["causeSequence"], called_off["sequence"]);
}

#[test]
fn what_time_and_the_waiting_list_do_the_box_office_did() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let seat = json!([{"name": "Seat", "price": 8, "totalSeats": 1}]);
    let made = olga.creates(&with(paid("Night"), &json!({"seatTypes": seat, "holdSeconds": 1})));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let held = carl.has_booked(&made, 1);
    carl.waits_for_booking(&held, "expired");
    let ended = trail(&carl, &held).pop().expect("it ended");
    let told = |entry: &Value| {
        ["event", "actor", "by", "cause", "status"].map(|member| entry[member].as_str().map(str::to_owned))
    };
    let office_did = |event: &str, cause: &str, status: &str| {
        [Some(event), Some("box_office"), None, Some(cause), Some(status)].map(|text| text.map(str::to_owned))
    };
    assert_eq!(told(&ended), office_did("expired", "deadline", "expired"));
    let other = olga.creates(&with(concert("Day"), &json!({"seatTypes": seat})));
    let booked = carl.has_booked(&other, 1);
    let wish = cleo.post(&other.path("/waitlist"), &json!({"seatTypeId": other.seat_type(0)})).is(201);
    carl.cancels(&booked).is(204);
    let offer = eventually("the offer", || cleo.lists("/bookings/mybookings?status=held").into_iter().next());
    let offered = trail(&cleo, &offer).remove(0);
    assert_eq!(told(&offered), office_did("offered", "waitlist", "held"));
    let number = wish.text("id").rsplit_once("-w").expect("a wish").1.parse::<u64>().expect("a number");
    assert_eq!(offered["causeSequence"], number);
}

#[test]
fn a_trail_is_told_page_by_page() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 9})));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    for quantity in 2..7 {
        carl.changes(&booking, &json!({"quantity": quantity})).is(200);
    }
    let all = carl.get(&path(&booking)).is(200);
    assert_eq!((all.json().as_array().map(Vec::len), all.next_page()), (Some(6), None));
    let first = carl.get(&format!("{}?limit=4", path(&booking))).is(200);
    assert_eq!(first.json().as_array().map(Vec::len), Some(4));
    assert!(first.next_page().is_some());
    assert_eq!(json!(carl.lists(&format!("{}?limit=4", path(&booking)))), all.json());
    carl.get(&format!("{}?limit=101&cursor=%21", path(&booking))).faults(&["limit", "cursor"]);
}
