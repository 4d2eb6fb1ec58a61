//! What can be asked of a box office.

use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::{oneshot, watch};

use super::supervisor::Order;
use super::{AccountsRefused, BoxOffice, ConcertRefused};
use crate::accounts::{AccountsCommand, User};
use crate::actor::Ask;
use crate::caller::Caller;
use crate::concert::{
    BookSeats, BookingStatus, BookingView, Concert, ConcertAnswer, ConcertCommand, ConcertQuery, ConcertView,
    ManagerAction, NewConcert, Rejection, fingerprint,
};
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingId, BookingNumber, ConcertId, UserId};
use crate::journal::EndedQuery;
use crate::limits;
use crate::machine::{AccountsAnswer, AccountsQuery, Answered, DeskOf, Refused};
use crate::time::{Clock, Time};
use crate::writer::JournalStatus;

/// Ids that are tried for one new concert. Random ones hardly ever need a second; those made from a key need one more for every
/// concert that the key made on an earlier day.
const CONCERT_IDS_TRIED_MAX: u32 = 64;

impl BoxOffice {
    /// Now, by the office's clock.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Where its time comes from.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Whether the journal takes events; changes can be waited for.
    pub fn journal_status(&self) -> watch::Receiver<JournalStatus> {
        self.writer.status.subscribe()
    }

    /// Requests under way.
    #[cfg(feature = "testing")]
    pub fn in_flight(&self) -> u32 {
        self.registry.in_flight()
    }

    /// The committed view of a concert.
    pub fn concert(&self, id: ConcertId) -> Option<Arc<ConcertView>> {
        self.registry.view(id)
    }

    /// The committed views of all concerts, in no order.
    pub fn concerts(&self) -> Vec<Arc<ConcertView>> {
        self.registry.views()
    }

    /// Makes a concert. `ids` gives the id to try at each attempt: random ones, or ones made from the caller's key, so that a
    /// repeated request finds the concert that the first one made.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn create_concert(
        &self,
        caller: Caller,
        concert: NewConcert,
        idempotency: Option<IdempotencyKey>,
        ids: impl Fn(u32) -> ConcertId,
    ) -> Result<Answered<ConcertView>, ConcertRefused> {
        let (concert, has_gateway) = (Box::new(concert), self.gateway.is_some());
        let command = ConcertCommand::Create { caller, concert, has_gateway, idempotency };
        for attempt in 0..CONCERT_IDS_TRIED_MAX {
            let id = ids(attempt);
            let desk = if let Some(desk) = self.registry.concert(id) {
                desk
            } else {
                // What no concert would accept needs no actor to refuse it.
                if let Err(rejection) = Concert::absent(id).decide(&command, self.now()) {
                    return Err(undecided(rejection));
                }
                // Nor does anybody to say that nothing can be written.
                if !self.writer.is_open() {
                    return Err(Refused::StorageUnavailable);
                }
                self.open_desk(id).await?
            };
            match desk.ask(|reply| Ask::Command(command.clone(), reply)).await {
                Err(Refused::Rejected { rejection: Rejection::ConcertIdTaken, .. }) => {}
                answered => return answered.map(into_concert),
            }
        }
        // Only a key that made a concert on every one of so many days gets here.
        Err(undecided(Rejection::IdempotencyKeyReused))
    }

    async fn open_desk(&self, id: ConcertId) -> Result<DeskOf<Concert>, ConcertRefused> {
        let (sender, opened) = oneshot::channel();
        let sent = self.supervisor.send_message(Order::Open(id, sender));
        sent.map_err(|_| Refused::StorageUnavailable)?;
        opened.await.map_err(|_| Refused::StorageUnavailable)
    }

    /// Does something that only a concert's organizer or an admin may do. `Unchanged` things answer as they are.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn manage_concert(
        &self,
        id: ConcertId,
        caller: Caller,
        action: ManagerAction,
    ) -> Result<ConcertView, ConcertRefused> {
        let answered = self.command(id, ConcertCommand::Manage { caller, action }).await?;
        Ok(into_concert(answered).value)
    }

    /// Books seats: all of them or none.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn book(
        &self,
        id: ConcertId,
        mut wish: BookSeats,
    ) -> Result<Answered<BookingView>, ConcertRefused> {
        wish.mail = self.tells(&wish.user);
        // What no concert could fulfil is told before anything is said about this one.
        wish.faults().into_result().map_err(|faults| undecided(faults.into()))?;
        self.command(id, ConcertCommand::Book(wish)).await.map(into_booking)
    }

    /// Cancels a booking, and owes its owner back what the concert's terms say.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn cancel_booking(
        &self,
        id: BookingId,
        caller: Caller,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<BookingView>, ConcertRefused> {
        let command = ConcertCommand::CancelBooking { caller, number: id.number, idempotency };
        self.command_on(id, command).await.map(into_booking)
    }

    /// One booking, if the caller may see it.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn booking(&self, id: BookingId, caller: Caller) -> Result<BookingView, ConcertRefused> {
        let query = ConcertQuery::Booking { caller: caller.clone(), number: id.number };
        match self.query(id.concert, query).await {
            Ok(ConcertAnswer::Booking(booking)) => Ok(*booking),
            Ok(other) => unreachable!("this is answered with a booking, not with {other:?}"),
            Err(refused) => {
                let (ended, terms) = self.ended_for(&caller, EndedQuery::Booking(id), refused).await?;
                Ok(ended.view(&terms))
            }
        }
    }

    /// A concert's bookings, oldest first, after a number; for its organizer and admins.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn bookings_at(
        &self,
        id: ConcertId,
        caller: Caller,
        status: Option<BookingStatus>,
        after: Option<BookingNumber>,
        limit: usize,
    ) -> Result<Vec<BookingView>, ConcertRefused> {
        let limit = limit.min(limits::PAGE_ITEMS_MAX + 1);
        let query = ConcertQuery::Bookings { caller, status, after, limit };
        let mut bookings = into_bookings(self.query(id, query).await?);
        if status.is_none_or(|status| !status.is_live()) {
            let query = EndedQuery::At { concert: id, status, after, limit };
            bookings.extend(self.told(self.ended(query).await?));
            bookings.sort_by_key(|view| view.id);
            bookings.dedup_by_key(|view| view.id);
            bookings.truncate(limit);
        }
        Ok(bookings)
    }

    /// A user's bookings at all concerts, newest first, after a place in that order (`created_at` and id of a booking).
    ///
    /// # Errors
    /// Why a concert was not reached.
    pub async fn bookings_of(
        &self,
        user: &UserId,
        status: Option<BookingStatus>,
        after: Option<(Time, BookingId)>,
        limit: usize,
    ) -> Result<Vec<BookingView>, ConcertRefused> {
        let limit = limit.min(limits::PAGE_ITEMS_MAX + 1);
        let mut bookings = Vec::new();
        for concert in self.concerts_of(user).await? {
            let query = ConcertQuery::BookingsOf { user: user.clone(), status, after, limit };
            bookings.extend(into_bookings(self.query(concert, query).await?));
        }
        if status.is_none_or(|status| !status.is_live()) {
            let query = EndedQuery::Of { user: user.clone(), status, after, limit };
            bookings.extend(self.told(self.ended(query).await?));
        }
        bookings.sort_by_key(|view| std::cmp::Reverse((view.booking.created_at(), view.id)));
        bookings.dedup_by_key(|view| view.id);
        bookings.truncate(limit);
        Ok(bookings)
    }

    /// The concerts where this user may have bookings.
    async fn concerts_of(&self, user: &UserId) -> Result<SmallVec<[ConcertId; 2]>, ConcertRefused> {
        let mut concerts = self.registry.buyers.concerts_of(user);
        if self.registry.has_sleepers.get().is_none() {
            return Ok(concerts);
        }
        let places = self.looks.places().await?;
        let order = |found| Order::FindBuyer(fingerprint(user), places, found);
        let asleep = self.read("who has booked at concerts that sleep", order).await?;
        // One that was woken may be known to both.
        concerts.retain(|concert| !asleep.contains(concert));
        concerts.extend(asleep);
        Ok(concerts)
    }

    /// Has the concert do something. It is asked at once; the future waits for the answer.
    pub(crate) fn command(
        &self,
        id: ConcertId,
        command: ConcertCommand,
    ) -> impl Future<Output = Result<Answered<ConcertAnswer>, ConcertRefused>> + use<> {
        let desk = self.registry.concert(id);
        let asked = desk.map(|desk| desk.ask(|reply| Ask::Command(command, reply)));
        async move { asked.ok_or_else(|| undecided(Rejection::ConcertNotFound))?.await }
    }

    pub(super) async fn query(
        &self,
        id: ConcertId,
        query: ConcertQuery,
    ) -> Result<ConcertAnswer, ConcertRefused> {
        let desk = self.registry.concert(id).ok_or_else(|| undecided(Rejection::ConcertNotFound))?;
        Ok(desk.ask(|reply| Ask::Query(query, reply)).await?.value)
    }

    /// Whether this user is told by mail what becomes of their bookings.
    pub(super) fn tells(&self, user: &UserId) -> bool {
        self.sends_mail && self.user(user).is_some()
    }

    /// The user with this id.
    pub fn user(&self, id: &UserId) -> Option<Arc<User>> {
        self.registry.accounts.front.user(id)
    }

    /// The user with this name or e-mail address, in any case.
    pub fn user_by_login(&self, login: &str) -> Option<Arc<User>> {
        self.registry.accounts.front.user_by_login(login)
    }

    /// Whether anybody is an administrator.
    pub fn has_admin(&self) -> bool {
        self.registry.accounts.front.has_admin()
    }

    /// Changes the accounts.
    ///
    /// # Errors
    /// The accounts' rejection, or why they were not reached.
    pub async fn change_accounts(&self, command: AccountsCommand) -> Result<AccountsAnswer, AccountsRefused> {
        self.registry.accounts.ask(|reply| Ask::Command(command, reply)).await
    }

    /// Users whose name or address contains `text`, in any case, in the order in which they registered, from a place in that order
    /// on; each with the place after it.
    ///
    /// # Errors
    /// Why the accounts were not reached.
    pub async fn find_users(
        &self,
        text: &str,
        from: usize,
        limit: usize,
    ) -> Result<Vec<(usize, Arc<User>)>, AccountsRefused> {
        let limit = limit.min(limits::PAGE_ITEMS_MAX + 1);
        let query = AccountsQuery::Find { text: text.to_lowercase(), from, limit };
        match self.registry.accounts.ask(|reply| Ask::Query(query, reply)).await? {
            AccountsAnswer::Users(users) => Ok(users),
            other => unreachable!("a search is answered with users, not with {other:?}"),
        }
    }
}

/// A refusal that no state of a concert was needed for.
pub(super) fn undecided(rejection: Rejection) -> ConcertRefused {
    Refused::Rejected { rejection, sequence: 0 }
}

fn into_concert(answered: Answered<ConcertAnswer>) -> Answered<ConcertView> {
    match answered.value {
        ConcertAnswer::Concert(view) => Answered { value: *view, repeated: answered.repeated },
        other => unreachable!("this is answered with a concert, not with {other:?}"),
    }
}

fn into_bookings(answer: ConcertAnswer) -> Vec<BookingView> {
    match answer {
        ConcertAnswer::Bookings(bookings) => bookings,
        other => unreachable!("this is answered with bookings, not with {other:?}"),
    }
}

pub(super) fn into_booking(answered: Answered<ConcertAnswer>) -> Answered<BookingView> {
    let Answered { value, repeated } = into_boxed(answered);
    Answered { value: *value, repeated }
}

pub(super) fn into_boxed(answered: Answered<ConcertAnswer>) -> Answered<Box<BookingView>> {
    match answered.value {
        ConcertAnswer::Booking(value) => Answered { value, repeated: answered.repeated },
        other => unreachable!("this is answered with a booking, not with {other:?}"),
    }
}
