//! What is true of the accounts after every event.

use super::state::Accounts;
use crate::limits;

impl Accounts {
    /// Checks everything: after a restore.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&self) -> Result<(), String> {
        let users = self.users.len();
        for (what, known) in [("usernames", self.by_username.len()), ("addresses", self.by_email.len())] {
            if known != users {
                return Err(format!("{users} users have {known} {what}"));
            }
        }
        let mut sessions = 0;
        for (id, account) in &self.users {
            let owner_of = |family| self.sessions.get(family).map(|session| &session.user);
            if account.families.iter().any(|family| owner_of(family) != Some(id)) {
                return Err(format!("{id} has a session that is not theirs"));
            }
            if account.families.len() > limits::SESSIONS_PER_USER_MAX {
                return Err(format!("{id} has {} sessions", account.families.len()));
            }
            sessions += account.families.len();
        }
        if sessions == self.sessions.len() {
            Ok(())
        } else {
            Err(format!("{} sessions are counted as {sessions}", self.sessions.len()))
        }
    }
}
