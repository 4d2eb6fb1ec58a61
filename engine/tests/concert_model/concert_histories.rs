//! The core and the model side by side.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, BookingStatus, CancellationTerms, Concert, ConcertCommand, ConcertEvent, Decision, Details,
    DetailsChange, Effect, Layout, LocalTime, ManagerAction, NewConcert, NewSeatType, Rejection,
    SeatTypeChange, Stage, WantedItem,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, State, Stream};
use boxoffice_engine::money::Currency;
use proptest::prelude::{ProptestConfig, TestCaseError, prop_assert, prop_assert_eq, proptest};

use crate::actions::{Action, Key, Step, USERS, history, name};
use crate::model::{Expected, Model, Standing, time};
use crate::past::Past;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_core_does_as_the_model_and_replays_to_the_same_state(actions in history(160)) {
        let mut run = Run::new();
        for action in &actions {
            run.take(action)?;
        }
        run.assert_end()?;
    }

    #[test]
    fn long_histories_do_so_too(actions in history(1_500)) {
        let mut run = Run::new();
        for action in actions.iter().filter(|action| !ends_it_all(action)) {
            run.take(action)?;
        }
        run.assert_end()?;
    }
}

fn ends_it_all(action: &Action) -> bool {
    matches!(action, Action::Cancel { .. } | Action::Delete { .. } | Action::Step(Step::ToStart(_)))
}

fn user(number: u8) -> UserId {
    UserId::new(&format!("user{number}")).expect("letters and digits")
}

fn caller(number: u8) -> Caller {
    let role = [Role::Organizer, Role::Admin, Role::Organizer, Role::Customer, Role::Customer];
    Caller { user: user(number), role: role[usize::from(number)] }
}

fn key(key: Option<Key>) -> Option<IdempotencyKey> {
    key.map(|(key, request)| IdempotencyKey { key: [key; 16], request: [request; 16] })
}

fn starts_at(moment: i64) -> LocalTime {
    LocalTime { time: time(moment), offset_seconds: 0 }
}

fn new_seat_type(name: String, total_seats: u32) -> NewSeatType {
    NewSeatType { name, price: 100, layout: Layout::GeneralAdmission { total_seats }, hidden: false }
}

fn manage(by: u8, action: ManagerAction) -> ConcertCommand {
    ConcertCommand::Manage { caller: caller(by), action }
}

/// The action as the core's command.
fn command_of(action: &Action, model: &Model) -> ConcertCommand {
    match action {
        Action::Step(_) | Action::PassTime | Action::Snapshot | Action::Restart => ConcertCommand::PassTime,
        Action::CancelNextBookings => ConcertCommand::CancelNextBookings,
        Action::Create { by, draft, seat_types, times, limit, key: given } => {
            let details = Details {
                name: name(1),
                description: String::new(),
                genre: String::new(),
                venue: "here".to_owned(),
                start: starts_at(times.start),
                sales_open_at: times.open.map(time),
                sales_close_at: times.close.map(time),
                tickets_per_user_max: *limit,
                cancellation: CancellationTerms::default(),
                forbids_orphan_seats: false,
            };
            let named = seat_types.iter().enumerate();
            let seat_types =
                named.map(|(place, seats)| new_seat_type(format!("type {place}"), *seats)).collect();
            let concert = NewConcert {
                details,
                currency: Currency::USD,
                payment_required: false,
                hold_seconds: 600,
                offer_seconds: 3_600,
                draft: *draft,
                seat_types,
            };
            let (caller, idempotency) = (caller(*by), key(*given));
            ConcertCommand::Create { caller, concert: Box::new(concert), has_gateway: true, idempotency }
        }
        Action::Book { user: number, items, key: given } => {
            let items = items.iter().map(|(number, quantity)| WantedItem {
                seat_type: SeatTypeNumber(*number),
                quantity: *quantity,
                seats: Vec::new(),
            });
            let (user, idempotency) = (user(*number), key(*given));
            ConcertCommand::Book(BookSeats {
                user,
                items: items.collect(),
                promo_code: None,
                mail: false,
                by_manager: false,
                idempotency,
            })
        }
        Action::CancelBooking { by, nth, key: given } => {
            let (number, idempotency) = (BookingNumber(model.number_of(*nth)), key(*given));
            ConcertCommand::CancelBooking { caller: caller(*by), number, idempotency }
        }
        Action::ChangeDetails { by, change, if_version } => {
            let change = DetailsChange {
                name: change.name.map(name),
                start: change.start.map(starts_at),
                sales_open_at: change.open.map(|open| open.map(time)),
                sales_close_at: change.close.map(|close| close.map(time)),
                tickets_per_user_max: change.limit,
                ..DetailsChange::default()
            };
            let change = Box::new(change);
            manage(*by, ManagerAction::ChangeDetails { change, if_version: *if_version })
        }
        Action::AddSeatType { by, name: number, seats } => {
            manage(*by, ManagerAction::AddSeatType(new_seat_type(name(*number), *seats)))
        }
        Action::ChangeSeatType { by, number, name: new_name, price, seats } => {
            let change = SeatTypeChange { name: new_name.map(name), price: *price, total_seats: *seats };
            manage(*by, ManagerAction::ChangeSeatType { number: SeatTypeNumber(*number), change })
        }
        Action::Open { by } => manage(*by, ManagerAction::OpenSales),
        Action::Close { by } => manage(*by, ManagerAction::CloseSales),
        Action::Cancel { by } => manage(*by, ManagerAction::Cancel),
        Action::Delete { by } => manage(*by, ManagerAction::Delete),
    }
}

/// A refusal in the model's words.
fn told(rejection: &Rejection) -> Expected {
    let with = |why, numbers: &[u64]| Expected::RefusedWith(why, numbers.to_vec());
    match rejection {
        Rejection::Invalid(_) => Expected::Refused("invalid"),
        Rejection::ConcertNotFound => Expected::Refused("concert not found"),
        Rejection::Forbidden => Expected::Refused("forbidden"),
        Rejection::SeatTypeNotFound => Expected::Refused("seat type not found"),
        Rejection::BookingNotFound => Expected::Refused("booking not found"),
        Rejection::ConcertIdTaken => Expected::Refused("concert id taken"),
        Rejection::IdempotencyKeyReused => Expected::Refused("idempotency key reused"),
        Rejection::VersionMismatch { version } => with("version mismatch", &[*version]),
        Rejection::ConcertCancelled => Expected::Refused("concert cancelled"),
        Rejection::SalesNotOpen => Expected::Refused("sales not open"),
        Rejection::SalesClosed => Expected::Refused("sales closed"),
        Rejection::AlreadyBooked { limit, owned } => {
            with("already booked", &[u64::from(*limit), u64::from(*owned)])
        }
        Rejection::SoldOut { available } => with("sold out", &[u64::from(*available)]),
        Rejection::ConcertStarted => Expected::Refused("concert started"),
        Rejection::AlreadyCancelled => Expected::Refused("already cancelled"),
        Rejection::CapacityBelowSold { taken } => with("capacity below sold", &[u64::from(*taken)]),
        Rejection::ConcertHasBookings => Expected::Refused("concert has bookings"),
        _ => Expected::Refused("something that these histories never ask for"),
    }
}

/// Whether core and model agree; where they do not, the history is shrunk.
type Agreed = Result<(), TestCaseError>;

struct Run {
    concert: Concert,
    model: Model,
    past: Past,
}

impl Run {
    fn new() -> Self {
        let concert = Concert::absent(ConcertId::from_bits(1));
        let past = Past::new(Stream::Concert(concert.id()));
        Self { concert, model: Model::new(), past }
    }

    /// Time passes before every command, as it does in the concert's actor.
    fn take(&mut self, action: &Action) -> Agreed {
        if let Action::Step(step) = action {
            self.move_clock(*step);
        }
        self.pass_time()?;
        match action {
            Action::Step(_) | Action::PassTime => return Ok(()),
            Action::Snapshot => return self.past.take_snapshot(),
            Action::Restart => return self.restart(),
            _ => {}
        }
        let command = command_of(action, &self.model);
        let decided = self.concert.decide(&command, time(self.model.now));
        let expected = self.model.act(action);
        let found = match &decided {
            Ok(Decision::Record(_)) => Expected::Event,
            Ok(Decision::Unchanged(Effect::Concert)) => Expected::Nothing,
            Ok(Decision::Repeated(Effect::Concert)) => Expected::Repeated(None),
            Ok(Decision::Repeated(Effect::Booked(number) | Effect::BookingCancelled(number))) => {
                Expected::Repeated(Some(number.0))
            }
            Ok(Decision::Unchanged(_) | Decision::Repeated(_)) => {
                Expected::Refused("something that these histories never ask for")
            }
            Err(rejection) => told(rejection),
        };
        prop_assert_eq!(found, expected, "core and model, {:?}", command);
        if let Ok(Decision::Record(event)) = decided {
            self.apply(event)?;
        }
        self.assert_same()
    }

    fn move_clock(&mut self, step: Step) {
        let times = self.model.times;
        let target = match step {
            Step::By(time) => self.model.now + time,
            Step::ToOpening(near) => times.open.unwrap_or(0) + near,
            Step::ToClose(near) => times.close.unwrap_or(0) + near,
            Step::ToStart(near) => times.start + near,
            Step::ToDayAfterAKey(nth, near) => self.model.day_after_key(nth).unwrap_or(0) + near,
        };
        self.model.now = self.model.now.max(target);
    }

    /// The core makes an event of time exactly when the model stands differently than the core did.
    fn pass_time(&mut self) -> Agreed {
        let is_due = stage_of(self.model.standing()) != self.concert.stage();
        match self.concert.decide(&ConcertCommand::PassTime, time(self.model.now)) {
            Ok(Decision::Record(event)) => {
                prop_assert!(is_due, "{:?} while nothing is due", event);
                self.model.events += 1;
                self.apply(event)?;
            }
            decided => {
                prop_assert_eq!(decided, Ok(Decision::Unchanged(Effect::Concert)));
                prop_assert!(!is_due, "{:?} is due", self.model.standing());
            }
        }
        self.assert_same()
    }

    fn apply(&mut self, event: ConcertEvent) -> Agreed {
        let now = time(self.model.now);
        self.concert.apply(&event, now);
        prop_assert_eq!(self.concert.check_after(&event), Ok(()), "{:?}", event);
        prop_assert_eq!(self.concert.check(), Ok(()), "{:?}", event);
        self.past.happen(Event::Concert(event), now)
    }

    /// What comes back is what there was, and goes on from there.
    fn restart(&mut self) -> Agreed {
        let State::Concert(restored) = self.past.restarted()? else { unreachable!("it is a concert's past") };
        prop_assert_eq!(&*restored, &self.concert, "a restart gives the same state");
        self.concert = *restored;
        Ok(())
    }

    fn assert_same(&self) -> Agreed {
        let (concert, model) = (&self.concert, &self.model);
        prop_assert_eq!(concert.sequence(), model.events, "the sequence has no gap");
        prop_assert_eq!(concert.stage(), stage_of(model.standing()));
        let terms = concert.terms();
        prop_assert_eq!((terms.version, &terms.details.name), (model.version, &model.name));
        prop_assert_eq!(terms.seat_types.len(), model.seat_types.len());
        for (place, expected) in model.seat_types.iter().enumerate() {
            let number = SeatTypeNumber::from_index(place).expect("few seat types");
            let (seat_type, counts) = (&terms.seat_types[place], concert.counts()[place]);
            prop_assert_eq!((&seat_type.name, seat_type.price), (&expected.name, expected.price));
            let booked = model.booked(number.0);
            let found = [counts.available, counts.held, counts.booked, counts.blocked].map(u64::from);
            prop_assert_eq!(found, [expected.seats - booked, 0, booked, 0], "seat type {:?}", number);
        }
        prop_assert_eq!(concert.bookings().len(), model.bookings.len());
        for (booking, expected) in concert.bookings().iter().zip(&model.bookings) {
            let items: Vec<_> =
                booking.items.iter().map(|item| (item.seat_type.0, item.quantity, item.unit_price)).collect();
            prop_assert_eq!((booking.number.0, &items), (expected.number, &expected.items));
            prop_assert_eq!(concert.owner(booking), &user(expected.user));
            let status =
                if expected.ended_by.is_some() { BookingStatus::Cancelled } else { BookingStatus::Confirmed };
            let sequence = expected.ended_by.unwrap_or(expected.number);
            prop_assert_eq!((booking.status, booking.sequence()), (status, sequence));
        }
        Ok(())
    }

    fn assert_end(&mut self) -> Agreed {
        self.restart()?;
        for (counts, seat_type) in self.concert.counts().iter().zip(&self.concert.terms().seat_types) {
            let sum = counts.available + counts.held + counts.booked + counts.blocked;
            prop_assert_eq!(sum, seat_type.layout.total_seats());
        }
        for number in 0..USERS {
            prop_assert!(self.model.owned_by(number) <= u64::from(self.model.limit), "user {}", number);
            let owner = user(number);
            let found = self.concert.bookings_of(&owner).take(self.model.bookings.len() + 1);
            let mut theirs: Vec<_> = found.map(|booking| booking.number.0).collect();
            theirs.reverse();
            let expected = self.model.bookings.iter().filter(|booking| booking.user == number);
            prop_assert_eq!(theirs, expected.map(|booking| booking.number).collect::<Vec<_>>());
        }
        Ok(())
    }
}

fn stage_of(standing: Standing) -> Stage {
    match standing {
        Standing::Absent => Stage::Absent,
        Standing::Draft => Stage::Draft,
        Standing::Scheduled => Stage::Scheduled,
        Standing::OnSale => Stage::OnSale,
        Standing::Over => Stage::ClosedByTime,
        Standing::Closed => Stage::ClosedByOrganizer,
        Standing::Cancelled => Stage::Cancelled,
        Standing::Deleted => Stage::Deleted,
    }
}
