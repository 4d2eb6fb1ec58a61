//! The accounts as their actor sees them, and what readers see of them.

use std::sync::Arc;

use papaya::HashMap;

use super::{Applied, Machine, Step};
use crate::accounts::{Accounts, AccountsCommand, AccountsEvent, AccountsRejection, EndReason, User};
use crate::caller::Role;
use crate::ids::UserId;
use crate::journal::{Event, State};
use crate::time::Time;
use crate::writer::{AnyWork, Work};

/// What the accounts answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsAnswer {
    /// The user whom a command concerned, as they are now.
    User(Arc<User>),
    /// A refresh token had been used before: its session is over.
    TokenReused,
    /// There was nothing to be done.
    Nothing,
    /// The users that were asked for, each with the place after it.
    Users(Vec<(usize, Arc<User>)>),
}

/// A question that the committed view cannot answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsQuery {
    /// Users whose name or address contains a text, in the order in which they registered.
    Find {
        /// In lower case; empty for everybody.
        text: String,
        /// From which place on.
        from: usize,
        /// So many at most.
        limit: usize,
    },
}

/// What readers see of the accounts without asking their actor: a token is checked against it at every request.
#[derive(Default)]
pub struct AccountsFront {
    users: HashMap<UserId, Arc<User>>,
    /// By the lower-case forms of username and address; an address has an `@` and a username has none.
    logins: HashMap<String, UserId>,
}

impl AccountsFront {
    /// The user with this id.
    pub fn user(&self, id: &UserId) -> Option<Arc<User>> {
        self.users.pin().get(id).cloned()
    }

    /// The user with this name or address, in any case.
    pub fn user_by_login(&self, login: &str) -> Option<Arc<User>> {
        let id = self.logins.pin().get(&login.to_lowercase()).cloned()?;
        self.user(&id)
    }

    /// Whether anybody is an administrator.
    pub fn has_admin(&self) -> bool {
        self.users.pin().values().any(|user| user.role == Role::Admin)
    }

    pub(crate) fn show(&self, change: &AccountsChange) {
        self.show_user(&change.user);
    }

    fn show_user(&self, user: &Arc<User>) {
        let (users, logins) = (self.users.pin(), self.logins.pin());
        let before =
            users.insert(user.id.clone(), Arc::clone(user)).map(|before| before.email.to_lowercase());
        let email = user.email.to_lowercase();
        if let Some(before) = before.filter(|before| *before != email) {
            // Another user may have taken it since, and be shown already.
            let _ = logins.remove_if(&before, |_, owner| *owner == user.id);
        }
        logins.insert(email, user.id.clone());
        logins.insert(user.username.to_lowercase(), user.id.clone());
    }
}

/// What an event changes in the accounts' view.
pub(crate) struct AccountsChange {
    pub(crate) sequence: u64,
    user: Arc<User>,
}

impl Machine for Accounts {
    type Command = AccountsCommand;
    type Query = AccountsQuery;
    type Event = AccountsEvent;
    type Answer = AccountsAnswer;
    type Rejection = AccountsRejection;
    type Change = AccountsChange;
    type Front = AccountsFront;

    fn sequence(&self) -> u64 {
        Accounts::sequence(self)
    }

    fn time(&self) -> Time {
        Accounts::time(self)
    }

    fn decide(&self, command: &AccountsCommand, now: Time) -> Result<Step<Self>, AccountsRejection> {
        Ok(match Accounts::decide(self, command, now)? {
            Some(event) => Step::Happens(event),
            None => Step::Answer(match command {
                AccountsCommand::ChangeProfile { user, .. } | AccountsCommand::ChangeRole { user, .. } => {
                    self.user(user)
                        .map_or(AccountsAnswer::Nothing, |user| AccountsAnswer::User(Arc::clone(user)))
                }
                _ => AccountsAnswer::Nothing,
            }),
        })
    }

    fn apply(&mut self, event: &AccountsEvent, time: Time) -> Applied<Self> {
        let user = Accounts::apply(self, event, time);
        let answer = match event {
            AccountsEvent::SessionEnded { reason: EndReason::TokenReused, .. } => AccountsAnswer::TokenReused,
            _ => AccountsAnswer::User(Arc::clone(&user)),
        };
        Applied { answer, change: AccountsChange { sequence: Accounts::sequence(self), user } }
    }

    fn answer(&self, query: &AccountsQuery) -> Result<AccountsAnswer, AccountsRejection> {
        let AccountsQuery::Find { text, from, limit } = query;
        Ok(AccountsAnswer::Users(self.find(text, *from, *limit)))
    }

    fn show(&self, front: &AccountsFront) {
        for user in self.users() {
            front.show_user(user);
        }
    }

    fn wrap(event: AccountsEvent) -> Event {
        Event::Accounts(event)
    }

    fn of(state: State) -> Option<Self> {
        match state {
            State::Accounts(accounts) => Some(*accounts),
            State::Concert(_) => None,
        }
    }

    fn work(work: Work<Self>) -> AnyWork {
        AnyWork::Accounts(work)
    }
}
