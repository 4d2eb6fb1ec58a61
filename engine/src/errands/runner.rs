//! Runs the errands: asks every concert whose bell rings what it owes, does it, and has the concert record that it is done.
//!
//! A concert's answer shows only what is durable, so nothing is done that a crash could undo. Each concert has two lanes, so that a
//! mail server that is down holds up no refund; each errand is tried again, ever more rarely, until it is recorded. What a lane holds
//! in memory is bounded: the rest waits in the concert's state.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::Outside;
use super::bell::Rung;
use crate::box_office::BoxOffice;
use crate::concert::{ErrandNumber, ErrandView, Lane};
use crate::ids::ConcertId;
use crate::limits;

mod money;
mod post;
mod retry;

use retry::Pace;

/// Errands of one concert and lane that are under way or wait for their next try.
const MONEY_UNDER_WAY_MAX: usize = 2_048;
const MAILS_UNDER_WAY_MAX: usize = 64;
/// Calls to the gateway at a time, and to the mail server.
const GATEWAY_CALLS_MAX: usize = 32;
const MAIL_CALLS_MAX: usize = 4;

/// What every errand needs.
#[derive(Clone)]
struct Means {
    office: BoxOffice,
    outside: Outside,
    gateway_calls: Arc<Semaphore>,
    mail_calls: Arc<Semaphore>,
}

/// Whether something new is owed in a lane.
#[derive(Default)]
struct Wakeup {
    is_due: AtomicBool,
    notify: Notify,
}

impl Wakeup {
    fn wake(&self) {
        self.is_due.store(true, Ordering::Release);
        self.notify.notify_one();
    }
}

/// Serves until the office closes.
pub(crate) async fn run(office: BoxOffice, outside: Outside, mut bells: UnboundedReceiver<Rung>) {
    let means = Means {
        office,
        outside,
        gateway_calls: Arc::new(Semaphore::new(GATEWAY_CALLS_MAX)),
        mail_calls: Arc::new(Semaphore::new(MAIL_CALLS_MAX)),
    };
    let mut lanes: HashMap<(ConcertId, Lane), Arc<Wakeup>> = HashMap::new();
    let mut under_way = JoinSet::new();
    let serve = |concert, lane, wakeup: &Arc<Wakeup>| {
        let (means, wakeup) = (means.clone(), Arc::clone(wakeup));
        async move {
            LaneRun { means, concert, lane, wakeup, after: ErrandNumber::default() }.run().await;
            (concert, lane)
        }
    };
    loop {
        tokio::select! {
            rung = bells.recv() => {
                let Some(rung) = rung else { return };
                rung.hear();
                let concert = rung.concert;
                for lane in means.lanes() {
                    let wakeup = lanes.entry((concert, lane)).or_insert_with(|| {
                        let wakeup = Arc::default();
                        under_way.spawn(serve(concert, lane, &wakeup));
                        wakeup
                    });
                    wakeup.wake();
                }
            }
            Some(ended) = under_way.join_next() => {
                // A lane that panicked is a bug that was logged; its concert's next bell would find no lane, so it stays as it is.
                let Ok(key) = ended else { continue };
                match lanes.get(&key) {
                    Some(wakeup) if wakeup.is_due.load(Ordering::Acquire) => {
                        under_way.spawn(serve(key.0, key.1, wakeup));
                    }
                    _ => { lanes.remove(&key); }
                }
            }
        }
    }
}

impl Means {
    /// The lanes for which there is somebody to call.
    fn lanes(&self) -> impl Iterator<Item = Lane> + use<> {
        let money = self.outside.gateway.is_some().then_some(Lane::Money);
        let mail = self.outside.notifier.is_some().then_some(Lane::Mail);
        money.into_iter().chain(mail)
    }
}

/// One lane of one concert, while anything is owed in it.
struct LaneRun {
    means: Means,
    concert: ConcertId,
    lane: Lane,
    wakeup: Arc<Wakeup>,
    /// The newest errand that was looked at.
    after: ErrandNumber,
}

impl LaneRun {
    async fn run(mut self) {
        let most = match self.lane {
            Lane::Money => MONEY_UNDER_WAY_MAX,
            Lane::Mail => MAILS_UNDER_WAY_MAX,
        };
        let mut errands = JoinSet::new();
        let mut pace = Pace::of_storage();
        loop {
            if errands.len() < most {
                self.wakeup.is_due.store(false, Ordering::Release);
                let limit = (most - errands.len()).min(limits::ERRANDS_PER_PAGE_MAX);
                let Some(found) = self.next_page(limit).await else {
                    pace.wait(&self.means.office).await;
                    continue;
                };
                pace = Pace::of_storage();
                let may_be_more = found.len() == limit;
                for errand in found {
                    self.after = errand.number;
                    errands.spawn(self.means.clone().do_errand(errand));
                }
                if may_be_more {
                    continue;
                }
            }
            if errands.is_empty() && !self.wakeup.is_due.load(Ordering::Acquire) {
                return;
            }
            tokio::select! {
                Some(done) = errands.join_next(), if !errands.is_empty() => {
                    self.record(done.ok().flatten(), &mut errands).await;
                }
                () = self.wakeup.notify.notified() => {}
            }
        }
    }

    /// What is owed beyond what was looked at; nothing while the concert cannot answer.
    async fn next_page(&self, limit: usize) -> Option<Vec<ErrandView>> {
        self.means.office.errands(self.concert, self.lane, self.after, limit).await.ok()
    }

    /// Has the concert note the mails that were sent: this one, and all that are done by now.
    async fn record(&self, done: Option<ErrandNumber>, errands: &mut JoinSet<Option<ErrandNumber>>) {
        let mut sent: Vec<ErrandNumber> = done.into_iter().collect();
        while let Some(done) = errands.try_join_next() {
            sent.extend(done.ok().flatten());
        }
        if !sent.is_empty() {
            retry::record(&self.means.office, self.concert, || sent.clone().into()).await;
        }
    }
}

impl Means {
    /// Does an errand, however often it has to be tried. Says which mail is to be noted as sent; money notes itself.
    async fn do_errand(self, errand: ErrandView) -> Option<ErrandNumber> {
        use crate::concert::Errand;
        match errand.errand {
            Errand::TakePayment(_) => self.take_payment(errand).await,
            Errand::GiveBack(_) => self.give_back(errand).await,
            Errand::Mail(kind, _) => return Some(self.send_mail(kind, errand).await),
        }
        None
    }
}
