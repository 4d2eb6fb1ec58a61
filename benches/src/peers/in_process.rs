//! Boxoffice without its HTTP: the engine and its store, in the process of the clients.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use boxoffice_engine::BoxOffice;
use boxoffice_engine::Refused;
use boxoffice_engine::concert::Rejection;
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber};
use boxoffice_engine::limits::PAGE_ITEMS_MAX;
use tokio::task::JoinSet;

use super::contenders::Peer;
use super::facts::{Stored, different};
use super::load::{Answer, Client, Order};
use crate::concerts::{Crowd, a_concert, concert_id, organizer, wish};
use crate::journals::{Journals, Store};
use crate::office;

/// Lists that are read at the same time when they are counted.
const READERS: usize = 64;

/// An office with its store.
pub(super) struct InProcess {
    office: BoxOffice,
    store: Store,
    concerts: Arc<[ConcertId]>,
    /// Events that there were before the first booking.
    events_before: u64,
    crowd: Arc<Crowd>,
}

impl InProcess {
    /// An office on a new store within `parent`, which must lie on a disk.
    pub(super) async fn open(parent: &Path, crowd: Arc<Crowd>) -> Self {
        let store = Store::create(Journals::Sled, parent);
        let (office, _) = office::open(store.journal()).await;
        Self { office, store, concerts: Arc::default(), events_before: 0, crowd }
    }

    async fn listed(&self, people: usize) -> Result<usize, String> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut reading = JoinSet::new();
        for _ in 0..READERS {
            let (office, next, crowd) = (self.office.clone(), Arc::clone(&next), Arc::clone(&self.crowd));
            reading.spawn(async move {
                let mut listed = 0;
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < people
                    && let Some(user) = crowd.person(number)
                {
                    let list = office.bookings_of(user, None, None, PAGE_ITEMS_MAX).await;
                    listed += list.map_err(|refused| format!("the bookings of {user}: {refused}"))?.len();
                }
                Ok(listed)
            });
        }
        reading.join_all().await.into_iter().sum()
    }
}

impl Peer for InProcess {
    type Client = Caller;

    async fn put_on_sale(&mut self, concerts: usize, capacity: usize) -> Result<(), String> {
        let seats = u32::try_from(capacity).map_err(|_| format!("no concert has {capacity} seats"))?;
        let mut concert = a_concert(self.office.now(), &[seats]);
        concert.details.tickets_per_user_max = 1;
        self.concerts = (0..concerts as u64).map(concert_id).collect();
        for id in self.concerts.iter() {
            let made = self.office.create_concert(organizer(), concert.clone(), None, |_| *id).await;
            made.map_err(|refused| format!("a concert cannot be made: {refused}"))?;
        }
        self.events_before = events(&self.office);
        Ok(())
    }

    async fn clients(&mut self, clients: usize) -> Result<Vec<Caller>, String> {
        let caller = || Caller {
            office: self.office.clone(),
            concerts: Arc::clone(&self.concerts),
            crowd: Arc::clone(&self.crowd),
        };
        Ok(std::iter::repeat_with(caller).take(clients).collect())
    }

    async fn stored(&mut self, people: usize) -> Result<Stored, String> {
        let views = self.office.concerts();
        let remaining =
            views.iter().flat_map(|view| &view.counts).map(|counts| counts.available as usize).sum();
        let (mut bookings, mut buyers) = (0, 0);
        for view in &views {
            let (mut users, mut after) = (Vec::new(), None);
            loop {
                let page = self.office.bookings_at(view.id, organizer(), None, after, PAGE_ITEMS_MAX).await;
                let page = page.map_err(|refused| format!("the bookings of {}: {refused}", view.id))?;
                let Some(last) = page.last() else { break };
                after = Some(last.booking.number);
                users.extend(page.into_iter().map(|booking| booking.user));
            }
            bookings += users.len();
            buyers += different(users);
        }
        let sequences = usize::try_from(events(&self.office) - self.events_before);
        let sequences = sequences.map_err(|error| format!("too many events: {error}"))?;
        Ok(Stored { remaining, bookings, buyers, listed: self.listed(people).await?, sequences })
    }

    /// Closed with care: this process goes on. The binary is killed, in the figures over HTTP.
    async fn crash(self) -> Result<Self, String> {
        office::close(self.office).await;
        let store = self.store.closed().open();
        let (office, _) = office::open(store.journal()).await;
        Ok(Self { office, store, ..self })
    }

    async fn close(self) -> Result<(), String> {
        office::close(self.office).await;
        Ok(())
    }
}

fn events(office: &BoxOffice) -> u64 {
    office.concerts().iter().map(|view| view.sequence).sum()
}

/// One caller of the handle.
pub(super) struct Caller {
    office: BoxOffice,
    concerts: Arc<[ConcertId]>,
    crowd: Arc<Crowd>,
}

impl Client for Caller {
    async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
        for Order { person, concert } in orders {
            let user = self.crowd.person(*person).ok_or_else(|| format!("nobody has the number {person}"))?;
            let booked =
                self.office.book(self.concerts[*concert], wish(user.clone(), SeatTypeNumber(1))).await;
            answers.push(match booked {
                Ok(_) => Answer::Booked,
                Err(Refused::Rejected { rejection: Rejection::SoldOut { .. }, .. }) => Answer::SoldOut,
                Err(Refused::Rejected { rejection: Rejection::AlreadyBooked { .. }, .. }) => {
                    Answer::AlreadyBooked
                }
                Err(refused) => return Err(format!("a booking was answered with {refused:?}")),
            });
        }
        Ok(())
    }
}
