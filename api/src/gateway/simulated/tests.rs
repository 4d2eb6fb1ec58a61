//! How payments end, and when, by a clock that the tests move.

use boxoffice_engine::money::Currency;
use boxoffice_engine::time::ManualClock;

use super::*;

const START: Time = Time(1_000_000);
const HOLD_EXPIRES_AT: Time = Time(1_060_000);

fn gateway() -> (Arc<ManualClock>, Simulated) {
    let clock = Arc::new(ManualClock::new(START));
    (Arc::clone(&clock), Simulated::new(clock, tokio::sync::mpsc::unbounded_channel().0))
}

fn order(number: u32, method: &str) -> PaymentOrder {
    PaymentOrder {
        payment: format!("0000000000001-p{number}").parse().unwrap(),
        booking: "0000000000001-b1".parse().unwrap(),
        amount: 1_000,
        currency: Currency::USD,
        method: method.into(),
        hold_expires_at: HOLD_EXPIRES_AT,
        idempotency_key: "key".into(),
    }
}

/// Asks for the outcome, looks one millisecond before it is due, and then when it is.
async fn settles(method: &str, at: i64) -> PaymentOutcome {
    let (clock, gateway) = gateway();
    let submitted = gateway.submit(order(1, method)).await.unwrap();
    assert_eq!(submitted, Submitted { reference: "sim_0000000000001-p1".into(), client_secret: None });
    let outcome = tokio::spawn(gateway.outcome(order(1, method), submitted.reference));
    clock.move_to(Time(at - 1));
    tokio::task::yield_now().await;
    assert!(!outcome.is_finished(), "{method} settles too early");
    clock.move_to(Time(at));
    outcome.await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn every_method_ends_as_its_name_says() {
    let at_once = START.0 + SETTLE_MILLISECONDS;
    assert_eq!(settles("sim_ok", at_once).await, PaymentOutcome::Succeeded);
    assert_eq!(settles("sim_declined", at_once).await, PaymentOutcome::Failed("card_declined".into()));
    assert_eq!(settles("sim_slow", START.0 + SLOW_MILLISECONDS).await, PaymentOutcome::Succeeded);
    assert_eq!(settles("sim_late", HOLD_EXPIRES_AT.0 + LATE_MILLISECONDS).await, PaymentOutcome::Succeeded);
}

#[tokio::test]
async fn unreachable_is_reached_at_the_third_call_of_each_payment() {
    let (_, gateway) = gateway();
    for number in 1..=2 {
        for _ in 0..UNREACHABLE_CALLS {
            let refused = gateway.submit(order(number, "sim_unreachable")).await.unwrap_err();
            assert!(matches!(refused, GatewayError::Temporary(_)), "{refused}");
        }
    }
    let first = gateway.submit(order(1, "sim_unreachable")).await.unwrap();
    assert_eq!(gateway.submit(order(1, "sim_unreachable")).await, Ok(first), "the same call again");
    assert!(gateway.submit(order(2, "sim_unreachable")).await.is_ok());
}

#[tokio::test]
async fn memory_is_bounded_and_all_are_reached_in_the_end() {
    let (_, gateway) = gateway();
    let mut owed: Vec<_> = (1..=1_000).collect();
    for call in 0..=UNREACHABLE_CALLS {
        let mut still_owed = Vec::new();
        for number in owed {
            if gateway.submit(order(number, "sim_unreachable")).await.is_err() {
                still_owed.push(number);
            }
        }
        owed = still_owed;
        assert_eq!(owed.is_empty(), call == UNREACHABLE_CALLS, "{owed:?}");
        assert_eq!(gateway.unreached.lock().0.len(), UNREACHED_MAX);
    }
}

#[tokio::test]
async fn another_process_comes_to_the_same_end() {
    let (_, before) = gateway();
    let submitted = before.submit(order(1, "sim_declined")).await.unwrap();
    drop(before);
    let (clock, after) = gateway();
    assert_eq!(after.submit(order(1, "sim_declined")).await, Ok(submitted.clone()));
    let outcome = after.outcome(order(1, "sim_declined"), submitted.reference);
    clock.move_to(Time(START.0 + SETTLE_MILLISECONDS));
    assert_eq!(outcome.await, Ok(Some(PaymentOutcome::Failed("card_declined".into()))));
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (_, gateway) = gateway();
    assert_eq!(gateway.name(), "simulated");
    assert!(gateway.accepts("sim_unreachable") && !gateway.accepts("stripe") && !gateway.accepts(""));
    let unknown = Err(GatewayError::Refused("unknown_method".into()));
    assert_eq!(gateway.submit(order(1, "stripe")).await, unknown);
}

#[tokio::test]
async fn refunds_succeed() {
    let (_, gateway) = gateway();
    let refund = RefundOrder {
        payment: order(1, "sim_ok").payment,
        reference: "sim_0000000000001-p1".into(),
        amount: 1_000,
        currency: Currency::USD,
        idempotency_key: "key".into(),
    };
    assert_eq!(gateway.refund(refund.clone()).await, Ok(()));
    assert_eq!(gateway.refund(refund).await, Ok(()));
}
