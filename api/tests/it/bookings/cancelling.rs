//! Cancelling a booking, and who may see and cancel it.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, audit, concert, with};

#[test]
fn a_cancelled_booking_gives_its_seats_and_its_place_in_the_limit_back() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "Seat", "price": 9, "totalSeats": 2}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": seats, "maxTicketsPerUser": 2})));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let booking = carl.has_booked(&made, 2);
    cleo.books(&made, 1).refused_by_concert("sold_out");

    let answer = carl.cancels(&booking).is(204);
    assert_eq!(answer.body, b"");
    assert_eq!(office.guest().counts(&made), [2, 0, 0, 0]);
    assert_eq!(office.guest().sees(&made)["status"], "on_sale");
    cleo.has_booked(&made, 1);
    carl.has_booked(&made, 1);
    assert_eq!(audit(&olga, &made).bookings.len(), 3);
}

#[test]
fn a_cancelled_booking_stays_to_be_seen_with_the_sequence_of_its_cancellation() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    carl.cancels(&booking).is(204);
    let cancelled = carl.sees_booking(&booking);
    let mut expected = booking.clone();
    expected["status"] = json!("cancelled");
    expected["sequence"] = json!(booking["sequence"].as_u64().expect("a sequence") + 1);
    expected["updatedAt"] = cancelled["updatedAt"].clone();
    assert_eq!(cancelled, expected);
    assert_eq!(carl.lists("/bookings/mybookings"), [cancelled]);
}

#[test]
fn a_booking_is_cancelled_once() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    carl.cancels(&booking).is(204);
    let cancelled = carl.sees_booking(&booking);
    let problem = carl.cancels(&booking).refused_by_concert("already_cancelled");
    assert_eq!(problem["sequence"], cancelled["sequence"]);
    assert_eq!(office.guest().counts(&made), [100, 0, 0, 0], "the seat came back once");
    assert_eq!(carl.sees_booking(&booking), cancelled);
}

#[test]
fn its_owner_its_organizer_and_admins_see_and_cancel_a_booking_and_nobody_else() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Night"), &json!({"maxTicketsPerUser": 3})));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    let path = format!("/bookings/{}", booking["id"].as_str().expect("an id"));
    for stranger in [office.customer("cleo"), office.organizer("otto")] {
        let unseen = stranger.get(&path);
        unseen.refused(404, "booking_not_found");
        stranger.delete(&path).refused(404, "booking_not_found");
        let not_there = stranger.get(&format!("/bookings/{}-b999999", made.id));
        assert_eq!(unseen.json(), not_there.json(), "the same as if it did not exist");
    }
    office.guest().get(&path).refused(401, "missing_token");
    office.guest().delete(&path).refused(401, "missing_token");
    assert_eq!(carl.sees_booking(&booking), booking);

    for somebody in [&carl, &olga, &office.admin()] {
        let booking = carl.has_booked(&made, 1);
        assert_eq!(somebody.sees_booking(&booking), booking);
        somebody.cancels(&booking).is(204);
        assert_eq!(carl.sees_booking(&booking)["status"], "cancelled");
    }
}

#[test]
fn a_booking_of_a_closed_sale_can_be_cancelled() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    olga.does("close", &made).is(200);
    carl.cancels(&booking).is(204);
    assert_eq!(office.guest().counts(&made), [100, 0, 0, 0]);
    carl.books(&made, 1).refused_by_concert("sales_closed");
}

#[test]
fn an_account_owns_what_it_booked() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    let ada = office.guest().registers("ada", "open sesame");
    let booking = ada.has_booked(&made, 1);
    assert_eq!(booking["userId"], ada.id);
    let again = office.guest().with_session(&office.guest().logs_in("ada", "open sesame").is(200).json());
    assert_eq!(again.sees_booking(&booking), booking);
    again.cancels(&booking).is(204);
    let confirmed: Vec<Value> = again.lists("/bookings/mybookings?status=confirmed");
    assert_eq!(confirmed, Vec::<Value>::new());
}
