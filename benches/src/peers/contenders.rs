//! What a contender is, and how it stands the crowd: rushed at, looked at, killed, started again, counted.

use super::facts::{self, Stored};
use super::load::{self, Client, Span, Workload};

/// Seats of every concert in a measurement: more than anybody can book in that time.
const CAPACITY: usize = 10_000_000;

/// A contender that runs, with concerts on sale.
pub(super) trait Peer: Sized {
    /// What books.
    type Client: Client;

    /// Connects so many clients.
    async fn clients(&mut self, clients: usize) -> Result<Vec<Self::Client>, String>;

    /// Seats that are left, as anybody may see them.
    async fn remaining(&mut self) -> Result<usize, String>;

    /// Ends it without any care, starts it again on what it left, counts everything that is there, and ends it for good. Nobody but
    /// the first so many people of the crowd has booked.
    async fn crashed(self, people: usize) -> Result<Stored, String>;
}

/// What is done with a contender, whichever it is.
pub(super) trait Trial {
    /// What comes of it.
    type Result;

    /// Concerts that must be on sale, and the seats of each of them.
    fn on_sale(&self) -> (usize, usize);

    /// Does it with one that was just started.
    async fn of<P: Peer>(self, peer: P) -> Result<Self::Result, String>;
}

/// A small concert is sold out, and somebody tries to book twice: the rules must be kept, and what was sold remembered.
pub(super) struct Rules;

impl Trial for Rules {
    type Result = ();

    fn on_sale(&self) -> (usize, usize) {
        (facts::RULES_CONCERTS, facts::RULES_CAPACITY)
    }

    async fn of<P: Peer>(self, mut peer: P) -> Result<(), String> {
        let (rush, again) = (peer.clients(facts::CLIENTS).await?, peer.clients(facts::CLIENTS).await?);
        let acknowledged = facts::keeps_the_rules(rush, again).await?;
        let capacity = facts::RULES_CONCERTS * facts::RULES_CAPACITY;
        audit(peer, capacity, acknowledged, facts::RULES_PEOPLE).await
    }
}

/// The crowd comes for a while.
pub(super) struct Rush {
    pub(super) workload: Workload,
    /// Orders that a client places together. The more, the fewer clients.
    pub(super) depth: usize,
    pub(super) span: Span,
    /// How many people there are to book for.
    pub(super) people: usize,
}

impl Trial for Rush {
    /// Bookings per second.
    type Result = f64;

    fn on_sale(&self) -> (usize, usize) {
        (self.workload.concerts, CAPACITY)
    }

    async fn of<P: Peer>(self, mut peer: P) -> Result<f64, String> {
        let Self { workload: Workload { concerts, in_flight }, depth, span, people } = self;
        let clients = peer.clients(in_flight.div_ceil(depth)).await?;
        let load = load::crowd(clients, depth, concerts, people, span).await?;
        audit(peer, concerts * CAPACITY, load.acknowledged, load.acknowledged).await?;
        Ok(load.per_second)
    }
}

/// Checks the books of a contender: what is left before a crash, and everything after it.
async fn audit<P: Peer>(
    mut peer: P,
    capacity: usize,
    acknowledged: usize,
    people: usize,
) -> Result<(), String> {
    let remaining = peer.remaining().await?;
    if remaining + acknowledged != capacity {
        return Err(format!(
            "{acknowledged} bookings were acknowledged, {remaining} seats are left of {capacity}"
        ));
    }
    let stored = peer.crashed(people).await?;
    stored.check(capacity, acknowledged).map_err(|wrong| format!("after a crash, {wrong}"))
}
