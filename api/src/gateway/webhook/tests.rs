//! Signatures that fit and signatures that do not, and what events say.

use axum::http::HeaderValue;

use super::*;
use crate::config::StripeSettings;

const NOW: Time = Time(1_700_000_000_000);
const SECRET: &str = "whsec_0123456789abcdef";
const SUCCEEDED: &str = r#"{"id":"evt_1","api_version":"2017-08-15","type":"payment_intent.succeeded","data":{"object":
    {"id":"pi_1","object":"payment_intent","amount":1000,"metadata":{"payment":"0000000000001-p1","booking":"x"}}}}"#;

fn secret() -> Secret {
    Secret::new(SECRET)
}

fn signed(secret: &str, seconds: i64) -> String {
    signature(&Secret::new(secret), &seconds.to_string(), SUCCEEDED.as_bytes())
}

fn header(seconds: i64) -> String {
    format!("t={seconds},v1={}", signed(SECRET, seconds))
}

fn verified(header: &str) -> Result<(), WebhookRefused> {
    verify(&secret(), SUCCEEDED.as_bytes(), header, NOW)
}

#[test]
fn known_signature_fits() {
    // Made with: printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_0123456789abcdef
    let header = "t=1700000000,v1=d0c329a0542d1a8e66b0b5503cf2d2f8f8e174c98224b843c11f74ea14c341e9";
    assert_eq!(verify(&secret(), b"{}", header, NOW), Ok(()));
}

#[test]
fn signature_of_now_fits_and_of_another_time_is_stale() {
    let now = NOW.seconds();
    for seconds in [now, now - TOLERANCE_SECONDS, now + TOLERANCE_SECONDS] {
        assert_eq!(verified(&header(seconds)), Ok(()), "{seconds}");
    }
    for seconds in [now - TOLERANCE_SECONDS - 1, now + TOLERANCE_SECONDS + 1, 0, i64::MAX] {
        assert_eq!(verified(&header(seconds)), Err(WebhookRefused::Stale), "{seconds}");
    }
}

#[test]
fn one_of_several_signatures_must_fit() {
    let now = NOW.seconds();
    let good = signed(SECRET, now);
    let other = signed("whsec_another", now);
    assert_eq!(verified(&format!("t={now},v1={other},v1={good},v0=6ffb")), Ok(()));
    assert_eq!(verified(&format!("v1={good}, t={now}")), Ok(()), "in any order, with spaces");
    assert_eq!(verified(&format!("t={now},v1={other}")), Err(WebhookRefused::Forged));
    assert_eq!(verified(&format!("t={now},v1={other},v0={good}")), Err(WebhookRefused::Forged));
}

#[test]
fn what_is_no_signature_header_is_malformed() {
    let now = NOW.seconds();
    let good = signed(SECRET, now);
    let many = format!("t={now}{}", format!(",v1={good}").repeat(SIGNATURES_MAX + 1));
    for header in [
        "",
        "garbage",
        "t=,v1=",
        ",",
        &many,
        &format!("v1={good}"),
        &format!("t={now}"),
        &format!("t=-1,v1={good}"),
        &format!("t=+{now},v1={good}"),
        &format!("t=99999999999999999999,v1={good}"),
        &format!("t={now},t={now},v1={good}"),
        &format!("t={now};v1={good}"),
    ] {
        assert_eq!(verified(header), Err(WebhookRefused::Malformed), "{header}");
    }
}

#[test]
fn no_bit_can_be_changed() {
    let now = NOW.seconds();
    let header = header(now);
    for place in 0..SUCCEEDED.len() * 8 {
        let mut payload = SUCCEEDED.as_bytes().to_vec();
        payload[place / 8] ^= 1 << (place % 8);
        assert_eq!(verify(&secret(), &payload, &header, NOW), Err(WebhookRefused::Forged), "bit {place}");
    }
    for place in 0..header.len() * 8 {
        let mut changed = header.clone().into_bytes();
        changed[place / 8] ^= 1 << (place % 8);
        let Ok(changed) = String::from_utf8(changed) else { continue };
        assert!(verified(&changed).is_err(), "{changed}");
    }
    for payload in [&b""[..], &SUCCEEDED.as_bytes()[1..], &[SUCCEEDED.as_bytes(), b" "].concat()] {
        assert_eq!(verify(&secret(), payload, &header, NOW), Err(WebhookRefused::Forged));
    }
    assert_eq!(
        verify(&Secret::new("whsec_another"), SUCCEEDED.as_bytes(), &header, NOW),
        Err(WebhookRefused::Forged)
    );
}

#[test]
fn events_say_how_a_payment_ended() {
    let said = |kind: &str, more: &str| {
        let metadata = r#""metadata":{"payment":"0000000000001-p1"}"#;
        let text = format!(r#"{{"type":"{kind}","data":{{"object":{{"id":"pi_1",{metadata}{more}}}}}}}"#);
        read_event(text.as_bytes()).unwrap().map(|event| event.outcome)
    };
    let failed = |word: &str| Some(PaymentOutcome::Failed(word.into()));
    let declined = r#","last_payment_error":{"code":"card_declined","message":"Your card was declined."}"#;
    assert_eq!(said("payment_intent.succeeded", ""), Some(PaymentOutcome::Succeeded));
    assert_eq!(said("payment_intent.payment_failed", declined), failed("card_declined"));
    assert_eq!(said("payment_intent.payment_failed", ""), failed("payment_failed"));
    assert_eq!(said("payment_intent.canceled", declined), failed("card_declined"));
    assert_eq!(said("payment_intent.canceled", r#","cancellation_reason":"abandoned""#), failed("abandoned"));
    assert_eq!(said("payment_intent.canceled", r#","cancellation_reason":null"#), failed("canceled"));
    assert_eq!(said("payment_intent.created", ""), None);
    assert_eq!(said("payment_intent.canceled", r#","cancellation_reason":"Not a word""#), failed("other"));
}

#[test]
fn events_of_others_are_passed_over_and_what_is_no_event_is_refused() {
    for text in [
        r#"{"type":"balance.available","data":{"object":{"available":[]}}}"#,
        r#"{"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","metadata":{}}}}"#,
        r#"{"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1"}}}"#,
        r#"{"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","metadata":{"payment":"42"}}}}"#,
    ] {
        assert_eq!(read_event(text.as_bytes()), Ok(None), "{text}");
    }
    for text in ["", "{}", "[]", "null", r#"{"type":"payment_intent.succeeded","data":{"object":"pi_1"}}"#] {
        assert_eq!(read_event(text.as_bytes()), Err(WebhookRefused::NoEvent), "{text}");
    }
}

fn webhooks(webhook_secret: Option<Secret>) -> Webhooks {
    let secret_key = Secret::new("sk_test_1");
    Webhooks::new(&Gateway::Stripe(StripeSettings { secret_key, webhook_secret, url: None }))
}

fn received(webhooks: &Webhooks, gateway: &str, signatures: &[&str]) -> Result<Option<WebhookEvent>, Code> {
    let mut headers = HeaderMap::new();
    for signature in signatures {
        headers.append(STRIPE_SIGNATURE, HeaderValue::from_str(signature).unwrap());
    }
    webhooks.receive(gateway, &headers, SUCCEEDED.as_bytes(), NOW).map_err(|problem| problem.code())
}

#[test]
fn webhooks_are_taken_where_there_is_a_secret_and_a_signature_that_fits() {
    let good = header(NOW.seconds());
    let expected = WebhookEvent {
        payment: "0000000000001-p1".parse().unwrap(),
        reference: "pi_1".into(),
        outcome: PaymentOutcome::Succeeded,
    };
    let stripe = webhooks(Some(secret()));
    assert_eq!(received(&stripe, "stripe", &[&good]), Ok(Some(expected.clone())));
    assert_eq!(received(&stripe, "stripe", &[&good]), Ok(Some(expected)), "the same again");
    assert_eq!(received(&stripe, "stripe", &[]), Err(Code::MalformedRequest));
    assert_eq!(received(&stripe, "stripe", &[&good, &good]), Err(Code::MalformedRequest));
    assert_eq!(received(&stripe, "stripe", &[&header(1)]), Err(Code::MalformedRequest));
    assert_eq!(received(&stripe, "simulated", &[&good]), Err(Code::NotFound));
    for none in [webhooks(None), Webhooks::new(&Gateway::None), Webhooks::new(&Gateway::Simulated)] {
        assert_eq!(received(&none, "stripe", &[&good]), Err(Code::NotFound));
    }
}
