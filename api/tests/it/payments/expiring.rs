//! Holds that nobody pays for.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Concert, eventually, now, paid, with};

/// A concert of one seat whose holds last so many seconds.
fn one_seat(office: &BoxOffice, hold_seconds: u64) -> Concert {
    let seats = json!([{"name": "The seat", "price": 5, "totalSeats": 1}]);
    let change = json!({"seatTypes": seats, "holdSeconds": hold_seconds});
    office.organizer("olga").creates(&with(paid("Night"), &change))
}

fn expires_at(booking: &Value) -> jiff::Timestamp {
    booking["expiresAt"].as_str().expect("a time").parse().expect("RFC 3339")
}

#[test]
fn a_hold_expires_without_any_traffic_and_the_seat_is_free() {
    let office = BoxOffice::open_for_payment();
    let made = one_seat(&office, 1);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    assert_eq!(office.guest().sees(&made)["status"], "sold_out");
    // The concert's list is read from what is committed, so nobody asks the concert itself.
    let guest = office.guest();
    eventually("the seat is free", || (guest.counts(&made) == [1, 0, 0, 0]).then_some(()));
    assert!(now() >= expires_at(&held), "not before its time");
    let expired = carl.sees_booking(&held);
    assert_eq!((&expired["status"], &expired["expiresAt"]), (&json!("expired"), &Value::Null));
    assert_eq!(carl.lists("/bookings/mybookings?status=expired"), std::slice::from_ref(&expired));
    carl.pays(&held, "sim_ok").refused_by_concert("hold_expired");
    carl.does_to(&held, "extend").refused_by_concert("hold_expired");
    carl.cancels(&held).refused_by_concert("hold_expired");
    carl.changes(&held, &json!({"quantity": 1})).refused_by_concert("hold_expired");
}

#[test]
fn the_seats_of_a_hold_are_there_for_the_next_at_the_moment_it_expires() {
    let office = BoxOffice::open_for_payment();
    let made = one_seat(&office, 1);
    let held = office.customer("carl").has_booked(&made, 1);
    let cleo = office.customer("cleo");
    let hers = eventually("the seat is had", || {
        let answer = cleo.books(&made, 1);
        if answer.status == 201 {
            return Some(answer.json());
        }
        answer.refused_by_concert("sold_out");
        // Whoever was refused after the hold's time was refused wrongly; a call under way when it came proves nothing.
        None
    });
    let created: jiff::Timestamp = hers["createdAt"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(created >= expires_at(&held), "nobody has a seat that another one holds");
}

#[test]
fn a_hold_expires_while_the_office_is_closed() {
    let mut office = BoxOffice::open_for_payment();
    let made = one_seat(&office, 2);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    office.close();
    eventually("its time comes", || (now() >= expires_at(&held)).then_some(()));
    office.reopen();
    assert_eq!(carl.waits_for_booking(&held, "expired")["id"], held["id"]);
    office.customer("cleo").has_booked(&made, 1);
}

#[test]
fn a_hold_outlives_kill_9_until_its_time_comes() {
    let mut office = BoxOffice::open_for_payment();
    let made = one_seat(&office, 600);
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    office.kill_and_reopen();
    assert_eq!(carl.sees_booking(&held), held);
    office.customer("cleo").books(&made, 1).refused_by_concert("sold_out");
    assert_eq!(carl.has_paid(&held, "sim_ok")["status"], "succeeded");
}
