//! What a call that failed means to the engine.

use boxoffice_engine::errands::gateway::GatewayError;
use compact_str::CompactString;
use stripe::{ApiErrors, StripeError};

use crate::gateway::reason;

/// Answers that say nothing about what was asked for. 401 and 403: the secret key is not accepted. 408 and 425: the call did not come
/// in whole, or came too early. 409 and 424: a call with the same key is under way, or another one that this depends on. 429: too
/// many calls.
const OPEN: [u16; 7] = [401, 403, 408, 409, 424, 425, 429];

/// From Stripe's error to the port's.
///
/// A wrong or withdrawn key is `Temporary`: it says nothing about the payment, and no refund may be given up for it. So is every
/// answer after which a call may yet be done, or have been done: a payment that is taken for failed is not asked about again.
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
        StripeError::Stripe(errors, status) if is_final(*status) => Some(word(errors)),
        _ => None,
    }
}

/// Whether an answer with this status says that the call was understood, and will never be done.
fn is_final(status: u16) -> bool {
    (400..=499).contains(&status) && !OPEN.contains(&status)
}

fn word(errors: &ApiErrors) -> CompactString {
    reason(errors.code.as_ref().map_or(errors.type_.as_str(), |code| code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> StripeError {
        let body = r#"{"type": "invalid_request_error", "code": "resource_missing"}"#;
        StripeError::Stripe(Box::new(miniserde::json::from_str(body).unwrap()), status)
    }

    #[test]
    fn only_what_will_never_be_done_is_refused() {
        let cases = [
            (400, true),
            (401, false),
            (402, true),
            (403, false),
            (404, true),
            (407, true),
            (408, false),
            (409, false),
            (410, true),
            (423, true),
            (424, false),
            (425, false),
            (426, true),
            (428, true),
            (429, false),
            (430, true),
            (499, true),
            (500, false),
            (503, false),
        ];
        for (status, is_refused) in cases {
            let error = answered(status);
            let expected = is_refused.then(|| CompactString::from("resource_missing"));
            assert_eq!(refused(&error), expected, "{status}");
            assert_eq!(matches!(told(&error), GatewayError::Refused(_)), is_refused, "{status}");
        }
    }
}
