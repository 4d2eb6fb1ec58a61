//! Payments: how they end, and what becomes of the hold.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, paid, with};

#[test]
fn a_hold_that_is_paid_is_confirmed() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 2);
    let begun = carl.pays(&held, "sim_ok").is(202);
    let payment = begun.json();
    assert_eq!(begun.header("location"), Some(format!("/api/payments/{}", begun.text("id")).as_str()));
    assert_eq!((&payment["bookingId"], &payment["amount"]), (&held["id"], &json!(51.0)));
    assert_eq!((&payment["currency"], &payment["status"]), (&json!("USD"), &json!("processing")));
    assert_eq!((&payment["refundedAmount"], &payment["failureCode"]), (&json!(0.0), &Value::Null));
    assert!(payment.get("clientSecret").is_none(), "the simulated gateway needs none");
    let paid = carl.waits_for_payment(&payment, |payment| payment["status"] != "processing");
    assert_eq!((&paid["status"], &paid["refundedAmount"]), (&json!("succeeded"), &json!(0.0)));
    let booking = carl.sees_booking(&held);
    assert_eq!((&booking["status"], &booking["expiresAt"]), (&json!("confirmed"), &Value::Null));
    assert_eq!(booking["id"], held["id"]);
    assert_eq!(carl.counts(&made), [98, 0, 2, 0]);
    for somebody in [&olga, &office.admin()] {
        assert_eq!(somebody.get(&format!("/payments/{}", begun.text("id"))).is(200).json(), paid);
    }
}

#[test]
fn a_declined_payment_leaves_the_hold_with_two_more_minutes_once() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&with(paid("Night"), &json!({"holdSeconds": 30})));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let declined = carl.has_paid(&held, "sim_declined");
    assert_eq!(declined["status"], "failed");
    assert_eq!(declined["failureCode"], "card_declined");
    let extended = carl.sees_booking(&held);
    assert_eq!(extended["status"], "held");
    assert!(extended["expiresAt"].as_str() > held["expiresAt"].as_str(), "{extended}");
    carl.has_paid(&held, "sim_declined");
    assert_eq!(carl.sees_booking(&held)["expiresAt"], extended["expiresAt"], "only once");
    assert_eq!(carl.has_paid(&held, "sim_ok")["status"], "succeeded");
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
}

#[test]
fn a_gateway_that_cannot_be_reached_is_called_again() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    assert_eq!(carl.has_paid(&held, "sim_unreachable")["status"], "succeeded");
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
}

#[test]
fn a_payment_under_way_goes_on_after_kill_9() {
    let mut office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let payment = carl.pays(&held, "sim_slow").is(202).json();
    office.kill_and_reopen();
    let settled = carl.waits_for_payment(&payment, |payment| payment["status"] != "processing");
    assert_eq!(settled["status"], "succeeded");
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
}

#[test]
fn a_payment_after_the_hold_takes_the_seats_again_if_they_are_free() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&with(paid("Night"), &json!({"holdSeconds": 1})));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 2);
    let payment = carl.pays(&held, "sim_late").is(202).json();
    carl.waits_for_booking(&held, "expired");
    assert_eq!(carl.counts(&made), [100, 0, 0, 0]);
    assert_eq!(carl.waits_for_payment(&payment, |p| p["status"] != "processing")["status"], "succeeded");
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
    assert_eq!(carl.counts(&made), [98, 0, 2, 0]);
}

#[test]
fn a_payment_after_the_hold_is_given_back_where_the_seats_are_gone() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let seats = json!([{"name": "The seat", "price": 9.5, "totalSeats": 1}]);
    let made = olga.creates(&with(paid("Night"), &json!({"holdSeconds": 1, "seatTypes": seats})));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let held = carl.has_booked(&made, 1);
    let payment = carl.pays(&held, "sim_late").is(202).json();
    carl.waits_for_booking(&held, "expired");
    let hers = cleo.has_booked(&made, 1);
    assert_eq!(cleo.has_paid(&hers, "sim_ok")["status"], "succeeded");
    let refunded = carl.waits_for_payment(&payment, |p| p["status"] == "refunded");
    assert_eq!((&refunded["amount"], &refunded["refundedAmount"]), (&json!(9.5), &json!(9.5)));
    assert_eq!(carl.sees_booking(&held)["status"], "expired");
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!(
        (&sales["captured"], &sales["refunded"], &sales["refundsOwed"]),
        (&json!(19.0), &json!(9.5), &json!(0.0))
    );
}

#[test]
fn what_the_gateway_tells_again_or_out_of_order_has_its_effect_once() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(paid("Night"), &json!({"maxTicketsPerUser": 2})));
    for method in ["sim_duplicate", "sim_reordered"] {
        let carl = office.customer(method);
        let held = carl.has_booked(&made, 2);
        let payment = carl.has_paid(&held, method);
        assert_eq!((&payment["status"], &payment["amount"]), (&json!("succeeded"), &held["total"]));
        carl.waits_for_booking(&held, "confirmed");
        // What came again came before this, or changes nothing when it comes.
        carl.changes(&held, &json!({"quantity": 1})).is(200);
        let half = carl.waits_for_payment(&payment, |payment| payment["status"] == "partially_refunded");
        assert_eq!(half["refundedAmount"].as_f64(), held["total"].as_f64().map(|total| total / 2.0));
    }
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!(sales["captured"].as_f64(), sales["refunded"].as_f64().map(|half| half * 2.0));
}
