//! The pure core: what it costs to decide a command and to apply its event, on a concert that nobody booked and on one that a
//! million did. And what it costs to find a party its seats in a large hall.

use std::hint::black_box;
use std::time::Duration;

use boxoffice_benches::{
    Crowd, NOW, Stopwatch, a_concert, customer, decided, happen, on_sale, organizer, wish,
};
use boxoffice_engine::concert::{
    Concert, ConcertCommand, ConcertEvent, ManagerAction, Rejection, SeatMap, SeatRow, SeatStates,
    SeatStatus, StartPayment,
};
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::limits;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// Events that are applied to one copy of a concert, so that it stays about as large as it says.
const EVENTS_PER_COPY: usize = 10_000;
/// Holds that end at the same moment.
const HOLDS: usize = 10_000;
const ROOMY: SeatTypeNumber = SeatTypeNumber(1);
const SOLD_OUT: SeatTypeNumber = SeatTypeNumber(2);

/// A concert and those who have not booked yet.
struct Sale {
    concert: Concert,
    buyers: Crowd,
    newcomers: Vec<UserId>,
}

impl Sale {
    /// A concert with so many bookings, and its second seat type sold out.
    fn with(booked: usize) -> Self {
        let mut concert = on_sale(a_concert(NOW, &[limits::TOTAL_SEATS_MAX, 1]));
        happen(&mut concert, &ConcertCommand::Book(wish(organizer().user, SOLD_OUT)));
        let mut people = Crowd::of(booked + EVENTS_PER_COPY).people().to_vec();
        let newcomers = people.split_off(booked);
        for user in &people {
            happen(&mut concert, &ConcertCommand::Book(wish(user.clone(), ROOMY)));
        }
        concert.check().expect("the concert of a bench is sound");
        assert_eq!(concert.bookings().len(), booked + 1);
        Self { concert, buyers: Crowd::from(people), newcomers }
    }

    fn bookings(&self) -> Vec<ConcertCommand> {
        let book = |user: &UserId| ConcertCommand::Book(wish(user.clone(), ROOMY));
        self.newcomers.iter().map(book).collect()
    }

    /// Cancellations spread over all bookings, each of another one.
    fn cancellations(&self) -> Vec<ConcertCommand> {
        let first = self.concert.bookings()[1].number.0;
        let step = self.buyers.people().len() / EVENTS_PER_COPY;
        let cancel = |(index, user): (usize, &UserId)| ConcertCommand::CancelBooking {
            caller: customer(user),
            number: BookingNumber(first + index as u64),
            idempotency: None,
        };
        self.buyers.people().iter().enumerate().step_by(step).take(EVENTS_PER_COPY).map(cancel).collect()
    }

    fn events(&self, commands: &[ConcertCommand]) -> Vec<ConcertEvent> {
        commands.iter().map(|command| decided(&self.concert, command)).collect()
    }

    /// How long it takes to apply so many events, and to check after each what it could have broken, as the actor does.
    fn apply(&self, events: &[ConcertEvent], applications: u64) -> Duration {
        let mut left = usize::try_from(applications).expect("criterion asks for fewer than 2^64 iterations");
        let mut elapsed = Duration::ZERO;
        while left > 0 {
            let mut concert = self.concert.clone();
            // The first event finds a copy without room to grow, and pays for all that follow.
            let (first, events) = events.split_first().expect("there are events");
            concert.apply(first, NOW);
            let events = &events[..left.min(events.len())];
            let stopwatch = Stopwatch::start();
            for event in events {
                black_box(concert.apply(event, NOW));
                concert.check_after(event).expect("the concert is sound after every event");
            }
            elapsed += stopwatch.elapsed();
            assert_eq!(concert.sequence(), self.concert.sequence() + 1 + events.len() as u64);
            left -= events.len();
        }
        elapsed
    }
}

fn bookings(criterion: &mut Criterion) {
    for booked in [0, 1_000_000] {
        let sale = Sale::with(booked);
        let mut group = criterion.benchmark_group(format!("concert with {booked} bookings"));
        let commands = sale.bookings();
        group.bench_function("decide a booking", |bencher| {
            let mut commands = commands.iter().cycle();
            bencher.iter(|| decided(&sale.concert, commands.next().expect("a cycle never ends")));
        });
        let events = sale.events(&commands);
        group.bench_function("apply a booking", |bencher| {
            bencher.iter_custom(|applications| sale.apply(&events, applications));
        });
        let refused = ConcertCommand::Book(wish(sale.newcomers[0].clone(), SOLD_OUT));
        group.bench_function("refuse a booking: sold out", |bencher| {
            bencher.iter(|| {
                let decided = sale.concert.decide(black_box(&refused), NOW);
                assert_eq!(decided, Err(Rejection::SoldOut { available: 0 }));
            });
        });
        group.finish();
    }
}

fn cancellations(criterion: &mut Criterion) {
    for booked in [EVENTS_PER_COPY, 1_000_000] {
        let sale = Sale::with(booked);
        let mut group = criterion.benchmark_group(format!("concert with {booked} bookings"));
        let commands = sale.cancellations();
        assert_eq!(commands.len(), EVENTS_PER_COPY);
        group.bench_function("decide a cancellation", |bencher| {
            let mut commands = commands.iter().cycle();
            bencher.iter(|| decided(&sale.concert, commands.next().expect("a cycle never ends")));
        });
        let events = sale.events(&commands);
        group.bench_function("apply a cancellation", |bencher| {
            bencher.iter_custom(|applications| sale.apply(&events, applications));
        });
        group.finish();
    }
}

/// A hall of 60,000 numbered seats of which so many in a hundred are sold, here and there.
fn hall(sold_percent: u64) -> (SeatMap, SeatStates) {
    let row = |index| SeatRow { section: None, label: format!("{index}"), seats: 50, positions: Vec::new() };
    let map = SeatMap::new((1..=1_200).map(row).collect());
    let mut states = SeatStates::all_available(&map);
    let mut chance: u64 = 1;
    for seat in 0..map.total_seats() {
        // Knuth's linear congruential generator: the same hall in every run.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (chance >> 33) % 100 < sold_percent {
            states.set(&map, seat, SeatStatus::Booked);
        }
    }
    (map, states)
}

fn best_available(criterion: &mut Criterion) {
    const PARTY: u32 = 10;
    let mut group = criterion.benchmark_group("best available");
    for (case, sold_percent, side_by_side) in [
        ("empty", 0, true),
        ("half sold", 50, true),
        ("60 percent sold", 60, true),
        ("80 percent sold", 80, false),
        ("95 percent sold", 95, false),
    ] {
        let (map, states) = hall(sold_percent);
        let seats = states.best_available(&map, PARTY).expect("the hall is not sold out");
        assert_eq!(seats.len(), PARTY as usize);
        assert!(seats.iter().all(|seat| states.get(&map, *seat) == SeatStatus::Available));
        let rows = seats.iter().map(|seat| map.place(*seat).expect("a seat of the hall").row_index);
        let is_one_block =
            seats.windows(2).all(|pair| pair[0] + 1 == pair[1]) && rows.clone().min() == rows.max();
        assert_eq!(is_one_block, side_by_side, "{case}: {seats:?}");
        group.bench_function(format!("10 of 60000 seats, {case}"), |bencher| {
            bencher.iter(|| {
                let found = states.best_available(black_box(&map), PARTY);
                assert_eq!(found.as_ref(), Some(&seats));
            });
        });
    }
    group.finish();
}

/// A piece of the end of a concert that was paid for: no other caller of the concert is served meanwhile.
fn refunds(criterion: &mut Criterion) {
    let mut terms = a_concert(NOW, &[limits::TOTAL_SEATS_MAX]);
    terms.payment_required = true;
    let mut concert = on_sale(terms);
    for user in Crowd::of(limits::BOOKINGS_PER_SWEEP_MAX).people() {
        happen(&mut concert, &ConcertCommand::Book(wish(user.clone(), ROOMY)));
        let booking = BookingNumber(concert.sequence());
        let caller = customer(user);
        let (gateway, method) = (Ok("bench".into()), "card".into());
        let payment = StartPayment { caller, booking, gateway, method, idempotency: None };
        happen(&mut concert, &ConcertCommand::StartPayment(Box::new(payment)));
        let (payment, reference) = (PaymentNumber(concert.sequence()), Some("pi_1".into()));
        happen(&mut concert, &ConcertCommand::SettlePayment { payment, reference, outcome: Ok(()) });
    }
    happen(&mut concert, &ConcertCommand::Manage { caller: organizer(), action: ManagerAction::Cancel });
    let event = decided(&concert, &ConcertCommand::CancelNextBookings);
    criterion.bench_function("one event ends and refunds 4096 bookings", |bencher| {
        bencher.iter_batched(
            || concert.clone(),
            |mut concert| {
                concert.apply(&event, NOW);
                assert_eq!(concert.ledger().owed, concert.ledger().captured);
                concert
            },
            BatchSize::LargeInput,
        );
    });
}

/// Everything that a crowd held ends at the same moment: one event, for which every other caller of the concert waits.
fn expiries(criterion: &mut Criterion) {
    let mut terms = a_concert(NOW, &[limits::TOTAL_SEATS_MAX]);
    terms.payment_required = true;
    let ends_at = NOW.plus_seconds(i64::from(terms.hold_seconds));
    let mut concert = on_sale(terms);
    for user in Crowd::of(HOLDS).people() {
        happen(&mut concert, &ConcertCommand::Book(wish(user.clone(), ROOMY)));
    }
    assert_eq!(concert.counts()[0].held as usize, HOLDS);
    criterion.bench_function("10000 holds expire", |bencher| {
        bencher.iter_batched(
            || concert.clone(),
            |mut concert| {
                concert.apply(&ConcertEvent::TimePassed, ends_at);
                assert_eq!(concert.counts()[0].held, 0);
                concert
            },
            BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, bookings, cancellations, expiries, refunds, best_available);
criterion_main!(benches);
