//! After the load: what is there, as its organizer and its buyers find it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use fastrand::Rng;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use tokio::sync::watch;
use tokio::time::Instant;

use super::LoadtestError;
use super::contract::{Booking, ConcertShown, SeatsShown};
use super::crowd::Crowd;
use super::findings::{Findings, Promise};
use super::history::{Books, Concert, Kept, Told};
use super::http::{Answer, Call, Client};
use super::limits::{BOOKINGS_LOOKED_AT_MAX, PAGES_MAX};
use super::opening::{read, refused};
use super::rush::{Settled, Settler};
use super::tally::Tally;

/// How old a map of many seats may be.
const SEAT_MAP_AGE_MAX: Duration = Duration::from_millis(100);

/// Somebody who reads.
pub(super) struct Reader<'a> {
    client: &'a Client,
    crowd: &'a Crowd,
    /// The organizer's token.
    organizer: HeaderValue,
    /// How long something is asked for again.
    patience: Duration,
    /// Whether something had no answer in all this time.
    is_in_vain: Cell<bool>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        client: &'a Client,
        crowd: &'a Crowd,
        organizer: HeaderValue,
        patience_seconds: u64,
    ) -> Self {
        let patience = Duration::from_secs(patience_seconds);
        Self { client, crowd, organizer, patience, is_in_vain: Cell::default() }
    }

    /// Whether it has waited in vain: nothing more needs to be asked.
    pub(super) fn is_in_vain(&self) -> bool {
        self.is_in_vain.get()
    }

    /// All that there is of a concert.
    pub(super) async fn books(&self, concert: &Concert) -> Result<Books, LoadtestError> {
        let id = &concert.id;
        let bookings = self.bookings(concert).await?;
        tokio::time::sleep(SEAT_MAP_AGE_MAX).await;
        let seats = self.get(&format!("/concerts/{id}/seats"), &self.organizer).await?;
        let shown = self.get(&format!("/concerts/{id}"), &self.organizer).await?;
        let (seats, shown): (SeatsShown, ConcertShown) =
            (read(&seats, "the seats")?, read(&shown, "a concert")?);
        let ([counted], [seat_type]) = (seats.seat_types.as_slice(), shown.seat_types.as_slice()) else {
            return Err(LoadtestError(format!("concert {id} was made with one seat type and has others")));
        };
        Ok(Books {
            sequence: shown.sequence,
            sequence_of_seats: seats.sequence,
            remaining: seat_type.remaining,
            counts: counted.counts(),
            seat_map: counted.seats.iter().map(|seat| (seat.label.clone(), seat.status.clone())).collect(),
            bookings,
        })
    }

    /// The organizer's list, page by page.
    async fn bookings(&self, concert: &Concert) -> Result<Vec<Kept>, LoadtestError> {
        let mut path = format!("/concerts/{}/bookings?limit=100", concert.id);
        let mut all = Vec::new();
        for _ in 0..PAGES_MAX {
            let answer = self.get(&path, &self.organizer).await?;
            let page: Vec<Booking<'_>> = read(&answer, "the list of bookings")?;
            all.extend(page.iter().map(|booking| self.kept(booking)));
            let Some(next) = answer.next_page.as_deref() else { return Ok(all) };
            let below = self.client.below_base(next);
            path = below
                .ok_or_else(|| LoadtestError(format!("the next page lies elsewhere: {next}")))?
                .to_owned();
        }
        Err(LoadtestError(format!("the list of bookings of concert {} has no end", concert.id)))
    }

    fn kept(&self, booking: &Booking<'_>) -> Kept {
        Kept {
            id: booking.id.clone().into_owned(),
            buyer: self.crowd.buyer(&booking.user_id),
            quantity: booking.quantity,
            seats: booking.seats(),
            status: booking.status.clone().into_owned(),
            sequence: booking.sequence,
        }
    }

    /// Some of the buyers look whether their booking is what the organizer's list says.
    pub(super) async fn buyers_look(
        &self,
        told: &Told,
        books: &Books,
        rng: &mut Rng,
        findings: &mut Findings,
    ) -> Result<(), LoadtestError> {
        let listed: HashMap<&str, &Kept> =
            books.bookings.iter().map(|kept| (kept.id.as_str(), kept)).collect();
        let looked_at = rng.choose_multiple(told.bookings.iter(), BOOKINGS_LOOKED_AT_MAX);
        for booked in looked_at {
            let (name, id, buyer) = (&told.concert.name, &booked.id, booked.buyer);
            let answer = self.ask(&format!("/bookings/{id}"), &self.crowd.token(buyer)?).await?;
            if answer.status != StatusCode::OK {
                let status = answer.status.as_u16();
                let case = format!(
                    "{name}: booking {id} was acknowledged, and buyer {buyer} who looks at it gets {status}"
                );
                findings.breaks(Promise::BookingsKept, case);
                continue;
            }
            let shown: Booking<'_> = read(&answer, "a booking")?;
            let agrees = listed.get(id.as_str()).is_none_or(|listed| {
                (listed.status.as_str(), listed.sequence) == (&*shown.status, shown.sequence)
            });
            if !agrees {
                let (status, sequence) = (&shown.status, shown.sequence);
                let case = format!(
                    "{name}: booking {id} is {status} at sequence {sequence} to its buyer, and other in the list"
                );
                findings.breaks(Promise::AsTold, case);
            }
        }
        Ok(())
    }

    /// Takes the concert off sale: nobody is to find it.
    pub(super) async fn close(&self, concert: &Concert) -> Result<(), LoadtestError> {
        let call = Call {
            token: Some(self.organizer.clone()),
            ..Call::post(format!("/concerts/{}/close", concert.id), "")
        };
        let answer = self.settled(&call).await?;
        if answer.status == StatusCode::OK { Ok(()) } else { Err(refused(&answer, "the close of a concert")) }
    }

    async fn get(&self, path: &str, token: &HeaderValue) -> Result<Answer, LoadtestError> {
        let answer = self.ask(path, token).await?;
        if answer.status == StatusCode::OK { Ok(answer) } else { Err(refused(&answer, path)) }
    }

    async fn ask(&self, path: &str, token: &HeaderValue) -> Result<Answer, LoadtestError> {
        self.settled(&Call::get(path, token)).await
    }

    async fn settled(&self, call: &Call) -> Result<Answer, LoadtestError> {
        let (_end, now) = watch::channel(Instant::now());
        // Who ends this does not ask here: they drop it.
        let (_given_up, never) = watch::channel(false);
        let settler = Settler::new(Rc::<RefCell<Tally>>::default(), now, self.patience, never);
        match settler.settle(self.client, call).await {
            Settled::Answered { answer, .. } => Ok(answer),
            Settled::Unsettled { why, .. } => {
                self.is_in_vain.set(true);
                Err(LoadtestError(why))
            }
        }
    }
}
