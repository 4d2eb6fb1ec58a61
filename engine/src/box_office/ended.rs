//! Bookings that have ended and left their concerts' states: they are found in the journal, off the threads that serve.
//!
//! Whoever looks for bookings asks the concert first and the journal then. A booking leaves a concert only when the journal has it,
//! so it is met in one of the two, and perhaps in both.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::reads::Places;
use super::supervisor::Order;
use super::{BoxOffice, ConcertRefused};
use crate::caller::Caller;
use crate::concert::{BookingView, ConcertAnswer, ConcertCommand, EndedBooking, Rejection, Terms};
use crate::ids::{BookingId, ConcertId};
use crate::journal::{EndedQuery, ReplayError};
use crate::machine::{Answered, Refused};

/// What the supervisor is to look for. The places are taken until it has been read, whoever still waits for it.
pub(crate) struct Look {
    pub(super) query: EndedQuery,
    pub(super) found: oneshot::Sender<Result<Vec<EndedBooking>, ReplayError>>,
    pub(super) places: Places,
}

impl BoxOffice {
    /// Finds bookings that states have shed.
    pub(super) async fn ended(&self, query: EndedQuery) -> Result<Vec<EndedBooking>, ConcertRefused> {
        let places = self.looks.places().await?;
        self.read("ended bookings", |found| Order::FindEnded(Look { query, found, places })).await
    }

    /// The booking that was not found at its concert; the same refusal where it is nowhere.
    pub(super) async fn ended_instead(
        &self,
        query: EndedQuery,
        refused: ConcertRefused,
    ) -> Result<EndedBooking, ConcertRefused> {
        let nothing = matches!(
            refused,
            Refused::Rejected { rejection: Rejection::BookingNotFound | Rejection::PaymentNotFound, .. }
        );
        if !nothing {
            return Err(refused);
        }
        self.ended(query).await?.pop().ok_or(refused)
    }

    /// The same, where the caller may know of it: its owner, the concert's organizer, an admin.
    pub(super) async fn ended_for(
        &self,
        caller: &Caller,
        query: EndedQuery,
        refused: ConcertRefused,
    ) -> Result<(EndedBooking, Arc<Terms>), ConcertRefused> {
        let ended = self.ended_instead(query, refused.clone()).await?;
        let view = self.concert(ended.concert).ok_or_else(|| refused.clone())?;
        if ended.user == caller.user || view.is_managed_by(caller) {
            Ok((ended, Arc::clone(&view.terms)))
        } else {
            Err(refused)
        }
    }

    /// Has something done about a booking, wherever it is.
    pub(super) async fn command_on(
        &self,
        id: BookingId,
        command: ConcertCommand,
    ) -> Result<Answered<ConcertAnswer>, ConcertRefused> {
        let refused = match self.command(id.concert, command.clone()).await {
            Err(refused) => refused,
            answered => return answered,
        };
        let ended = Box::new(self.ended_instead(EndedQuery::Booking(id), refused).await?);
        self.command(id.concert, ConcertCommand::OnEnded { ended, command: Box::new(command) }).await
    }

    /// Ended bookings as they are told, with the terms of their concerts.
    pub(super) fn told(&self, ended: Vec<EndedBooking>) -> impl Iterator<Item = BookingView> {
        let mut last: Option<(ConcertId, Arc<Terms>)> = None;
        ended.into_iter().filter_map(move |ended| {
            let terms = match &last {
                Some((concert, terms)) if *concert == ended.concert => Arc::clone(terms),
                _ => Arc::clone(&self.concert(ended.concert)?.terms),
            };
            last = Some((ended.concert, Arc::clone(&terms)));
            Some(ended.view(&terms))
        })
    }
}
