//! The port through which money moves.

use compact_str::CompactString;

use super::Call;
use crate::ids::{BookingId, PaymentId};
use crate::money::{Currency, MinorUnits};
use crate::time::Time;

/// Moves money.
///
/// 1. **Idempotent.** A call with a key that was used before has no second effect and tells what the first one did. The same call
///    comes again whenever its outcome was not recorded: after a timeout, after a crash.
/// 2. **Asynchronous.** `submit` returns when the gateway knows of the payment. Whether it succeeds is told by `outcome`, or by a
///    webhook, whichever comes first; both may come, in any order, more than once.
/// 3. **Honest.** What is not known is `Temporary`. `Refused` is final.
/// 4. **Bounded.** A call for every open payment may come at once; how many of them the other side can take at a time is the
///    gateway's to know, and the rest wait in it.
pub trait PaymentGateway: Send + Sync + 'static {
    /// The word that stands for this gateway in URLs and in payments: `simulated`, `stripe`.
    fn name(&self) -> &'static str;

    /// Whether the gateway knows such a method; a payment by another one is refused before anything happens.
    fn accepts(&self, method: &str) -> bool;

    /// Makes a payment known to the gateway.
    fn submit(&self, order: PaymentOrder) -> Call<Result<Submitted, GatewayError>>;

    /// How a submitted payment ended; `None` while that is open. It may wait for a while before it answers.
    fn outcome(
        &self,
        order: PaymentOrder,
        reference: CompactString,
    ) -> Call<Result<Option<PaymentOutcome>, GatewayError>>;

    /// Gives back a part of a payment that succeeded.
    fn refund(&self, order: RefundOrder) -> Call<Result<(), GatewayError>>;
}

/// A payment that is to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentOrder {
    /// Which payment.
    pub payment: PaymentId,
    /// What it pays.
    pub booking: BookingId,
    /// How much.
    pub amount: MinorUnits,
    /// Of which currency.
    pub currency: Currency,
    /// How the buyer pays: a word of the gateway's.
    pub method: CompactString,
    /// When the seats are given up if nothing is paid.
    pub hold_expires_at: Time,
    /// The same for every call for this payment, and for no other.
    pub idempotency_key: CompactString,
}

/// What a gateway says to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// What the gateway calls the payment.
    pub reference: CompactString,
    /// What the buyer's client needs to finish it with the gateway.
    pub client_secret: Option<CompactString>,
}

/// How a payment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// The money was captured.
    Succeeded,
    /// It was not, for this reason: a short word of the gateway's, like `card_declined`.
    Failed(CompactString),
}

/// Money that is to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// Of which payment.
    pub payment: PaymentId,
    /// What the gateway calls that payment.
    pub reference: CompactString,
    /// How much.
    pub amount: MinorUnits,
    /// Of which currency.
    pub currency: Currency,
    /// The same for every call for this refund, and for no other.
    pub idempotency_key: CompactString,
}

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Nobody knows whether it happened, or it did not: to be tried again.
    #[error("the gateway cannot be asked at present: {0}")]
    Temporary(String),
    /// The gateway will never do this, for this reason: a short word of its own.
    #[error("the gateway refuses: {0}")]
    Refused(CompactString),
}
