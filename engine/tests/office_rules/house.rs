//! An office in a test's hands, with its journal, its clock and its deaths.

use std::future::poll_fn;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use boxoffice_engine::box_office::{ConcertRefused, Inventory, OpenError};
use boxoffice_engine::concert::{BookingView, ConcertView, NewConcert, Rejection};
use boxoffice_engine::deaths::Deaths;
use boxoffice_engine::errands::Outside;
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId};
use boxoffice_engine::time::{Clock, ManualClock, Sleep, Time};
use boxoffice_engine::{BoxOffice, JournalStatus, Refused, Settings};
use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use crate::journal::{OpensAtEnd, TestJournal};
use crate::wishes::{NOW, after, new_concert, olga};

/// Whoever waits longer than this waits for ever. It guards the tests; none of them measures time.
const HANG: Duration = Duration::from_mins(1);

/// How often an office looks at the clock that opens: for the journal's age, and twice to know when to look who could sleep.
const READS_TO_OPEN: u64 = 3;

/// Whoever holds a clock holds threads of tokio, and with them the timers of [`within`]: then nothing ends a test that hangs but
/// this, which ends all of them and says which it was.
const HANG_OF_THE_CLOCK: Duration = Duration::from_mins(4);

/// Ends the process when it is not dropped in time.
struct Watchdog {
    _dropped: mpsc::Sender<()>,
}

impl Watchdog {
    fn new() -> Self {
        let (dropped, is_dropped) = mpsc::channel::<()>();
        let test = thread::current().name().unwrap_or("a test").to_owned();
        thread::spawn(move || {
            if is_dropped.recv_timeout(HANG_OF_THE_CLOCK) == Err(RecvTimeoutError::Timeout) {
                // Past what the harness captures of a test that has not ended. There is nobody to tell when this fails.
                let _ = writeln!(std::io::stderr(), "{test} hangs");
                std::process::abort();
            }
        });
        Self { _dropped: dropped }
    }
}

/// Waits for what must come.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(HANG, future).await.expect("nobody is left waiting")
}

/// A clock that tests move, and that tells when it was looked at: an actor looks once at every message of its callers and alarms.
pub(crate) struct TestClock {
    time: ManualClock,
    reads: watch::Sender<u64>,
    held: Mutex<bool>,
    released: Condvar,
}

impl TestClock {
    fn new(now: Time) -> Self {
        let time = ManualClock::new(now);
        Self { time, reads: watch::Sender::new(0), held: Mutex::new(false), released: Condvar::new() }
    }

    pub(crate) fn move_to(&self, time: Time) {
        self.time.move_to(time);
    }

    pub(crate) fn reads(&self) -> u64 {
        *self.reads.borrow()
    }

    /// Waits until the clock has been looked at so often.
    pub(crate) async fn read_so_often(&self, count: u64) {
        within(self.reads.subscribe().wait_for(|reads| *reads >= count)).await.expect("the clock lives");
    }

    /// Whoever looks waits.
    pub(crate) fn hold(&self) {
        *self.held.lock() = true;
    }

    pub(crate) fn release(&self) {
        *self.held.lock() = false;
        self.released.notify_all();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        self.reads.send_modify(|reads| *reads += 1);
        let mut held = self.held.lock();
        self.released.wait_while(&mut held, |held| *held);
        self.time.now()
    }

    /// Ends halfway, as a clock may.
    fn sleep_until(&self, time: Time) -> Sleep {
        let now = self.time.now();
        self.time.sleep_until(after(now, (time.0 - now.0 + 1) / 2))
    }
}

/// An office with everything around it.
pub(crate) struct House {
    pub(crate) office: BoxOffice,
    pub(crate) journal: Arc<TestJournal>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) deaths: Deaths,
    outside: Outside,
    pub(crate) inventory: Inventory,
    /// What the fatal hook was told.
    pub(crate) fatal: watch::Receiver<Vec<String>>,
    _opens_at_end: OpensAtEnd,
    _watchdog: Watchdog,
}

impl House {
    /// A new office without anything in it.
    pub(crate) async fn new() -> Self {
        Self::with_outside(Outside::default()).await
    }

    /// A new office that calls these outside.
    pub(crate) async fn with_outside(outside: Outside) -> Self {
        let opened = Self::open_with(TestJournal::default(), NOW, false, outside).await;
        opened.expect("an empty journal can be opened")
    }

    /// A new office with a concert of so many seats.
    pub(crate) async fn with_concert(seats: u32) -> (Self, ConcertId) {
        let house = Self::new().await;
        let concert = house.make_concert(1, seats).await;
        (house, concert)
    }

    pub(crate) async fn open(journal: TestJournal, now: Time, accept_clock: bool) -> Result<Self, OpenError> {
        Self::open_with(journal, now, accept_clock, Outside::default()).await
    }

    async fn open_with(
        journal: TestJournal,
        now: Time,
        accept_clock: bool,
        outside: Outside,
    ) -> Result<Self, OpenError> {
        let watchdog = Watchdog::new();
        let (journal, clock) = (Arc::new(journal), Arc::new(TestClock::new(now)));
        let (deaths, fatal) = (Deaths::default(), watch::Sender::new(Vec::new()));
        let told = fatal.subscribe();
        let settings = Settings {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            fatal: Arc::new(move |why| fatal.send_modify(|told| told.push(why.to_owned()))),
            accept_clock,
            outside: outside.clone(),
            deaths: deaths.clone(),
        };
        let opens_at_end = OpensAtEnd(Arc::clone(&journal));
        let opened = within(BoxOffice::open(
            Arc::clone(&journal) as Arc<dyn boxoffice_engine::journal::Journal>,
            settings,
        ));
        let (office, inventory) = opened.await?;
        clock.read_so_often(READS_TO_OPEN).await;
        Ok(Self {
            office,
            journal,
            clock,
            deaths,
            outside,
            inventory,
            fatal: told,
            _opens_at_end: opens_at_end,
            _watchdog: watchdog,
        })
    }

    /// Closes the office and opens another on its journal.
    pub(crate) async fn restarted(self) -> Self {
        let now = self.office.now();
        self.restarted_at(now).await
    }

    /// Closes the office and opens another on its journal later.
    pub(crate) async fn restarted_at(self, now: Time) -> Self {
        within(self.office.close()).await;
        self.killed_until(now).await
    }

    /// The office that the next process opens after this one was killed.
    pub(crate) async fn killed(self) -> Self {
        self.journal.cut();
        self.clock.release();
        let now = self.office.now();
        self.killed_until(now).await
    }

    async fn killed_until(self, now: Time) -> Self {
        self.journal.cut();
        let (journal, outside) = (self.journal.restarted(), self.outside.clone());
        Self::open_with(journal, now, false, outside).await.expect("what is durable can be restored")
    }

    /// A concert on sale with this number as its id, and seat types of so many seats each.
    pub(crate) async fn make_concert(&self, number: u64, seats: u32) -> ConcertId {
        self.make(number, new_concert(seats)).await
    }

    /// This concert with this number as its id.
    pub(crate) async fn make(&self, number: u64, concert: NewConcert) -> ConcertId {
        let id = ConcertId::from_bits(number);
        let reads = self.clock.reads();
        let made = within(self.office.create_concert(olga(), concert, None, |_| id)).await;
        assert_eq!(made.expect("the journal is open").value.id, id);
        // The handle looked at the clock, the actor did, and so does the actor's alarm once it is set: then the actor is at rest.
        self.clock.read_so_often(reads + 3).await;
        id
    }

    /// The committed view of a concert that was made.
    pub(crate) fn view(&self, concert: ConcertId) -> ConcertView {
        ConcertView::clone(&self.office.concert(concert).expect("it was made"))
    }

    /// All bookings of a concert as its organizer reads them; waits for a concert that is being restored.
    pub(crate) async fn bookings(&self, concert: ConcertId) -> Vec<BookingView> {
        let (mut bookings, mut after) = (Vec::<BookingView>::new(), None);
        loop {
            let page =
                self.soon(async || self.office.bookings_at(concert, olga(), None, after, 100).await).await;
            let Some(last) = page.last() else { return bookings };
            after = Some(last.booking.number);
            bookings.extend(page);
        }
    }

    /// Waits for what may be refused while a concert is restored.
    pub(crate) async fn soon<T, R: std::fmt::Debug>(
        &self,
        attempt: impl AsyncFn() -> Result<T, Refused<R>>,
    ) -> T {
        within(async {
            loop {
                match attempt().await {
                    Err(Refused::StorageUnavailable) => tokio::task::yield_now().await,
                    answered => return answered.expect("nothing else stands in its way"),
                }
            }
        })
        .await
    }

    /// Asks until the concert's actor is gone, and gives the refusal.
    pub(crate) async fn soon_refused(&self, concert: ConcertId) -> ConcertRefused {
        within(async {
            loop {
                if let Err(refused) = self.office.bookings_at(concert, olga(), None, None, 0).await {
                    return refused;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }

    /// Waits until a concert's actor takes commands: one that only answers questions refuses even this one, which is in vain.
    pub(crate) async fn is_served(&self, concert: ConcertId) {
        let nobodys = BookingId { concert, number: BookingNumber(u64::MAX) };
        self.soon(async || match self.office.cancel_booking(nobodys, olga(), None).await {
            Err(Refused::Rejected { rejection: Rejection::BookingNotFound, .. }) => Ok(()),
            other => other.map(drop),
        })
        .await;
    }

    /// Lets time pass until this is so: whatever is tried again is tried a little later, and nobody knows when that begins.
    pub(crate) async fn time_passes_until(&self, is_so: impl Fn() -> bool) {
        within(async {
            while !is_so() {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                let soon = after(self.clock.now(), 50);
                self.clock.move_to(soon);
            }
        })
        .await;
    }

    /// Waits until the journal is so.
    pub(crate) async fn journal_is(&self, wanted: JournalStatus) {
        let mut status = self.office.journal_status();
        within(status.wait_for(|status| *status == wanted)).await.expect("the office lives");
    }

    /// Waits until the committed view of a concert is as it must come to be.
    pub(crate) async fn view_becomes(&self, concert: ConcertId, wanted: impl Fn(&ConcertView) -> bool) {
        within(async {
            while !self.office.concert(concert).is_some_and(|view| wanted(&view)) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// A call that was begun and is looked after by hand.
pub(crate) struct Begun<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'a>>,
}

/// Begins a call: when this returns, the actor has been asked.
pub(crate) async fn begun<'a, T: std::fmt::Debug>(
    future: impl Future<Output = T> + Send + 'a,
) -> Begun<'a, T> {
    let mut call = Begun { future: Box::pin(future) };
    call.still_waits().await;
    call
}

impl<T: std::fmt::Debug> Begun<'_, T> {
    /// Asserts that it has not been answered.
    pub(crate) async fn still_waits(&mut self) {
        let polled = poll_fn(|context| Poll::Ready(self.future.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "answered too early with {polled:?}");
    }

    /// Its answer.
    pub(crate) async fn answer(self) -> T {
        within(self.future).await
    }
}
