//! A gateway without money: its methods say how a payment ends, and when.
//!
//! | method | what comes of it |
//! | --- | --- |
//! | `sim_ok` | succeeds at once |
//! | `sim_declined` | fails at once: `card_declined` |
//! | `sim_slow` | succeeds after a few seconds |
//! | `sim_late` | succeeds after the hold has expired |
//! | `sim_unreachable` | the gateway cannot be reached twice, then it succeeds |
//! | `sim_duplicate` | succeeds, and tells so twice more, unasked |
//! | `sim_reordered` | succeeds, and tells of an earlier failure afterwards |
//!
//! How a payment ends follows from its order alone. So a new process comes to the same end, though it may take its time again.

use std::collections::VecDeque;
use std::sync::Arc;

use boxoffice_engine::errands::Call;
use boxoffice_engine::errands::gateway::{
    GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder, Submitted,
};
use boxoffice_engine::ids::PaymentId;
use boxoffice_engine::time::{Clock, Time};
use compact_str::{CompactString, format_compact};
use parking_lot::Mutex;
use tokio::sync::mpsc::UnboundedSender;

use super::webhook::WebhookEvent;

/// How long "at once" takes, in milliseconds: long enough for a caller to see a payment that is under way.
pub const SETTLE_MILLISECONDS: i64 = 50;
/// How long `sim_slow` takes, in milliseconds.
pub const SLOW_MILLISECONDS: i64 = 3_000;
/// How long after the hold's end `sim_late` succeeds, in milliseconds.
pub const LATE_MILLISECONDS: i64 = 1_500;
/// How often a payment by `sim_unreachable` finds nobody.
pub const UNREACHABLE_CALLS: u8 = 2;

/// Payments by `sim_unreachable` that are remembered. The oldest that have succeeded are forgotten, and would begin anew; while there are
/// so many that have not, further ones succeed at once.
const UNREACHED_MAX: usize = 256;

/// The built-in gateway of the demo and of tests.
pub struct Simulated {
    clock: Arc<dyn Clock>,
    unreached: Mutex<Unreached>,
    /// What it tells unasked. It stands for webhooks: there is no network between this gateway and the office.
    unasked: UnboundedSender<WebhookEvent>,
}

/// How often payments by `sim_unreachable` were tried, the oldest first.
#[derive(Default)]
struct Unreached(VecDeque<(PaymentId, u8)>);

/// What a method of payment stands for.
#[derive(Clone, Copy)]
enum Method {
    Ok,
    Declined,
    Slow,
    Late,
    Unreachable,
    Duplicate,
    Reordered,
}

impl Simulated {
    /// A gateway that waits by `clock`, and sends what it tells unasked to `unasked`.
    pub fn new(clock: Arc<dyn Clock>, unasked: UnboundedSender<WebhookEvent>) -> Self {
        Self { clock, unreached: Mutex::default(), unasked }
    }

    fn submitted(&self, order: &PaymentOrder) -> Result<Submitted, GatewayError> {
        let method = Method::of(order)?;
        if matches!(method, Method::Unreachable) {
            let mut unreached = self.unreached.lock();
            if unreached.is_refused(order.payment) {
                return Err(GatewayError::Temporary("the simulated network is down".to_owned()));
            }
        }
        let reference = format_compact!("sim_{}", order.payment);
        Ok(Submitted { reference, client_secret: None })
    }
}

impl PaymentGateway for Simulated {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn accepts(&self, method: &str) -> bool {
        Method::from_word(method).is_some()
    }

    fn submit(&self, order: PaymentOrder) -> Call<Result<Submitted, GatewayError>> {
        let submitted = self.submitted(&order);
        Box::pin(async move { submitted })
    }

    fn outcome(
        &self,
        order: PaymentOrder,
        reference: CompactString,
    ) -> Call<Result<Option<PaymentOutcome>, GatewayError>> {
        let clock = Arc::clone(&self.clock);
        let (asked_at, unasked) = (clock.now(), self.unasked.clone());
        Box::pin(async move {
            let method = Method::of(&order)?;
            let settles_at = method.settles_at(asked_at, order.hold_expires_at);
            clock.wait_until(settles_at).await;
            for outcome in method.tells_unasked() {
                // An office that is closing hears nothing more.
                let _ = unasked.send(WebhookEvent {
                    payment: order.payment,
                    reference: reference.clone(),
                    outcome,
                });
            }
            Ok(Some(method.outcome()))
        })
    }

    fn refund(&self, _order: RefundOrder) -> Call<Result<(), GatewayError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Method {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "sim_ok" => Self::Ok,
            "sim_declined" => Self::Declined,
            "sim_slow" => Self::Slow,
            "sim_late" => Self::Late,
            "sim_unreachable" => Self::Unreachable,
            "sim_duplicate" => Self::Duplicate,
            "sim_reordered" => Self::Reordered,
            _ => return None,
        })
    }

    fn of(order: &PaymentOrder) -> Result<Self, GatewayError> {
        Self::from_word(&order.method).ok_or_else(|| GatewayError::Refused("unknown_method".into()))
    }

    fn settles_at(self, asked_at: Time, hold_expires_at: Time) -> Time {
        match self {
            Self::Ok | Self::Declined | Self::Unreachable | Self::Duplicate | Self::Reordered => {
                later(asked_at, SETTLE_MILLISECONDS)
            }
            Self::Slow => later(asked_at, SLOW_MILLISECONDS),
            Self::Late => later(hold_expires_at, LATE_MILLISECONDS),
        }
    }

    fn outcome(self) -> PaymentOutcome {
        match self {
            Self::Declined => PaymentOutcome::Failed("card_declined".into()),
            _ => PaymentOutcome::Succeeded,
        }
    }

    fn tells_unasked(self) -> Vec<PaymentOutcome> {
        match self {
            Self::Duplicate => vec![PaymentOutcome::Succeeded; 2],
            Self::Reordered => {
                vec![PaymentOutcome::Succeeded, PaymentOutcome::Failed("card_declined".into())]
            }
            _ => Vec::new(),
        }
    }
}

impl Unreached {
    /// Counts a try, unless there were enough of them already.
    fn is_refused(&mut self, payment: PaymentId) -> bool {
        if let Some((_, calls)) = self.0.iter_mut().find(|(known, _)| *known == payment) {
            *calls = calls.saturating_add(1);
            return *calls <= UNREACHABLE_CALLS;
        }
        if self.0.len() == UNREACHED_MAX {
            let succeeded = self.0.iter().position(|(_, calls)| *calls > UNREACHABLE_CALLS);
            let Some(place) = succeeded else { return false };
            self.0.remove(place);
        }
        self.0.push_back((payment, 1));
        true
    }
}

fn later(time: Time, milliseconds: i64) -> Time {
    Time(time.0.saturating_add(milliseconds))
}

#[cfg(test)]
mod tests;
