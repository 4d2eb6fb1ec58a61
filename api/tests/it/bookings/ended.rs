//! Bookings that have ended leave the memory of their concert with a snapshot, which every stop makes. Nobody notices.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, Concert, concert, paid, with};

/// Everything that is told of them, to those who may know.
fn told(office: &BoxOffice, concerts: &[&Concert], bookings: &[&Value], payment: &Value) -> Vec<Value> {
    let (olga, ada) = (office.organizer("olga"), office.customer("ada"));
    let mut all = Vec::new();
    for concert in concerts {
        for query in ["", "?limit=2", "?status=cancelled", "?status=expired&limit=1", "?status=confirmed"] {
            all.push(json!(olga.lists(&concert.path(&format!("/bookings{query}")))));
        }
        all.push(olga.get(&concert.path("/sales")).is(200).json());
    }
    for query in ["", "?limit=1", "?status=cancelled&limit=2", "?status=held"] {
        all.push(json!(ada.lists(&format!("/bookings/user/ada{query}"))));
    }
    for client in [&olga, &ada] {
        all.extend(bookings.iter().map(|booking| client.sees_booking(booking)));
        all.push(
            client.get(&format!("/payments/{}", payment["id"].as_str().unwrap_or_default())).is(200).json(),
        );
    }
    all.push(json!(ada.lists(&path_of(bookings[0], "/history?limit=1"))));
    all
}

fn path_of(booking: &Value, what: &str) -> String {
    format!("/bookings/{}{what}", booking["id"].as_str().expect("a booking has an id"))
}

fn refused(ada: &Client, booking: &Value) {
    ada.cancels(booking).refused_by_concert("already_cancelled");
    ada.changes(booking, &json!({"quantity": 3})).refused_by_concert("already_cancelled");
    ada.does_to(booking, "extend").refused_by_concert("not_held");
    ada.does_to(booking, "confirm").refused_by_concert("not_held");
    ada.pays(booking, "sim_ok").refused_by_concert("not_held");
}

#[test]
fn what_has_ended_is_told_and_refused_as_before_after_stops_and_kills() {
    let mut office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let many = json!({"maxTicketsPerUser": 100});
    let (night, day) =
        (olga.creates(&with(paid("Night"), &many)), olga.creates(&with(concert("Day"), &many)));
    let ada = office.customer("ada");
    let held = ada.has_booked(&night, 2);
    let payment = ada.has_paid(&held, "sim_ok");
    ada.cancels(&held).is(204);
    ada.waits_for_payment(&payment, |payment| payment["status"] != "succeeded");
    let given_up = ada.has_booked(&night, 1);
    ada.cancels(&given_up).is(204);
    let mut free = Vec::new();
    for number in 0..5 {
        let booking = ada.has_booked(&day, 1);
        if number != 2 {
            ada.cancels(&booking).is(204);
            free.push(booking);
        }
    }
    let bookings: Vec<&Value> = [&held, &given_up].into_iter().chain(&free).collect();
    let before = told(&office, &[&night, &day], &bookings, &payment);
    for kills in [false, true, false] {
        if kills {
            office.kill_and_reopen();
        } else {
            office.restart();
        }
        for (now, before) in told(&office, &[&night, &day], &bookings, &payment).iter().zip(&before) {
            assert_eq!(now, before);
        }
        for booking in &bookings {
            refused(&ada, booking);
        }
        let eve = office.customer("eve");
        eve.get(&path_of(&held, "")).refused(404, "booking_not_found");
        eve.cancels(&held).refused(404, "booking_not_found");
        eve.get(&format!("/payments/{}", payment["id"].as_str().unwrap_or_default()))
            .refused(404, "payment_not_found");
    }
    // And it goes on where it was.
    ada.has_booked(&day, 1);
    assert_eq!(ada.lists("/bookings/user/ada").len(), bookings.len() + 2);
}
