//! What the accounts remember.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::event::{FamilyId, TokenHash};
use super::form::Kept;
use crate::caller::Role;
use crate::ids::UserId;
use crate::time::Time;

/// All accounts: the fold of their events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Kept<'_>")]
pub struct Accounts {
    /// Sequence of the last event.
    pub(super) sequence: u64,
    /// Time of the last event.
    pub(super) time: Time,
    /// In the order in which they registered.
    pub(super) users: IndexMap<UserId, Account>,
    /// Who has a username, by its lower-case form.
    pub(super) by_username: HashMap<String, UserId>,
    /// Who has an address, by its lower-case form.
    pub(super) by_email: HashMap<String, UserId>,
    pub(super) sessions: HashMap<FamilyId, Session>,
}

/// A user's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Shared with the views, so replaced and never changed.
    pub(super) user: Arc<User>,
    /// The families of the sessions, oldest first.
    pub(super) families: VecDeque<FamilyId>,
}

/// What is known of a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// As they wrote it.
    #[serde(deserialize_with = "crate::form::text")]
    pub username: String,
    /// As they wrote it.
    #[serde(deserialize_with = "crate::form::text")]
    pub email: String,
    /// Argon2id hash in PHC form.
    #[serde(deserialize_with = "crate::form::text")]
    pub password_hash: String,
    /// Which password this is: the sequence of the event that set it.
    pub credential: u64,
    /// What they may do.
    pub role: Role,
    /// Access tokens issued before this second (since the Unix epoch) are not good any more.
    pub tokens_valid_from: i64,
    /// When they registered.
    pub created_at: Time,
}

/// A hash is no password, but it does not belong into a log either.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A family of refresh tokens of which one is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) user: UserId,
    pub(super) token_hash: TokenHash,
    pub(super) expires_at: Time,
}

impl Accounts {
    /// Sequence of the last event.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Time of the last event.
    pub fn time(&self) -> Time {
        self.time
    }

    /// The user with this id.
    pub fn user(&self, id: &UserId) -> Option<&Arc<User>> {
        self.users.get(id).map(|account| &account.user)
    }

    /// Everybody, in the order in which they registered.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values().map(|account| &account.user)
    }

    /// Users whose name or address contains `text` (lower case), from a place in that order on, so many at most, each with the
    /// place after it.
    pub fn find(&self, text: &str, from: usize, limit: usize) -> Vec<(usize, Arc<User>)> {
        let from = from.min(self.users.len());
        let found = self.users[from..].values().enumerate().filter(|(_, account)| {
            account.user.username.to_lowercase().contains(text)
                || account.user.email.to_lowercase().contains(text)
        });
        found.take(limit).map(|(place, account)| (from + place + 1, Arc::clone(&account.user))).collect()
    }
}
