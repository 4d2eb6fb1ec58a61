//! Payments.

use boxoffice_engine::concert::{Payment as EnginePayment, PaymentStatus, PaymentView};
use boxoffice_engine::ids::{BookingId, PaymentId};
use compact_str::CompactString;
use serde::Serialize;

use crate::json::{Json, Text, read};
use crate::problem::Problem;
use crate::respond::{Amount, Utc, text};

/// `payment` of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payment<'a> {
    #[serde(serialize_with = "text")]
    id: PaymentId,
    #[serde(serialize_with = "text")]
    booking_id: BookingId,
    amount: Amount,
    refunded_amount: Amount,
    currency: &'static str,
    status: &'static str,
    failure_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    created_at: Utc,
}

impl<'a> From<&'a PaymentView> for Payment<'a> {
    fn from(view: &'a PaymentView) -> Self {
        let PaymentView { payment, currency, .. } = view;
        Self {
            id: view.id,
            booking_id: view.booking,
            amount: Amount { minor: payment.amount, currency: *currency },
            refunded_amount: Amount { minor: payment.refunded(), currency: *currency },
            currency: currency.code(),
            status: status_word(payment),
            failure_code: match &payment.status {
                PaymentStatus::Failed(reason) => Some(reason),
                _ => None,
            },
            client_secret: payment.client_secret.as_deref(),
            created_at: Utc(payment.created_at),
        }
    }
}

/// How a payment stands, by what was given back of it; what is only owed back does not count yet.
fn status_word(payment: &EnginePayment) -> &'static str {
    match (&payment.status, payment.refunded()) {
        (PaymentStatus::Processing, _) => "processing",
        (PaymentStatus::Failed(_), _) => "failed",
        (PaymentStatus::Succeeded, 0) => "succeeded",
        (PaymentStatus::Succeeded, refunded) if refunded < payment.amount => "partially_refunded",
        (PaymentStatus::Succeeded, _) => "refunded",
    }
}

/// A wish to pay as it was sent.
#[derive(Default)]
pub(crate) struct PaymentRequest {
    /// Not known to be an id.
    pub(crate) booking: String,
    /// A word of the gateway's.
    pub(crate) method: CompactString,
}

/// Reads the body of `POST /payments`.
///
/// # Errors
/// `validation_failed`, naming every bad field.
pub(crate) fn read_payment_request(body: Json) -> Result<PaymentRequest, Problem> {
    read(body, |fields| PaymentRequest {
        booking: fields.required("bookingId", Text::any()),
        method: fields.required("method", Text::any()).into(),
    })
    .finish()
}
