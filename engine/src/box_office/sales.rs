//! What can be asked of a box office between booking and concert: changes, holds, payments, waiting lists, sales.

use std::sync::Arc;

use compact_str::CompactString;

use super::requests::into_booking;
use super::supervisor::Order;
use super::{BoxOffice, ConcertRefused};
use crate::caller::Caller;
use crate::concert::{
    BookingView, ChangeBooking, ChangeWish, ConcertAnswer, ConcertCommand, ConcertQuery, ErrandNumber,
    ErrandView, HistoryEntry, HistoryPage, JoinWaitlist, Lane, PaymentView, Rejection, SalesView,
    StartPayment, WaitingView,
};
use crate::errands::gateway::PaymentOutcome;
use crate::faults::Faults;
use crate::idempotency::IdempotencyKey;
use crate::ids::{BookingId, ConcertId, PaymentId, SeatTypeNumber, UserId};
use crate::journal::EndedQuery;
use crate::limits;
use crate::machine::{Answered, Refused};

/// What came of what a gateway told about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It is recorded, now or before.
    Counts,
    /// The money was captured after the failed payment counted as over, [`FAILED_PAYMENT_OPEN_SECONDS`](limits::FAILED_PAYMENT_OPEN_SECONDS)
    /// after it was made: nothing follows from it, so somebody has to give it back by hand.
    TooLate,
}

impl BoxOffice {
    /// Changes a booking: all of it or nothing. Where money is owed first, the answer has a pending change.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn change_booking(
        &self,
        id: BookingId,
        caller: Caller,
        wish: ChangeWish,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<BookingView>, ConcertRefused> {
        let change = ChangeBooking { caller, number: id.number, wish, idempotency };
        self.command_on(id, ConcertCommand::ChangeBooking(Box::new(change))).await.map(into_booking)
    }

    /// Makes a hold last longer, within its bound.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn extend_hold(
        &self,
        id: BookingId,
        caller: Caller,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<BookingView>, ConcertRefused> {
        let command = ConcertCommand::ExtendHold { caller, number: id.number, idempotency };
        self.command_on(id, command).await.map(into_booking)
    }

    /// Takes up a hold for which nothing is to be paid: an offer to somebody who waited.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn confirm_hold(
        &self,
        id: BookingId,
        caller: Caller,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<BookingView>, ConcertRefused> {
        let command = ConcertCommand::ConfirmHold { caller, number: id.number, idempotency };
        self.command_on(id, command).await.map(into_booking)
    }

    /// Begins to pay what is owed for a booking. How it ends is found out after the answer.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn start_payment(
        &self,
        id: BookingId,
        caller: Caller,
        method: CompactString,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<PaymentView>, ConcertRefused> {
        let gateway = self.gateway_for(&method);
        let payment = StartPayment { caller, booking: id.number, gateway, method, idempotency };
        let answered = self.command_on(id, ConcertCommand::StartPayment(Box::new(payment))).await?;
        Ok(Answered { value: into_payment(answered.value), repeated: answered.repeated })
    }

    /// The gateway that takes a payment by this method, or why none does.
    fn gateway_for(&self, method: &str) -> Result<CompactString, Rejection> {
        let gateway = self.gateway.as_ref().ok_or(Rejection::GatewayMissing)?;
        if !gateway.accepts(method) {
            let mut faults = Faults::default();
            faults.add("/method", format!("is none of the {} gateway's", gateway.name()));
            return Err(Rejection::Invalid(faults));
        }
        Ok(CompactString::const_new(gateway.name()))
    }

    /// One payment, if the caller may see it.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn payment(&self, id: PaymentId, caller: Caller) -> Result<PaymentView, ConcertRefused> {
        let query = ConcertQuery::Payment { caller: caller.clone(), number: id.number };
        let refused = match self.query(id.concert, query).await {
            Ok(answer) => return Ok(into_payment(answer)),
            Err(refused) => refused,
        };
        let (ended, terms) = self.ended_for(&caller, EndedQuery::Payment(id), refused.clone()).await?;
        ended.payment_view(id.number, &terms).ok_or(refused)
    }

    /// Records what a gateway told about a payment. Told twice, or in another order, it changes nothing more.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn settle_payment(
        &self,
        id: PaymentId,
        reference: Option<CompactString>,
        outcome: PaymentOutcome,
    ) -> Result<Settled, ConcertRefused> {
        let is_captured = outcome == PaymentOutcome::Succeeded;
        let outcome = match outcome {
            PaymentOutcome::Succeeded => Ok(()),
            PaymentOutcome::Failed(reason) => Err(reason),
        };
        let command = ConcertCommand::SettlePayment { payment: id.number, reference, outcome };
        let unchanged = match self.command(id.concert, command).await {
            Ok(Answered { value: ConcertAnswer::Payment(unchanged), .. }) => unchanged.payment,
            Ok(_recorded) => return Ok(Settled::Counts),
            Err(refused) => {
                // Of a booking that has left its concert's state, all payments are over: this is told late, or again.
                let ended = self.ended_instead(EndedQuery::Payment(id), refused.clone()).await?;
                ended.payments.into_iter().find(|payment| payment.number == id.number).ok_or(refused)?
            }
        };
        let is_too_late = is_captured && unchanged.captured() == 0;
        Ok(if is_too_late { Settled::TooLate } else { Settled::Counts })
    }

    /// Puts the user on the waiting list of a seat type.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn join_waitlist(
        &self,
        id: ConcertId,
        user: UserId,
        seat_type: SeatTypeNumber,
        quantity: u32,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<WaitingView>, ConcertRefused> {
        let mail = self.tells(&user);
        let wish = JoinWaitlist { user, seat_type, quantity, mail, idempotency };
        self.command(id, ConcertCommand::JoinWaitlist(wish)).await.map(into_wish)
    }

    /// Takes the user off the waiting list of a seat type.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn leave_waitlist(
        &self,
        id: ConcertId,
        user: UserId,
        seat_type: SeatTypeNumber,
        idempotency: Option<IdempotencyKey>,
    ) -> Result<Answered<WaitingView>, ConcertRefused> {
        let command = ConcertCommand::LeaveWaitlist { user, seat_type, idempotency };
        self.command(id, command).await.map(into_wish)
    }

    /// The wishes that wait: the caller's own, or, for the concert's organizer and admins, everybody's.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn waitlist(
        &self,
        id: ConcertId,
        caller: Caller,
        everybody: bool,
    ) -> Result<Vec<WaitingView>, ConcertRefused> {
        self.query(id, ConcertQuery::Waitlist { caller, everybody }).await.map(into_wishes)
    }

    /// What a concert sold; for its organizer and admins.
    ///
    /// # Errors
    /// The concert's rejection, or why it was not reached.
    pub async fn sales(&self, id: ConcertId, caller: Caller) -> Result<SalesView, ConcertRefused> {
        match self.query(id, ConcertQuery::Sales { caller }).await? {
            ConcertAnswer::Sales(sales) => Ok(*sales),
            other => unreachable!("this is answered with sales, not with {other:?}"),
        }
    }

    /// A booking, and the events that concerned it, oldest first, as the journal has them: the audit trail, page by page. It reads the
    /// concert's whole journal, so few can be read at a time.
    ///
    /// # Errors
    /// As for the booking itself; `Overloaded` while others are being read.
    pub async fn history(
        &self,
        id: BookingId,
        caller: Caller,
        page: HistoryPage,
    ) -> Result<(BookingView, Vec<HistoryEntry>), ConcertRefused> {
        let page = HistoryPage { limit: page.limit.min(limits::PAGE_ITEMS_MAX + 1), ..page };
        // Whoever may see the booking, may see this; and what the booking shows by now is durable.
        let booking = self.booking(id, caller).await?;
        let place = Arc::clone(&self.histories).try_acquire_owned().map_err(|_| Refused::Overloaded)?;
        let order = |read| Order::ReadHistory(id, page, place, read);
        Ok((booking, self.read("a booking's history", order).await?))
    }

    /// What a concert owes the world outside, after this errand.
    pub(crate) async fn errands(
        &self,
        id: ConcertId,
        lane: Lane,
        after: ErrandNumber,
        limit: usize,
    ) -> Result<Vec<ErrandView>, ConcertRefused> {
        let limit = limit.min(limits::ERRANDS_PER_PAGE_MAX);
        match self.query(id, ConcertQuery::Errands { lane, after, limit }).await? {
            ConcertAnswer::Errands(errands) => Ok(errands),
            other => unreachable!("this is answered with errands, not with {other:?}"),
        }
    }
}

fn into_wishes(answer: ConcertAnswer) -> Vec<WaitingView> {
    match answer {
        ConcertAnswer::Waiting(wishes) => wishes,
        other => unreachable!("this is answered with wishes, not with {other:?}"),
    }
}

fn into_wish(answered: Answered<ConcertAnswer>) -> Answered<WaitingView> {
    let value = into_wishes(answered.value).pop().expect("this is answered with the wish");
    Answered { value, repeated: answered.repeated }
}

fn into_payment(answer: ConcertAnswer) -> PaymentView {
    match answer {
        ConcertAnswer::Payment(payment) => *payment,
        other => unreachable!("this is answered with a payment, not with {other:?}"),
    }
}
