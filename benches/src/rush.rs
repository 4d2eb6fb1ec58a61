//! A rush: callers in a closed loop, each of whom books again as soon as the last booking is acknowledged.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxoffice_engine::BoxOffice;
use boxoffice_engine::ids::ConcertId;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::concerts::Crowd;
use crate::journals::{Journals, Store};
use crate::office;
use crate::party::Party;
use crate::stopwatch::Stopwatch;

/// What is rushed at, and by how many.
#[derive(Clone, Copy, Debug)]
pub struct Rush {
    /// Concerts that are booked: one hot one, or many.
    pub concerts: usize,
    /// Callers at the same time.
    pub callers: usize,
    /// Bookings in all, each by another user.
    pub bookings: usize,
    /// Which seats each of them is for.
    pub party: Party,
}

/// How a rush went.
#[derive(Clone, Copy, Debug)]
pub struct Crush {
    /// From the first call to the last acknowledgement.
    pub elapsed: Duration,
    /// Bookings acknowledged per second.
    pub bookings_per_second: f64,
    /// Bookings that were made durable together, in the mean.
    pub bookings_per_group: f64,
    /// Processor time of the whole process, callers included, in microseconds.
    pub cpu_us_per_booking: f64,
}

impl Rush {
    /// Bookings per caller that make a run long enough to be measured, without filling the memory.
    pub fn bookings_for(callers: usize) -> usize {
        match callers {
            1 => 1_000,
            2..=99 => callers * 1_000,
            _ => 400_000,
        }
    }

    /// Holds the rush on a new journal in `parent`, and asserts that afterwards exactly its bookings are there: in the views, and
    /// when the journal is opened again.
    pub fn hold(self, runtime: &Runtime, kind: Journals, parent: &Path) -> Crush {
        let crowd = Arc::new(Crowd::of(self.bookings));
        let store = Store::create(kind, parent);
        let (elapsed, cpu, groups) = runtime.block_on(async {
            let (office, _) = office::open(store.journal()).await;
            let concerts =
                office::put_on_sale(&office, &self.party.concert(office.now()), self.concerts).await;
            let concerts = Arc::new(concerts.expect("a concert can be made"));
            let groups_before = store.groups();
            let (elapsed, cpu) = self.book(&office, &concerts, &crowd).await;
            let groups = store.groups() - groups_before;
            self.check_views(&office);
            office::close(office).await;
            (elapsed, cpu, groups)
        });
        self.check_reopened(runtime, store);
        let count =
            |counted: u64| f64::from(u32::try_from(counted).expect("a rush has fewer than 2^32 bookings"));
        let (bookings, groups) = (count(self.bookings as u64), count(groups));
        Crush {
            elapsed,
            bookings_per_second: bookings / elapsed.as_secs_f64(),
            bookings_per_group: bookings / groups,
            cpu_us_per_booking: cpu.as_secs_f64() * 1e6 / bookings,
        }
    }

    async fn book(
        self,
        office: &BoxOffice,
        concerts: &Arc<Vec<ConcertId>>,
        crowd: &Arc<Crowd>,
    ) -> (Duration, Duration) {
        let (start, started) = watch::channel(false);
        let next = Arc::new(AtomicUsize::new(0));
        let labels = Arc::new(self.party.labels());
        let mut callers = JoinSet::new();
        for _ in 0..self.callers {
            let (office, mut started) = (office.clone(), started.clone());
            let (concerts, crowd, next) = (Arc::clone(concerts), Arc::clone(crowd), Arc::clone(&next));
            let labels = Arc::clone(&labels);
            callers.spawn(async move {
                started.wait_for(|started| *started).await.expect("the rush begins");
                let mut acknowledged = 0;
                // One after another takes the next number, so that all callers are busy to the end.
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(user) = crowd.person(number)
                {
                    let wish = self.party.wish(user.clone(), number / concerts.len(), &labels);
                    let booked = office.book(concerts[number % concerts.len()], wish).await;
                    assert!(!booked.expect("there is room for everybody").repeated);
                    acknowledged += 1;
                }
                acknowledged
            });
        }
        let stopwatch = Stopwatch::start();
        start.send_replace(true);
        let acknowledged: usize = callers.join_all().await.into_iter().sum();
        let spent = (stopwatch.elapsed(), stopwatch.cpu());
        assert_eq!(acknowledged, self.bookings, "every booking is acknowledged once");
        spent
    }

    fn check_views(self, office: &BoxOffice) {
        assert_eq!(office.concerts().len(), self.concerts);
        assert_eq!(
            office::booked_seats(office),
            self.bookings * self.party.seats(),
            "readers see every booking"
        );
    }

    fn check_reopened(self, runtime: &Runtime, store: Store) {
        let store = store.closed().open();
        runtime.block_on(async {
            let (office, inventory) = office::open(store.journal()).await;
            assert_eq!(inventory.concerts, self.concerts);
            assert_eq!(inventory.bookings, self.bookings, "the journal has every booking");
            self.check_views(&office);
            office::close(office).await;
        });
    }
}
