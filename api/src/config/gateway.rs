//! Who moves the money, and by which keys.

use super::reader::Reader;
use super::{Secret, Setting, is_loopback};

/// Shortest secret for webhooks that is accepted, in bytes: Stripe's have 38, and an empty one would let everybody sign.
pub const WEBHOOK_SECRET_BYTES_MIN: usize = 16;

/// The gateway that payments are taken through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Gateway {
    /// No payments.
    #[default]
    None,
    /// Payments without money.
    Simulated,
    /// Stripe.
    Stripe(StripeSettings),
}

/// How Stripe is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeSettings {
    /// The account's secret key, or a restricted one.
    pub secret_key: Secret,
    /// The secret of the webhook endpoint; without it, webhooks are not taken.
    pub webhook_secret: Option<Secret>,
    /// Where a stand-in for Stripe is, ending in a slash; `None` for Stripe itself.
    pub url: Option<String>,
}

impl Gateway {
    /// Its name as a setting, and in URLs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Simulated => "simulated",
            Self::Stripe(_) => "stripe",
        }
    }
}

enum Kind {
    None,
    Simulated,
    Stripe,
}

impl Reader<'_> {
    /// The gateway; the demo has the simulated one unless another is named. What is said about Stripe counts only where Stripe is
    /// the gateway.
    pub(super) fn gateway(&mut self, demo: bool) -> Gateway {
        let kind = self.value(Setting::Gateway, |text| match text {
            "none" => Ok(Kind::None),
            "simulated" => Ok(Kind::Simulated),
            "stripe" => Ok(Kind::Stripe),
            _ => Err("must be none, simulated or stripe"),
        });
        match kind.unwrap_or(if demo { Kind::Simulated } else { Kind::None }) {
            Kind::None => Gateway::None,
            Kind::Simulated => Gateway::Simulated,
            Kind::Stripe => self.stripe().map_or(Gateway::None, Gateway::Stripe),
        }
    }

    fn stripe(&mut self) -> Option<StripeSettings> {
        let faults_before = self.faults.len();
        let key = self.secret(Setting::StripeSecretKey, Setting::StripeSecretKeyFile);
        match &key {
            // A file that cannot be read has been complained about already.
            None if self.faults.len() == faults_before => self.faults.push(format!(
                "the gateway stripe needs the account's secret key: missing {} (hint: or {})",
                Setting::StripeSecretKey.variable(),
                Setting::StripeSecretKeyFile.variable()
            )),
            Some((key, place)) if !is_secret_key(key.reveal()) => {
                self.faults.push(format!(
                    "{place} must be a secret key of Stripe's (hint: it begins with sk_ or rk_)"
                ));
            }
            _ => {}
        }
        let webhook_secret = self.secret(Setting::StripeWebhookSecret, Setting::StripeWebhookSecretFile);
        if let Some((secret, place)) = &webhook_secret {
            let bytes = secret.reveal().len();
            if bytes < WEBHOOK_SECRET_BYTES_MIN {
                self.faults.push(format!(
                    "{place} must have at least {WEBHOOK_SECRET_BYTES_MIN} bytes, has {bytes} (hint: it begins with whsec_)"
                ));
            }
        }
        let url = self.value(Setting::StripeUrl, stand_in);
        let (secret_key, _) = key?;
        Some(StripeSettings { secret_key, webhook_secret: webhook_secret.map(|(secret, _)| secret), url })
    }
}

fn is_secret_key(text: &str) -> bool {
    let rest = text.strip_prefix("sk_").or_else(|| text.strip_prefix("rk_"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The key goes wherever this points: in the open only as far as this machine.
fn stand_in(text: &str) -> Result<String, &'static str> {
    const FAULT: &str = "must be a URL that begins with https://, or with http:// on this machine";
    let url: axum::http::Uri = text.parse().map_err(|_| FAULT)?;
    let host = url.host().ok_or(FAULT)?.trim_matches(['[', ']']);
    match url.scheme_str() {
        Some("https") => {}
        Some("http") if is_loopback(host) => {}
        _ => return Err(FAULT),
    }
    if url.query().is_some() {
        return Err(FAULT);
    }
    Ok(format!("{}/", text.trim_end_matches('/')))
}
