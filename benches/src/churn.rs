//! Churn: people book and cancel for weeks, while about the same bookings live. What is kept may grow with what happened only where it
//! is meant to: in the archive.
//!
//! The clock is moved with the events, so that the days pass after which idempotency keys are forgotten. Everything else is as in the
//! program: the engine, the journal on sled, snapshots by their own schedule.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use boxoffice_engine::BoxOffice;
use boxoffice_engine::concert::{Concert, ConcertEvent, LocalTime};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Journal, Scope};
use boxoffice_engine::limits;
use boxoffice_engine::time::{Clock, ManualClock, Time};
use boxoffice_persistence::state::encode;
use boxoffice_persistence::{Schedule, SledJournal};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::concerts::{a_concert, booked, buyer, concert_id, created, customer, snapshot, wish};
use crate::figures::{self, per_second};
use crate::memory::resident_bytes;
use crate::office;
use crate::stopwatch::Stopwatch;

/// When it begins.
const BEGIN: Time = Time(1_800_000_000_000);
const DAY_SECONDS: i64 = 86_400;
/// Events of a day.
const EVENTS_PER_DAY: u64 = 500_000;
/// Those who book and cancel at the same time, each at concerts of their own.
const CROWDS: usize = 8;

/// How much happens.
#[derive(Clone, Copy, Debug)]
pub struct Churn {
    /// Where people book.
    pub concerts: usize,
    /// Bookings that live at a time.
    pub live: usize,
    /// Bookings and cancellations in all, about.
    pub events: u64,
    /// How often what is kept is measured.
    pub samples: u64,
    /// When snapshots are made.
    pub schedule: Schedule,
}

/// What was kept at some moment.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Events so far.
    pub events: u64,
    /// Bytes on the disk of the journal's generations.
    pub journal: u64,
    /// Of the snapshots.
    pub snapshots: u64,
    /// Of the archive, with the bookings that have ended.
    pub archive: u64,
    /// Bytes of the encoded states of all concerts, if these had nothing but what is not settled: the bookings that live, and those of
    /// which a key is remembered.
    pub live_state: u64,
    /// The same, if they had no bookings but those that live.
    pub live_bookings: u64,
    /// Resident memory of the process, everybody who books included.
    pub memory: u64,
    /// Since the sample before: events for each second.
    pub events_per_second: f64,
    /// Since the sample before: how long one who books alone, again and again, waited in one of a thousand times, and at most.
    pub waited: Option<(Duration, Duration)>,
}

impl Sample {
    /// What the aim of four times the live state is about.
    pub fn journal_and_snapshots(&self) -> u64 {
        self.journal + self.snapshots
    }
}

/// A booking that lives.
struct Live {
    id: BookingId,
    user: UserId,
    since: Time,
}

/// Some who book and cancel at concerts of their own.
struct Crowd {
    concerts: Vec<ConcertId>,
    /// The oldest first.
    live: VecDeque<Live>,
    /// Those that were cancelled and whose keys may be remembered, the oldest first.
    gone: VecDeque<Live>,
    /// Buyers so far; no two crowds have the same.
    next_buyer: u64,
}

impl Churn {
    /// Holds the churn on a new journal in `directory`, calls `seen` with each sample, and asserts that afterwards everything is there
    /// that happened, and nothing else: in the views, when the journal is opened again, and in the history.
    pub fn hold(self, runtime: &Runtime, directory: &Path, mut seen: impl FnMut(&Sample)) -> Vec<Sample> {
        let clock = Arc::new(ManualClock::new(BEGIN));
        let journal = self.open(directory);
        let (samples, crowds) = runtime.block_on(async {
            let (office, _) = office::open_at(journal, Arc::clone(&clock) as Arc<dyn Clock>).await;
            let mut crowds = self.put_on_sale(&office).await;
            let mut samples: Vec<Sample> = Vec::new();
            let mut events = office::events(&office);
            for number in 1..=self.samples {
                let stopwatch = Stopwatch::start();
                let until = self.events * number / self.samples;
                let waited = self.go_on(&office, &clock, &mut crowds, (events, until)).await;
                let (before, elapsed) = (events, stopwatch.elapsed());
                events = office::events(&office);
                let sample = Sample {
                    events,
                    memory: resident_bytes(),
                    live_state: crowds.iter_mut().map(|crowd| crowd.state(clock.now(), true)).sum(),
                    live_bookings: crowds.iter_mut().map(|crowd| crowd.state(clock.now(), false)).sum(),
                    events_per_second: per_second(events - before, elapsed),
                    waited,
                    ..on_disk(directory)
                };
                seen(&sample);
                samples.push(sample);
            }
            self.check_views(&office, &crowds);
            office::close(office).await;
            (samples, crowds)
        });
        self.check_reopened(runtime, directory, clock, &crowds, samples.last().map_or(0, |last| last.events));
        samples
    }

    fn open(self, directory: &Path) -> Arc<SledJournal> {
        Arc::new(office::open_store(directory, self.schedule))
    }

    async fn put_on_sale(self, office: &BoxOffice) -> Vec<Crowd> {
        let crowds = (0..CROWDS).map(|crowd| Crowd {
            concerts: (crowd..self.concerts)
                .step_by(CROWDS)
                .map(|number| concert_id(number as u64))
                .collect(),
            live: VecDeque::new(),
            gone: VecDeque::new(),
            next_buyer: (crowd as u64) << 40,
        });
        let crowds: Vec<_> = crowds.filter(|crowd| !crowd.concerts.is_empty()).collect();
        let mut concert = a_concert(office.now(), &[limits::TOTAL_SEATS_MAX]);
        let days = i64::try_from(self.events / EVENTS_PER_DAY).unwrap_or(0) + 30;
        concert.details.start =
            LocalTime { time: office.now().plus_seconds(days * DAY_SECONDS), offset_seconds: 0 };
        office::put_on_sale(office, &concert, self.concerts).await.expect("a concert can be made");
        crowds
    }

    /// Books and cancels from so many events to so many. Meanwhile somebody books alone; how long they waited is returned.
    async fn go_on(
        self,
        office: &BoxOffice,
        clock: &Arc<ManualClock>,
        crowds: &mut Vec<Crowd>,
        (from, to): (u64, u64),
    ) -> Option<(Duration, Duration)> {
        let share = to.saturating_sub(from) / crowds.len() as u64;
        let live_each = self.live / crowds.len();
        let is_over = Arc::new(AtomicBool::new(false));
        let alone = tokio::spawn(book_alone(office.clone(), Arc::clone(&is_over), from));
        let mut going = JoinSet::new();
        for mut crowd in crowds.drain(..) {
            let (office, clock) = (office.clone(), Arc::clone(clock));
            going.spawn(async move {
                let mut events = 0;
                while events < share {
                    events += crowd.book(&office).await;
                    events += crowd.cancel_oldest(&office, live_each).await;
                    let so_far = i64::try_from(from + events * CROWDS as u64).unwrap_or(i64::MAX);
                    let per_day = i64::try_from(EVENTS_PER_DAY).unwrap_or(i64::MAX);
                    // To the minute: whoever waits for a time is woken whenever the clock moves.
                    let minutes = so_far.saturating_mul(DAY_SECONDS / 60) / per_day;
                    clock.move_to(BEGIN.plus_seconds(60 * minutes));
                }
                crowd
            });
        }
        crowds.extend(going.join_all().await);
        is_over.store(true, Ordering::Relaxed);
        let mut waited = alone.await.expect("who books alone comes to an end");
        waited.sort_unstable();
        figures::waited(&waited, 999).zip(waited.last().copied())
    }

    fn check_views(self, office: &BoxOffice, crowds: &[Crowd]) {
        let live: usize = crowds.iter().map(|crowd| crowd.live.len()).sum();
        let found = (office.concerts().len(), office::booked_seats(office));
        assert_eq!(found, (self.concerts, live), "exactly what lives has seats");
    }

    fn check_reopened(
        self,
        runtime: &Runtime,
        directory: &Path,
        clock: Arc<ManualClock>,
        crowds: &[Crowd],
        events: u64,
    ) {
        let journal = self.open(directory);
        runtime.block_on(async {
            let (office, inventory) = office::open_at(Arc::clone(&journal) as Arc<dyn Journal>, clock).await;
            let live: usize = crowds.iter().map(|crowd| crowd.live.len()).sum();
            // Each event is the making of a concert, a booking or a cancellation.
            let changes = usize::try_from(events).expect("fits") - self.concerts;
            assert_eq!(
                inventory.bookings,
                usize::midpoint(changes, live),
                "no booking was lost or made twice"
            );
            assert_eq!(office::events(&office), events, "no event was lost");
            self.check_views(&office, crowds);
            for Live { id, user, .. } in
                crowds.iter().flat_map(|crowd| [crowd.live.front(), crowd.live.back()]).flatten()
            {
                let found = office.booking(*id, customer(user)).await.expect("it lives");
                assert_eq!(found.user, *user);
            }
            office::close(office).await;
        });
        let mut kept = 0;
        journal.replay(Scope::Everything, &mut |_| kept += 1).expect("the history can be read");
        assert_eq!(kept, events, "nothing that happened is forgotten");
    }
}

impl Crowd {
    /// As many as fit one call book; returns how many.
    async fn book(&mut self, office: &BoxOffice) -> u64 {
        let first = self.next_buyer;
        self.next_buyer += limits::BOOKINGS_PER_BATCH_MAX as u64;
        let wishes = (first..self.next_buyer).enumerate().map(|(place, number)| {
            let mut wish = wish(buyer(number), SeatTypeNumber(1));
            let concert = self.concerts[place % self.concerts.len()];
            wish.idempotency = Some(key(number, concert));
            (place, concert, wish)
        });
        let mut answers = office.book_all(wishes);
        let (mut came, mut booked) = (Vec::new(), Vec::new());
        while poll_fn(|context| answers.poll_take(context, &mut came)).await > 0 {}
        for (place, answer) in came {
            let view = answer.expect("there is room for everybody").value;
            booked.push((place, Live { id: view.id, user: view.user, since: view.booking.created_at() }));
        }
        booked.sort_unstable_by_key(|(place, _)| *place);
        assert_eq!(booked.len(), limits::BOOKINGS_PER_BATCH_MAX, "every wish is answered once");
        self.live.extend(booked.into_iter().map(|(_, live)| live));
        limits::BOOKINGS_PER_BATCH_MAX as u64
    }

    /// So many that only so many of the newest bookings are left cancel; returns how many.
    async fn cancel_oldest(&mut self, office: &BoxOffice, left: usize) -> u64 {
        let mut cancelling = JoinSet::new();
        for live in self.live.drain(..self.live.len().saturating_sub(left)) {
            let (office, id, user) = (office.clone(), live.id, live.user.clone());
            self.gone.push_back(live);
            cancelling.spawn(async move {
                office.cancel_booking(id, customer(&user), None).await.expect("it lives");
            });
        }
        let cancelled = cancelling.len() as u64;
        cancelling.join_all().await;
        cancelled
    }

    /// Bytes of the encoded states of concerts at which nothing happened but the bookings that live and, if `with_keys`, those that
    /// were cancelled while their keys are remembered.
    fn state(&mut self, now: Time, with_keys: bool) -> u64 {
        let is_remembered = |since: Time| since.plus_seconds(limits::IDEMPOTENCY_KEY_SECONDS) > now;
        while self.gone.pop_front_if(|live| !is_remembered(live.since)).is_some() {}
        let gone = if with_keys { self.gone.len() } else { 0 };
        let mut concerts: Vec<Concert> = self.concerts.iter().map(|id| Concert::absent(*id)).collect();
        for concert in &mut concerts {
            concert.apply(&created(BEGIN), BEGIN);
        }
        let mut numbers = Vec::new();
        for Live { id, user, since } in self.gone.iter().take(gone).chain(&self.live) {
            let place =
                self.concerts.iter().position(|concert| *concert == id.concert).expect("it is theirs");
            let concert = &mut concerts[place];
            let key = is_remembered(*since).then(|| key(id.number.0, id.concert));
            concert.apply(&booked(user, key), *since);
            numbers.push((place, concert.sequence()));
        }
        for (Live { user, .. }, (place, number)) in self.gone.iter().take(gone).zip(numbers) {
            let (number, by) = (BookingNumber(number), user.clone());
            let event = ConcertEvent::BookingCancelled { number, by, refund: 0, idempotency: None };
            concerts[place].apply(&event, now);
        }
        concerts.into_iter().map(|concert| encode(&snapshot(concert)).len() as u64).sum()
    }
}

/// Books and cancels at the first concert, one thing after another, and returns how long each booking took.
async fn book_alone(office: BoxOffice, is_over: Arc<AtomicBool>, round: u64) -> Vec<Duration> {
    let concert = concert_id(0);
    let mut waited = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let user = buyer(u64::MAX - 1 - round - waited.len() as u64);
        let stopwatch = Stopwatch::start();
        let booked = office.book(concert, wish(user.clone(), SeatTypeNumber(1))).await;
        waited.push(stopwatch.elapsed());
        let id = booked.expect("there is room for everybody").value.id;
        office.cancel_booking(id, customer(&user), None).await.expect("it lives");
    }
    waited
}

/// A key of its own, with the request that everybody makes of this concert: what it asks for does not tell for whom.
fn key(number: u64, concert: ConcertId) -> IdempotencyKey {
    let hash = |number: u64| {
        u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
    };
    IdempotencyKey { key: hash(number), request: hash(concert.bits()) }
}

/// What lies in a data directory; the rest of the sample is not known here.
fn on_disk(directory: &Path) -> Sample {
    let mut sample = Sample {
        events: 0,
        journal: 0,
        snapshots: 0,
        archive: 0,
        live_state: 0,
        live_bookings: 0,
        memory: 0,
        events_per_second: 0.0,
        waited: None,
    };
    for entry in std::fs::read_dir(directory).expect("it can be listed").flatten() {
        let bytes = crate::memory::disk_bytes(&entry.path());
        match entry.file_name().to_str() {
            Some("snapshots") => sample.snapshots += bytes,
            Some("archive" | "ended") => sample.archive += bytes,
            Some(name) if name.starts_with("journal-") => sample.journal += bytes,
            _ => {}
        }
    }
    sample
}
