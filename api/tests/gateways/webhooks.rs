//! Webhooks that localstripe signs by Stripe's scheme, and ours to verify.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::routing::post;
use boxoffice_api::config::{Gateway, Secret, StripeSettings};
use boxoffice_api::gateway::webhook::{
    STRIPE_SIGNATURE, TOLERANCE_SECONDS, WebhookEvent, WebhookRefused, Webhooks, read_event, verify,
};
use boxoffice_engine::errands::gateway::PaymentOutcome;
use boxoffice_engine::time::{Clock, SystemClock};
use tokio::sync::mpsc;

use super::stand_in::StandIn;
use super::till::{DECLINED_CARD, GOOD_CARD, SECRET_KEY};

const WEBHOOK_SECRET: &str = "whsec_f7gK2nqYv0mWbXr3";
/// Far above the second that localstripe takes.
const HANG: Duration = Duration::from_mins(1);

type Inbox = mpsc::UnboundedReceiver<(HeaderMap, Bytes)>;

/// A place that webhooks are sent to.
async fn listen() -> (String, Inbox) {
    let (sender, inbox) = mpsc::unbounded_channel();
    let take = |State(sender): State<mpsc::UnboundedSender<_>>, headers: HeaderMap, body: Bytes| async move {
        sender.send((headers, body)).unwrap();
    };
    let router = Router::new().route("/api/payments/webhook/stripe", post(take)).with_state(sender);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/payments/webhook/stripe", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, inbox)
}

fn webhooks(secret: &str) -> Webhooks {
    Webhooks::new(&Gateway::Stripe(StripeSettings {
        secret_key: Secret::new(SECRET_KEY),
        webhook_secret: Some(Secret::new(secret)),
        url: None,
    }))
}

/// Pays past our gateway: what is sent does not depend on who asked.
fn pay(stripe: &StandIn, method: &str, payment: &str) -> bool {
    let form = [
        ("amount", "1000"),
        ("currency", "usd"),
        ("payment_method", method),
        ("confirm", "true"),
        ("metadata[payment]", payment),
    ];
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let answer = agent
        .post(format!("{}/v1/payment_intents", stripe.url))
        .header("Authorization", format!("Bearer {SECRET_KEY}"))
        .send_form(form)
        .unwrap();
    answer.status() == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_of_stripe_are_believed_and_forged_ones_are_not() {
    // One of its own: localstripe sends everything to everybody who listens.
    let Some(stripe) = StandIn::start() else { return };
    let (url, mut inbox) = listen().await;
    stripe.post("/_config/webhooks/ours", &[("url", &url), ("secret", WEBHOOK_SECRET)]);
    assert!(pay(&stripe, GOOD_CARD, "0000000000001-p1"));
    assert!(!pay(&stripe, DECLINED_CARD, "0000000000001-p2"));
    assert!(pay(&stripe, GOOD_CARD, "of another shop"));

    let mut events: Vec<WebhookEvent> = Vec::new();
    let mut passed_over = 0;
    while events.len() < 2 || passed_over < 1 {
        let (headers, body) =
            tokio::time::timeout(HANG, inbox.recv()).await.expect("a webhook comes").unwrap();
        let now = SystemClock::start().now();
        let received = webhooks(WEBHOOK_SECRET).receive("stripe", &headers, &body, now);
        assert_eq!(
            webhooks(WEBHOOK_SECRET).receive("stripe", &headers, &body, now),
            received,
            "the same again"
        );
        match received.unwrap() {
            Some(event) => events.push(event),
            None => passed_over += 1,
        }
        let signature = headers[STRIPE_SIGNATURE].to_str().unwrap();
        refuses_what_is_forged(signature, &headers, &body);
    }
    events.sort_by_key(|event| event.payment.to_string());
    let [paid, declined] = &events[..] else { panic!("{events:?}") };
    assert_eq!(paid.payment.to_string(), "0000000000001-p1");
    assert_eq!(paid.outcome, PaymentOutcome::Succeeded);
    assert!(paid.reference.starts_with("pi_"), "{paid:?}");
    assert_eq!(declined.payment.to_string(), "0000000000001-p2");
    assert_eq!(declined.outcome, PaymentOutcome::Failed("card_declined".into()));
}

fn refuses_what_is_forged(signature: &str, headers: &HeaderMap, body: &[u8]) {
    let now = SystemClock::start().now();
    let secret = Secret::new(WEBHOOK_SECRET);
    assert_eq!(verify(&secret, body, signature, now), Ok(()));
    assert_eq!(
        verify(&Secret::new("whsec_another"), body, signature, now),
        Err(WebhookRefused::Forged),
        "another secret"
    );
    let tampered = String::from_utf8(body.to_vec()).unwrap().replace("1000", "1");
    assert_eq!(verify(&secret, tampered.as_bytes(), signature, now), Err(WebhookRefused::Forged));
    assert!(read_event(tampered.as_bytes()).is_ok(), "only the signature gives it away");
    for seconds in [-TOLERANCE_SECONDS - 60, TOLERANCE_SECONDS + 60] {
        assert_eq!(
            verify(&secret, body, signature, now.plus_seconds(seconds)),
            Err(WebhookRefused::Stale),
            "{seconds}"
        );
    }
    let mut forged = headers.clone();
    forged.insert(STRIPE_SIGNATURE, HeaderValue::from_static("t=1,v1=00"));
    let refused = webhooks(WEBHOOK_SECRET).receive("stripe", &forged, body, now).unwrap_err();
    assert_eq!(refused.code().status(), 400);
}
