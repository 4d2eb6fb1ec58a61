//! A concert in a test's hands: its clock, the commands that it is given, and the one check that all tables go through.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, CancellationTerms, Concert, ConcertCommand, ConcertEvent, Decided, Decision, Details,
    DetailsChange, Effect, Layout, LocalTime, ManagerAction, NewConcert, NewSeatType, Rejection,
    SeatTypeChange, Stage, WantedItem,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

use crate::twin::Twin;

mod sale;
pub(crate) use sale::*;

/// When every concert of these tests is made.
pub(crate) const NOW: Time = Time(1_800_000_000_000);
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;
/// When it begins, unless a test says otherwise.
pub(crate) const START: Time = Time(NOW.0 + 30 * DAY * 1_000);

pub(crate) const FLOOR: u16 = 1;
pub(crate) const BALCONY: u16 = 2;
pub(crate) const FLOOR_SEATS: u32 = 6;
pub(crate) const BALCONY_SEATS: u32 = 3;
pub(crate) const LIMIT: u32 = 2;

/// So many milliseconds after a time, or before it.
pub(crate) fn after(time: Time, milliseconds: i64) -> Time {
    Time(time.0 + milliseconds)
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).expect("test names are ids")
}

pub(crate) fn caller(name: &str, role: Role) -> Caller {
    Caller { user: user(name), role }
}

/// Who makes the concerts of these tests.
pub(crate) fn olga() -> Caller {
    caller("olga", Role::Organizer)
}

pub(crate) fn admin() -> Caller {
    caller("root", Role::Admin)
}

pub(crate) fn customer(name: &str) -> Caller {
    caller(name, Role::Customer)
}

pub(crate) fn key(key: u8, request: u8) -> IdempotencyKey {
    IdempotencyKey { key: [key; 16], request: [request; 16] }
}

pub(crate) fn new_seat_type(name: &str, total_seats: u32) -> NewSeatType {
    let layout = Layout::GeneralAdmission { total_seats };
    NewSeatType { name: name.to_owned(), price: 5_000, layout, hidden: false }
}

/// A concert that can be made at [`NOW`] and is on sale at once.
pub(crate) fn new_concert() -> NewConcert {
    NewConcert {
        details: Details {
            name: "Winterreise".to_owned(),
            description: "Two voices,\n\tone piano.".to_owned(),
            genre: String::new(),
            venue: "Old Mill".to_owned(),
            start: LocalTime { time: START, offset_seconds: 3_600 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max: LIMIT,
            cancellation: CancellationTerms::default(),
            forbids_orphan_seats: false,
        },
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![new_seat_type("Floor", FLOOR_SEATS), new_seat_type("Balcony", BALCONY_SEATS)],
    }
}

pub(crate) fn create(caller: Caller, concert: NewConcert) -> ConcertCommand {
    ConcertCommand::Create { caller, concert: Box::new(concert), has_gateway: true, idempotency: None }
}

pub(crate) fn wish(name: &str, items: &[(u16, u32)]) -> BookSeats {
    let items = items.iter().map(|(number, quantity)| WantedItem {
        seat_type: SeatTypeNumber(*number),
        quantity: *quantity,
        seats: Vec::new(),
    });
    BookSeats {
        user: user(name),
        items: items.collect(),
        promo_code: None,
        mail: false,
        by_manager: false,
        idempotency: None,
    }
}

pub(crate) fn book(name: &str, items: &[(u16, u32)]) -> ConcertCommand {
    ConcertCommand::Book(wish(name, items))
}

pub(crate) fn manage(caller: Caller, action: ManagerAction) -> ConcertCommand {
    ConcertCommand::Manage { caller, action }
}

pub(crate) fn change(change: DetailsChange) -> ConcertCommand {
    manage(olga(), ManagerAction::ChangeDetails { change: Box::new(change), if_version: None })
}

pub(crate) fn rename(name: &str) -> DetailsChange {
    DetailsChange { name: Some(name.to_owned()), ..DetailsChange::default() }
}

pub(crate) fn change_seat_type(number: u16, change: SeatTypeChange) -> ConcertCommand {
    manage(olga(), ManagerAction::ChangeSeatType { number: SeatTypeNumber(number), change })
}

pub(crate) fn resize(number: u16, total_seats: u32) -> ConcertCommand {
    change_seat_type(number, SeatTypeChange { total_seats: Some(total_seats), ..SeatTypeChange::default() })
}

pub(crate) fn cancel_booking(caller: Caller, number: u64) -> ConcertCommand {
    ConcertCommand::CancelBooking { caller, number: BookingNumber(number), idempotency: None }
}

/// The same command with an idempotency key.
pub(crate) fn keyed(mut command: ConcertCommand, key: IdempotencyKey) -> ConcertCommand {
    match &mut command {
        ConcertCommand::Create { idempotency, .. }
        | ConcertCommand::CancelBooking { idempotency, .. }
        | ConcertCommand::ExtendHold { idempotency, .. }
        | ConcertCommand::LeaveWaitlist { idempotency, .. }
        | ConcertCommand::ConfirmHold { idempotency, .. } => *idempotency = Some(key),
        ConcertCommand::Book(wish) => wish.idempotency = Some(key),
        ConcertCommand::ChangeBooking(change) => change.idempotency = Some(key),
        ConcertCommand::StartPayment(payment) => payment.idempotency = Some(key),
        ConcertCommand::JoinWaitlist(wish) => wish.idempotency = Some(key),
        _ => unreachable!("{command:?} takes no key"),
    }
    command
}

/// What a table expects of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An event of this name.
    Happens(&'static str),
    /// The concert is as the command wants it.
    Unchanged,
    /// The same of something within the concert.
    Keeps(Effect),
    Repeated(Effect),
    /// Refused for these fields, in alphabetical order.
    Invalid(Vec<String>),
    Refused(Rejection),
}

pub(crate) fn invalid(pointers: &[&str]) -> Outcome {
    let mut pointers: Vec<_> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
    pointers.sort();
    Outcome::Invalid(pointers)
}

fn outcome(decided: &Decided) -> Outcome {
    match decided {
        Ok(Decision::Record(event)) => Outcome::Happens(name_of(event)),
        Ok(Decision::Unchanged(Effect::Concert)) => Outcome::Unchanged,
        Ok(Decision::Unchanged(effect)) => Outcome::Keeps(*effect),
        Ok(Decision::Repeated(effect)) => Outcome::Repeated(*effect),
        Err(Rejection::Invalid(faults)) => {
            invalid(&faults.iter().map(|fault| &*fault.pointer).collect::<Vec<_>>())
        }
        Err(rejection) => Outcome::Refused(rejection.clone()),
    }
}

fn name_of(event: &ConcertEvent) -> &'static str {
    match event {
        ConcertEvent::Created { .. } => "Created",
        ConcertEvent::DetailsChanged { .. } => "DetailsChanged",
        ConcertEvent::SeatTypeAdded { .. } => "SeatTypeAdded",
        ConcertEvent::SeatTypeChanged { .. } => "SeatTypeChanged",
        ConcertEvent::SalesOpened { .. } => "SalesOpened",
        ConcertEvent::SalesClosed { .. } => "SalesClosed",
        ConcertEvent::Cancelled { .. } => "Cancelled",
        ConcertEvent::Deleted { .. } => "Deleted",
        ConcertEvent::TimePassed => "TimePassed",
        ConcertEvent::Booked { .. } => "Booked",
        ConcertEvent::BookingCancelled { .. } => "BookingCancelled",
        ConcertEvent::BookingsCancelled { .. } => "BookingsCancelled",
        ConcertEvent::HoldExtended { .. } => "HoldExtended",
        ConcertEvent::HoldConfirmed { .. } => "HoldConfirmed",
        ConcertEvent::BookingChanged { .. } => "BookingChanged",
        ConcertEvent::ChangePrepared { .. } => "ChangePrepared",
        ConcertEvent::PaymentStarted { .. } => "PaymentStarted",
        ConcertEvent::PaymentSubmitted { .. } => "PaymentSubmitted",
        ConcertEvent::PaymentSettled { .. } => "PaymentSettled",
        ConcertEvent::RefundMade { .. } => "RefundMade",
        ConcertEvent::ErrandsDone { .. } => "ErrandsDone",
        ConcertEvent::SeatsBlocked { .. } => "SeatsBlocked",
        ConcertEvent::SeatsReleased { .. } => "SeatsReleased",
        ConcertEvent::WaitlistJoined { .. } => "WaitlistJoined",
        ConcertEvent::WaitlistLeft { .. } => "WaitlistLeft",
        ConcertEvent::SeatsOffered { .. } => "SeatsOffered",
        ConcertEvent::CodeAdded { .. } => "CodeAdded",
        ConcertEvent::CodeWithdrawn { .. } => "CodeWithdrawn",
        ConcertEvent::ChangeAnnounced { .. } => "ChangeAnnounced",
        ConcertEvent::KeyNoted { .. } => "KeyNoted",
    }
}

/// The check of all tables: at this concert, `command` has this outcome; what happens can be applied and leaves the invariants true.
pub(crate) fn check(case: &str, stand: &Stand, command: &ConcertCommand, expected: &Outcome) {
    let decided = stand.decide(command);
    assert_eq!(outcome(&decided), *expected, "{case}: {command:?} at {:?}", stand.concert.stage());
    if matches!(decided, Ok(Decision::Record(_))) {
        let mut after = stand.clone();
        after.does(command);
        after.assert_replays();
    }
}

/// A concert with a clock that only the test moves.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    pub(crate) concert: Concert,
    pub(crate) now: Time,
    history: Vec<(ConcertEvent, Time)>,
    /// The same concert, which sheds what is settled after every event.
    twin: Twin,
}

impl Stand {
    pub(crate) fn absent() -> Self {
        let id = ConcertId::from_bits(7);
        Self { concert: Concert::absent(id), now: NOW, history: Vec::new(), twin: Twin::new(id) }
    }

    /// A concert that Olga made as told.
    pub(crate) fn made(adjust: impl FnOnce(&mut NewConcert)) -> Self {
        let mut concert = new_concert();
        adjust(&mut concert);
        let mut stand = Self::absent();
        stand.does(&create(olga(), concert));
        stand
    }

    pub(crate) fn on_sale() -> Self {
        Self::made(|_| ())
    }

    /// What the concert answers, time not having passed since [`Stand::at`].
    pub(crate) fn decide(&self, command: &ConcertCommand) -> Decided {
        let decided = self.concert.decide(command, self.now);
        self.twin.assert_decides(&self.concert, command, self.now, &decided);
        decided
    }

    /// Makes the command happen, as the concert's actor does, and returns the number of its event.
    pub(crate) fn does(&mut self, command: &ConcertCommand) -> u64 {
        let decided = self.decide(command);
        let Ok(Decision::Record(event)) = decided else { unreachable!("{command:?}: {decided:?}") };
        let before = self.concert.sequence();
        self.concert.apply(&event, self.now);
        assert_eq!(self.concert.check_after(&event), Ok(()), "{event:?}");
        assert_eq!(self.concert.check(), Ok(()), "{event:?}");
        assert_eq!(self.concert.sequence(), before + 1, "the sequence has no gap");
        self.twin.apply(&event, self.now);
        self.twin.shed();
        self.twin.assert_like(&self.concert);
        self.history.push((event, self.now));
        self.concert.sequence()
    }

    /// Moves the clock and lets happen what is due, as the actor does before any command.
    pub(crate) fn at(&mut self, now: Time) -> &mut Self {
        self.now = now;
        while self.concert.next_due().is_some_and(|due| due <= now) {
            let before = self.concert.next_due();
            self.does(&ConcertCommand::PassTime);
            assert_ne!(self.concert.next_due(), before, "what was due has happened");
        }
        self
    }

    pub(crate) fn stage(&self) -> Stage {
        self.concert.stage()
    }

    /// Available and booked seats of one type.
    pub(crate) fn seats(&self, number: u16) -> (u32, u32) {
        let counts = self.concert.counts()[SeatTypeNumber(number).index()];
        (counts.available, counts.booked)
    }

    /// Replaying the history gives this very concert.
    pub(crate) fn assert_replays(&self) {
        let mut replayed = Concert::absent(self.concert.id());
        for (event, time) in &self.history {
            replayed.apply(event, *time);
        }
        assert_eq!(replayed, self.concert);
    }
}
