//! Sample concerts for an empty store: a history that could have happened, made by the same rules as any other.
//!
//! It is written to the journal before the office opens. So one concert can be past, and some seats are taken already.

mod concerts;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxoffice_engine::accounts::{Accounts, AccountsCommand};
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{BookSeats, Concert, ConcertCommand, Decision, StartPayment, WantedItem};
use boxoffice_engine::ids::{BookingNumber, ConcertId, PaymentId, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Journal, Record, Stream};
use boxoffice_engine::time::Time;
use compact_str::{CompactString, format_compact};

use crate::app::{random_bytes, random_concert_id, random_user_id};
use crate::auth::passwords::Passwords;
use crate::problem::Problem;
use concerts::Sample;

/// Twelve characters: 72 random bits.
const PASSWORD_BYTES: usize = 9;
/// The epoch of what the demo writes; the office's own actors come after it.
const EPOCH: u64 = 1;

/// Somebody who may log in.
pub struct Login {
    /// Their username.
    pub username: &'static str,
    /// Their password, made at random and kept nowhere but here.
    pub password: String,
    /// What they may do.
    pub role: Role,
}

/// Fills an empty journal, and says who may log in.
///
/// # Errors
/// Why nothing was written.
pub async fn fill(journal: &dyn Journal, passwords: &Passwords, now: Time) -> Result<Vec<Login>, String> {
    let people = [("admin", Role::Admin), ("organizer", Role::Organizer), ("customer", Role::Customer)];
    let told = |problem: Problem| problem.detail().to_owned();
    let mut records = Vec::new();
    let mut logins = Vec::new();
    let mut accounts = Accounts::default();
    let mut organizer = None;
    for (username, role) in people {
        let password = new_password().map_err(told)?;
        let user = random_user_id().map_err(told)?;
        let command = AccountsCommand::Register {
            user: user.clone(),
            username: username.to_owned(),
            email: format!("{username}@demo.example"),
            password_hash: passwords.hash(password.clone()).await.map_err(told)?,
            role,
            session: None,
        };
        let decided = accounts.decide(&command, now).map_err(|rejection| rejection.to_string())?;
        if let Some(event) = decided {
            accounts.apply(&event, now);
            let sequence = accounts.sequence();
            records.push(Record {
                stream: Stream::Accounts,
                sequence,
                epoch: EPOCH,
                time: now,
                event: Event::Accounts(event),
            });
        }
        if role == Role::Organizer {
            organizer = Some(Caller { user, role });
        }
        logins.push(Login { username, password, role });
    }
    if let Some(organizer) = organizer {
        for sample in concerts::samples(now) {
            let id = random_concert_id().map_err(told)?;
            records.extend(History::of(id, &sample, &organizer, now)?.records);
        }
    }
    journal.append(&records).map_err(|error| error.to_string())?;
    Ok(logins)
}

fn new_password() -> Result<String, Problem> {
    let random: [u8; PASSWORD_BYTES] = random_bytes()?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// A concert whose past is being made.
struct History {
    concert: Concert,
    records: Vec<Record>,
}

impl History {
    fn of(id: ConcertId, sample: &Sample, organizer: &Caller, now: Time) -> Result<Self, String> {
        let mut history = Self { concert: Concert::absent(id), records: Vec::new() };
        let create = ConcertCommand::Create {
            caller: organizer.clone(),
            concert: Box::new(sample.concert.clone()),
            has_gateway: true,
            idempotency: None,
        };
        history.happen(&create, sample.made_at)?;
        for (index, (seat_type, quantity)) in (0..).zip(&sample.sold) {
            let user =
                UserId::new(&format!("demo-guest-{}", index + 1)).map_err(|error| error.to_string())?;
            let item =
                WantedItem { seat_type: SeatTypeNumber(*seat_type), quantity: *quantity, seats: Vec::new() };
            let wish = BookSeats {
                user: user.clone(),
                items: [item].into_iter().collect(),
                promo_code: None,
                mail: false,
                by_manager: false,
                idempotency: None,
            };
            let time = sample.made_at.plus_seconds(3_600 + index * 60);
            history.happen(&ConcertCommand::Book(wish), time)?;
            if sample.concert.payment_required {
                history.pay(user, time)?;
            }
        }
        history.happen(&ConcertCommand::PassTime, now)?;
        Ok(history)
    }

    /// The newest booking is paid, as the simulated gateway would have told.
    fn pay(&mut self, user: UserId, time: Time) -> Result<(), String> {
        let booking = BookingNumber(self.concert.sequence());
        let payment = StartPayment {
            caller: Caller { user, role: Role::Customer },
            booking,
            gateway: Ok(CompactString::const_new("simulated")),
            method: CompactString::const_new("sim_ok"),
            idempotency: None,
        };
        self.happen(&ConcertCommand::StartPayment(Box::new(payment)), time)?;
        let payment = PaymentNumber(self.concert.sequence());
        let id = PaymentId { concert: self.concert.id(), number: payment };
        let reference = Some(format_compact!("sim_{id}"));
        self.happen(&ConcertCommand::SettlePayment { payment, reference, outcome: Ok(()) }, time)
    }

    fn happen(&mut self, command: &ConcertCommand, time: Time) -> Result<(), String> {
        let decided = self.concert.decide(command, time).map_err(|rejection| rejection.to_string())?;
        if let Decision::Record(event) = decided {
            self.concert.apply(&event, time);
            let (stream, sequence) = (Stream::Concert(self.concert.id()), self.concert.sequence());
            self.records.push(Record { stream, sequence, epoch: EPOCH, time, event: Event::Concert(event) });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use boxoffice_engine::concert::Stage;
    use boxoffice_engine::journal::MemoryJournal;
    use boxoffice_engine::time::ManualClock;
    use boxoffice_engine::{BoxOffice, Settings};

    use super::*;

    #[tokio::test]
    async fn the_demo_is_a_history_that_an_office_opens_on() {
        let now = Time(1_800_000_000_000);
        let journal = Arc::new(MemoryJournal::default());
        let logins = fill(&*journal, &Passwords::new(1).unwrap(), now).await.unwrap();
        assert_eq!(logins.len(), 3);
        let settings = Settings {
            clock: Arc::new(ManualClock::new(now)),
            fatal: Arc::new(|_| ()),
            accept_clock: false,
            outside: boxoffice_engine::errands::Outside::default(),
            deaths: boxoffice_engine::deaths::Deaths::default(),
        };
        let (office, found) = BoxOffice::open(journal, settings).await.unwrap();
        assert_eq!((found.concerts, found.users), (7, 3));
        let past = office.concerts().iter().filter(|view| view.terms.details.start.time < now).count();
        assert_eq!(past, 1);
        assert!(office.concerts().iter().any(|view| view.stage == Stage::Scheduled));
        office.close().await;
    }
}
