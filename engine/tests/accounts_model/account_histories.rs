//! The core and the model side by side.

use boxoffice_engine::accounts::{
    Accounts, AccountsCommand, AccountsRejection, FamilyId, NewPassword, NewSession, TokenHash,
};
use boxoffice_engine::caller::Caller;
use boxoffice_engine::ids::UserId;
use boxoffice_engine::journal::{Event, State, Stream};
use boxoffice_engine::time::Time;
use proptest::prelude::{ProptestConfig, TestCaseError, prop_assert, prop_assert_eq, proptest};

use crate::actions::{Action, Credential, EMAILS, Token, USERNAMES, history};
use crate::model::{Expected, Model, is_good};
use crate::past::Past;

/// A whole second, as the model has it.
const BEGIN: Time = Time(1_800_000_000_000);

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_core_does_as_the_model_and_replays_to_the_same_state(actions in history(60)) {
        Run::new().all(&actions)?;
    }

    #[test]
    fn long_histories_do_so_too(actions in history(600)) {
        Run::new().all(&actions)?;
    }
}

fn user(place: usize) -> UserId {
    UserId::new(&format!("user{place}")).expect("letters and digits")
}

fn family(place: usize) -> FamilyId {
    FamilyId((place as u128).to_be_bytes())
}

fn token(number: u64) -> TokenHash {
    let mut hash = [0; 32];
    hash[24..].copy_from_slice(&number.to_be_bytes());
    TokenHash(hash)
}

fn told(rejection: &AccountsRejection) -> Expected {
    Expected::Refused(match rejection {
        AccountsRejection::Invalid(_) => "invalid",
        AccountsRejection::Forbidden => "forbidden",
        AccountsRejection::UserNotFound => "user not found",
        AccountsRejection::UsernameTaken => "username taken",
        AccountsRejection::EmailTaken => "email taken",
        AccountsRejection::IdTaken => "id taken",
        AccountsRejection::LastAdmin => "last admin",
        AccountsRejection::InvalidCredentials => "invalid credentials",
        AccountsRejection::InvalidToken => "invalid token",
    })
}

/// Whether core and model agree; where they do not, the history is shrunk.
type Agreed = Result<(), TestCaseError>;

struct Run {
    accounts: Accounts,
    model: Model,
    past: Past,
    /// Tokens and passwords made so far; the number of each is its content.
    made: u64,
}

impl Run {
    fn new() -> Self {
        let past = Past::new(Stream::Accounts);
        Self { accounts: Accounts::default(), model: Model::default(), past, made: 0 }
    }

    fn all(mut self, actions: &[Action]) -> Agreed {
        for (step, action) in actions.iter().enumerate() {
            self.take(action)?;
            if step % 32 == 0 {
                self.assert_same_sessions()?;
            }
        }
        self.assert_same_sessions()?;
        self.restart()
    }

    /// What comes back is what there was, and goes on from there.
    fn restart(&mut self) -> Agreed {
        let State::Accounts(restored) = self.past.restarted()? else {
            unreachable!("it is the accounts' past")
        };
        prop_assert_eq!(&*restored, &self.accounts, "a restart gives the same state");
        self.accounts = *restored;
        Ok(())
    }

    fn now(&self) -> Time {
        Time(BEGIN.0 + self.model.now)
    }

    fn take(&mut self, action: &Action) -> Agreed {
        self.model.move_clock(action);
        match action {
            Action::StepToExpiry { .. } => return self.assert_same_sessions(),
            Action::Snapshot => return self.past.take_snapshot(),
            Action::Restart => return self.restart(),
            _ => {}
        }
        if self.is_about_an_expired_session(action) {
            return Ok(());
        }
        self.made += 1;
        let command = self.command_of(action);
        let expected = self.model.act(action, self.made);
        let Some(command) = command else { return Ok(()) };
        let decided = self.accounts.decide(&command, self.now());
        let found = match &decided {
            Ok(Some(_)) => Expected::Event,
            Ok(None) => Expected::Nothing,
            Err(rejection) => told(rejection),
        };
        prop_assert_eq!(found, expected, "core and model, {:?}", command);
        if let Ok(Some(event)) = decided {
            let now = self.now();
            self.accounts.apply(&event, now);
            prop_assert_eq!(self.accounts.check(), Ok(()), "{:?}", event);
            self.past.happen(Event::Accounts(event), now)?;
        }
        self.assert_same_users()
    }

    /// What an old token of an expired session does is left to the tables: the core may have forgotten the session, or not.
    fn is_about_an_expired_session(&self, action: &Action) -> bool {
        let (nth, token, is_refresh) = match action {
            Action::Refresh { family, token } => (*family, *token, true),
            Action::EndSession { family, token } => (*family, *token, false),
            _ => return false,
        };
        let session = self.model.sessions.get(self.model.place_of_family(nth));
        session.is_some_and(|session| {
            let has_expired = !session.ended && !self.model.lives(session);
            has_expired && (!is_refresh || !is_good(session, token))
        })
    }

    fn command_of(&self, action: &Action) -> Option<AccountsCommand> {
        let next = token(self.made);
        let session = NewSession { family: family(self.model.sessions.len()), token_hash: next };
        let password_hash = format!("password {}", self.made);
        let credential_of = |place: usize, credential| match credential {
            Credential::Another(number) => number,
            Credential::Present => self.model.users.get(place).map_or(0, |user| user.credential),
        };
        let presented_of = |place: usize, presented| match presented {
            Token::Another(number) => token(number),
            Token::Good => token(self.model.sessions.get(place).map_or(0, |session| session.good)),
        };
        Some(match action {
            Action::Step(_) | Action::StepToExpiry { .. } | Action::Snapshot | Action::Restart => {
                return None;
            }
            Action::Register { username, email, role, with_session } => AccountsCommand::Register {
                user: user(self.model.users.len()),
                username: USERNAMES[*username].to_owned(),
                email: EMAILS[*email].to_owned(),
                password_hash,
                role: *role,
                session: with_session.then_some(session),
            },
            Action::StartSession { user: nth, credential } => {
                let place = self.model.place_of_user(*nth);
                let credential = credential_of(place, *credential);
                AccountsCommand::StartSession { user: user(place), credential, session }
            }
            Action::Refresh { family: nth, token } => {
                let place = self.model.place_of_family(*nth);
                let presented = presented_of(place, *token);
                AccountsCommand::Refresh { family: family(place), presented, next }
            }
            Action::EndSession { family: nth, token } => {
                let place = self.model.place_of_family(*nth);
                AccountsCommand::EndSession { family: family(place), presented: presented_of(place, *token) }
            }
            Action::ChangeProfile { user: nth, email, password } => {
                let place = self.model.place_of_user(*nth);
                let password = password.map(|verified| NewPassword {
                    hash: password_hash,
                    credential: credential_of(place, verified),
                });
                let email = email.map(|email| EMAILS[email].to_owned());
                AccountsCommand::ChangeProfile { user: user(place), email, password }
            }
            Action::ChangeRole { by, user: nth, role } => {
                let caller = Caller { user: user(0), role: *by };
                let place = self.model.place_of_user(*nth);
                AccountsCommand::ChangeRole { caller, user: user(place), role: *role }
            }
        })
    }

    fn assert_same_users(&self) -> Agreed {
        prop_assert_eq!(self.accounts.sequence(), self.model.events, "the sequence has no gap");
        prop_assert_eq!(self.accounts.users().count(), self.model.users.len());
        for (place, (found, expected)) in self.accounts.users().zip(&self.model.users).enumerate() {
            prop_assert_eq!(&found.id, &user(place));
            prop_assert_eq!((&*found.username, &*found.email), (expected.username, expected.email));
            prop_assert_eq!(&found.password_hash, &format!("password {}", expected.password));
            prop_assert_eq!((found.credential, found.role), (expected.credential, expected.role));
            let valid_from = match expected.tokens_valid_from {
                0 => 0,
                seconds => BEGIN.0 / 1_000 + seconds,
            };
            prop_assert_eq!(found.tokens_valid_from, valid_from);
            prop_assert_eq!(found.created_at.0, BEGIN.0 + expected.created_at);
        }
        Ok(())
    }

    /// Which sessions live is told by what a refresh would be answered with.
    fn assert_same_sessions(&self) -> Agreed {
        for (place, session) in self.model.sessions.iter().enumerate() {
            let presented = token(session.good);
            let refresh = AccountsCommand::Refresh { family: family(place), presented, next: token(0) };
            let lives = self.accounts.decide(&refresh, self.now()).is_ok();
            prop_assert_eq!(lives, self.model.lives(session), "session {}", place);
        }
        for place in 0..self.model.users.len() {
            let theirs = self.model.sessions.iter().filter(|session| session.user == place);
            let living = theirs.filter(|session| self.model.lives(session)).count();
            prop_assert!(living <= 32, "{} sessions", living);
        }
        Ok(())
    }
}
