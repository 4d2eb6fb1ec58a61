//! Payments that are taken, and given back.

use compact_str::{CompactString, format_compact};

use super::Means;
use super::retry::{Pace, record};
use crate::concert::{BookingView, ConcertCommand, ErrandNumber, ErrandView, Lane, PaymentView};
use crate::errands::gateway::{GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder};
use crate::ids::ConcertId;
use crate::time::Time;

impl Means {
    pub(super) async fn take_payment(self, errand: ErrandView) {
        let Some((gateway, view)) = self.gateway_of(&errand) else { return };
        let payment = view.payment.number;
        let order = PaymentOrder {
            payment: view.id,
            booking: view.booking,
            amount: view.payment.amount,
            currency: view.currency,
            method: view.payment.method.clone(),
            hold_expires_at: hold_expires_at(&errand.booking),
            idempotency_key: format_compact!("{}", view.id),
        };
        let submitted = match view.payment.reference.clone() {
            Some(reference) => Ok(reference),
            None => self.submit(&*gateway, &order).await,
        };
        let outcome = match &submitted {
            Ok(reference) => match self.outcome(&*gateway, &order, errand.number, reference).await {
                Some(PaymentOutcome::Succeeded) => Ok(()),
                Some(PaymentOutcome::Failed(reason)) => Err(reason),
                // A webhook was faster.
                None => return,
            },
            Err(reason) => Err(reason.clone()),
        };
        let settle = || ConcertCommand::SettlePayment {
            payment,
            reference: submitted.clone().ok(),
            outcome: outcome.clone(),
        };
        record(&self.office, view.id.concert, settle).await;
    }

    /// Makes a payment known to the gateway and records what it calls it; or tells why the gateway will not have it.
    async fn submit(
        &self,
        gateway: &dyn PaymentGateway,
        order: &PaymentOrder,
    ) -> Result<CompactString, CompactString> {
        let mut pace = Pace::of_gateway();
        loop {
            let submitted = {
                let _place = self.gateway_calls.acquire().await;
                gateway.submit(order.clone()).await
            };
            match submitted {
                Ok(submitted) => {
                    let submission = || ConcertCommand::RecordSubmission {
                        payment: order.payment.number,
                        reference: submitted.reference.clone(),
                        client_secret: submitted.client_secret.clone(),
                    };
                    record(&self.office, order.payment.concert, submission).await;
                    return Ok(submitted.reference);
                }
                Err(GatewayError::Refused(reason)) => return Err(reason),
                Err(GatewayError::Temporary(why)) => {
                    tracing::warn!(payment = %order.payment, why, "a payment is submitted again later");
                    pace.wait(&self.office).await;
                }
            }
        }
    }

    /// How a payment ends: asked for until the gateway knows; nothing when its end was recorded meanwhile.
    async fn outcome(
        &self,
        gateway: &dyn PaymentGateway,
        order: &PaymentOrder,
        errand: ErrandNumber,
        reference: &CompactString,
    ) -> Option<PaymentOutcome> {
        let (mut open, mut unreachable) = (Pace::of_outcome(), Pace::of_gateway());
        loop {
            match gateway.outcome(order.clone(), reference.clone()).await {
                Ok(Some(outcome)) => return Some(outcome),
                Ok(None) => open.wait(&self.office).await,
                Err(GatewayError::Refused(reason)) => return Some(PaymentOutcome::Failed(reason)),
                Err(GatewayError::Temporary(why)) => {
                    tracing::warn!(payment = %order.payment, why, "the outcome of a payment is asked for again later");
                    unreachable.wait(&self.office).await;
                }
            }
            if !self.still_owes(order.payment.concert, errand).await {
                return None;
            }
        }
    }

    /// Whether an errand was not recorded as done meanwhile. What is not known is owed.
    async fn still_owes(&self, concert: ConcertId, errand: ErrandNumber) -> bool {
        let before = ErrandNumber { sequence: errand.sequence.saturating_sub(1), index: u32::MAX };
        let first = self.office.errands(concert, Lane::Money, before, 1).await;
        first.map_or(true, |errands| errands.first().is_some_and(|first| first.number == errand))
    }

    pub(super) async fn give_back(self, errand: ErrandView) {
        let Some((gateway, view)) = self.gateway_of(&errand) else { return };
        let payment = view.payment.number;
        let Some(refund) = view.payment.refunds.iter().find(|refund| refund.errand == errand.number) else {
            return;
        };
        let Some(reference) = view.payment.reference.clone() else {
            tracing::error!(payment = %view.id, "a refund is owed, and the gateway's name for its payment is not known");
            return;
        };
        let order = RefundOrder {
            payment: view.id,
            reference,
            amount: refund.amount,
            currency: view.currency,
            idempotency_key: format_compact!(
                "{}-r{}-{}",
                view.id,
                errand.number.sequence,
                errand.number.index
            ),
        };
        let (mut unreachable, mut refused) = (Pace::of_gateway(), Pace::of_refusal());
        loop {
            let made = {
                let _place = self.gateway_calls.acquire().await;
                gateway.refund(order.clone()).await
            };
            match made {
                Ok(()) => break,
                Err(GatewayError::Temporary(why)) => {
                    tracing::warn!(payment = %view.id, why, "a refund is tried again later");
                    unreachable.wait(&self.office).await;
                }
                Err(GatewayError::Refused(reason)) => {
                    tracing::error!(payment = %view.id, %reason, "the gateway refuses a refund: somebody has to look");
                    refused.wait(&self.office).await;
                }
            }
        }
        let made = || ConcertCommand::RecordRefund { payment, errand: errand.number };
        record(&self.office, view.id.concert, made).await;
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
    pending.or_else(|| view.booking.hold().map(|hold| hold.expires_at)).unwrap_or(view.booking.created_at)
}
