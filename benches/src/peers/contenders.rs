//! What a contender is, and how it stands the crowd: on sale, rushed at, counted, killed, started again, counted again.

use std::sync::Arc;

use super::facts::{self, Stored};
use super::load::{self, Client, Span, Workload};
use crate::concerts::Crowd;

/// Seats of every concert in a measurement: more than anybody can book in that time.
const CAPACITY: usize = 10_000_000;

/// A contender that runs.
pub(super) trait Peer: Sized {
    /// What books.
    type Client: Client;

    /// Puts so many concerts on sale, of so many seats each. Nothing else is there.
    async fn put_on_sale(&mut self, concerts: usize, capacity: usize) -> Result<(), String>;

    /// Connects so many clients.
    async fn clients(&mut self, clients: usize) -> Result<Vec<Self::Client>, String>;

    /// Counts what is stored; nobody but these first people of the crowd has booked.
    async fn stored(&mut self, people: usize) -> Result<Stored, String>;

    /// Ends it without any care, and starts it again on what it left.
    async fn crash(self) -> Result<Self, String>;

    /// Ends it.
    async fn close(self) -> Result<(), String>;
}

/// What is done with a contender, whichever it is.
pub(super) trait Trial {
    /// What comes of it.
    type Result;

    /// Does it with one that was just started, and ends that.
    async fn of<P: Peer>(self, peer: P) -> Result<Self::Result, String>;
}

/// A small concert is sold out, and somebody tries to book twice: the rules must be kept, and what was sold remembered.
pub(super) struct Rules;

impl Trial for Rules {
    type Result = ();

    async fn of<P: Peer>(self, mut peer: P) -> Result<(), String> {
        peer.put_on_sale(facts::RULES_CONCERTS, facts::RULES_CAPACITY).await?;
        let (rush, again) = (peer.clients(facts::CLIENTS).await?, peer.clients(facts::CLIENTS).await?);
        let acknowledged = facts::keeps_the_rules(rush, again).await?;
        let capacity = facts::RULES_CONCERTS * facts::RULES_CAPACITY;
        audited(peer, capacity, acknowledged, facts::RULES_PEOPLE).await?.close().await
    }
}

/// The crowd comes for a while.
pub(super) struct Rush<'a> {
    pub(super) workload: Workload,
    /// Orders that a client places together. For a greater one there are fewer clients.
    pub(super) depth: usize,
    pub(super) span: Span,
    pub(super) crowd: &'a Arc<Crowd>,
}

impl Trial for Rush<'_> {
    /// Bookings per second.
    type Result = f64;

    async fn of<P: Peer>(self, mut peer: P) -> Result<f64, String> {
        let Self { workload: Workload { concerts, in_flight }, depth, span, crowd } = self;
        peer.put_on_sale(concerts, CAPACITY).await?;
        let clients = peer.clients(in_flight.div_ceil(depth)).await?;
        let load = load::crowd(clients, depth, concerts, crowd.people().len(), span).await?;
        audited(peer, concerts * CAPACITY, load.acknowledged, load.acknowledged).await?.close().await?;
        Ok(load.per_second)
    }
}

/// Checks the books of a contender, before and after a crash.
async fn audited<P: Peer>(
    mut peer: P,
    capacity: usize,
    acknowledged: usize,
    people: usize,
) -> Result<P, String> {
    peer.stored(people).await?.check(capacity, acknowledged)?;
    let mut peer = peer.crash().await?;
    let stored = peer.stored(people).await?;
    stored.check(capacity, acknowledged).map_err(|wrong| format!("after a crash, {wrong}"))?;
    Ok(peer)
}
