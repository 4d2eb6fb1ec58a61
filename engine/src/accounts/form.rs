//! The form in which the accounts are kept: users in the order in which they registered, each with their sessions, oldest first.
//!
//! Who has a name, an address or a session is told by that, and noted again when it is read. So the order of no map ever shows, and
//! the same accounts have the same bytes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::ser::{Error, Serializer};
use serde::{Deserialize, Serialize};

use super::event::{FamilyId, TokenHash};
use super::state::{Account, Accounts, Session, User};
use crate::time::Time;

/// The accounts as they are written and read.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept<'a> {
    sequence: u64,
    time: Time,
    users: Vec<KeptUser<'a>>,
}

#[derive(Serialize, Deserialize)]
struct KeptUser<'a> {
    user: Cow<'a, User>,
    sessions: Vec<KeptSession>,
}

#[derive(Serialize, Deserialize)]
struct KeptSession {
    family: FamilyId,
    token_hash: TokenHash,
    expires_at: Time,
}

impl Serialize for Accounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let session_of = |family: &FamilyId| {
            let Session { token_hash, expires_at, .. } = self.sessions.get(family)?;
            Some(KeptSession { family: *family, token_hash: *token_hash, expires_at: *expires_at })
        };
        let users = self.users.values().map(|account| {
            let sessions = account.families.iter().map(session_of).collect::<Option<_>>()?;
            Some(KeptUser { user: Cow::Borrowed(&*account.user), sessions })
        });
        let users = users.collect::<Option<_>>();
        let users = users.ok_or_else(|| S::Error::custom("a user has a session that is not there"))?;
        Kept { sequence: self.sequence, time: self.time, users }.serialize(serializer)
    }
}

impl From<Kept<'_>> for Accounts {
    fn from(kept: Kept<'_>) -> Self {
        let Kept { sequence, time, users } = kept;
        let mut accounts = Self {
            sequence,
            time,
            users: IndexMap::with_capacity(users.len()),
            by_username: HashMap::with_capacity(users.len()),
            by_email: HashMap::with_capacity(users.len()),
            sessions: HashMap::new(),
        };
        for KeptUser { user, sessions } in users {
            let user = user.into_owned();
            let id = user.id.clone();
            accounts.by_username.insert(user.username.to_lowercase(), id.clone());
            accounts.by_email.insert(user.email.to_lowercase(), id.clone());
            let families = sessions.iter().map(|session| session.family).collect();
            let of_user = sessions.into_iter().map(|KeptSession { family, token_hash, expires_at }| {
                (family, Session { user: id.clone(), token_hash, expires_at })
            });
            accounts.sessions.extend(of_user);
            accounts.users.insert(id, Account { user: Arc::new(user), families });
        }
        accounts
    }
}
