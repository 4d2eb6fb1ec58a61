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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_a_word_or_other() {
        assert_eq!(reason("card_declined"), "card_declined");
        for text in ["", "Card declined", "<script>", &"x".repeat(REASON_BYTES_MAX + 1)] {
            assert_eq!(reason(text), "other", "{text}");
        }
    }
}
