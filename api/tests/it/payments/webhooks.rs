//! What a gateway tells unasked: believed where its signature is good, and each effect once.

use aws_lc_rs::hmac;
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, BoxOffice, Client, Setup, now, paid};

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

/// An office whose gateway is Stripe, where nobody answers: payments stay under way until a webhook ends them.
fn open() -> BoxOffice {
    Setup::new()
        .variable("BOXOFFICE_GATEWAY", "stripe")
        .variable("BOXOFFICE_STRIPE_SECRET_KEY", "sk_test_0123456789abcdef")
        .variable("BOXOFFICE_STRIPE_WEBHOOK_SECRET", SECRET)
        .variable("BOXOFFICE_STRIPE_URL", "http://127.0.0.1:9")
        .open()
}

fn begun(office: &BoxOffice) -> (Client, Value, Value) {
    let made = office.organizer("olga").creates(&paid("Night"));
    let carl = office.customer("carl");
    let held = carl.has_booked(&made, 1);
    let payment = carl.pays(&held, "pm_card_visa").is(202).json();
    (carl, held, payment)
}

fn event(kind: &str, payment: &Value) -> String {
    let intent = json!({"id": "pi_1", "metadata": {"payment": payment["id"]}});
    json!({"id": "evt_1", "type": kind, "data": {"object": intent}}).to_string()
}

fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let start = format!("t={seconds},v1=");
    tag.as_ref().iter().fold(start, |text, byte| format!("{text}{byte:02x}"))
}

fn tells(office: &BoxOffice, body: &str, signature: &str) -> Answer {
    let call = office.guest().call(Method::POST, "/payments/webhook/stripe");
    call.header("stripe-signature", signature).bytes(body).send()
}

fn tells_truly(office: &BoxOffice, body: &str) -> Answer {
    tells(office, body, &signature(SECRET, now().as_second(), body))
}

#[test]
fn a_genuine_webhook_ends_a_payment_and_a_repeat_changes_nothing() {
    let office = open();
    let (carl, held, payment) = begun(&office);
    let succeeded = event("payment_intent.succeeded", &payment);
    tells_truly(&office, &succeeded).is(204);
    let booking = carl.sees_booking(&held);
    assert_eq!(booking["status"], "confirmed");
    for _ in 0..3 {
        tells_truly(&office, &succeeded).is(204);
    }
    // A failure that comes after the success is an old one.
    tells_truly(&office, &event("payment_intent.payment_failed", &payment)).is(204);
    assert_eq!(carl.sees_booking(&held), booking);
    assert_eq!(carl.waits_for_payment(&payment, |_| true)["status"], "succeeded");
}

#[test]
fn a_success_that_comes_after_a_failure_counts() {
    let office = open();
    let (carl, held, payment) = begun(&office);
    tells_truly(&office, &event("payment_intent.payment_failed", &payment)).is(204);
    assert_eq!(carl.waits_for_payment(&payment, |_| true)["status"], "failed");
    assert_eq!(carl.sees_booking(&held)["status"], "held");
    tells_truly(&office, &event("payment_intent.succeeded", &payment)).is(204);
    assert_eq!(carl.sees_booking(&held)["status"], "confirmed");
}

#[test]
fn forged_and_stale_webhooks_change_nothing() {
    let office = open();
    let (carl, held, payment) = begun(&office);
    let body = event("payment_intent.succeeded", &payment);
    let seconds = now().as_second();
    let good = signature(SECRET, seconds, &body);
    for forged in [
        String::new(),
        "nonsense".to_owned(),
        good.replace("v1=", "v0="),
        good.replace("t=", "t=1"),
        signature("whsec_another_secret_of_some_length", seconds, &body),
        signature(SECRET, seconds, &body.replace("pi_1", "pi_2")),
        signature(SECRET, seconds - 4_000, &body),
        signature(SECRET, seconds + 4_000, &body),
    ] {
        tells(&office, &body, &forged).refused(400, "malformed_request");
    }
    let no_event = "{\"type\": 5}";
    tells_truly(&office, no_event).refused(400, "malformed_request");
    office.guest().call(Method::POST, "/payments/webhook/stripe").send().refused(400, "malformed_request");
    assert_eq!(carl.waits_for_payment(&payment, |_| true), payment);
    assert_eq!(carl.sees_booking(&held), held);
}

#[test]
fn what_is_about_no_payment_of_ours_is_taken_and_forgotten() {
    let office = open();
    let (carl, held, payment) = begun(&office);
    let other = json!({"id": "0000000000000-p7"});
    for body in [
        event("payment_intent.succeeded", &other),
        event("customer.created", &payment),
        json!({"type": "payment_intent.succeeded", "data": {"object": {"id": "pi_9"}}}).to_string(),
    ] {
        tells_truly(&office, &body).is(204);
    }
    assert_eq!(carl.sees_booking(&held), held);
}

#[test]
fn webhooks_are_there_for_gateways_with_a_secret_and_bounded_in_size() {
    let office = open();
    let long = "x".repeat((1 << 20) + 1);
    tells_truly(&office, &long).refused(413, "body_too_large");
    for gateway in ["simulated", "paypal", "%20"] {
        let path = format!("/payments/webhook/{gateway}");
        office.guest().call(Method::POST, &path).bytes("{}").send().refused(404, "not_found");
    }
    let simulated = BoxOffice::open_for_payment();
    tells_truly(&simulated, "{}").refused(404, "not_found");
}
