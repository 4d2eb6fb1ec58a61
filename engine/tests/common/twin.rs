//! A concert that sheds what is settled, beside one that never does. Nobody can tell them apart.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookingView, Concert, ConcertAnswer, ConcertCommand, ConcertEvent, ConcertQuery, Decided, Decision,
    Effect, PaymentView, Rejection,
};
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, PaymentId, PaymentNumber, UserId};
use boxoffice_engine::journal::{EndedBookings, EndedQuery};
use boxoffice_engine::time::Time;

/// A concert, and what it has shed.
#[derive(Clone, Debug)]
pub(crate) struct Twin {
    concert: Concert,
    ended: EndedBookings,
}

impl Twin {
    pub(crate) fn new(id: ConcertId) -> Self {
        Self { concert: Concert::absent(id), ended: EndedBookings::default() }
    }

    /// What the command comes to, wherever the booking is that it is about: as the office finds it.
    fn decide(&self, command: &ConcertCommand, now: Time) -> Decided {
        let decided = self.concert.decide(command, now);
        match (&decided, command) {
            (Err(Rejection::BookingNotFound), command) => {
                let Some(number) = booking_of(command) else { return decided };
                let id = BookingId { concert: self.concert.id(), number };
                let Some(ended) = self.ended.find(&EndedQuery::Booking(id)).pop() else { return decided };
                let (ended, command) = (Box::new(ended), Box::new(command.clone()));
                self.concert.decide(&ConcertCommand::OnEnded { ended, command }, now)
            }
            (
                Err(Rejection::PaymentNotFound),
                ConcertCommand::SettlePayment { payment, .. }
                | ConcertCommand::RecordSubmission { payment, .. }
                | ConcertCommand::RecordRefund { payment, .. },
            ) if self.has_shed(*payment) => Ok(Decision::Unchanged(Effect::Payment(*payment))),
            _ => decided,
        }
    }

    /// The command comes to the same as at a concert that sheds nothing.
    pub(crate) fn assert_decides(
        &self,
        whole: &Concert,
        command: &ConcertCommand,
        now: Time,
        decided: &Decided,
    ) {
        let found = self.decide(command, now);
        // A wish names its owner by a place in its own state.
        let wish = |concert: &Concert, decided: &Decided| match decided {
            Ok(
                Decision::Repeated(Effect::Waiting(waiter)) | Decision::Unchanged(Effect::Waiting(waiter)),
            ) => Some(concert.wish(waiter)),
            _ => None,
        };
        // So many at a time: a concert with fewer bookings comes further.
        let is_sweep = |decided: &Decided| {
            use ConcertEvent::{BookingsCancelled, ChangeAnnounced};
            matches!(decided, Ok(Decision::Record(BookingsCancelled { .. } | ChangeAnnounced { .. })))
        };
        if is_sweep(&found) && is_sweep(decided) {
            return;
        }
        let (own, theirs) = (wish(&self.concert, &found), wish(whole, decided));
        assert_eq!(own, theirs, "without what is settled: {command:?}");
        assert!(
            own.is_some() || found == *decided,
            "{found:?} without what is settled, {decided:?} with it: {command:?}"
        );
    }

    fn has_shed(&self, number: PaymentNumber) -> bool {
        let id = PaymentId { concert: self.concert.id(), number };
        !self.ended.find(&EndedQuery::Payment(id)).is_empty()
    }

    /// Lets an event happen that was decided with everything in the state.
    pub(crate) fn apply(&mut self, event: &ConcertEvent, now: Time) {
        self.concert.apply(event, now);
        assert_eq!(self.concert.check_after(event), Ok(()), "{event:?}");
    }

    /// Sheds what is settled, and is written and read again as a snapshot of it would be.
    pub(crate) fn shed(&mut self) {
        let settled = self.concert.settled(usize::MAX);
        let shed = self.concert.shed(&settled);
        assert_eq!(shed.iter().map(|ended| ended.booking.number).collect::<Vec<_>>(), settled);
        self.ended.extend(shed);
        assert_eq!(self.concert.settled(usize::MAX), [], "what is settled is gone");
        assert_eq!(self.concert.check(), Ok(()));
        let config = bincode::config::standard();
        let bytes = bincode::serde::encode_to_vec(&self.concert, config).expect("every state can be written");
        let read = bincode::serde::decode_from_slice(&bytes, config);
        let (read, _): (Concert, usize) = read.expect("what was written can be read");
        assert_eq!(read, self.concert);
        self.concert = read;
    }

    /// Everything that can be asked is answered as by a concert that sheds nothing.
    pub(crate) fn assert_like(&self, whole: &Concert) {
        let twin = &self.concert;
        assert_eq!(twin.clone().canonical(), whole.clone().canonical());
        assert_eq!(twin.view(), whole.view());
        assert_eq!(
            (twin.next_due(), twin.next_chore().is_some()),
            (whole.next_due(), whole.next_chore().is_some())
        );
        assert_eq!((twin.owed(), twin.ledger()), (whole.owed(), whole.ledger()));
        assert_eq!(twin.bookings_ever(), whole.bookings_ever());
        let admin = Caller { user: UserId::new("admin").expect("letters"), role: Role::Admin };
        for query in [
            ConcertQuery::Sales { caller: admin.clone() },
            ConcertQuery::Waitlist { caller: admin, everybody: true },
        ] {
            assert_eq!(twin.answer(&query), whole.answer(&query));
        }
        let id = whole.id();
        let shed =
            self.ended.find(&EndedQuery::At { concert: id, status: None, after: None, limit: usize::MAX });
        let terms = whole.terms();
        let mut payments: Vec<PaymentView> =
            twin.payments().iter().map(|payment| twin.payment_view(payment)).collect();
        payments.extend(shed.iter().flat_map(|ended| {
            ended.payments.iter().filter_map(|payment| ended.payment_view(payment.number, terms))
        }));
        payments.sort_by_key(|payment| payment.id);
        assert_eq!(
            payments,
            whole.payments().iter().map(|payment| whole.payment_view(payment)).collect::<Vec<_>>()
        );
        let mut bookings: Vec<BookingView> =
            twin.bookings().iter().map(|booking| twin.booking_view(booking)).collect();
        bookings.extend(shed.into_iter().map(|ended| ended.view(terms)));
        bookings.sort_by_key(|booking| booking.id);
        let expected: Vec<_> = whole.bookings().iter().map(|booking| whole.booking_view(booking)).collect();
        assert_eq!(bookings, expected);
        // Of everybody who has something in the state, it has all that was not shed, newest first.
        for user in twin.buyers() {
            let query = |user: &UserId| ConcertQuery::BookingsOf {
                user: user.clone(),
                status: None,
                after: None,
                limit: usize::MAX,
            };
            let Ok(ConcertAnswer::Bookings(mut all)) = whole.answer(&query(user)) else { unreachable!() };
            all.retain(|view| twin.booking(view.booking.number).is_some());
            assert_eq!(twin.answer(&query(user)), Ok(ConcertAnswer::Bookings(all)));
        }
    }
}

/// The booking that a command is about.
fn booking_of(command: &ConcertCommand) -> Option<BookingNumber> {
    match command {
        ConcertCommand::CancelBooking { number, .. }
        | ConcertCommand::ExtendHold { number, .. }
        | ConcertCommand::ConfirmHold { number, .. } => Some(*number),
        ConcertCommand::ChangeBooking(change) => Some(change.number),
        ConcertCommand::StartPayment(payment) => Some(payment.booking),
        _ => None,
    }
}
