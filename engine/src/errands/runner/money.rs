//! Payments that are taken, and given back.

use compact_str::{CompactString, format_compact};

use super::retry::{Pace, record};
use super::{Means, Tried};
use crate::concert::{BookingView, ConcertCommand, ErrandNumber, ErrandView, PaymentView};
use crate::errands::gateway::{GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder};
use crate::time::Time;

impl Means {
    pub(super) async fn take_payment(self, errand: ErrandView) -> Tried {
        let Some((gateway, view)) = self.gateway_of(&errand) else { return Tried::Done };
        let (payment, concert) = (view.payment.number, view.id.concert);
        let order = PaymentOrder {
            payment: view.id,
            booking: view.booking,
            amount: view.payment.amount,
            currency: view.currency,
            method: view.payment.method.clone(),
            hold_expires_at: hold_expires_at(&errand.booking),
            idempotency_key: format_compact!("{}", view.id),
        };
        let settle = async |reference: Option<CompactString>, outcome: Result<(), CompactString>| {
            let command = || ConcertCommand::SettlePayment {
                payment,
                reference: reference.clone(),
                outcome: outcome.clone(),
            };
            record(&self.office, concert, command).await;
            Tried::Done
        };
        let reference = match view.payment.reference.clone() {
            Some(reference) => reference,
            None => match self.submit(&*gateway, &order).await {
                Ok(reference) => reference,
                Err(GatewayError::Refused(reason)) => return settle(None, Err(reason)).await,
                Err(GatewayError::Temporary(why)) => {
                    tracing::warn!(payment = %view.id, why, "a payment is submitted again later");
                    return Tried::Again(Pace::GATEWAY);
                }
            },
        };
        match gateway.outcome(order, reference.clone()).await {
            Ok(Some(PaymentOutcome::Succeeded)) => settle(Some(reference), Ok(())).await,
            Ok(Some(PaymentOutcome::Failed(reason))) | Err(GatewayError::Refused(reason)) => {
                settle(Some(reference), Err(reason)).await
            }
            Ok(None) => Tried::Again(Pace::OUTCOME),
            Err(GatewayError::Temporary(why)) => {
                tracing::warn!(payment = %view.id, why, "the outcome of a payment is asked for again later");
                Tried::Again(Pace::GATEWAY)
            }
        }
    }

    /// Makes a payment known to the gateway and records what it calls it.
    async fn submit(
        &self,
        gateway: &dyn PaymentGateway,
        order: &PaymentOrder,
    ) -> Result<CompactString, GatewayError> {
        let submitted = gateway.submit(order.clone()).await?;
        let submission = || ConcertCommand::RecordSubmission {
            payment: order.payment.number,
            reference: submitted.reference.clone(),
            client_secret: submitted.client_secret.clone(),
        };
        record(&self.office, order.payment.concert, submission).await;
        Ok(submitted.reference)
    }

    pub(super) async fn give_back(self, errand: ErrandView) -> Tried {
        let Some((gateway, view)) = self.gateway_of(&errand) else { return Tried::Done };
        let payment = view.payment.number;
        let Some(refund) = view.payment.refunds.iter().find(|refund| refund.errand == errand.number) else {
            return Tried::Done;
        };
        let Some(reference) = view.payment.reference.clone() else {
            tracing::error!(payment = %view.id, "a refund waits: the gateway's name for its payment is not known");
            return Tried::Again(Pace::OUTCOME);
        };
        let ErrandNumber { sequence, index } = errand.number;
        let order = RefundOrder {
            payment: view.id,
            reference,
            amount: refund.amount,
            currency: view.currency,
            idempotency_key: format_compact!("{}-r{sequence}-{index}", view.id),
        };
        match gateway.refund(order).await {
            Ok(()) => {
                let made = || ConcertCommand::RecordRefund { payment, errand: errand.number };
                record(&self.office, view.id.concert, made).await;
                Tried::Done
            }
            Err(GatewayError::Temporary(why)) => {
                tracing::warn!(payment = %view.id, why, "a refund is tried again later");
                Tried::Again(Pace::GATEWAY)
            }
            Err(GatewayError::Refused(reason)) => {
                tracing::error!(payment = %view.id, %reason, "the gateway refuses a refund: somebody has to look");
                Tried::Again(Pace::REFUSAL)
            }
        }
    }

    /// The gateway that an errand's payment is with, if it is the one that there is.
    fn gateway_of(&self, errand: &ErrandView) -> Option<(std::sync::Arc<dyn PaymentGateway>, PaymentView)> {
        let view = errand.payment.clone()?;
        let gateway = self.outside.gateway.clone()?;
        if gateway.name() != view.payment.gateway {
            tracing::error!(
                payment = %view.id, gateway = %view.payment.gateway,
                "a payment is with a gateway that is not configured: it waits until that one is"
            );
            return None;
        }
        Some((gateway, view))
    }
}

/// When the seats that a payment is for are, or were, given up.
fn hold_expires_at(view: &BookingView) -> Time {
    let pending = view.booking.pending().map(|pending| pending.expires_at);
    pending.or_else(|| view.booking.hold().map(|hold| hold.expires_at)).unwrap_or(view.booking.created_at())
}
