//! Money comes in, once.

use boxoffice_engine::errands::gateway::{GatewayError, PaymentOutcome};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Clock;

use super::relay::Trouble;
use super::till::{DECLINED_CARD, GOOD_CARD, SECRET_KEY, Till, failed, order};

const SUCCEEDED: Result<Option<PaymentOutcome>, GatewayError> = Ok(Some(PaymentOutcome::Succeeded));

#[tokio::test(flavor = "multi_thread")]
async fn card_is_charged_what_the_order_says() {
    let Some(till) = Till::open().await else { return };
    let order = order(GOOD_CARD, 12_345);
    let submitted = till.submit(&order).await.unwrap();
    assert!(submitted.reference.starts_with("pi_"), "{submitted:?}");
    assert!(submitted.client_secret.is_some_and(|secret| secret.starts_with(&*submitted.reference)));
    assert_eq!(till.intent(&submitted.reference)["status"], "requires_confirmation", "not charged yet");
    assert_eq!(till.outcome(&order, &submitted.reference).await, SUCCEEDED);
    assert_eq!(till.outcome(&order, &submitted.reference).await, SUCCEEDED, "asked again");

    let intent = till.intent(&submitted.reference);
    assert_eq!((&intent["amount"], &intent["currency"]), (&12_345.into(), &"usd".into()));
    assert_eq!(
        intent["metadata"],
        serde_json::json!({"payment": "0000000000001-p7", "booking": "0000000000001-b3"})
    );
    assert_eq!(intent["charges"]["data"].as_array().unwrap().len(), 1);
    let [created] = &till.relay.posted("/payment_intents")[..] else { panic!("created once") };
    assert_eq!(created.key.as_deref(), Some("0000000000001-p7"));
    assert_eq!(created.authorization, Some(format!("Bearer {SECRET_KEY}")));
    // Stripe's description, not localstripe, says that these exist.
    for (name, value) in [
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
    ] {
        assert!(created.form.contains(&(name.to_owned(), value.to_owned())), "{created:?}");
    }
    let [confirmed] = &till.relay.posted("/confirm")[..] else { panic!("confirmed once") };
    assert_eq!(confirmed.key.as_deref(), Some("0000000000001-p7-confirm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_card_fails_for_good() {
    let Some(till) = Till::open().await else { return };
    let order = order(DECLINED_CARD, 1_000);
    let submitted = till.submit(&order).await.unwrap();
    assert_eq!(till.outcome(&order, &submitted.reference).await, failed("card_declined"));
    // To Stripe a declined intent waits for another card: it must not succeed after it was told to have failed.
    assert_eq!(till.intent(&submitted.reference)["status"], "canceled");
    assert_eq!(till.outcome(&order, &submitted.reference).await, failed("card_declined"), "asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn buyers_client_confirms_with_the_client_secret() {
    let Some(till) = Till::open().await else { return };
    let order = order("stripe", 1_000);
    let reference = till.submit(&order).await.unwrap().reference;
    assert_eq!(till.outcome(&order, &reference).await, Ok(None), "nobody has paid");
    assert_eq!(till.relay.posted("/confirm"), []);

    // localstripe's confirmation takes no payment method, so the client's one call is two here.
    till.stripe.post(&format!("/v1/payment_intents/{reference}"), &[("payment_method", GOOD_CARD)]);
    assert_eq!(till.outcome(&order, &reference).await, Ok(None), "the confirmation is the client's");
    till.stripe.post(&format!("/v1/payment_intents/{reference}/confirm"), &[]);
    assert_eq!(till.outcome(&order, &reference).await, SUCCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_charged_when_the_hold_is_over() {
    let Some(till) = Till::open().await else { return };
    for method in ["stripe", GOOD_CARD] {
        let mut order = order(method, 1_000);
        order.idempotency_key = format!("late-{method}").into();
        let reference = till.submit(&order).await.unwrap().reference;
        till.clock.move_to(order.hold_expires_at);
        assert_eq!(till.outcome(&order, &reference).await, failed("hold_expired"), "{method}");
        assert_eq!(till.intent(&reference)["status"], "canceled", "{method}");
        // After a crash before the record Stripe's own word is all that is left: localstripe gives none.
        assert_eq!(till.outcome(&order, &reference).await, failed("canceled"), "{method}");
    }
    // But what was paid in time is paid, however late the question.
    let mut order = order(GOOD_CARD, 1_000);
    order.hold_expires_at = till.clock.now().plus_seconds(60);
    let reference = till.submit(&order).await.unwrap().reference;
    assert_eq!(till.outcome(&order, &reference).await, SUCCEEDED);
    till.clock.move_to(order.hold_expires_at.plus_seconds(3_600));
    assert_eq!(till.outcome(&order, &reference).await, SUCCEEDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn payment_whose_answer_was_lost_is_found_again_by_its_key() {
    let Some(till) = Till::open().await else { return };
    let order = order(GOOD_CARD, 1_000);
    till.relay.fail_next(Trouble::LostAnswer);
    assert!(matches!(till.submit(&order).await, Err(GatewayError::Temporary(_))));
    let first = till.submit(&order).await.unwrap();
    assert_eq!(till.submit(&order).await, Ok(first.clone()), "the same call again");
    // The three calls are alike to the letter: another parameter under the same key would be an error.
    let created = till.relay.posted("/payment_intents");
    assert_eq!(created.len(), 3);
    assert!(created.iter().all(|call| *call == created[0]), "{created:?}");

    till.relay.fail_next(Trouble::Answer(500, "{}".into()));
    assert!(matches!(till.outcome(&order, &first.reference).await, Err(GatewayError::Temporary(_))));
    assert_eq!(till.outcome(&order, &first.reference).await, SUCCEEDED);
    assert_eq!(till.intent(&first.reference)["charges"]["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmation_whose_answer_was_lost_charges_once() {
    let Some(till) = Till::open().await else { return };
    let order = order(GOOD_CARD, 1_000);
    let reference = till.submit(&order).await.unwrap().reference;
    // Fails the confirmation, not the look that goes before it.
    till.relay.fail_next(Trouble::Answer(200, till.intent(&reference).to_string()));
    till.relay.fail_next(Trouble::LostAnswer);
    assert!(matches!(till.outcome(&order, &reference).await, Err(GatewayError::Temporary(_))));
    till.relay.forget_keys();
    assert_eq!(till.outcome(&order, &reference).await, SUCCEEDED);
    assert_eq!(till.relay.posted("/confirm").len(), 1);
    assert_eq!(till.intent(&reference)["charges"]["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn intent_that_was_made_twice_is_charged_once() {
    let Some(till) = Till::open().await else { return };
    let order = order(GOOD_CARD, 1_000);
    let lost = till.submit(&order).await.unwrap().reference;
    till.relay.forget_keys();
    let kept = till.submit(&order).await.unwrap().reference;
    assert_ne!(lost, kept);
    assert_eq!(till.outcome(&order, &kept).await, SUCCEEDED);
    assert_eq!(till.intent(&lost)["status"], "requires_confirmation", "never charged");
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_stripe_cannot_be_told_are_refused_before_any_call() {
    let Some(till) = Till::open().await else { return };
    let mut order = order(GOOD_CARD, 5_124);
    order.currency = Currency::from_code("KWD").unwrap();
    let refused = Err(GatewayError::Refused("unsupported_currency".into()));
    assert_eq!(till.submit(&order).await, refused);
    assert_eq!(till.relay.seen(), []);
    order.amount = 5_120;
    let reference = till.submit(&order).await.unwrap().reference;
    let intent = till.intent(&reference);
    assert_eq!((&intent["amount"], &intent["currency"]), (&5_120.into(), &"kwd".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_of_others_are_not_accepted() {
    let Some(till) = Till::open().await else { return };
    assert_eq!(till.gateway.name(), "stripe");
    for method in ["stripe", GOOD_CARD, "pm_1MqLiJLkdIwHu7ixUEgbFdYF"] {
        assert!(till.gateway.accepts(method), "{method}");
    }
    for method in ["", "pm_", "sim_ok", "tok_visa", "pm_a/../b", "pm_a b", &format!("pm_{}", "x".repeat(300))]
    {
        assert!(!till.gateway.accepts(method), "{method}");
    }
    // localstripe says 404 without Stripe's code `resource_missing`.
    let unknown = till.submit(&order("pm_nobody", 1_000)).await;
    assert_eq!(unknown, Err(GatewayError::Refused("invalid_request_error".into())));
}
