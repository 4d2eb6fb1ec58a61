//! Who moves the money: the gateways behind the engine's port, and what they send us.
//!
//! Reading order: [`simulated`] (for the demo and for tests), [`stripe`] (real money), [`webhook`] (what a gateway tells
//! unasked, and how it proves that it is the one who tells).

pub mod simulated;
pub mod stripe;
pub mod webhook;

use std::sync::Arc;

use boxoffice_engine::errands::gateway::PaymentGateway;
use boxoffice_engine::time::Clock;
use compact_str::CompactString;
use tokio::sync::mpsc::UnboundedSender;

use crate::config::{ConfigError, Gateway};
use simulated::Simulated;
use stripe::Stripe;
use webhook::WebhookEvent;

/// The gateway that the configuration asks for, if it asks for one. All that waits for a point in time does so by `clock`; what it
/// tells unasked, other than by webhooks, goes to `unasked`.
///
/// # Errors
/// When the settings cannot be used.
pub fn open(
    gateway: &Gateway,
    clock: Arc<dyn Clock>,
    unasked: UnboundedSender<WebhookEvent>,
) -> Result<Option<Arc<dyn PaymentGateway>>, ConfigError> {
    Ok(match gateway {
        Gateway::None => None,
        Gateway::Simulated => Some(Arc::new(Simulated::new(clock, unasked))),
        Gateway::Stripe(settings) => Some(Arc::new(Stripe::new(settings, clock)?)),
    })
}

/// Longest reason that is kept of a gateway's, in bytes.
const REASON_BYTES_MAX: usize = 64;

/// A gateway's own word for a reason, safe to keep and to show: what is no word becomes `other`.
fn reason(word: &str) -> CompactString {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_word = !word.is_empty() && word.len() <= REASON_BYTES_MAX && word.bytes().all(plain);
    CompactString::from(if is_word { word } else { "other" })
}

/// Why an attempt to pay failed: the code of its error, if that has one.
fn failure(code: Option<&str>) -> CompactString {
    code.map_or("payment_failed".into(), reason)
}

/// Why a payment was given up: the code of its last attempt's error, or else the gateway's reason.
fn cancellation(code: Option<&str>, why: Option<&str>) -> CompactString {
    code.or(why).map_or("canceled".into(), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_payment_ended_is_its_errors_code_where_there_is_one() {
        assert_eq!(failure(Some("card_declined")), "card_declined");
        assert_eq!(failure(None), "payment_failed");
        assert_eq!(cancellation(Some("card_declined"), Some("abandoned")), "card_declined");
        assert_eq!(cancellation(None, Some("abandoned")), "abandoned");
        assert_eq!(cancellation(None, None), "canceled");
    }

    #[test]
    fn reason_is_a_word_or_other() {
        assert_eq!(reason("card_declined"), "card_declined");
        for text in ["", "Card declined", "<script>", &"x".repeat(REASON_BYTES_MAX + 1)] {
            assert_eq!(reason(text), "other", "{text}");
        }
    }
}
