//! Lets people loose: in a closed loop, in an open one, and for the last seats.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::LoadtestError;
use super::arrivals::{self, Arrivals};
use super::history::{Buyer, Cancellation, Told};
use super::http::Client;
use super::limits::{
    ARRIVALS_GRACE_SECONDS, ARRIVALS_WAITING_MAX, LAST_CALL_SEATS_MAX, STREAMS_PER_CONNECTION,
    TICKETS_PER_BUYER,
};
use super::plan::Plan;
use super::rush::Rush;

type Taking = JoinSet<Result<(), LoadtestError>>;

/// The lines on which requests go out, one for each request at a time.
pub(super) fn clients(plan: &Plan) -> Vec<Client> {
    let target = Rc::new(plan.target.clone());
    let lines = (0..plan.connections).map(|_| Client::new(Rc::clone(&target), plan.is_http2));
    let shared = if plan.is_http2 { STREAMS_PER_CONNECTION as usize } else { 1 };
    lines.flat_map(|line| std::iter::repeat_n(line, shared)).collect()
}

/// The load, until its end. How many arrivals never began.
pub(super) async fn load(rush: &Rc<Rush>, clients: &[Client]) -> Result<u64, LoadtestError> {
    match rush.plan.rate {
        None => {
            closed_loop(rush, clients).await?;
            Ok(0)
        }
        Some(rate) => open_loop(rush, clients, rate).await,
    }
}

/// Everybody waits for an answer before the next request.
async fn closed_loop(rush: &Rc<Rush>, clients: &[Client]) -> Result<(), LoadtestError> {
    let mut taking = Taking::new();
    let each = rush.plan.ramp() / rush.plan.at_a_time();
    for (number, client) in (0..).zip(clients.iter().cloned()) {
        let rush = Rc::clone(rush);
        taking.spawn_local(async move {
            let mut rng = Rng::with_seed(rush.plan.seed.wrapping_add(u64::from(number)));
            rush.wait_until(rush.opened() + each * number).await;
            while !rush.is_over() {
                rush.repeat(&client).await?;
                rush.act(&client, &mut rng, Instant::now()).await?;
            }
            rush.repeat(&client).await
        });
    }
    all(taking).await
}

/// People come whether or not others have been answered. Whoever finds no free line waits, and their time counts from when they came.
async fn open_loop(rush: &Rc<Rush>, clients: &[Client], rate: f64) -> Result<u64, LoadtestError> {
    let Plan { seed, duration_seconds, .. } = rush.plan;
    let (sender, receiver) = mpsc::channel(ARRIVALS_WAITING_MAX);
    let (stop, stopped) = std::sync::mpsc::channel();
    let arrivals = Arrivals::new(rate, rush.plan.ramp(), seed);
    let sending =
        arrivals::send(arrivals, rush.opened(), Duration::from_secs(duration_seconds), sender, stopped);
    let (receiver, not_begun) = (Rc::new(Mutex::new(receiver)), Rc::new(Cell::new(0_u64)));
    let mut taking = Taking::new();
    for (number, client) in (1..).zip(clients.iter().cloned()) {
        let (rush, receiver, not_begun) = (Rc::clone(rush), Rc::clone(&receiver), Rc::clone(&not_begun));
        taking.spawn_local(async move {
            let mut rng = Rng::with_seed(rush.plan.seed.wrapping_add(number));
            loop {
                rush.repeat(&client).await?;
                let arrival = receiver.lock().await.recv().await;
                let Some(moment) = arrival else { return Ok(()) };
                let last = *rush.end.borrow() + Duration::from_secs(ARRIVALS_GRACE_SECONDS);
                if Instant::now() > last {
                    not_begun.set(not_begun.get() + 1);
                } else {
                    rush.act(&client, &mut rng, moment).await?;
                }
            }
        });
    }
    let ended_early = async {
        rush.wait_until(rush.opened() + rush.plan.duration()).await;
        // By itself it has ended already.
        let _ = stop.send(());
    };
    let (done, ()) = tokio::join!(all(taking), ended_early);
    done?;
    let without_room = sending.join().map_err(|_| LoadtestError("the arrivals ended badly".to_owned()))?;
    Ok(not_begun.get() + without_room)
}

async fn all(mut taking: Taking) -> Result<(), LoadtestError> {
    while let Some(done) = taking.join_next().await {
        done.map_err(|error| LoadtestError(format!("a part of the load ended badly: {error}")))??;
    }
    Ok(())
}

/// Who may still buy at a concert, and how many tickets.
struct LastCall {
    concert: usize,
    buyers: VecDeque<(Buyer, u32)>,
    is_over: bool,
}

/// Sells what cancellations left over, where it is little, one seat at a time, until somebody is told that there is none.
pub(super) async fn last_call(rush: &Rc<Rush>, clients: &[Client]) -> Result<(), LoadtestError> {
    rush.last_call();
    let calls = {
        let told = rush.told.borrow();
        let calls = told.iter().enumerate();
        calls.filter_map(|(concert, told)| last_call_of(concert, told, rush.crowd.len())).collect::<Vec<_>>()
    };
    let calls = Rc::new(RefCell::new(calls));
    let mut taking = Taking::new();
    for client in clients {
        let (client, rush, calls) = (client.clone(), Rc::clone(rush), Rc::clone(&calls));
        taking.spawn_local(async move {
            while !rush.is_given_up() {
                let next = next_buyer(&mut calls.borrow_mut());
                let Some((place, concert, buyer, room)) = next else { return Ok(()) };
                let has_bought = rush.buy_one(&client, concert, buyer).await?;
                let call = &mut calls.borrow_mut()[place];
                if has_bought && room > 1 {
                    call.buyers.push_back((buyer, room - 1));
                }
                call.is_over |= rush.told.borrow()[concert].is_sold_out;
            }
            Ok(())
        });
    }
    all(taking).await
}

fn next_buyer(calls: &mut [LastCall]) -> Option<(usize, usize, Buyer, u32)> {
    let open = calls.iter_mut().enumerate().filter(|(_, call)| !call.is_over);
    open.into_iter().find_map(|(place, call)| {
        let (buyer, room) = call.buyers.pop_front()?;
        Some((place, call.concert, buyer, room))
    })
}

/// None where too much is left to sell it now.
fn last_call_of(concert: usize, told: &Told, buyers: Buyer) -> Option<LastCall> {
    let left = u64::from(told.concert.seats).saturating_sub(told.sold());
    if left > LAST_CALL_SEATS_MAX {
        return None;
    }
    let mut tickets: HashMap<Buyer, u32> = HashMap::new();
    for booked in told.bookings.iter().filter(|booked| booked.cancellation != Cancellation::Told) {
        *tickets.entry(booked.buyer).or_default() += booked.quantity;
    }
    let room = |buyer| TICKETS_PER_BUYER.saturating_sub(tickets.get(&buyer).copied().unwrap_or(0));
    let buyers = (0..buyers).map(|buyer| (buyer, room(buyer))).filter(|(_, room)| *room > 0);
    // One more than there are seats: somebody must be told that there is none.
    let buyers = buyers.take(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1)).collect();
    Some(LastCall { concert, buyers, is_over: false })
}
