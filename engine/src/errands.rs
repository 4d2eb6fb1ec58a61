//! What the office owes the world outside: payments to be taken and given back, mails to be sent.
//!
//! An errand follows from a committed event and is part of its concert's state until an event records that it is done. So a crash
//! between doing it and recording it makes it be done again, under the same key: whoever is called must be able to tell.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

pub(crate) mod bell;
pub mod gateway;
pub mod notifier;
pub(crate) mod runner;

use gateway::PaymentGateway;
use notifier::Notifier;

/// A call that leaves the process and may take its time.
pub type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Whom the office calls outside.
#[derive(Clone, Default)]
pub struct Outside {
    /// Where money moves. Without one, no concert can ask for payment.
    pub gateway: Option<Arc<dyn PaymentGateway>>,
    /// Who tells people what became of their bookings. Without one, no mail is owed.
    pub notifier: Option<Arc<dyn Notifier>>,
}
