//! Accounts in a test's hands, and the one check that all tables go through.

use boxoffice_engine::accounts::{
    Accounts, AccountsCommand, AccountsEvent, AccountsRejection, FamilyId, NewPassword, NewSession,
    TokenHash, User,
};
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::ids::UserId;
use boxoffice_engine::time::Time;

pub(crate) const NOW: Time = Time(1_800_000_000_000);

/// So many milliseconds after a time, or before it.
pub(crate) fn after(time: Time, milliseconds: i64) -> Time {
    Time(time.0 + milliseconds)
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).expect("test names are ids")
}

pub(crate) fn family(number: u8) -> FamilyId {
    FamilyId([number; 16])
}

pub(crate) fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

pub(crate) fn session(family_number: u8, token_number: u8) -> NewSession {
    NewSession { family: family(family_number), token_hash: token(token_number) }
}

pub(crate) fn register(id: &str, username: &str, email: &str) -> AccountsCommand {
    AccountsCommand::Register {
        user: user(id),
        username: username.to_owned(),
        email: email.to_owned(),
        password_hash: format!("hash of {id}"),
        role: Role::Customer,
        session: None,
    }
}

pub(crate) fn log_in(id: &str, credential: u64, session: NewSession) -> AccountsCommand {
    AccountsCommand::StartSession { user: user(id), credential, session }
}

pub(crate) fn refresh(family_number: u8, presented: u8, next: u8) -> AccountsCommand {
    AccountsCommand::Refresh { family: family(family_number), presented: token(presented), next: token(next) }
}

pub(crate) fn log_out(family_number: u8, presented: u8) -> AccountsCommand {
    AccountsCommand::EndSession { family: family(family_number), presented: token(presented) }
}

pub(crate) fn change_email(id: &str, email: &str) -> AccountsCommand {
    AccountsCommand::ChangeProfile { user: user(id), email: Some(email.to_owned()), password: None }
}

pub(crate) fn change_password(id: &str, credential: u64) -> AccountsCommand {
    let password = Some(NewPassword { hash: "another hash".to_owned(), credential });
    AccountsCommand::ChangeProfile { user: user(id), email: None, password }
}

pub(crate) fn change_role(caller_role: Role, id: &str, role: Role) -> AccountsCommand {
    let caller = Caller { user: user("root"), role: caller_role };
    AccountsCommand::ChangeRole { caller, user: user(id), role }
}

/// What a table expects of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An event of this name.
    Happens(&'static str),
    Unchanged,
    /// Refused for these fields, in alphabetical order.
    Invalid(Vec<String>),
    Refused(AccountsRejection),
}

pub(crate) fn invalid(pointers: &[&str]) -> Outcome {
    let mut pointers: Vec<_> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
    pointers.sort();
    Outcome::Invalid(pointers)
}

fn name_of(event: &AccountsEvent) -> &'static str {
    match event {
        AccountsEvent::UserRegistered { .. } => "UserRegistered",
        AccountsEvent::SessionStarted { .. } => "SessionStarted",
        AccountsEvent::SessionRefreshed { .. } => "SessionRefreshed",
        AccountsEvent::SessionEnded { .. } => "SessionEnded",
        AccountsEvent::ProfileChanged { .. } => "ProfileChanged",
        AccountsEvent::RoleChanged { .. } => "RoleChanged",
    }
}

/// The check of all tables: of these accounts, `command` has this outcome; what happens can be applied and leaves the
/// invariants true.
pub(crate) fn check(case: &str, stand: &Stand, command: &AccountsCommand, expected: &Outcome) {
    let decided = stand.accounts.decide(command, stand.now);
    let outcome = match &decided {
        Ok(Some(event)) => Outcome::Happens(name_of(event)),
        Ok(None) => Outcome::Unchanged,
        Err(AccountsRejection::Invalid(faults)) => {
            invalid(&faults.iter().map(|fault| &*fault.pointer).collect::<Vec<_>>())
        }
        Err(rejection) => Outcome::Refused(rejection.clone()),
    };
    assert_eq!(outcome, *expected, "{case}: {command:?}");
    if matches!(decided, Ok(Some(_))) {
        stand.clone().does(command);
    }
}

/// Accounts with a clock that only the test moves.
#[derive(Clone, Debug)]
pub(crate) struct Stand {
    pub(crate) accounts: Accounts,
    pub(crate) now: Time,
    history: Vec<(AccountsEvent, Time)>,
}

impl Stand {
    pub(crate) fn empty() -> Self {
        Self { accounts: Accounts::default(), now: NOW, history: Vec::new() }
    }

    /// Accounts of Ada and Bob; their credentials are 1 and 2.
    pub(crate) fn of_two() -> Self {
        let mut stand = Self::empty();
        stand.does(&register("ada", "Ada", "ada@example.com"));
        stand.does(&register("bob", "Bob", "bob@example.com"));
        stand
    }

    pub(crate) fn at(&mut self, now: Time) -> &mut Self {
        self.now = now;
        self
    }

    /// Makes the command happen.
    pub(crate) fn does(&mut self, command: &AccountsCommand) -> AccountsEvent {
        let decided = self.accounts.decide(command, self.now);
        let Ok(Some(event)) = decided else { unreachable!("{command:?}: {decided:?}") };
        let before = self.accounts.sequence();
        let told = self.accounts.apply(&event, self.now);
        assert_eq!(self.accounts.user(&told.id), Some(&told), "apply tells the user as they are now");
        assert_eq!(self.accounts.check(), Ok(()), "{event:?}");
        assert_eq!(self.accounts.sequence(), before + 1, "the sequence has no gap");
        self.history.push((event.clone(), self.now));
        event
    }

    pub(crate) fn user(&self, id: &str) -> &User {
        self.accounts.user(&user(id)).expect("the user is registered")
    }

    /// Replaying the history gives these very accounts.
    pub(crate) fn assert_replays(&self) {
        let mut replayed = Accounts::default();
        for (event, time) in &self.history {
            replayed.apply(event, *time);
        }
        assert_eq!(replayed, self.accounts);
    }
}
