//! Opening, closing, cancelling and deleting a concert, by hand and by time.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, eventually, in_days, in_seconds, now, with};

#[test]
fn a_closed_concert_sells_nothing_until_it_is_opened_again() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let closed = olga.does("close", &made).is(200).json();
    assert_eq!(closed["status"], "closed");
    assert_eq!(office.guest().sees(&made), closed);
    let carl = office.customer("carl");
    let problem = carl.books(&made, 1).refused_by_concert("sales_closed");
    assert_eq!(problem["sequence"], closed["sequence"]);
    assert_eq!(olga.does("open", &made).is(200).json()["status"], "on_sale");
    carl.has_booked(&made, 1);
}

#[test]
fn a_cancelled_concert_sells_nothing_any_more_and_its_bookings_are_cancelled() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let fans: Vec<_> = (0..20).map(|number| office.customer(&format!("fan{number}"))).collect();
    let bookings: Vec<_> = fans.iter().map(|fan| fan.has_booked(&made, 1)).collect();
    assert_eq!(olga.does("cancel", &made).is(200).json()["status"], "cancelled");
    office.customer("carl").books(&made, 1).refused_by_concert("concert_cancelled");
    olga.does("open", &made).refused_by_concert("concert_cancelled");

    eventually("every booking is cancelled", || {
        let left = olga.lists(&made.path("/bookings?status=confirmed"));
        left.is_empty().then_some(())
    });
    for (fan, booking) in fans.iter().zip(&bookings) {
        assert_eq!(fan.sees_booking(booking)["status"], "cancelled");
        fan.cancels(booking).problem();
    }
    assert_eq!(olga.counts(&made), [100, 0, 0, 0]);
    assert_eq!(olga.sees(&made)["status"], "cancelled");
}

#[test]
fn a_concert_without_bookings_can_be_deleted() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let other = olga.creates(&concert("Day"));
    olga.delete(&made.path("")).is(204);
    for path in ["", "/seats"] {
        office.guest().get(&made.path(path)).refused(404, "concert_not_found");
    }
    olga.delete(&made.path("")).refused(404, "concert_not_found");
    office.customer("carl").books(&made, 1).refused(404, "concert_not_found");
    assert_eq!(office.guest().lists("/concerts"), [other.body]);
}

#[test]
fn a_concert_with_bookings_cannot_be_deleted() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    let booking = office.customer("carl").has_booked(&made, 1);
    let problem = olga.delete(&made.path("")).refused_by_concert("concert_has_bookings");
    assert_eq!(problem["sequence"], booking["sequence"]);
    assert_eq!(olga.sees(&made)["status"], "on_sale");
}

#[test]
fn a_deleted_concert_stays_deleted_after_a_restart() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Night"));
    olga.delete(&made.path("")).is(204);
    office.kill_and_reopen();
    assert_eq!(olga.lists("/concerts"), Vec::<Value>::new());
    olga.get(&made.path("")).refused(404, "concert_not_found");
}

/// Moves a time of a concert so close that it is about to come.
fn is_soon(organizer: &Client, concert: &Concert, time: &str) {
    eventually("the change comes before its time", || {
        let answer = organizer.put(&concert.path(""), &json!({time: in_seconds(2)}));
        (answer.status == 200).then_some(())
    });
}

#[test]
fn the_sale_opens_by_itself() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(concert("Soon"), &json!({"salesOpenAt": in_days(1)})));
    assert_eq!(made.body["status"], "scheduled");
    let carl = office.customer("carl");
    carl.books(&made, 1).refused_by_concert("sales_not_open");
    is_soon(&olga, &made, "salesOpenAt");
    let booking = eventually("the sale opens", || {
        let answer = carl.books(&made, 1);
        if answer.status == 201 {
            return Some(answer.json());
        }
        answer.refused_by_concert("sales_not_open");
        None
    });
    assert_eq!(office.guest().sees(&made)["status"], "on_sale");
    assert_eq!(booking["status"], "confirmed");
}

#[test]
fn the_sale_closes_by_itself() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Brief"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    is_soon(&olga, &made, "salesCloseAt");
    eventually("the sale closes", || (office.guest().sees(&made)["status"] == "closed").then_some(()));
    office.customer("late").books(&made, 1).refused_by_concert("sales_closed");
    carl.cancels(&booking).is(204);
}

#[test]
fn a_booking_cannot_be_cancelled_once_the_concert_has_started() {
    let office = BoxOffice::open();
    let olga = office.organizer("olga");
    let made = olga.creates(&concert("Now"));
    let carl = office.customer("carl");
    let booking = carl.has_booked(&made, 1);
    is_soon(&olga, &made, "startTime");
    eventually("the concert starts", || (office.guest().sees(&made)["status"] == "closed").then_some(()));
    for someone in [&carl, &olga, &office.admin()] {
        someone.cancels(&booking).refused_by_concert("concert_started");
    }
    assert_eq!(carl.sees_booking(&booking), booking);
}

#[test]
fn a_sale_that_was_due_while_the_box_office_was_closed_is_open_after_it() {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let soon = olga.creates(&with(concert("Soon"), &json!({"salesOpenAt": in_days(1)})));
    let later = olga.creates(&with(concert("Later"), &json!({"salesOpenAt": in_days(1)})));
    is_soon(&olga, &soon, "salesOpenAt");
    let due: jiff::Timestamp =
        olga.sees(&soon)["salesOpenAt"].as_str().expect("a time").parse().expect("RFC 3339");
    office.kill();
    eventually("the sale is due", || (now() > due).then_some(()));
    office.reopen();
    office.customer("carl").has_booked(&soon, 1);
    office.customer("carl").books(&later, 1).refused_by_concert("sales_not_open");
}
