//! Concerts that nobody needs sleep; whoever asks them something wakes them, and nobody notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use boxoffice_engine::concert::Stage;
use boxoffice_engine::deaths::Deaths;
use boxoffice_engine::errands::Outside;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::snapshotting::SnapshottingJournal;
use boxoffice_engine::journal::{
    AppendError, Found, Journal, Record, ReopenError, ReplayError, Scope, Stream,
};
use boxoffice_engine::time::{ManualClock, Time};
use boxoffice_engine::{BoxOffice, Refused, Settings};

use crate::house::within;
use crate::wishes::{NOW, START, new_concert, olga, seats, user};

const CONCERT: ConcertId = ConcertId::from_bits(1);
const STREAM: Stream = Stream::Concert(CONCERT);

/// Beyond the time between two looks at who could sleep.
const LOOK_SECONDS: i64 = 301;

/// A journal that makes snapshots, and counts how often the concert is restored.
#[derive(Default)]
struct Watched {
    kept: SnapshottingJournal,
    restores: AtomicU64,
    failures: AtomicUsize,
}

impl Journal for Watched {
    fn append(&self, records: &[Record]) -> Result<(), AppendError> {
        self.kept.append(records)
    }

    fn replay(&self, scope: Scope, visit: &mut dyn FnMut(Record)) -> Result<(), ReplayError> {
        self.kept.replay(scope, visit)
    }

    fn restore(&self, scope: Scope, visit: &mut dyn FnMut(Found)) -> Result<(), ReplayError> {
        if scope == Scope::Stream(STREAM) {
            self.restores.fetch_add(1, Ordering::SeqCst);
            let fails = |left: usize| left.checked_sub(1);
            if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
                return Err(ReplayError("as the test asked".to_owned()));
            }
        }
        self.kept.restore(scope, visit)
    }

    fn snapshot_at(&self, stream: Stream) -> Option<u64> {
        self.kept.snapshot_at(stream)
    }

    fn reopen(&self) -> Result<(), ReopenError> {
        self.kept.reopen()
    }
}

struct Night {
    office: BoxOffice,
    journal: Arc<Watched>,
    clock: Arc<ManualClock>,
    now: Time,
}

impl Night {
    /// An office with one concert, of which a snapshot is made.
    async fn falls() -> Self {
        let (journal, clock) = (Arc::<Watched>::default(), Arc::new(ManualClock::new(NOW)));
        let settings = Settings {
            clock: Arc::clone(&clock) as _,
            fatal: Arc::new(|why| panic!("{why}")),
            accept_clock: false,
            outside: Outside::default(),
            deaths: Deaths::default(),
        };
        let (office, _) = BoxOffice::open(Arc::clone(&journal) as _, settings).await.unwrap();
        office.create_concert(olga(), new_concert(1_000_000), None, |_| CONCERT).await.unwrap();
        Self { office, journal, clock, now: NOW }
    }

    /// Lets time go on over so many looks, and gives the office time to look.
    async fn passes(&mut self, looks: usize) {
        for _ in 0..looks {
            self.now = self.now.plus_seconds(LOOK_SECONDS);
            self.clock.move_to(self.now);
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn restores(&self) -> u64 {
        self.journal.restores.load(Ordering::SeqCst)
    }

    async fn book(&self, name: &str) -> u64 {
        within(self.office.book(CONCERT, seats(name, 1))).await.unwrap().value.booking.sequence
    }
}

#[tokio::test]
async fn an_idle_concert_sleeps_and_a_booking_wakes_it_once() {
    let mut night = Night::falls().await;
    night.passes(4).await;
    assert_eq!((night.book("ada").await, night.restores()), (2, 0), "without a snapshot nobody sleeps");
    night.journal.kept.take_snapshots().unwrap();
    night.passes(1).await;
    assert_eq!((night.book("ben").await, night.restores()), (3, 0), "something happened since the last look");
    night.journal.kept.take_snapshots().unwrap();
    night.passes(3).await;
    let view = night.office.concert(CONCERT).unwrap();
    assert_eq!((view.sequence, night.restores()), (3, 0), "readers see it asleep");
    assert_eq!((night.book("cid").await, night.restores()), (4, 1));
    assert_eq!((night.book("dan").await, night.restores()), (5, 1));
    assert_eq!(night.office.bookings_of(&user("ben"), None, None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_sleeping_concert_rises_when_its_time_has_come() {
    let mut night = Night::falls().await;
    night.journal.kept.take_snapshots().unwrap();
    night.passes(3).await;
    assert_eq!(night.restores(), 0);
    // Sales close when it begins.
    night.clock.move_to(START);
    while night.office.concert(CONCERT).unwrap().stage != Stage::ClosedByTime {
        tokio::task::yield_now().await;
    }
    assert_eq!(night.restores(), 1, "it slept until then");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asks_at_the_moment_of_falling_asleep_is_answered() {
    const ROUNDS: u64 = 100;
    const BUYERS: u64 = 16;
    let mut night = Night::falls().await;
    for round in 0..ROUNDS {
        night.journal.kept.take_snapshots().unwrap();
        night.passes(1).await;
        // With the next look the concert may sleep; they come while it makes up its mind.
        night.now = night.now.plus_seconds(LOOK_SECONDS);
        night.clock.move_to(night.now);
        let asking: Vec<_> = (0..BUYERS)
            .map(|number| {
                let (office, name) = (night.office.clone(), format!("user-{round}-{number}"));
                tokio::spawn(async move { office.book(CONCERT, seats(&name, 1)).await })
            })
            .collect();
        for asked in asking {
            within(asked).await.unwrap().expect("nobody is turned away because a concert sleeps");
        }
    }
    assert_eq!(night.office.concert(CONCERT).unwrap().sequence, 1 + ROUNDS * BUYERS);
}

#[tokio::test]
async fn a_concert_that_cannot_be_woken_turns_away_and_hangs_nobody() {
    let mut night = Night::falls().await;
    night.journal.kept.take_snapshots().unwrap();
    night.passes(3).await;
    night.journal.failures.store(usize::MAX, Ordering::SeqCst);
    for _ in 0..2 {
        let refused = within(night.office.book(CONCERT, seats("ada", 1))).await;
        assert!(matches!(refused, Err(Refused::StorageUnavailable)), "{refused:?}");
    }
    assert_eq!(night.restores(), 2, "it was tried twice, and then left alone");
}

#[tokio::test]
async fn an_office_that_closes_wakes_nobody() {
    let mut night = Night::falls().await;
    night.journal.kept.take_snapshots().unwrap();
    night.passes(3).await;
    night.office.close().await;
    let refused = within(night.office.book(CONCERT, seats("ada", 1))).await;
    assert!(matches!(refused, Err(Refused::StorageUnavailable)), "{refused:?}");
    assert_eq!(night.restores(), 0);
}
