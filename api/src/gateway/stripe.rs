//! Real money, through Stripe's payment intents.
//!
//! | method | who confirms |
//! | --- | --- |
//! | `stripe` | the buyer's client, with the client secret |
//! | `pm_...`, a payment method of Stripe's | this server |
//!
//! **Nothing depends on how long Stripe remembers an idempotency key** (a day). A payment is made known first and confirmed only
//! by [`outcome`](PaymentGateway::outcome), when its reference is on record: an intent that was made twice is charged once.
//! Before a refund the intent's refunds are looked through for the same key.
//!
//! **What is told here to have failed stays failed.** To Stripe an intent waits for another attempt after a decline; it is cancelled
//! before [`outcome`](PaymentGateway::outcome) tells its failure, and so is one that still waits when the hold is over. A webhook that
//! tells of the decline first settles the payment without that: [`webhook`](super::webhook) says what becomes of its intent.

mod amount;
mod answers;
mod errors;

use std::sync::Arc;
use std::time::Duration;

use boxoffice_engine::errands::Call;
use boxoffice_engine::errands::gateway::{
    GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder, Submitted,
};
use boxoffice_engine::time::{Clock, Time};
use compact_str::CompactString;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_core::PaymentIntentStatus;
use stripe_core::payment_intent::{
    CancelPaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
    CreatePaymentIntentAutomaticPaymentMethods, CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects,
    RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund};
use tokio::sync::Semaphore;

use crate::config::{ConfigError, StripeSettings};
use crate::gateway::webhook::METADATA_PAYMENT;
use amount::in_stripe_units;
use answers::{Intent, METADATA_KEY, Refund, Refunds};
use errors::{refused, told};

/// How long a call may take, in seconds, once it is made.
pub const CALL_SECONDS_MAX: u64 = 10;
/// Calls that are made at a time. Stripe refuses whoever makes too many, and would then refuse what somebody waits for as well.
pub const CALLS_MAX: usize = 32;
/// Refunds that are made at a time: a concert that is called off makes thousands, and buyers are not to wait behind them.
pub const REFUNDS_MAX: usize = CALLS_MAX / 2;
/// How long an open payment is waited for before the question is answered with "open", in seconds.
pub const OPEN_SECONDS: i64 = 30;

/// Why a payment failed that nobody confirmed in time.
const HOLD_EXPIRED: &str = "hold_expired";
/// The method by which the buyer's client confirms.
const BY_CLIENT: &str = "stripe";
/// How every payment method of Stripe's begins.
const PAYMENT_METHOD: &str = "pm_";
/// Longest name of a payment method, in bytes.
const PAYMENT_METHOD_BYTES_MAX: usize = 255;
/// Refunds that are read at once: as many as Stripe gives.
const REFUNDS_PER_PAGE: i64 = 100;
/// Pages of refunds that are read at most.
const REFUND_PAGES_MAX: usize = 100;

/// Stripe, by the account of one secret key.
#[derive(Clone)]
pub struct Stripe {
    client: Client,
    places: Arc<Semaphore>,
    refund_places: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

impl Stripe {
    /// A gateway to the account of the settings' key.
    ///
    /// # Errors
    /// When the settings cannot be used.
    pub fn new(settings: &StripeSettings, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let mut builder = ClientBuilder::new(settings.secret_key.reveal())
            .app_info("boxoffice", Some(env!("CARGO_PKG_VERSION").to_owned()), None)
            .timeout(Duration::from_secs(CALL_SECONDS_MAX));
        if let Some(url) = &settings.url {
            builder = builder.url(url);
        }
        // The error says which part of the settings is wrong, and does not repeat it.
        let client = builder.build().map_err(|error| ConfigError::of(format!("stripe: {error}")))?;
        let of = |places| Arc::new(Semaphore::new(places));
        Ok(Self { client, places: of(CALLS_MAX), refund_places: of(REFUNDS_MAX), clock })
    }

    /// Calls Stripe once, when there is a place; whoever asked tries again.
    async fn call<T: miniserde::Deserialize>(
        &self,
        request: &impl StripeRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<T, StripeError> {
        let _place = self.places.acquire().await;
        self.call_now(request, key).await
    }

    /// The same for whoever has a place.
    async fn call_now<T: miniserde::Deserialize>(
        &self,
        request: &impl StripeRequest,
        key: Option<IdempotencyKey>,
    ) -> Result<T, StripeError> {
        let strategy = key.map_or(RequestStrategy::Once, RequestStrategy::Idempotent);
        let mut request = request.build();
        request.body = request.body.as_deref().map(in_one_order);
        request.customize().request_strategy(strategy).send(&self.client).await
    }

    async fn submitted(&self, order: PaymentOrder) -> Result<Submitted, GatewayError> {
        let (amount, currency) = in_stripe_units(order.amount, order.currency)?;
        // Redirects would lead the buyer to a bank's pages for longer than a hold lasts.
        let methods = CreatePaymentIntentAutomaticPaymentMethods {
            allow_redirects: Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never),
            enabled: true,
        };
        let metadata =
            [(METADATA_PAYMENT, order.payment.to_string()), ("booking", order.booking.to_string())];
        let mut request = CreatePaymentIntent::new(amount, currency)
            .automatic_payment_methods(methods)
            .metadata(metadata.map(|(name, value)| (name.to_owned(), value)));
        if order.method != BY_CLIENT {
            request = request.payment_method(order.method.as_str());
        }
        let intent: Intent =
            self.call(&request, Some(key(&order.idempotency_key)?)).await.map_err(|error| told(&error))?;
        Ok(Submitted { reference: intent.id.into(), client_secret: intent.client_secret.map(Into::into) })
    }

    async fn ended(
        &self,
        order: &PaymentOrder,
        reference: &str,
    ) -> Result<Option<PaymentOutcome>, GatewayError> {
        let mut intent = self.intent(reference).await?;
        let is_over = self.is_over(order);
        let mut failure = is_over.then(|| CompactString::from(HOLD_EXPIRED));
        let is_ours = intent.status == PaymentIntentStatus::RequiresConfirmation && order.method != BY_CLIENT;
        if is_ours && !is_over {
            match self.confirm(order, reference).await {
                Ok(Some(confirmed)) => intent = confirmed,
                Ok(None) => failure = Some(HOLD_EXPIRED.into()),
                Err(error) => {
                    failure = Some(refused(&error).ok_or_else(|| told(&error))?);
                    intent = self.intent(reference).await?;
                }
            }
        }
        if let Some(outcome) = intent.ended() {
            return Ok(Some(outcome));
        }
        match intent.failure().or(failure) {
            Some(why) if intent.waits() => self.cancel(reference, why).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn intent(&self, reference: &str) -> Result<Intent, GatewayError> {
        self.call(&RetrievePaymentIntent::new(reference), None).await.map_err(|error| told(&error))
    }

    /// Whether nothing is to be charged any more.
    fn is_over(&self, order: &PaymentOrder) -> bool {
        self.clock.now() >= order.hold_expires_at
    }

    /// Confirms an intent, unless the hold was over by the time that there was a place for that.
    async fn confirm(&self, order: &PaymentOrder, reference: &str) -> Result<Option<Intent>, StripeError> {
        let key = IdempotencyKey::new(format!("{}-confirm", order.idempotency_key));
        let key = key.map_err(|error| StripeError::ConfigError(error.to_string()))?;
        let _place = self.places.acquire().await;
        if self.is_over(order) {
            return Ok(None);
        }
        self.call_now(&ConfirmPaymentIntent::new(reference), Some(key)).await.map(Some)
    }

    /// Cancels an intent that failed. It may have succeeded meanwhile, and then it cannot be cancelled.
    async fn cancel(&self, reference: &str, why: CompactString) -> Result<PaymentOutcome, GatewayError> {
        let cancelled: Result<Intent, StripeError> =
            self.call(&CancelPaymentIntent::new(reference), None).await;
        match cancelled {
            Ok(_) => Ok(PaymentOutcome::Failed(why)),
            Err(error) if refused(&error).is_some() => {
                let ended = self.intent(reference).await?.ended();
                ended.ok_or_else(|| {
                    GatewayError::Temporary("Stripe does not cancel the payment yet".to_owned())
                })
            }
            Err(error) => Err(told(&error)),
        }
    }

    async fn refunded(&self, order: &RefundOrder) -> Result<(), GatewayError> {
        // Stripe takes the currency from the intent.
        let (amount, _) = in_stripe_units(order.amount, order.currency)?;
        if let Some(known) = self.known_refund(order).await? {
            return known.result();
        }
        let metadata = [
            (METADATA_PAYMENT, order.payment.to_string()),
            (METADATA_KEY, order.idempotency_key.to_string()),
        ];
        let request = CreateRefund::new()
            .payment_intent(order.reference.as_str())
            .amount(amount)
            .metadata(metadata.map(|(name, value)| (name.to_owned(), value)));
        match self.call::<Refund>(&request, Some(key(&order.idempotency_key)?)).await {
            Ok(refund) => refund.result(),
            Err(error) => match told(&error) {
                GatewayError::Refused(code) if code == "charge_already_refunded" => Ok(()),
                other => Err(other),
            },
        }
    }

    /// The refund that was asked for with the same key, however long ago.
    async fn known_refund(&self, order: &RefundOrder) -> Result<Option<Refund>, GatewayError> {
        let mut request = ListRefund::new().payment_intent(order.reference.as_str()).limit(REFUNDS_PER_PAGE);
        for _ in 0..REFUND_PAGES_MAX {
            let Refunds { data, has_more } = self.call(&request, None).await.map_err(|error| told(&error))?;
            let last = data.last().map(|refund| refund.id.clone());
            if let Some(known) = data.into_iter().find(|refund| refund.has_key(&order.idempotency_key)) {
                return Ok(Some(known));
            }
            match last.filter(|_| has_more) {
                Some(last) => request = request.starting_after(last),
                None => return Ok(None),
            }
        }
        Err(GatewayError::Temporary("Stripe has too many refunds of this payment to look through".to_owned()))
    }
}

impl PaymentGateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn accepts(&self, method: &str) -> bool {
        method == BY_CLIENT
            || method.strip_prefix(PAYMENT_METHOD).is_some_and(|rest| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                !rest.is_empty() && method.len() <= PAYMENT_METHOD_BYTES_MAX && rest.bytes().all(plain)
            })
    }

    fn submit(&self, order: PaymentOrder) -> Call<Result<Submitted, GatewayError>> {
        let gateway = self.clone();
        Box::pin(async move { gateway.submitted(order).await })
    }

    fn outcome(
        &self,
        order: PaymentOrder,
        reference: CompactString,
    ) -> Call<Result<Option<PaymentOutcome>, GatewayError>> {
        let gateway = self.clone();
        let asked_at = self.clock.now();
        Box::pin(async move {
            let outcome = gateway.ended(&order, &reference).await?;
            if outcome.is_none() {
                gateway.clock.wait_until(asks_again_at(asked_at, order.hold_expires_at)).await;
            }
            Ok(outcome)
        })
    }

    fn refund(&self, order: RefundOrder) -> Call<Result<(), GatewayError>> {
        let gateway = self.clone();
        Box::pin(async move {
            let _place = gateway.refund_places.acquire().await;
            gateway.refunded(&order).await
        })
    }
}

/// When an open payment is to be looked at again: after a while, and at once when the hold is over.
fn asks_again_at(asked_at: Time, hold_expires_at: Time) -> Time {
    let soon = asked_at.plus_seconds(OPEN_SECONDS);
    if hold_expires_at > asked_at { soon.min(hold_expires_at) } else { soon }
}

/// A form with its fields sorted. Metadata lie in a map, which has another order each time; but Stripe refuses a key that comes
/// again with other parameters, and does not say how it compares them.
fn in_one_order(form: &str) -> String {
    let mut fields: Vec<&str> = form.split('&').collect();
    fields.sort_unstable();
    fields.join("&")
}

fn key(text: &str) -> Result<IdempotencyKey, GatewayError> {
    IdempotencyKey::new(text).map_err(|_| GatewayError::Refused("idempotency_key_unusable".into()))
}
