//! What Stripe answers, as far as it is needed.
//!
//! The requests are built by the types that are made from Stripe's published description, and so are the words of a status. The
//! answers are read by a few fields of our own: the published types want every field of one API version, and a payment that was
//! made must not be taken for a failed call because a field that nobody needs has changed its shape.

use std::collections::HashMap;

use boxoffice_engine::errands::gateway::{GatewayError, PaymentOutcome};
use compact_str::CompactString;
use miniserde::Deserialize;
use stripe_core::PaymentIntentStatus;

use crate::gateway::{cancellation, failure, reason};

/// The name, in a refund's metadata, of the key that it was asked for with.
pub(super) const METADATA_KEY: &str = "idempotency_key";

/// A payment intent.
#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: PaymentIntentStatus,
    pub(super) client_secret: Option<String>,
    last_payment_error: Option<PaymentError>,
    cancellation_reason: Option<String>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
}

impl Intent {
    /// How it ended, if it did for good.
    pub(super) fn ended(&self) -> Option<PaymentOutcome> {
        match self.status {
            PaymentIntentStatus::Succeeded => Some(PaymentOutcome::Succeeded),
            PaymentIntentStatus::Canceled => {
                let code = self.last_payment_error.as_ref().and_then(|error| error.code.as_deref());
                Some(PaymentOutcome::Failed(cancellation(code, self.cancellation_reason.as_deref())))
            }
            _ => None,
        }
    }

    /// Why its last attempt failed, if it did. The intent itself waits for another one.
    pub(super) fn failure(&self) -> Option<CompactString> {
        let error = self.last_payment_error.as_ref()?;
        Some(failure(error.code.as_deref()))
    }

    /// Whether it waits for somebody, and so can be cancelled.
    pub(super) fn waits(&self) -> bool {
        matches!(
            self.status,
            PaymentIntentStatus::RequiresPaymentMethod
                | PaymentIntentStatus::RequiresConfirmation
                | PaymentIntentStatus::RequiresAction
        )
    }
}

/// A refund.
#[derive(Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    status: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<HashMap<String, String>>,
}

impl Refund {
    /// Whether it was asked for with this key.
    pub(super) fn has_key(&self, key: &str) -> bool {
        let metadata = self.metadata.as_ref();
        metadata.and_then(|metadata| metadata.get(METADATA_KEY)).is_some_and(|known| known == key)
    }

    /// Whether the money is on its way.
    pub(super) fn result(&self) -> Result<(), GatewayError> {
        match self.status.as_deref() {
            Some("failed" | "canceled") => {
                let why = self.failure_reason.as_deref().map_or("refund_failed".into(), reason);
                Err(GatewayError::Refused(why))
            }
            _ => Ok(()),
        }
    }
}

/// A part of a payment's refunds.
#[derive(Deserialize)]
pub(super) struct Refunds {
    pub(super) data: Vec<Refund>,
    pub(super) has_more: bool,
}
