//! Cancelling what was paid for.

use serde_json::json;

use crate::harness::{BoxOffice, in_seconds, paid, with};

#[test]
fn the_price_less_the_fees_is_given_back() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let terms = json!({"deadlineHours": 24, "feeFixed": 2.5, "feePercent": 10});
    let made = olga.creates(&with(paid("Night"), &json!({"cancellation": terms})));
    assert_eq!(made.body["cancellation"], json!({"deadlineHours": 24, "feeFixed": 2.5, "feePercent": 10.0}));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 4);
    let payment = carl.has_paid(&held, "sim_ok");
    carl.cancels(&held).is(204);
    let refunded = carl.waits_for_payment(&payment, |p| p["status"] != "succeeded");
    // 102.00 were paid: 10.20 and 2.50 are kept.
    assert_eq!(
        (&refunded["status"], &refunded["refundedAmount"]),
        (&json!("partially_refunded"), &json!(89.3))
    );
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!((&sales["captured"], &sales["refunded"]), (&json!(102.0), &json!(89.3)));
    assert_eq!((&sales["feesKept"], &sales["refundsOwed"]), (&json!(12.7), &json!(0.0)));
    assert_eq!(sales["seatTypes"][0]["returned"], 102.0);
    carl.cancels(&held).refused_by_concert("already_cancelled");
}

#[test]
fn nothing_is_given_back_after_the_deadline() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let change = json!({"startTime": in_seconds(3_000), "cancellation": {"deadlineHours": 1}});
    let made = olga.creates(&with(paid("Soon"), &change));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 2);
    let payment = carl.has_paid(&held, "sim_ok");
    carl.cancels(&held).is(204);
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!((&sales["feesKept"], &sales["refundsOwed"]), (&json!(51.0), &json!(0.0)));
    assert_eq!(carl.waits_for_payment(&payment, |_| true)["status"], "succeeded");
    assert_eq!(carl.counts(&made), [100, 0, 0, 0]);
}

#[test]
fn the_organizer_who_cancels_gives_all_of_it_back() {
    let office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(paid("Night"), &json!({"cancellation": {"feePercent": 50}})));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let payment = carl.has_paid(&held, "sim_ok");
    olga.cancels(&held).is(204);
    let refunded = carl.waits_for_payment(&payment, |p| p["status"] != "succeeded");
    assert_eq!((&refunded["status"], &refunded["refundedAmount"]), (&json!("refunded"), &json!(25.5)));
}

#[test]
fn a_concert_that_is_called_off_gives_everything_back_across_kill_9() {
    let mut office = BoxOffice::open_for_payment();
    let olga = office.organizer("olga");
    let made = olga.creates(&with(paid("Night"), &json!({"cancellation": {"feePercent": 50}})));
    let buyers: Vec<_> = (0..20).map(|number| office.customer(&format!("fan-{number}"))).collect();
    let payments: Vec<_> = buyers
        .iter()
        .map(|fan| {
            let held = fan.has_booked(&made, 2);
            fan.has_paid(&held, "sim_ok")
        })
        .collect();
    let waiting = office.customer("late").has_booked(&made, 1);
    olga.does("cancel", &made).is(200);
    office.kill_and_reopen();
    for (fan, payment) in buyers.iter().zip(&payments) {
        let refunded = fan.waits_for_payment(payment, |p| p["status"] == "refunded");
        assert_eq!(refunded["refundedAmount"], refunded["amount"]);
    }
    assert_eq!(office.customer("late").waits_for_booking(&waiting, "cancelled")["id"], waiting["id"]);
    let sales = olga.get(&made.path("/sales")).is(200).json();
    assert_eq!((&sales["captured"], &sales["refunded"]), (&json!(1_020.0), &json!(1_020.0)));
    assert_eq!((&sales["refundsOwed"], &sales["feesKept"]), (&json!(0.0), &json!(0.0)));
    office.customer("new").books(&made, 1).refused_by_concert("concert_cancelled");
}
