//! How an event changes the accounts. An event that was decided can always be applied; one that cannot panics.

use std::sync::Arc;

use super::event::{AccountsEvent, EndReason, FamilyId, NewSession};
use super::state::{Account, Accounts, Session, User};
use crate::ids::UserId;
use crate::limits;
use crate::time::Time;

impl Accounts {
    /// Makes `event`, which happened at `time`, so. Its sequence is the next.
    ///
    /// Returns the user whom it concerns, as they are now.
    pub fn apply(&mut self, event: &AccountsEvent, time: Time) -> Arc<User> {
        assert!(time >= self.time, "events of the accounts are in the order of time");
        self.sequence += 1;
        self.time = time;
        let user = match event {
            AccountsEvent::UserRegistered { user, username, email, password_hash, role, session } => {
                let registered = User {
                    id: user.clone(),
                    username: username.clone(),
                    email: email.clone(),
                    password_hash: password_hash.clone(),
                    credential: self.sequence,
                    role: *role,
                    tokens_valid_from: 0,
                    created_at: time,
                };
                let account =
                    Account { user: Arc::new(registered), families: std::collections::VecDeque::new() };
                let before = self.users.insert(user.clone(), account);
                assert!(before.is_none(), "a user registers once");
                self.by_username.insert(username.to_lowercase(), user.clone());
                self.by_email.insert(email.to_lowercase(), user.clone());
                if let Some(session) = session {
                    self.start_session(user, *session);
                }
                user.clone()
            }
            AccountsEvent::SessionStarted { user, session } => {
                self.start_session(user, *session);
                user.clone()
            }
            AccountsEvent::SessionRefreshed { family, token_hash } => {
                let session = self.sessions.get_mut(family).expect("only a session that lives is refreshed");
                session.token_hash = *token_hash;
                session.expires_at = time.plus_seconds(limits::REFRESH_TOKEN_SECONDS);
                session.user.clone()
            }
            AccountsEvent::SessionEnded { family, reason } => {
                let user = self.end_session(*family);
                if *reason == EndReason::TokenReused {
                    self.revoke_tokens(&user);
                }
                user
            }
            AccountsEvent::ProfileChanged { user, email, password_hash } => {
                self.change_profile(user, email.as_deref(), password_hash.as_deref());
                user.clone()
            }
            AccountsEvent::RoleChanged { user, role, .. } => {
                self.user_mut(user).role = *role;
                user.clone()
            }
        };
        Arc::clone(&self.users[&user].user)
    }

    fn change_profile(&mut self, user: &UserId, email: Option<&str>, password_hash: Option<&str>) {
        if let Some(email) = email {
            let before = std::mem::replace(&mut self.user_mut(user).email, email.to_owned());
            self.by_email.remove(&before.to_lowercase());
            self.by_email.insert(email.to_lowercase(), user.clone());
        }
        if let Some(password_hash) = password_hash {
            let credential = self.sequence;
            let changed = self.user_mut(user);
            password_hash.clone_into(&mut changed.password_hash);
            changed.credential = credential;
            self.revoke_tokens(user);
            for family in self.account_mut(user).families.drain(..).collect::<Vec<_>>() {
                self.sessions.remove(&family);
            }
        }
    }

    fn start_session(&mut self, user: &UserId, NewSession { family, token_hash }: NewSession) {
        let time = self.time;
        let account = self.users.get_mut(user).expect("only a user starts a session");
        let sessions = &mut self.sessions;
        account.families.retain(|family| {
            let lives = sessions.get(family).is_some_and(|session| session.expires_at > time);
            if !lives {
                sessions.remove(family);
            }
            lives
        });
        if account.families.len() == limits::SESSIONS_PER_USER_MAX
            && let Some(oldest) = account.families.pop_front()
        {
            sessions.remove(&oldest);
        }
        account.families.push_back(family);
        let expires_at = time.plus_seconds(limits::REFRESH_TOKEN_SECONDS);
        sessions.insert(family, Session { user: user.clone(), token_hash, expires_at });
    }

    fn end_session(&mut self, family: FamilyId) -> UserId {
        let session = self.sessions.remove(&family).expect("only a session that lives ends");
        self.account_mut(&session.user).families.retain(|other| *other != family);
        session.user
    }

    /// Access tokens tell seconds only, so those of the present second go, too: new ones are dated one second ahead. So are, perhaps, those
    /// of the present second that were made since the last time.
    fn revoke_tokens(&mut self, user: &UserId) {
        let now = self.time.seconds();
        let user = self.user_mut(user);
        user.tokens_valid_from = user.tokens_valid_from.max(now) + 1;
    }

    fn user_mut(&mut self, user: &UserId) -> &mut User {
        Arc::make_mut(&mut self.account_mut(user).user)
    }

    fn account_mut(&mut self, user: &UserId) -> &mut Account {
        self.users.get_mut(user).expect("only a user's account changes")
    }
}
