//! Money goes back, once.

use boxoffice_engine::errands::gateway::GatewayError;

use super::relay::Trouble;
use super::till::{Till, refund};

#[tokio::test(flavor = "multi_thread")]
async fn payment_is_given_back_in_parts() {
    let Some(till) = Till::open().await else { return };
    let reference = till.paid(1_000).await;
    assert_eq!(till.gateway.refund(refund(&reference, 300, "part")).await, Ok(()));
    assert_eq!(till.refunds(&reference), [300]);
    assert_eq!(till.gateway.refund(refund(&reference, 700, "rest")).await, Ok(()));
    let mut refunds = till.refunds(&reference);
    refunds.sort_unstable();
    assert_eq!(refunds, [300, 700]);
    let keys: Vec<_> = till.relay.posted("/refunds").into_iter().map(|call| call.key).collect();
    assert_eq!(keys, [Some("part".to_owned()), Some("rest".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn same_refund_again_gives_nothing_back() {
    let Some(till) = Till::open().await else { return };
    let reference = till.paid(1_000).await;
    for _ in 0..3 {
        assert_eq!(till.gateway.refund(refund(&reference, 300, "once")).await, Ok(()));
        // Stripe forgets keys after a day, and localstripe never knew them: the gateway does not depend on them.
        till.relay.forget_keys();
    }
    assert_eq!(till.refunds(&reference), [300]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_whose_answer_was_lost_is_done_once() {
    let Some(till) = Till::open().await else { return };
    let reference = till.paid(1_000).await;
    // The first call looks for refunds that there are already, the second one refunds.
    let nothing = r#"{"object": "list", "data": [], "has_more": false}"#;
    till.relay.fail_next(Trouble::Answer(200, nothing.into()));
    till.relay.fail_next(Trouble::LostAnswer);
    let order = refund(&reference, 1_000, "once");
    assert!(matches!(till.gateway.refund(order.clone()).await, Err(GatewayError::Temporary(_))));
    assert_eq!(till.refunds(&reference), [1_000]);
    assert_eq!(till.gateway.refund(order.clone()).await, Ok(()), "found by its key in the list");

    // Even where the list does not show it yet, the key says that it is the same refund.
    till.relay.fail_next(Trouble::Answer(200, nothing.into()));
    assert_eq!(till.gateway.refund(order).await, Ok(()));
    assert_eq!(till.relay.posted("/refunds").len(), 2);
    assert_eq!(till.refunds(&reference), [1_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_is_found_on_a_later_page() {
    let Some(till) = Till::open().await else { return };
    let page = |id: &str, key: &str, has_more: bool| {
        let refund =
            serde_json::json!({"id": id, "status": "succeeded", "metadata": {"idempotency_key": key}});
        let page = serde_json::json!({"object": "list", "data": [refund], "has_more": has_more});
        Trouble::Answer(200, page.to_string())
    };
    till.relay.fail_next(page("re_1", "another", true));
    till.relay.fail_next(page("re_2", "this", false));
    assert_eq!(till.gateway.refund(refund("pi_1", 300, "this")).await, Ok(()));
    let paths: Vec<String> = till.relay.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(
        paths,
        [
            "/v1/refunds?limit=100&payment_intent=pi_1",
            "/v1/refunds?limit=100&payment_intent=pi_1&starting_after=re_1"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refund_that_failed_is_told() {
    let Some(till) = Till::open().await else { return };
    let reference = till.paid(1_000).await;
    let failed =
        serde_json::json!({"id": "re_1", "status": "failed", "failure_reason": "expired_or_canceled_card"});
    till.relay.fail_next(Trouble::Answer(200, r#"{"data": [], "has_more": false}"#.into()));
    till.relay.fail_next(Trouble::Answer(200, failed.to_string()));
    let refused = Err(GatewayError::Refused("expired_or_canceled_card".into()));
    assert_eq!(till.gateway.refund(refund(&reference, 1_000, "once")).await, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_gave_back_is_given_back() {
    let Some(till) = Till::open().await else { return };
    let reference = till.paid(1_000).await;
    // localstripe would refund again. Stripe answers this, when it was refunded in its dashboard.
    let error = r#"{"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}"#;
    till.relay.fail_next(Trouble::Answer(200, r#"{"data": [], "has_more": false}"#.into()));
    till.relay.fail_next(Trouble::Answer(400, error.into()));
    assert_eq!(till.gateway.refund(refund(&reference, 1_000, "once")).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_that_nobody_knows_is_not_given_back() {
    let Some(till) = Till::open().await else { return };
    // localstripe says 404 without Stripe's code `resource_missing`.
    let refused = Err(GatewayError::Refused("invalid_request_error".into()));
    assert_eq!(till.gateway.refund(refund("pi_nobody", 1_000, "once")).await, refused);
}
