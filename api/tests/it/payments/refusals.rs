//! Which payments are refused, with which code; nothing changes.

use serde_json::json;

use crate::harness::{BoxOffice, concert, paid, with};

#[test]
fn only_what_is_owed_is_paid_and_only_by_those_who_may() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&paid("Night"));
    let (carl, cleo) = (office.customer("carl"), office.customer("cleo"));
    let held = carl.has_booked(&made, 1);
    cleo.pays(&held, "sim_ok").refused(404, "booking_not_found");
    office.guest().pays(&held, "sim_ok").refused(401, "missing_token");
    let payment = carl.has_paid(&held, "sim_ok");
    carl.pays(&held, "sim_ok").refused_by_concert("not_held");
    let path = format!("/payments/{}", payment["id"].as_str().expect("an id"));
    cleo.get(&path).refused(404, "payment_not_found");
    office.organizer("otto").get(&path).refused(404, "payment_not_found");
    office.guest().get(&path).refused(401, "missing_token");
    carl.cancels(&held).is(204);
    carl.pays(&held, "sim_ok").refused_by_concert("not_held");

    let free = olga.creates(&concert("Day"));
    let booking = carl.has_booked(&free, 1);
    carl.pays(&booking, "sim_ok").refused_by_concert("not_held");
}

#[test]
fn a_booking_is_paid_once_at_a_time_and_not_changed_meanwhile() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let payment = carl.pays(&held, "sim_slow").is(202).json();
    carl.pays(&held, "sim_ok").refused_by_concert("payment_in_progress");
    carl.changes(&held, &json!({"quantity": 2})).refused_by_concert("payment_in_progress");
    carl.waits_for_payment(&payment, |payment| payment["status"] == "succeeded");
    assert_eq!(carl.sees_booking(&held)["quantity"], 1);
}

#[test]
fn a_hold_that_is_released_while_it_is_paid_is_refunded() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let payment = carl.pays(&held, "sim_slow").is(202).json();
    carl.cancels(&held).is(204);
    carl.waits_for_payment(&payment, |payment| payment["status"] == "refunded");
    assert_eq!(carl.sees_booking(&held)["status"], "cancelled");
}

#[test]
fn every_fault_of_a_payment_is_named() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    for method in ["", "gold", "SIM_OK", "sim_ok ", &"x".repeat(10_000)] {
        carl.pays(&held, method).faults(&["/method"]);
    }
    carl.post("/payments", &json!({})).faults(&["/bookingId", "/method"]);
    let wrong = json!({"bookingId": 5, "method": null, "amount": 1});
    carl.post("/payments", &wrong).faults(&["/bookingId", "/method", "/amount"]);
    for nonsense in ["", "nonsense", "0000000000000-b1"] {
        let payment = json!({"bookingId": nonsense, "method": "sim_ok"});
        carl.post("/payments", &payment).refused(404, "booking_not_found");
        if !nonsense.is_empty() {
            carl.get(&format!("/payments/{nonsense}")).refused(404, "payment_not_found");
        }
    }
    carl.get("/payments/0000000000000-p1").refused(404, "payment_not_found");
    assert_eq!(carl.sees_booking(&held), held);
}

#[test]
fn a_booking_has_a_bounded_number_of_payments() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    for _ in 0..32 {
        assert_eq!(carl.has_paid(&held, "sim_declined")["status"], "failed");
    }
    carl.pays(&held, "sim_ok").refused_by_concert("too_many_payments");
}

#[test]
fn a_hold_with_a_price_is_not_confirmed_without_payment() {
    let office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    carl.does_to(&held, "confirm").refused_by_concert("payment_required");
    office.customer("cleo").does_to(&held, "confirm").refused(404, "booking_not_found");
    carl.cancels(&held).is(204);
    carl.does_to(&held, "confirm").refused_by_concert("not_held");
}

#[test]
fn an_office_without_a_gateway_takes_no_payments() {
    let mut office = BoxOffice::open_for_payment();
    let made = office.organizer("olga").creates(&with(paid("Night"), &json!({"holdSeconds": 600})));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    office.close();
    let closed = office.setup().clone().variable("BOXOFFICE_GATEWAY", "none").open();
    let carl = closed.customer("carl");
    carl.pays(&held, "sim_ok").refused_by_concert("gateway_missing");
    carl.pays_with_key(&held, "sim_ok", "key").refused_by_concert("gateway_missing");
    assert_eq!(carl.sees_booking(&held)["status"], "held");
}
