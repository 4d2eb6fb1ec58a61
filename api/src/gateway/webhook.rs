//! What a gateway tells unasked, and how it proves that it is the one who tells.
//!
//! Nothing here changes anything: a webhook that verifies becomes a [`WebhookEvent`], and its payment's concert decides about that as
//! about what [`outcome`](boxoffice_engine::errands::gateway::PaymentGateway::outcome) tells. One thing `outcome` never tells: that an
//! attempt failed while Stripe waits for another one. The payment has failed for us then, but nobody cancels its intent, and the
//! buyer may try again with it. What is captured after that confirms the booking if it is still held, or gets its seats again if
//! they are free; otherwise it is given back.

use std::collections::HashMap;
use std::fmt::Write;

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use boxoffice_engine::box_office::{ConcertRefused, Settled};
use boxoffice_engine::errands::gateway::PaymentOutcome;
use boxoffice_engine::ids::PaymentId;
use boxoffice_engine::time::Time;
use boxoffice_engine::{BoxOffice, Refused};
use compact_str::CompactString;
use serde::Deserialize;
use serde_json::value::RawValue;
use subtle::ConstantTimeEq;

use super::{cancellation, failure};
use crate::config::{Gateway, Secret};
use crate::problem::{Code, Problem};

/// The header that carries Stripe's signature.
pub const STRIPE_SIGNATURE: &str = "stripe-signature";
/// How far a signature's time may lie from ours, in seconds, either way.
pub const TOLERANCE_SECONDS: i64 = 300;
/// The name, in a payment intent's metadata, of our payment's id.
pub(super) const METADATA_PAYMENT: &str = "payment";

/// Signatures that are looked at: Stripe sends one for each secret that is valid, which are two while one is replaced.
const SIGNATURES_MAX: usize = 8;

/// Something about a payment that a gateway told unasked. It may come late, again, and before an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// Which payment.
    pub payment: PaymentId,
    /// What the gateway calls it.
    pub reference: CompactString,
    /// How it ended.
    pub outcome: PaymentOutcome,
}

impl WebhookEvent {
    /// Has its payment's concert record it. An event about no payment of ours is noted in the log, and is no error: whoever told it
    /// shall not tell it again.
    ///
    /// # Errors
    /// Why it cannot be recorded now.
    pub async fn record(self, office: &BoxOffice) -> Result<(), ConcertRefused> {
        let Self { payment, reference, outcome } = self;
        match office.settle_payment(payment, Some(reference), outcome).await {
            Ok(Settled::Counts) => {}
            Ok(Settled::TooLate) => {
                tracing::error!(%payment, "a payment is said to be captured long after it failed: give it back by hand");
            }
            Err(Refused::Rejected { rejection, .. }) => {
                tracing::warn!(%payment, %rejection, "a gateway tells of no payment of ours");
            }
            Err(refused) => return Err(refused),
        }
        Ok(())
    }
}

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// The signature header is not of the form `t=...,v1=...`.
    #[error("the signature header is not of the form t=...,v1=...")]
    Malformed,
    /// No signature fits: another secret, or not what was signed.
    #[error("the signature does not fit")]
    Forged,
    /// It was signed too long ago, or in the future.
    #[error("the signature is from another time than now")]
    Stale,
    /// What was signed is no event.
    #[error("the body is no event")]
    NoEvent,
}

/// Takes webhooks of the gateways that have a secret for them.
#[derive(Clone, Debug)]
pub struct Webhooks {
    stripe: Option<Secret>,
}

impl Webhooks {
    /// Takes webhooks of the configured gateway.
    pub fn new(gateway: &Gateway) -> Self {
        let stripe = match gateway {
            Gateway::Stripe(settings) => settings.webhook_secret.clone(),
            Gateway::None | Gateway::Simulated => None,
        };
        Self { stripe }
    }

    /// Reads the webhook that `gateway`, a word of the URL, is said to have sent. `None` is a genuine one that says nothing
    /// about a payment of ours: to be answered like the others.
    ///
    /// # Errors
    /// 404 without a secret for that gateway; 400 for what is forged, stale or no event.
    pub fn receive(
        &self,
        gateway: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: Time,
    ) -> Result<Option<WebhookEvent>, Problem> {
        let Some(secret) = self.stripe.as_ref().filter(|_| gateway == "stripe") else {
            return Err(Problem::new(Code::NotFound, "there is nothing here"));
        };
        let mut signatures = headers.get_all(STRIPE_SIGNATURE).iter();
        let signature = signatures.next().filter(|_| signatures.next().is_none());
        let signature = signature.and_then(|value| value.to_str().ok()).unwrap_or_default();
        verify(secret, body, signature, now)
            .and_then(|()| read_event(body))
            .map_err(|refused| Problem::new(Code::MalformedRequest, refused.to_string()))
    }
}

/// Checks Stripe's signature: `t=<seconds>,v1=<hex>,...`, where `v1` is HMAC-SHA256 of `<seconds>.<payload>` under the
/// endpoint's secret. Several `v1` may stand there, of which one must fit; other schemes are passed over.
///
/// # Errors
/// Whatever is wrong with it; an age is complained about only where the signature fits.
pub fn verify(
    secret: &Secret,
    payload: &[u8],
    signature_header: &str,
    now: Time,
) -> Result<(), WebhookRefused> {
    let header = SignatureHeader::read(signature_header).ok_or(WebhookRefused::Malformed)?;
    let expected = signature(secret, header.time, payload);
    let mut fits = subtle::Choice::from(0);
    for signature in header.signatures {
        fits |= expected.as_bytes().ct_eq(signature.as_bytes());
    }
    if !bool::from(fits) {
        return Err(WebhookRefused::Forged);
    }
    let age_seconds = now.seconds().saturating_sub(header.seconds);
    if age_seconds.saturating_abs() > TOLERANCE_SECONDS {
        return Err(WebhookRefused::Stale);
    }
    Ok(())
}

/// Reads an event of Stripe's. `None` where it says nothing about a payment of ours: another type of event, or an intent that
/// others made with the same account.
///
/// # Errors
/// [`WebhookRefused::NoEvent`].
pub fn read_event(payload: &[u8]) -> Result<Option<WebhookEvent>, WebhookRefused> {
    let event: Event<'_> = serde_json::from_slice(payload).map_err(|_| WebhookRefused::NoEvent)?;
    let kind = match event.kind.as_str() {
        "payment_intent.succeeded" => Kind::Succeeded,
        "payment_intent.payment_failed" => Kind::Failed,
        "payment_intent.canceled" => Kind::Canceled,
        _ => return Ok(None),
    };
    let intent: Intent =
        serde_json::from_str(event.data.object.get()).map_err(|_| WebhookRefused::NoEvent)?;
    let payment = intent.metadata.as_ref().and_then(|metadata| metadata.get(METADATA_PAYMENT));
    let Some(payment) = payment.and_then(|id| id.parse().ok()) else { return Ok(None) };
    let outcome = match kind {
        Kind::Succeeded => PaymentOutcome::Succeeded,
        Kind::Failed => PaymentOutcome::Failed(failure(intent.error_code())),
        Kind::Canceled => {
            PaymentOutcome::Failed(cancellation(intent.error_code(), intent.cancellation_reason.as_deref()))
        }
    };
    Ok(Some(WebhookEvent { payment, reference: intent.id.into(), outcome }))
}

/// The signature of a payload at a time, as it stands in the header: lower-case hex.
fn signature(secret: &Secret, time: &str, payload: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    for part in [time.as_bytes(), b".", payload] {
        context.update(part);
    }
    let tag = context.sign();
    let mut hex = String::with_capacity(2 * tag.as_ref().len());
    for byte in tag.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

struct SignatureHeader<'a> {
    /// As it was signed.
    time: &'a str,
    seconds: i64,
    signatures: Vec<&'a str>,
}

impl<'a> SignatureHeader<'a> {
    fn read(header: &'a str) -> Option<Self> {
        let (mut time, mut signatures) = (None, Vec::new());
        for item in header.split(',') {
            match item.trim().split_once('=')? {
                ("t", text) if time.is_none() => time = Some(text),
                ("v1", signature) if signatures.len() < SIGNATURES_MAX => signatures.push(signature),
                ("t" | "v1", _) => return None,
                _ => {}
            }
        }
        let time = time.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let seconds = time.parse().ok()?;
        (!signatures.is_empty()).then_some(Self { time, seconds, signatures })
    }
}

enum Kind {
    Succeeded,
    Failed,
    Canceled,
}

// The fields that are needed and no more, rather than the types of `async-stripe-webhook`: those want every field of one API
// version, but an endpoint is sent the version that it was registered with, which is seldom the same. A payment that was made
// must not be lost because some other field has changed its shape.

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    data: EventData<'a>,
}

#[derive(Deserialize)]
struct EventData<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Intent {
    id: String,
    metadata: Option<HashMap<String, String>>,
    last_payment_error: Option<PaymentError>,
    cancellation_reason: Option<String>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
}

impl Intent {
    fn error_code(&self) -> Option<&str> {
        self.last_payment_error.as_ref().and_then(|error| error.code.as_deref())
    }
}

#[cfg(test)]
mod tests;
