//! The load itself: what everybody who takes part shares, and what each of them does.

mod cancel;
mod order;
mod settle;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::Instant;

use super::LoadtestError;
use super::contract::{new_booking, seat_label};
use super::crowd::Crowd;
use super::findings::{Findings, Promise};
use super::history::{Booked, Buyer, Cancellation, InDoubt, Told};
use super::http::{Call, Client};
use super::limits::{BOOKINGS_MAX, SETTLE_SECONDS_MAX};
use super::meter::{Kind, Meter, Outcome};
use super::plan::Plan;
use super::tally::Tally;
use cancel::Regret;
use order::Order;
pub(super) use settle::{Settled, Settler};

/// Weights of the quantities that people order, from one ticket on.
const QUANTITIES: [u32; 10] = [1, 1, 1, 1, 2, 2, 2, 2, 3, 4];

/// Everything that takes part in a load shares this. All of it lives on one thread.
pub(super) struct Rush {
    pub(super) plan: Plan,
    pub(super) crowd: Crowd,
    pub(super) meter: RefCell<Meter>,
    pub(super) tally: Rc<RefCell<Tally>>,
    pub(super) told: RefCell<Vec<Told>>,
    pub(super) findings: RefCell<Findings>,
    /// When nothing new begins any more. It comes sooner when somebody ends the load.
    pub(super) end: watch::Sender<Instant>,
    /// Whether nobody waits any longer for what is not answered.
    given_up: watch::Sender<bool>,
    was_ended: Cell<bool>,
    regrets: RefCell<VecDeque<Regret>>,
    repeats: RefCell<VecDeque<Rc<Order>>>,
    doubts: RefCell<Vec<Rc<Order>>>,
    settler: Settler,
    keys: Cell<u64>,
    /// Whether nobody cancels any more: who is refused now is refused for good.
    is_last_call: Cell<bool>,
}

impl Rush {
    pub(super) fn new(plan: Plan, crowd: Crowd, told: Vec<Told>) -> Self {
        let seats = told.iter().map(|told| u64::from(told.concert.seats)).sum();
        let meter = Meter::new(plan.duration(), seats);
        let tally = Rc::<RefCell<Tally>>::default();
        let end = watch::Sender::new(meter.began() + plan.duration());
        let given_up = watch::Sender::new(false);
        Self {
            settler: Settler::new(
                Rc::clone(&tally),
                end.subscribe(),
                Duration::from_secs(SETTLE_SECONDS_MAX),
                given_up.subscribe(),
            ),
            plan,
            crowd,
            meter: RefCell::new(meter),
            tally,
            told: RefCell::new(told),
            findings: RefCell::default(),
            end,
            given_up,
            was_ended: Cell::default(),
            regrets: RefCell::default(),
            repeats: RefCell::default(),
            doubts: RefCell::default(),
            keys: Cell::default(),
            is_last_call: Cell::default(),
        }
    }

    pub(super) fn opened(&self) -> Instant {
        self.meter.borrow().began()
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= *self.end.borrow()
    }

    fn end_now(&self) {
        self.end.send_if_modified(|end| {
            let now = Instant::now();
            let is_early = now < *end;
            *end = now.min(*end);
            is_early
        });
    }

    /// Ends the load before its time or, where it is over, the wait for what is not answered.
    pub(super) fn interrupt(&self) {
        if self.is_over() {
            self.given_up.send_replace(true);
        } else {
            self.was_ended.set(true);
            self.end_now();
        }
    }

    /// Whether somebody ended the load before its time.
    pub(super) fn was_ended(&self) -> bool {
        self.was_ended.get()
    }

    pub(super) fn is_given_up(&self) -> bool {
        *self.given_up.borrow()
    }

    /// Whether the box office answered nobody in the end, or nobody waited until it did.
    pub(super) fn is_deserted(&self) -> bool {
        self.is_given_up() || self.tally.borrow().silence().is_some()
    }

    /// How it stands, in a line, where there is something to say.
    pub(super) fn line(&self) -> Option<String> {
        let silence = self.tally.borrow().silence();
        let is_late = self.is_over() && self.end.borrow().elapsed() >= Duration::from_secs(1);
        match silence {
            Some(silence) if !self.is_over() => Some(format!("{silence} (Ctrl-C ends the load)")),
            Some(silence) => {
                Some(format!("{silence} (for {SETTLE_SECONDS_MAX} s it is asked again; Ctrl-C ends that)"))
            }
            None if self.is_last_call.get() => None,
            None if is_late => Some(format!(
                "the load is over; for {SETTLE_SECONDS_MAX} s it waits for what is not answered yet (Ctrl-C ends that)"
            )),
            None => Some(self.meter.borrow().line()),
        }
    }

    /// From now on nobody cancels. What is in doubt is asked for again until so long after now.
    pub(super) fn last_call(&self) {
        self.is_last_call.set(true);
        self.end.send_replace(Instant::now());
    }

    /// Waits until this moment, or the end.
    pub(super) async fn wait_until(&self, moment: Instant) {
        let mut end = self.end.subscribe();
        tokio::select! {
            () = tokio::time::sleep_until(moment) => {}
            _ = end.wait_for(|end| *end <= Instant::now()) => {}
        }
    }

    /// One of the people who come does one thing, which should have begun at this moment.
    pub(super) async fn act(
        &self,
        client: &Client,
        rng: &mut Rng,
        moment: Instant,
    ) -> Result<(), LoadtestError> {
        let regret = if rng.bool() { self.regrets.borrow_mut().pop_front() } else { None };
        if let Some(regret) = regret {
            return self.cancel(client, rng, regret, moment).await;
        }
        let order = Rc::new(self.draw_order(rng));
        if draws(rng, self.plan.retries_percent) {
            // Whoever is free takes it at once: then the same request is under way twice.
            self.repeats.borrow_mut().push_back(Rc::clone(&order));
        }
        if let Some(booking) = self.place(client, &order, Kind::Booking, moment).await?
            && draws(rng, self.plan.cancels_percent)
        {
            self.regrets.borrow_mut().push_back(Regret { concert: order.concert, booking });
        }
        Ok(())
    }

    /// Sends again what is to be sent again.
    pub(super) async fn repeat(&self, client: &Client) -> Result<(), LoadtestError> {
        loop {
            // The queue must not be borrowed while an answer is waited for.
            let next = self.repeats.borrow_mut().pop_front();
            let Some(order) = next else { return Ok(()) };
            self.place(client, &order, Kind::Repeat, Instant::now()).await?;
        }
    }

    /// Buys one of the seats that are left; whether there was one.
    pub(super) async fn buy_one(
        &self,
        client: &Client,
        concert: usize,
        buyer: Buyer,
    ) -> Result<bool, LoadtestError> {
        let order = Rc::new(self.order(concert, buyer, 1, None));
        Ok(self.place(client, &order, Kind::Booking, Instant::now()).await?.is_some())
    }

    fn draw_order(&self, rng: &mut Rng) -> Order {
        let concert = rng.usize(..self.told.borrow().len());
        let buyer = rng.u32(..self.crowd.len());
        if self.plan.is_numbered && rng.bool() {
            return self.order(concert, buyer, 1, Some(seat_label(rng.u32(..self.plan.seats))));
        }
        self.order(concert, buyer, QUANTITIES[rng.usize(..QUANTITIES.len())], None)
    }

    fn order(&self, concert: usize, buyer: Buyer, quantity: u32, seat: Option<String>) -> Order {
        let body = new_booking(&self.told.borrow()[concert].concert, quantity, seat.as_deref());
        Order::new(concert, buyer, quantity, seat, self.next_key(), body.into())
    }

    fn next_key(&self) -> HeaderValue {
        self.keys.set(self.keys.get() + 1);
        HeaderValue::from(self.keys.get())
    }

    /// Sends an order until there is an answer; the number of its booking, where this is the first to tell of it.
    async fn place(
        &self,
        client: &Client,
        order: &Rc<Order>,
        kind: Kind,
        moment: Instant,
    ) -> Result<Option<usize>, LoadtestError> {
        let was_booked = order.booking.get().is_some();
        let token = self.crowd.token(order.buyer)?;
        let call = Call::post("/bookings", order.body.clone()).by(&token, &order.key);
        let (outcome, booking) = match self.settler.settle(client, &call).await {
            Settled::Answered { answer, .. } if answer.status == StatusCode::CREATED => {
                self.note_booking(order, &answer)
            }
            Settled::Answered { problem, .. } => (self.note_refusal(order, was_booked, problem), None),
            Settled::Unsettled { is_in_doubt, .. } => {
                if is_in_doubt {
                    self.doubts.borrow_mut().push(Rc::clone(order));
                }
                (Outcome::Failed, None)
            }
        };
        if kind == Kind::Repeat {
            self.findings.borrow_mut().looks_at(Promise::KeysOnce, 1);
        }
        self.meter.borrow_mut().ended(kind, outcome, moment);
        Ok(booking)
    }

    /// Remembers a booking that somebody was told they have.
    fn remember(&self, concert: usize, booked: Booked) -> usize {
        let mut told = self.told.borrow_mut();
        told[concert].bookings.push(booked);
        let number = told[concert].bookings.len() - 1;
        let is_full = told.iter().map(|told| told.bookings.len()).sum::<usize>() >= BOOKINGS_MAX;
        drop(told);
        if is_full {
            self.end_now();
        }
        number
    }

    /// What was told in the end, with the orders of which nobody knows what became, and what was found on the way.
    pub(super) fn into_history(self) -> (Vec<Told>, Findings, Crowd) {
        let mut told = self.told.into_inner();
        let mut counted: Vec<Rc<Order>> = Vec::new();
        for order in self.doubts.into_inner() {
            let is_counted = counted.iter().any(|other| Rc::ptr_eq(other, &order));
            if order.booking.get().is_none() && !is_counted {
                told[order.concert].in_doubt.push(InDoubt { buyer: order.buyer, quantity: order.quantity });
                counted.push(order);
            }
        }
        // A cancellation that is carried out later leaves seats over, and nobody did wrong.
        for told in &mut told {
            let in_doubt = |booked: &Booked| booked.cancellation == Cancellation::InDoubt;
            told.is_sold_out &= !told.bookings.iter().any(in_doubt);
        }
        (told, self.findings.into_inner(), self.crowd)
    }
}

/// Draws whether something of so many percent is to happen.
fn draws(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}
