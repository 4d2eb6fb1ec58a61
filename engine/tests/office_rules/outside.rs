//! A gateway and a mail server in a test's hands: they remember every call, and answer as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use boxoffice_engine::errands::gateway::{
    GatewayError, PaymentGateway, PaymentOrder, PaymentOutcome, RefundOrder, Submitted,
};
use boxoffice_engine::errands::notifier::{Mail, Notifier, NotifierError};
use boxoffice_engine::errands::{Call, Outside};
use boxoffice_engine::ids::PaymentId;
use compact_str::{CompactString, format_compact};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

/// What outlives the office: the world outside remembers what it was asked.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Parts>);

#[derive(Default)]
struct Parts {
    told: Mutex<Told>,
    /// How many calls there were, of any kind; for those who wait for one.
    calls: watch::Sender<u64>,
}

/// What the world was told.
#[derive(Default)]
pub(crate) struct Told {
    /// Captured by key: once, however often it was asked.
    pub(crate) captured: BTreeMap<CompactString, i64>,
    /// Given back by key.
    pub(crate) refunded: BTreeMap<CompactString, i64>,
    /// Every call of `submit` and `refund`, in order.
    pub(crate) calls: Vec<CompactString>,
    /// The ids of the mails that arrived, each as often as it did, with its kind.
    pub(crate) mails: Vec<(CompactString, String)>,
    /// Payments whose buyers have not made up their minds.
    open: BTreeSet<PaymentId>,
    /// So many calls find nobody there.
    pub(crate) unreachable: u32,
    /// So many calls die.
    pub(crate) deadly: u32,
    /// Whether the mail server is down.
    pub(crate) mail_is_down: bool,
}

impl World {
    pub(crate) fn outside(&self) -> Outside {
        Outside { gateway: Some(Arc::new(self.clone())), notifier: Some(Arc::new(self.clone())) }
    }

    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.0.told.lock()
    }

    /// Waits until the world was called so often.
    pub(crate) async fn called(&self, count: u64) {
        let mut calls = self.0.calls.subscribe();
        crate::house::within(calls.wait_for(|calls| *calls >= count)).await.expect("the world goes on");
    }

    pub(crate) fn calls(&self) -> u64 {
        *self.0.calls.borrow()
    }

    fn call(&self) {
        self.0.calls.send_modify(|calls| *calls += 1);
    }

    /// Everything that was captured, less everything that was given back.
    pub(crate) fn balance(&self) -> i64 {
        let told = self.told();
        told.captured.values().sum::<i64>() - told.refunded.values().sum::<i64>()
    }
}

impl Told {
    fn answers(&mut self) -> Result<(), GatewayError> {
        if self.deadly > 0 {
            self.deadly -= 1;
            panic!("a call dies, as the test asked");
        }
        if self.unreachable == 0 {
            return Ok(());
        }
        self.unreachable -= 1;
        Err(GatewayError::Temporary("nobody is there".to_owned()))
    }
}

impl PaymentGateway for World {
    fn name(&self) -> &'static str {
        "world"
    }

    fn accepts(&self, method: &str) -> bool {
        ["ok", "declined", "open"].contains(&method)
    }

    fn submit(&self, order: PaymentOrder) -> Call<Result<Submitted, GatewayError>> {
        let mut told = self.told();
        told.calls.push(order.idempotency_key.clone());
        let answers = told.answers();
        if answers.is_ok() {
            match &*order.method {
                "ok" => drop(told.captured.insert(order.idempotency_key, order.amount)),
                "open" => drop(told.open.insert(order.payment)),
                _ => {}
            }
        }
        drop(told);
        self.call();
        let reference = format_compact!("ref-{}", order.payment);
        Box::pin(async move { answers.map(|()| Submitted { reference, client_secret: None }) })
    }

    fn outcome(
        &self,
        order: PaymentOrder,
        reference: CompactString,
    ) -> Call<Result<Option<PaymentOutcome>, GatewayError>> {
        assert_eq!(
            reference,
            format_compact!("ref-{}", order.payment),
            "it was told what the world calls it"
        );
        let outcome = match &*order.method {
            "ok" => Some(PaymentOutcome::Succeeded),
            "declined" => Some(PaymentOutcome::Failed("card_declined".into())),
            _ => None,
        };
        self.call();
        Box::pin(async move { Ok(outcome) })
    }

    fn refund(&self, order: RefundOrder) -> Call<Result<(), GatewayError>> {
        let mut told = self.told();
        told.calls.push(order.idempotency_key.clone());
        let answers = told.answers();
        if answers.is_ok() {
            told.refunded.insert(order.idempotency_key, order.amount);
        }
        drop(told);
        self.call();
        Box::pin(async move { answers })
    }
}

impl Notifier for World {
    fn send(&self, mail: Arc<Mail>) -> Call<Result<(), NotifierError>> {
        let mut told = self.told();
        let sent = if told.mail_is_down {
            Err(NotifierError::Temporary("nobody is there".to_owned()))
        } else {
            told.mails.push((mail.id.clone(), format!("{:?} to {}", mail.kind, mail.address)));
            Ok(())
        };
        drop(told);
        self.call();
        Box::pin(async move { sent })
    }
}
