//! What is asked of an office of Boxoffice directly, whoever serves it: to put concerts on sale, and to tell what it has.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use boxoffice_engine::BoxOffice;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::limits::PAGE_ITEMS_MAX;
use boxoffice_persistence::Schedule;
use tokio::task::JoinSet;

use super::facts::{Stored, different};
use crate::concerts::{Crowd, a_concert, organizer};
use crate::office;

/// Lists that are read at the same time when they are counted.
const READERS: usize = 64;

/// What was put on sale.
#[derive(Clone)]
pub(super) struct Sale {
    /// The concerts, by number.
    pub(super) concerts: Arc<[ConcertId]>,
    /// Events that there were before the first booking.
    events_before: u64,
}

/// Opens an office on the store in this directory, new or not.
pub(super) async fn open(directory: &Path) -> BoxOffice {
    let journal = office::open_store(directory, Schedule::default());
    office::open(Arc::new(journal)).await.0
}

impl Sale {
    /// Puts so many concerts on sale, of so many seats each and one ticket for everybody.
    pub(super) async fn begin(office: &BoxOffice, concerts: usize, capacity: usize) -> Result<Self, String> {
        let seats = u32::try_from(capacity).map_err(|_| format!("no concert has {capacity} seats"))?;
        let mut concert = a_concert(office.now(), &[seats]);
        concert.details.tickets_per_user_max = 1;
        let concerts = office::put_on_sale(office, &concert, concerts).await?.into();
        Ok(Self { concerts, events_before: office::events(office) })
    }

    /// Counts everything that is there, booking by booking, and in the lists of the first so many people of the crowd.
    pub(super) async fn stored(
        &self,
        office: &BoxOffice,
        people: usize,
        crowd: &Arc<Crowd>,
    ) -> Result<Stored, String> {
        let (mut bookings, mut buyers) = (0, 0);
        for id in self.concerts.iter() {
            let (mut users, mut after) = (Vec::new(), None);
            loop {
                let page = office.bookings_at(*id, organizer(), None, after, PAGE_ITEMS_MAX).await;
                let page = page.map_err(|refused| format!("the bookings of {id}: {refused}"))?;
                let Some(last) = page.last() else { break };
                after = Some(last.booking.number);
                users.extend(page.into_iter().map(|booking| booking.user));
            }
            bookings += users.len();
            buyers += different(users);
        }
        let sequences = usize::try_from(office::events(office) - self.events_before);
        let sequences = sequences.map_err(|error| format!("too many events: {error}"))?;
        let listed = listed(office, people, crowd).await?;
        Ok(Stored { remaining: remaining(office), bookings, buyers, listed, sequences })
    }
}

/// Seats that are left, as readers see them.
pub(super) fn remaining(office: &BoxOffice) -> usize {
    let views = office.concerts();
    views.iter().flat_map(|view| &view.counts).map(|counts| counts.available as usize).sum()
}

async fn listed(office: &BoxOffice, people: usize, crowd: &Arc<Crowd>) -> Result<usize, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut reading = JoinSet::new();
    for _ in 0..READERS {
        let (office, next, crowd) = (office.clone(), Arc::clone(&next), Arc::clone(crowd));
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
