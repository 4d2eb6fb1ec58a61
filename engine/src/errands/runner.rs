//! Runs the errands: asks every concert whose bell rings what it owes, does it, and has the concert record that it is done.
//!
//! A concert's answer shows only what is durable, so nothing is done that a crash could undo. Each concert has two lanes, so that a
//! mail server that is down holds up no refund; each errand is tried again, ever more rarely, until it is recorded. So many are under
//! way at a time; what waits for its next try takes no place, and no more memory than its number.

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::Outside;
use super::bell::Rung;
use crate::box_office::{BoxOffice, ConcertRefused};
use crate::concert::{ConcertCommand, Errand, ErrandNumber, ErrandView, Lane};
use crate::ids::ConcertId;
use crate::limits;
use crate::time::Time;

mod money;
mod post;
mod retry;

use retry::Pace;

/// Errands of one concert and lane that are under way.
const MONEY_UNDER_WAY_MAX: usize = 2_048;
const MAILS_UNDER_WAY_MAX: usize = 64;
/// Mails at a time that the notifier is given.
const MAIL_CALLS_MAX: usize = 4;
/// How often in a row a concert may fail to answer a lane before the log is told: some seconds, in which a journal is mostly open again.
const FAILURES_UNTOLD: u32 = 8;

/// What every errand needs.
#[derive(Clone)]
struct Means {
    office: BoxOffice,
    outside: Outside,
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
    let means = Means { office, outside, mail_calls: Arc::new(Semaphore::new(MAIL_CALLS_MAX)) };
    let mut lanes: HashMap<(ConcertId, Lane), Arc<Wakeup>> = HashMap::new();
    let mut under_way = JoinSet::new();
    let serve = |concert, lane, wakeup: &Arc<Wakeup>| {
        let (means, wakeup) = (means.clone(), Arc::clone(wakeup));
        async move {
            let run = LaneRun::new(means.clone(), concert, lane, Arc::clone(&wakeup)).run();
            if AssertUnwindSafe(run).catch_unwind().await.is_err() {
                tracing::error!(%concert, ?lane, "a lane of errands has died: it begins anew in a while");
                Pace::PANIC.wait(&means.office, 1).await;
                wakeup.wake();
            }
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
                // Nothing ends a lane but itself.
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

/// What came of one try.
enum Tried {
    /// It is recorded, or nobody can do anything about it before the next start.
    Done,
    /// A mail needs no other try, and that is to be recorded.
    Sent,
    /// To be tried again, at this pace.
    Again(Pace),
}

/// One errand after a try, and how many tries it had.
type AfterTry = (ErrandNumber, u32, Tried);

/// One lane of one concert, while anything is owed in it.
struct LaneRun {
    means: Means,
    concert: ConcertId,
    lane: Lane,
    wakeup: Arc<Wakeup>,
    /// The newest errand that was looked at.
    after: ErrandNumber,
    /// Errands that are tried again at their time, with the tries that they had. They take no place among those under way.
    waiting: BTreeMap<(Time, ErrandNumber), u32>,
    under_way: JoinSet<AfterTry>,
}

impl LaneRun {
    fn new(means: Means, concert: ConcertId, lane: Lane, wakeup: Arc<Wakeup>) -> Self {
        let (after, waiting, under_way) = (ErrandNumber::default(), BTreeMap::new(), JoinSet::new());
        Self { means, concert, lane, wakeup, after, waiting, under_way }
    }

    async fn run(mut self) {
        let mut failures = 0;
        loop {
            // Asked before the concert is, so that a bell that rings meanwhile is not missed.
            self.wakeup.is_due.store(false, Ordering::Release);
            let may_be_more = match self.take_up().await {
                Ok(may_be_more) => may_be_more,
                Err(refused) => {
                    failures += 1;
                    if failures == FAILURES_UNTOLD {
                        let Self { concert, lane, .. } = &self;
                        tracing::warn!(%concert, ?lane, ?refused, "a concert cannot say what it owes: it is asked again");
                    }
                    Pace::STORAGE.wait(&self.means.office, failures).await;
                    continue;
                }
            };
            failures = 0;
            if may_be_more {
                continue;
            }
            let is_idle = self.under_way.is_empty() && self.waiting.is_empty();
            if is_idle && !self.wakeup.is_due.load(Ordering::Acquire) {
                return;
            }
            let next_try = self.waiting.first_key_value().map(|((time, _), _)| *time);
            let clock = Arc::clone(self.means.office.clock());
            let is_free = self.places() > 0;
            tokio::select! {
                Some(ended) = self.under_way.join_next(), if !self.under_way.is_empty() => {
                    self.sort(ended.ok()).await;
                }
                () = self.wakeup.notify.notified() => {}
                () = clock.sleep_until(next_try.unwrap_or_default()), if is_free && next_try.is_some() => {}
            }
        }
    }

    fn places(&self) -> usize {
        let most = match self.lane {
            Lane::Money => MONEY_UNDER_WAY_MAX,
            Lane::Mail => MAILS_UNDER_WAY_MAX,
        };
        most - self.under_way.len()
    }

    /// Begins what is due to be tried again and what is owed beyond what was looked at, as far as there are places. Says whether
    /// there may be more, or why the concert cannot answer.
    async fn take_up(&mut self) -> Result<bool, ConcertRefused> {
        let now = self.means.office.now();
        while self.places() > 0
            && let Some((&(due, number), &tries)) = self.waiting.first_key_value()
            && due <= now
        {
            let found = self.errands_after(number.predecessor(), 1).await?;
            self.waiting.remove(&(due, number));
            // What is owed no longer was done by a webhook.
            if let Some(errand) = found.into_iter().find(|errand| errand.number == number) {
                self.begin(errand, tries);
            }
        }
        let limit = self.places().min(limits::ERRANDS_PER_PAGE_MAX);
        if limit == 0 {
            return Ok(false);
        }
        let found = self.errands_after(self.after, limit).await?;
        let may_be_more = found.len() == limit;
        for errand in found {
            self.after = errand.number;
            self.begin(errand, 0);
        }
        Ok(may_be_more)
    }

    async fn errands_after(
        &self,
        after: ErrandNumber,
        limit: usize,
    ) -> Result<Vec<ErrandView>, ConcertRefused> {
        self.means.office.errands(self.concert, self.lane, after, limit).await
    }

    fn begin(&mut self, errand: ErrandView, tries: u32) {
        let (means, concert, number) = (self.means.clone(), self.concert, errand.number);
        self.under_way.spawn(async move {
            let came = AssertUnwindSafe(means.try_errand(errand)).catch_unwind().await;
            let came = came.unwrap_or_else(|_panic| {
                tracing::error!(%concert, ?number, "an errand has died: it is tried again in a while");
                Tried::Again(Pace::PANIC)
            });
            (number, tries + 1, came)
        });
    }

    /// Sees to what came of a try, and of all others that have ended: mails that were sent are recorded together.
    async fn sort(&mut self, ended: Option<AfterTry>) {
        let mut sent = Vec::new();
        let mut next = ended;
        loop {
            match next {
                Some((number, _, Tried::Sent)) => sent.push(number),
                Some((number, tries, Tried::Again(pace))) => {
                    self.waiting.insert((pace.next(self.means.office.now(), tries), number), tries);
                }
                Some((_, _, Tried::Done)) | None => {}
            }
            match self.under_way.try_join_next() {
                Some(ended) => next = ended.ok(),
                None => break,
            }
        }
        if !sent.is_empty() {
            let noted = || ConcertCommand::RecordErrands(sent.clone());
            retry::record(&self.means.office, self.concert, noted).await;
        }
    }
}

impl Means {
    /// Tries an errand once.
    async fn try_errand(self, errand: ErrandView) -> Tried {
        match errand.errand {
            Errand::TakePayment(_) => self.take_payment(errand).await,
            Errand::GiveBack(_) => self.give_back(errand).await,
            Errand::Mail(kind, _) => self.send_mail(kind, errand).await,
        }
    }
}
