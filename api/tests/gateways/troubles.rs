//! What is not known is tried again; what is refused is not.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use boxoffice_api::gateway::stripe::CALLS_MAX;
use boxoffice_engine::errands::gateway::GatewayError;
use boxoffice_engine::time::{Clock, ManualClock, SystemClock};
use futures_util::FutureExt;
use tokio::sync::watch;

use super::door::Door;
use super::relay::Trouble;
use super::till::{GOOD_CARD, SECRET_KEY, Till, failed, gateway, order, refund};

fn error(kind: &str, code: &str) -> String {
    serde_json::json!({"error": {"type": kind, "code": code, "message": "no"}}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_may_change_are_temporary() {
    let Some(till) = Till::open().await else { return };
    for (status, body) in [
        (401, error("invalid_request_error", "api_key_expired")),
        (403, error("invalid_request_error", "secret_key_required")),
        (409, error("invalid_request_error", "idempotency_key_in_use")),
        (429, error("invalid_request_error", "rate_limit")),
        (429, error("invalid_request_error", "lock_timeout")),
        (500, error("api_error", "")),
        (503, String::new()),
        (400, "<html>".into()),
        (200, "{}".into()),
        (200, "half an ans".into()),
    ] {
        till.relay.fail_next(Trouble::Answer(status, body.clone()));
        let told = till.submit(&order(GOOD_CARD, 1_000)).await.unwrap_err();
        assert!(matches!(told, GatewayError::Temporary(_)), "{status} {body}: {told}");
        assert!(!told.to_string().contains(SECRET_KEY), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_final_and_say_why() {
    let Some(till) = Till::open().await else { return };
    for (status, body, expected) in [
        (400, error("invalid_request_error", "amount_too_small"), "amount_too_small"),
        (402, error("card_error", "card_declined"), "card_declined"),
        (404, error("invalid_request_error", "resource_missing"), "resource_missing"),
        (400, r#"{"error": {"type": "idempotency_error"}}"#.to_owned(), "idempotency_error"),
        (400, error("invalid_request_error", "A Code Of Tomorrow"), "other"),
    ] {
        till.relay.fail_next(Trouble::Answer(status, body));
        let told = till.submit(&order(GOOD_CARD, 1_000)).await;
        assert_eq!(told, Err(GatewayError::Refused(expected.into())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_order_under_the_same_key_is_refused() {
    let Some(till) = Till::open().await else { return };
    till.submit(&order(GOOD_CARD, 1_000)).await.unwrap();
    let told = till.submit(&order(GOOD_CARD, 2_000)).await;
    assert_eq!(told, Err(GatewayError::Refused("idempotency_error".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_that_stripe_refuses_ends_the_payment() {
    let Some(till) = Till::open().await else { return };
    let order = order(GOOD_CARD, 1_000);
    let reference = till.submit(&order).await.unwrap().reference;
    till.relay.fail_next(Trouble::Answer(200, till.intent(&reference).to_string()));
    till.relay.fail_next(Trouble::Answer(400, error("invalid_request_error", "payment_method_unactivated")));
    assert_eq!(till.outcome(&order, &reference).await, failed("payment_method_unactivated"));
    assert_eq!(till.intent(&reference)["status"], "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_that_succeeds_while_it_is_cancelled_has_succeeded() {
    let Some(till) = Till::open().await else { return };
    let order = order("stripe", 1_000);
    let reference = till.submit(&order).await.unwrap().reference;
    let waiting = till.intent(&reference).to_string();
    till.stripe.post(&format!("/v1/payment_intents/{reference}"), &[("payment_method", GOOD_CARD)]);
    till.stripe.post(&format!("/v1/payment_intents/{reference}/confirm"), &[]);
    // The gateway saw it a moment before the buyer confirmed, and too late to wait any longer.
    till.relay.fail_next(Trouble::Answer(200, waiting));
    till.clock.move_to(order.hold_expires_at);
    let told = till.outcome(&order, &reference).await.unwrap().unwrap();
    assert_eq!(told, boxoffice_engine::errands::gateway::PaymentOutcome::Succeeded);
    assert_eq!(till.relay.posted("/cancel").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_key_says_nothing_about_the_payment() {
    let Some(till) = Till::open().await else { return };
    // localstripe takes whatever begins with `sk_`.
    let stranger = gateway("rk_test_stranger", &till.relay.url, Arc::clone(&till.clock) as Arc<dyn Clock>);
    let told = stranger.submit(order(GOOD_CARD, 1_000)).await.unwrap_err();
    assert!(matches!(&told, GatewayError::Temporary(why) if why.contains("401")), "{told}");
    assert!(!told.to_string().contains("stranger"), "{told}");
}

#[tokio::test]
async fn nobody_there_is_temporary() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", taken.local_addr().unwrap());
    drop(taken);
    let gateway = gateway(SECRET_KEY, &url, Arc::new(SystemClock::start()));
    let told = gateway.submit(order(GOOD_CARD, 1_000)).await.unwrap_err();
    assert!(matches!(told, GatewayError::Temporary(_)), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_whose_confirmation_had_to_wait_until_its_hold_was_over_is_not_charged() {
    let (asked, shown) = (Arc::new(watch::Sender::new(false)), Arc::new(watch::Sender::new(false)));
    let intent = |status| {
        let intent = serde_json::json!({"id": "pi_1", "object": "payment_intent", "status": status});
        ([(CONTENT_TYPE, "application/json")], intent.to_string())
    };
    let (was_asked, may_answer) = (Arc::clone(&asked), Arc::clone(&shown));
    let show = move || async move {
        was_asked.send_replace(true);
        may_answer.subscribe().wait_for(|shown| *shown).await.unwrap();
        intent("requires_confirmation")
    };
    let routes = Router::new()
        .route("/v1/payment_intents/pi_1", get(show))
        .route("/v1/payment_intents/pi_1/confirm", post(move || async move { intent("succeeded") }))
        .route("/v1/payment_intents/pi_1/cancel", post(move || async move { intent("canceled") }));
    let door = Door::beside(routes).await;
    let order = order(GOOD_CARD, 1_000);
    let clock = Arc::new(ManualClock::new(order.hold_expires_at.plus_seconds(-1)));
    let till = gateway(SECRET_KEY, &door.url, Arc::clone(&clock) as Arc<dyn Clock>);

    let outcome = tokio::spawn(till.outcome(order.clone(), "pi_1".into()));
    asked.subscribe().wait_for(|asked| *asked).await.unwrap();
    let mut others: Vec<_> = (0..CALLS_MAX).map(|_| till.submit(order.clone())).collect();
    // The last of them waits for the place that the look at the intent has, in front of the confirmation.
    let last = others.iter_mut().map(|other| other.now_or_never().is_none()).filter(|waits| *waits).count();
    assert_eq!(last, CALLS_MAX);
    let others: Vec<_> = others.into_iter().map(tokio::spawn).collect();
    door.waiting_become(CALLS_MAX - 1).await;
    shown.send_replace(true);
    door.waiting_become(CALLS_MAX).await;
    clock.move_to(order.hold_expires_at);
    door.open();
    assert_eq!(outcome.await.unwrap(), failed("hold_expired"));
    for other in others {
        assert!(other.await.unwrap().is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_calls_are_made_at_a_time_whatever_they_ask_and_the_rest_wait() {
    let door = Door::start().await;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let till = gateway(SECRET_KEY, &door.url, Arc::clone(&clock));
    let order = order(GOOD_CARD, 1_000);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..CALLS_MAX {
        let (submitted, ended) = (till.submit(order.clone()), till.outcome(order.clone(), "pi_1".into()));
        let given_back = till.refund(refund("pi_1", 1_000, "0000000000001-p7-r1"));
        calls.spawn(async { submitted.await.is_err() });
        calls.spawn(async { ended.await.is_err() });
        calls.spawn(async { given_back.await.is_err() });
    }
    door.waiting_become(CALLS_MAX).await;
    // A call of another gateway, made after all of these, is at the door: so would be any of these that were under way.
    let other = gateway(SECRET_KEY, &door.url, clock).submit(order);
    calls.spawn(async { other.await.is_err() });
    door.waiting_become(CALLS_MAX + 1).await;

    door.open();
    let failed = calls.join_all().await;
    assert_eq!(door.most(), CALLS_MAX + 1);
    assert_eq!(failed, vec![true; 3 * CALLS_MAX + 1]);
    assert_eq!(door.came(), failed.len(), "each call was made once");
}
