//! What localstripe does otherwise than Stripe, and `relay` therefore makes good: to be looked at again with a newer localstripe.

use serde_json::Value;

use super::stand_in::StandIn;
use super::till::{GOOD_CARD, SECRET_KEY};

/// A call with an idempotency key, past our gateway and the relay.
fn post(stripe: &StandIn, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent
        .post(format!("{}{path}", stripe.url))
        .header("Authorization", format!("Bearer {SECRET_KEY}"))
        .header("Idempotency-Key", "always the same");
    let mut answer = request.send_form(form.iter().copied()).unwrap();
    let body = answer.body_mut().read_to_vec().unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&body).unwrap())
}

#[test]
fn localstripe_falls_short_as_it_is_written_down() {
    let Some(stripe) = StandIn::shared() else { return };
    let paid = [("amount", "1000"), ("currency", "usd"), ("payment_method", GOOD_CARD), ("confirm", "true")];
    let (_, first) = post(stripe, "/v1/payment_intents", &paid);
    let (_, second) = post(stripe, "/v1/payment_intents", &paid);
    assert_ne!(first["id"], second["id"], "1. idempotency keys are not looked at");

    let newer = [("amount", "1000"), ("currency", "usd"), ("automatic_payment_methods[enabled]", "true")];
    assert_eq!(post(stripe, "/v1/payment_intents", &newer).0, 400, "2. a parameter is not known");
    for field in ["amount_received", "confirmation_method", "payment_method_types"] {
        assert_eq!(first.get(field), None, "2. a field is missing");
    }

    let refund = [("payment_intent", first["id"].as_str().unwrap()), ("amount", "1000")];
    for _ in 0..2 {
        assert_eq!(post(stripe, "/v1/refunds", &refund).0, 200, "3. the same money goes back twice");
    }
}
