//! The handle of a box office: the only way in. Cheap to clone; hides the actors, the writer and the journal.

use std::sync::Arc;
use std::sync::mpsc;

use ractor::{Actor, ActorRef};
use tokio::sync::{Mutex, Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::accounts::AccountsRejection;
use crate::concert::Rejection;
use crate::deaths::Deaths;
use crate::errands::Outside;
use crate::errands::gateway::PaymentGateway;
use crate::errands::runner;
use crate::journal::Journal;
use crate::machine::{BuyersIndex, Refused};
pub use crate::restore::Inventory;
use crate::restore::{RestoreError, restore_everything};
use crate::time::{Clock, Time};
use crate::writer::{StatusBoard, Writer, WriterHandle, monotonic_now};

mod batch;
mod ended;
mod reads;
mod registry;
mod requests;
mod restoring;
mod sales;
mod shedding;
mod sleepers;
mod supervisor;

pub use batch::{BatchAnswers, Booked};
use reads::Looks;
use registry::Registry;
pub use sales::Settled;
use supervisor::{Supervisor, Ward};

pub(crate) use supervisor::Order;

/// How far the journal may lie ahead of the clock at a start, in seconds: else the clock is wrong, and holds would not expire.
const JOURNAL_AHEAD_SECONDS_MAX: i64 = 300;

/// How far the journal may lie behind the clock at a start before somebody should know, in days: the clock may be wrong this way, too.
const QUIET_DAYS_MAX: i64 = 30;

/// Histories of bookings that are read from the journal at a time.
const HISTORIES_READ_MAX: usize = 2;

/// What an office is opened with.
#[derive(Clone)]
pub struct Settings {
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// Called when the journal cannot be trusted any more, or nobody is left to bring actors back. Then the process must end: what is
    /// under way has an unknown outcome, and nothing more is acknowledged.
    pub fatal: Arc<dyn Fn(&str) + Send + Sync>,
    /// Open even when the journal lies ahead of the clock.
    pub accept_clock: bool,
    /// Whom the office calls outside.
    pub outside: Outside,
    /// Where tests let actors and the writer die.
    pub deaths: Deaths,
}

/// An office that could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The journal cannot be read, or holds what cannot have happened.
    #[error("the journal cannot be restored: {0}")]
    Restore(String),
    /// The clock is behind what has happened already.
    #[error(
        "the latest event lies {seconds} s ahead of the clock: the clock is wrong, or was when it was written"
    )]
    JournalAhead {
        /// How far.
        seconds: i64,
    },
    /// The threads and actors could not be started.
    #[error("cannot start: {0}")]
    Start(String),
}

impl From<RestoreError> for OpenError {
    fn from(error: RestoreError) -> Self {
        Self::Restore(error.to_string())
    }
}

/// A box office. Clones are the same office.
#[derive(Clone)]
pub struct BoxOffice {
    registry: Arc<Registry>,
    supervisor: ActorRef<Order>,
    writer: WriterHandle,
    clock: Arc<dyn Clock>,
    gateway: Option<Arc<dyn PaymentGateway>>,
    /// Whether people are told by mail what becomes of their bookings.
    sends_mail: bool,
    /// Histories that may be read at a time.
    histories: Arc<Semaphore>,
    looks: Looks,
    /// Nothing once it is closed. Whoever closes it holds the lock until it is.
    running: Arc<Mutex<Option<Running>>>,
}

struct Running {
    errands: JoinHandle<()>,
    waking: JoinHandle<()>,
    supervision: JoinHandle<()>,
    /// Says to `supervision` that the supervisor is to end.
    closes: oneshot::Sender<()>,
    writing: std::thread::JoinHandle<()>,
}

/// A refusal by a concert or on the way to it.
pub type ConcertRefused = Refused<Rejection>;
/// A refusal by the accounts or on the way to them.
pub type AccountsRefused = Refused<AccountsRejection>;

impl BoxOffice {
    /// Restores everything that the journal holds and opens the office.
    ///
    /// # Errors
    /// When the journal cannot be trusted, or lies ahead of the clock.
    pub async fn open(journal: Arc<dyn Journal>, settings: Settings) -> Result<(Self, Inventory), OpenError> {
        let (restoring, buyers) = (Arc::clone(&journal), Arc::new(BuyersIndex::default()));
        let noting = Arc::clone(&buyers);
        let everything = tokio::task::spawn_blocking(move || restore_everything(&*restoring, &noting)).await;
        let everything = everything.map_err(|error| OpenError::Restore(error.to_string()))??;
        let ahead = everything.latest.seconds() - settings.clock.now().seconds();
        if ahead > JOURNAL_AHEAD_SECONDS_MAX && !settings.accept_clock {
            return Err(OpenError::JournalAhead { seconds: ahead });
        }
        let quiet_days = -ahead / 86_400;
        if everything.latest > Time::default() && quiet_days > QUIET_DAYS_MAX {
            tracing::warn!(
                quiet_days,
                "nothing has happened here for so long, if this machine's clock is right; sales that end by a wrong one stay closed"
            );
        }
        let inventory = everything.inventory();
        let office = Self::start(journal, buyers, settings).await.map_err(OpenError::Start)?;
        let (done, seated) = oneshot::channel();
        let seat = office.supervisor.send_message(Order::Seat(Box::new(everything), done));
        seat.map_err(|error| OpenError::Start(error.to_string()))?;
        seated.await.map_err(|error| OpenError::Start(error.to_string()))?;
        Ok((office, inventory))
    }

    async fn start(
        journal: Arc<dyn Journal>,
        buyers: Arc<BuyersIndex>,
        settings: Settings,
    ) -> Result<Self, String> {
        let (queue, handed) = mpsc::channel();
        let status = Arc::new(StatusBoard::open());
        let writer = WriterHandle { queue, status: Arc::clone(&status) };
        let (bells, rung) = tokio::sync::mpsc::unbounded_channel();
        let (wakes, mut woken) = tokio::sync::mpsc::unbounded_channel();
        let registry = Arc::new(Registry::new(buyers, bells, wakes));
        let Settings { clock, fatal, deaths, outside, .. } = settings;
        let ward = Ward::new(
            Arc::clone(&registry),
            Arc::clone(&journal),
            writer.clone(),
            Arc::clone(&clock),
            deaths.clone(),
        );
        let spawned = Actor::spawn(None, Supervisor, ward).await;
        let (supervisor, supervision) = spawned.map_err(|error| error.to_string())?;
        let (closes, closing) = oneshot::channel();
        let supervision = tokio::spawn(watch_over(supervision, closing, writer.clone()));
        let bedside = supervisor.clone();
        let waking = tokio::spawn(async move {
            while let Some(stream) = woken.recv().await {
                // A supervisor that closes has ended every sleep.
                let _ = bedside.send_message(Order::Wake(stream));
            }
        });
        let notified = supervisor.clone();
        let thread = Writer {
            journal,
            queue: handed,
            status,
            // The supervisor outlives everything but the office itself.
            notify: Box::new(move |notice| drop(notified.send_message(Order::Notice(notice)))),
            fatal,
            deaths,
            fenced: std::collections::HashMap::new(),
            reopen_at: monotonic_now(),
            sheddings: 0,
        };
        let writing =
            std::thread::Builder::new().name("journal-writer".to_owned()).spawn(move || thread.run());
        let writing = writing.map_err(|error| error.to_string())?;
        let running = Arc::new(Mutex::new(None));
        let (gateway, sends_mail) = (outside.gateway.clone(), outside.notifier.is_some());
        let office = Self {
            registry,
            supervisor,
            writer,
            clock,
            gateway,
            sends_mail,
            histories: Arc::new(Semaphore::new(HISTORIES_READ_MAX)),
            looks: Looks::default(),
            running: Arc::clone(&running),
        };
        let errands = tokio::spawn(runner::run(office.clone(), outside, rung));
        *running.lock().await = Some(Running { errands, waking, supervision, closes, writing });
        Ok(office)
    }

    /// Finishes what was handed to the journal, ends all actors and the writer, and lets go of the journal. What is asked of this
    /// office afterwards is refused.
    pub async fn close(&self) {
        let mut running = self.running.lock().await;
        let Some(Running { errands, waking, supervision, closes, writing }) = running.take() else { return };
        // A supervisor that is gone is nobody's trouble any more.
        let _ = closes.send(());
        // What is owed stays owed: the next office goes on with it.
        errands.abort();
        let _ = errands.await;
        // First of all nobody is brought to life any more. A supervisor that is gone does not do so either.
        let (done, closing) = oneshot::channel();
        let _ = self.supervisor.send_message(Order::Close(done));
        let _ = closing.await;
        self.supervisor.get_cell().stop_children_and_wait(None, None).await;
        waking.abort();
        self.supervisor.stop(None);
        // An end by panic is an end, too; then nobody has ended the sleeps yet.
        let _ = supervision.await;
        self.registry.end_sleeps();
        self.writer.stop();
        let _ = tokio::task::spawn_blocking(move || writing.join()).await;
    }
}

/// Waits for the end of the supervisor. One that ends before the office closes has died, and all actors with it.
async fn watch_over(mut supervisor: JoinHandle<()>, closing: oneshot::Receiver<()>, writer: WriterHandle) {
    tokio::select! {
        // First: who looks only when it has ended, because everybody was busy, finds both.
        biased;
        _ = closing => drop(supervisor.await),
        _ = &mut supervisor => writer.fail("the supervisor of all actors died"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_supervisor_that_ended_because_the_office_closes_has_not_died() {
        for _ in 0..100 {
            let (queue, handed) = mpsc::channel();
            let writer = WriterHandle { queue, status: Arc::new(StatusBoard::open()) };
            let (closes, closing) = oneshot::channel();
            closes.send(()).unwrap();
            let supervisor = tokio::spawn(async {});
            while !supervisor.is_finished() {
                tokio::task::yield_now().await;
            }
            watch_over(supervisor, closing, writer).await;
            assert!(handed.try_recv().is_err(), "nobody is told of a death");
        }
    }
}
