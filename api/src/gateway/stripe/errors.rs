//! What a call that failed means to the engine.

use boxoffice_engine::errands::gateway::GatewayError;
use compact_str::CompactString;
use stripe::{ApiErrors, StripeError};

use crate::gateway::reason;

/// From Stripe's error to the port's.
///
/// A wrong or withdrawn key is `Temporary`: it says nothing about the payment, and no refund may be given up for it.
pub(super) fn told(error: &StripeError) -> GatewayError {
    if let Some(code) = refused(error) {
        return GatewayError::Refused(code);
    }
    GatewayError::Temporary(match error {
        StripeError::Stripe(errors, status @ (401 | 403)) => {
            format!("Stripe does not accept the secret key: {status} {}", word(errors))
        }
        StripeError::Stripe(errors, status) => format!("Stripe answered {status} {}", word(errors)),
        StripeError::JSONDeserialize(_) => "Stripe answered what cannot be read".to_owned(),
        StripeError::Timeout => "Stripe did not answer in time".to_owned(),
        StripeError::ClientError(why) | StripeError::ConfigError(why) => {
            format!("Stripe cannot be reached: {why}")
        }
    })
}

/// The word of a refusal that is final.
pub(super) fn refused(error: &StripeError) -> Option<CompactString> {
    match error {
        // 409 and 424: a call with the same key is under way, or another one that this depends on. 429: too many calls.
        StripeError::Stripe(errors, 400 | 402 | 404..=408 | 410..=423 | 425..=428 | 430..=499) => {
            Some(word(errors))
        }
        _ => None,
    }
}

fn word(errors: &ApiErrors) -> CompactString {
    reason(errors.code.as_ref().map_or(errors.type_.as_str(), |code| code.as_str()))
}
