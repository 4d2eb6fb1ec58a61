//! Many callers at once, what each of them was told, and whether that was true.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use boxoffice_engine::Refused;
use boxoffice_engine::box_office::ConcertRefused;
use boxoffice_engine::concert::{BookingStatus, Concert, Rejection};
use boxoffice_engine::ids::{BookingId, ConcertId};
use boxoffice_engine::journal::{Event, Stream};
use tokio::task::JoinSet;

use crate::house::{House, within};
use crate::wishes::{customer, seats, user};

/// One caller's booking of one seat, and what became of it, as far as they were told.
#[derive(Debug)]
pub(crate) struct Attempt {
    concert: ConcertId,
    name: String,
    booked: Result<BookingId, ConcertRefused>,
    cancelled: Option<Result<(), ConcertRefused>>,
}

/// What a rush is like.
#[derive(Clone, Copy)]
pub(crate) struct Rush<'a> {
    pub(crate) concerts: &'a [ConcertId],
    pub(crate) callers: usize,
    /// Bookings that each caller tries, the second, the fourth… of which are cancelled at once.
    pub(crate) turns: usize,
    /// What the callers' names begin with.
    pub(crate) name: &'static str,
}

impl Rush<'_> {
    /// Lets them all in. `trouble` is called before each attempt with the number of attempts before it.
    pub(crate) async fn let_in(
        self,
        house: &House,
        trouble: impl Fn(usize) + Send + Sync + 'static,
    ) -> Vec<Attempt> {
        let (trouble, count) = (Arc::new(trouble), Arc::new(AtomicUsize::new(0)));
        let mut callers = JoinSet::new();
        for caller in 0..self.callers {
            let (office, concerts) = (house.office.clone(), self.concerts.to_vec());
            let (trouble, count) = (Arc::clone(&trouble), Arc::clone(&count));
            let (turns, name) = (self.turns, self.name);
            callers.spawn(async move {
                let mut attempts = Vec::new();
                for turn in 0..turns {
                    trouble(count.fetch_add(1, Ordering::Relaxed));
                    let concert = concerts[(caller + turn) % concerts.len()];
                    let name = format!("{name}-{caller}-{turn}");
                    let booked = office.book(concert, seats(&name, 1)).await.map(|booked| booked.value);
                    let mut cancelled = None;
                    if let Ok(view) = &booked {
                        let seen = office.concert(concert).expect("it was made").sequence;
                        assert!(seen >= view.booking.sequence(), "a reply came before readers saw it");
                        if turn % 2 == 1 {
                            let answer = office.cancel_booking(view.id, customer(&name), None).await;
                            cancelled = Some(answer.map(|_| ()));
                        }
                    }
                    let booked = booked.map(|view| view.id);
                    attempts.push(Attempt { concert, name, booked, cancelled });
                }
                attempts
            });
        }
        within(callers.join_all()).await.into_iter().flatten().collect()
    }
}

/// How many attempts were answered so.
pub(crate) fn told(
    attempts: &[Attempt],
    wanted: impl Fn(&Result<BookingId, ConcertRefused>) -> bool,
) -> usize {
    attempts.iter().filter(|attempt| wanted(&attempt.booked)).count()
}

/// Whether nobody was told that their outcome is unknown.
pub(crate) fn all_is_known(attempts: &[Attempt]) -> bool {
    attempts.iter().all(|attempt| {
        attempt.booked != Err(Refused::OutcomeUnknown)
            && attempt.cancelled != Some(Err(Refused::OutcomeUnknown))
    })
}

/// Checks what callers were told against the journal, and the journal against what the office shows now.
pub(crate) async fn check(house: &House, concerts: &[ConcertId], attempts: &[Attempt]) {
    let histories: HashMap<_, _> =
        concerts.iter().map(|concert| (*concert, available_after_each(house, *concert))).collect();
    for concert in concerts {
        let folded = house.journal.folded(*concert);
        house.is_served(*concert).await;
        assert_eq!(house.view(*concert), folded.view(), "readers see what the journal holds");
    }
    for attempt in attempts {
        let who = user(&attempt.name);
        let found = house.soon(async || house.office.bookings_of(&who, None, None, 10).await).await;
        assert!(found.len() <= 1, "{attempt:?} booked twice: {found:?}");
        let status = found.first().map(|view| view.booking.status);
        match &attempt.booked {
            Ok(id) => {
                assert_eq!(found.first().map(|view| view.id), Some(*id), "{attempt:?} is lost");
                match &attempt.cancelled {
                    None => assert_eq!(status, Some(BookingStatus::Confirmed), "{attempt:?}"),
                    Some(Ok(())) => assert_eq!(status, Some(BookingStatus::Cancelled), "{attempt:?}"),
                    Some(Err(Refused::OutcomeUnknown)) => {}
                    Some(Err(Refused::Overloaded | Refused::StorageUnavailable)) => {
                        assert_eq!(status, Some(BookingStatus::Confirmed), "{attempt:?}");
                    }
                    Some(Err(rejected @ Refused::Rejected { .. })) => {
                        panic!("nothing forbids {attempt:?}: {rejected}")
                    }
                }
            }
            Err(Refused::OutcomeUnknown) => {}
            Err(Refused::Overloaded | Refused::StorageUnavailable) => {
                assert_eq!(found, [], "{attempt:?} happened all the same");
            }
            Err(Refused::Rejected { rejection, sequence }) => {
                assert_eq!(found, [], "{attempt:?} happened all the same");
                assert_eq!(*rejection, Rejection::SoldOut { available: 0 }, "{attempt:?}");
                let place = usize::try_from(*sequence).expect("small");
                let then = histories[&attempt.concert].get(place).copied();
                assert_eq!(then, Some(0), "{attempt:?} was told what is not durable, or never was");
            }
        }
    }
}

/// Free seats of the first type after each event; before the first, none.
fn available_after_each(house: &House, concert: ConcertId) -> Vec<u32> {
    let mut state = Concert::absent(concert);
    let mut available = vec![0];
    for record in house.journal.records_of(Stream::Concert(concert)) {
        let Event::Concert(event) = &record.event else { panic!("{record:?} is no concert's") };
        state.apply(event, record.time);
        available.push(state.counts()[0].available);
    }
    available
}
