//! The crowd: clients in a closed loop, each of whom books for the next person as soon as the last answer is there.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use boxoffice_engine::ids::UserId;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::concerts::Crowd;
use crate::figures::per_second;
use crate::stopwatch::Stopwatch;

/// A booking that is wanted, by the numbers of person and concert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who wants it.
    pub person: usize,
    /// Where.
    pub concert: usize,
}

impl Order {
    /// Who wants it, in this crowd.
    pub(super) fn user(self, crowd: &Crowd) -> Result<&UserId, String> {
        crowd.person(self.person).ok_or_else(|| format!("nobody has the number {}", self.person))
    }
}

/// What a contender says to an order, once it cannot be undone any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The booking is made, and durable.
    Booked,
    /// No seat is left.
    SoldOut,
    /// This person has a booking of this concert already.
    AlreadyBooked,
}

/// One client of a contender: a connection, a stream of one, or a handle.
pub trait Client: Send + 'static {
    /// Places these orders together, waits for all answers, and adds them in the same order.
    ///
    /// # Errors
    /// What is neither a booking nor a refusal.
    fn book(
        &mut self,
        orders: &[Order],
        answers: &mut Vec<Answer>,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

/// How the crowd comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Concerts that are booked in turn: one hot one, or many.
    pub concerts: usize,
    /// Bookings that are under way at any time.
    pub in_flight: usize,
}

/// How long a measurement takes.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Time before anything counts: connections, caches and compilers get warm.
    pub warm_up: Duration,
    /// Time in which answers count.
    pub counted: Duration,
}

/// How a load went.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Bookings acknowledged in all, from the first to the last order.
    pub acknowledged: usize,
    /// Bookings acknowledged per second of the time that counts.
    pub per_second: f64,
}

/// Lets the clients book for one person after another until the time is up, each of them `depth` orders at a time, and waits for the
/// answers to everything that was ordered. `people` is how many there are to book for.
///
/// # Errors
/// When somebody is refused, since there is room for everybody, or when there are too few people.
pub async fn crowd<C: Client>(
    clients: Vec<C>,
    depth: usize,
    concerts: usize,
    people: usize,
    span: Span,
) -> Result<Load, String> {
    let (start, started) = watch::channel(None::<Stopwatch>);
    let next = Arc::new(AtomicUsize::new(0));
    let mut booking = JoinSet::new();
    let until = span.warm_up + span.counted;
    for mut client in clients {
        let (next, mut started) = (Arc::clone(&next), started.clone());
        booking.spawn(async move {
            let started = *started.wait_for(Option::is_some).await.expect("the load begins");
            let stopwatch = started.expect("it has begun");
            let (mut acknowledged, mut counted) = (0, 0);
            let (mut orders, mut answers) = (Vec::with_capacity(depth), Vec::with_capacity(depth));
            while stopwatch.elapsed() < until {
                let first = next.fetch_add(depth, Ordering::Relaxed);
                if first + depth > people {
                    return Err(format!(
                        "a crowd of {people} people is too small; hint: shorten the measurements"
                    ));
                }
                orders.clear();
                orders.extend(
                    (first..first + depth).map(|person| Order { person, concert: person % concerts }),
                );
                answers.clear();
                client.book(&orders, &mut answers).await?;
                let booked = answers.iter().filter(|answer| **answer == Answer::Booked).count();
                if booked != depth {
                    return Err(format!("there is room for everybody, and {depth} orders got {answers:?}"));
                }
                acknowledged += depth;
                let now = stopwatch.elapsed();
                if now >= span.warm_up && now < until {
                    counted += depth;
                }
            }
            Ok((acknowledged, counted))
        });
    }
    start.send_replace(Some(Stopwatch::start()));
    let (mut acknowledged, mut counted) = (0, 0);
    for one in booking.join_all().await {
        let (its_acknowledged, its_counted) = one?;
        acknowledged += its_acknowledged;
        counted += its_counted;
    }
    Ok(Load { acknowledged, per_second: per_second(counted as u64, span.counted) })
}

/// Places these orders, one at a time by each client and as many at the same time as there are clients.
///
/// # Errors
/// What was neither a booking nor a refusal.
pub async fn place<C: Client>(clients: Vec<C>, orders: Vec<Order>) -> Result<Vec<Answer>, String> {
    let orders = Arc::new(orders);
    let next = Arc::new(AtomicUsize::new(0));
    let mut booking = JoinSet::new();
    for mut client in clients {
        let (orders, next) = (Arc::clone(&orders), Arc::clone(&next));
        booking.spawn(async move {
            let mut answers = Vec::new();
            while let Some(order) = orders.get(next.fetch_add(1, Ordering::Relaxed)) {
                client.book(&[*order], &mut answers).await?;
            }
            Ok(answers)
        });
    }
    let answers: Result<Vec<_>, String> = booking.join_all().await.into_iter().collect();
    Ok(answers?.concat())
}
