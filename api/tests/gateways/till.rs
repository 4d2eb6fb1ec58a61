//! A till: our gateway, a relay, localstripe, and a clock that the test moves.

use std::sync::Arc;

use boxoffice_api::config::{Gateway, Secret, StripeSettings};
use boxoffice_api::gateway::stripe::OPEN_SECONDS;
use boxoffice_engine::errands::gateway::{
    GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder, Submitted,
};
use boxoffice_engine::money::{Currency, MinorUnits};
use boxoffice_engine::time::{Clock, ManualClock, Time};
use serde_json::Value;

use super::relay::Relay;
use super::stand_in::StandIn;

pub(crate) const SECRET_KEY: &str = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";
pub(crate) const GOOD_CARD: &str = "pm_card_visa";
pub(crate) const DECLINED_CARD: &str = "pm_card_chargeCustomerFail";

const START: Time = Time(1_000_000);
const HOLD_SECONDS: i64 = 600;

pub(crate) struct Till {
    pub(crate) gateway: Arc<dyn PaymentGateway>,
    pub(crate) relay: Relay,
    pub(crate) stripe: &'static StandIn,
    pub(crate) clock: Arc<ManualClock>,
}

impl Till {
    /// A till at the shared localstripe, unless that cannot be had.
    pub(crate) async fn open() -> Option<Self> {
        let stripe = StandIn::shared()?;
        let relay = Relay::start(&stripe.url).await;
        let clock = Arc::new(ManualClock::new(START));
        let gateway = gateway(SECRET_KEY, &relay.url, Arc::clone(&clock) as Arc<dyn Clock>);
        Some(Self { gateway, relay, stripe, clock })
    }

    pub(crate) async fn submit(&self, order: &PaymentOrder) -> Result<Submitted, GatewayError> {
        self.gateway.submit(order.clone()).await
    }

    /// Asks for the outcome and lets the time pass that the gateway may wait for it.
    pub(crate) async fn outcome(
        &self,
        order: &PaymentOrder,
        reference: &str,
    ) -> Result<Option<PaymentOutcome>, GatewayError> {
        let answer = self.gateway.outcome(order.clone(), reference.into());
        self.clock.move_to(self.clock.now().plus_seconds(OPEN_SECONDS));
        answer.await
    }

    /// A payment that succeeded, by its reference.
    pub(crate) async fn paid(&self, amount: MinorUnits) -> String {
        let order = order(GOOD_CARD, amount);
        let reference = self.submit(&order).await.unwrap().reference;
        assert_eq!(self.outcome(&order, &reference).await, Ok(Some(PaymentOutcome::Succeeded)));
        reference.to_string()
    }

    /// What localstripe keeps of a payment.
    pub(crate) fn intent(&self, reference: &str) -> Value {
        self.stripe.get(&format!("/v1/payment_intents/{reference}"))
    }

    /// What was given back of a payment, each time.
    pub(crate) fn refunds(&self, reference: &str) -> Vec<i64> {
        let refunds = self.stripe.get(&format!("/v1/refunds?payment_intent={reference}"));
        refunds["data"].as_array().unwrap().iter().map(|refund| refund["amount"].as_i64().unwrap()).collect()
    }
}

/// Our gateway, made as the box office makes it.
pub(crate) fn gateway(secret_key: &str, url: &str, clock: Arc<dyn Clock>) -> Arc<dyn PaymentGateway> {
    let settings = StripeSettings {
        secret_key: Secret::new(secret_key),
        webhook_secret: None,
        url: Some(url.to_owned()),
    };
    boxoffice_api::gateway::open(&Gateway::Stripe(settings), clock, tokio::sync::mpsc::unbounded_channel().0)
        .unwrap()
        .unwrap()
}

pub(crate) fn order(method: &str, amount: MinorUnits) -> PaymentOrder {
    PaymentOrder {
        payment: "0000000000001-p7".parse().unwrap(),
        booking: "0000000000001-b3".parse().unwrap(),
        amount,
        currency: Currency::USD,
        method: method.into(),
        hold_expires_at: START.plus_seconds(HOLD_SECONDS),
        idempotency_key: "0000000000001-p7".into(),
    }
}

pub(crate) fn refund(reference: &str, amount: MinorUnits, key: &str) -> RefundOrder {
    RefundOrder {
        payment: "0000000000001-p7".parse().unwrap(),
        reference: reference.into(),
        amount,
        currency: Currency::USD,
        idempotency_key: key.into(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what the gateway answers")]
pub(crate) fn failed(code: &str) -> Result<Option<PaymentOutcome>, GatewayError> {
    Ok(Some(PaymentOutcome::Failed(code.into())))
}
