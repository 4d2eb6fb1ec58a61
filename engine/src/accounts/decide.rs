//! What a command makes happen to the accounts: at most one event, or a refusal.

use super::checks;
use super::command::{AccountsCommand, NewPassword};
use super::event::{AccountsEvent, EndReason, FamilyId, NewSession, TokenHash};
use super::rejection::AccountsRejection;
use super::state::{Accounts, Session};
use crate::caller::{Caller, Role};
use crate::faults::Faults;
use crate::ids::UserId;
use crate::time::Time;

/// A decision about the accounts: an event, nothing to be done, or why not.
pub type AccountsDecided = Result<Option<AccountsEvent>, AccountsRejection>;

impl Accounts {
    /// What `command` makes happen at `now`.
    ///
    /// # Errors
    /// A refusal.
    pub fn decide(&self, command: &AccountsCommand, now: Time) -> AccountsDecided {
        match command {
            AccountsCommand::Register { user, username, email, password_hash, role, session } => {
                let mut faults = Faults::default();
                checks::check_username(username, &mut faults);
                checks::check_email(email, &mut faults);
                faults.into_result()?;
                if self.by_username.contains_key(&username.to_lowercase()) {
                    return Err(AccountsRejection::UsernameTaken);
                }
                self.check_email_is_free(email, user)?;
                if self.users.contains_key(user) {
                    return Err(AccountsRejection::IdTaken);
                }
                self.check_session_is_new(session.as_ref())?;
                Ok(Some(AccountsEvent::UserRegistered {
                    user: user.clone(),
                    username: username.clone(),
                    email: email.clone(),
                    password_hash: password_hash.clone(),
                    role: *role,
                    session: *session,
                }))
            }
            AccountsCommand::StartSession { user, credential, session } => {
                let account = self.users.get(user).ok_or(AccountsRejection::InvalidCredentials)?;
                if account.user.credential != *credential {
                    return Err(AccountsRejection::InvalidCredentials);
                }
                self.check_session_is_new(Some(session))?;
                Ok(Some(AccountsEvent::SessionStarted { user: user.clone(), session: *session }))
            }
            AccountsCommand::Refresh { family, presented, next } => {
                self.decide_refresh(*family, presented, *next, now)
            }
            AccountsCommand::EndSession { family, presented } => {
                let Some(session) = self.living_session(*family, now) else { return Ok(None) };
                let reason = end_reason(session, presented);
                Ok(Some(AccountsEvent::SessionEnded { family: *family, reason }))
            }
            AccountsCommand::ChangeProfile { user, email, password } => {
                self.decide_change_profile(user, email.as_deref(), password.as_ref())
            }
            AccountsCommand::ChangeRole { caller, user, role } => {
                self.decide_change_role(caller, user, *role)
            }
        }
    }

    fn decide_refresh(
        &self,
        family: FamilyId,
        presented: &TokenHash,
        next: TokenHash,
        now: Time,
    ) -> AccountsDecided {
        let session = self.living_session(family, now).ok_or(AccountsRejection::InvalidToken)?;
        if end_reason(session, presented) == EndReason::TokenReused {
            // Somebody has a copy. Nobody can tell who is the thief, so the family ends for both.
            return Ok(Some(AccountsEvent::SessionEnded { family, reason: EndReason::TokenReused }));
        }
        Ok(Some(AccountsEvent::SessionRefreshed { family, token_hash: next }))
    }

    /// A session that has neither ended nor expired: an expired token proves nothing about who has it.
    fn living_session(&self, family: FamilyId, now: Time) -> Option<&Session> {
        self.sessions.get(&family).filter(|session| session.expires_at > now)
    }

    fn check_session_is_new(&self, session: Option<&NewSession>) -> Result<(), AccountsRejection> {
        let taken = session.is_some_and(|session| self.sessions.contains_key(&session.family));
        if taken { Err(AccountsRejection::IdTaken) } else { Ok(()) }
    }

    fn decide_change_profile(
        &self,
        user: &UserId,
        email: Option<&str>,
        password: Option<&NewPassword>,
    ) -> AccountsDecided {
        let account = self.users.get(user).ok_or(AccountsRejection::UserNotFound)?;
        if let Some(email) = email {
            let mut faults = Faults::default();
            checks::check_email(email, &mut faults);
            faults.into_result()?;
            self.check_email_is_free(email, user)?;
        }
        if password.is_some_and(|password| password.credential != account.user.credential) {
            return Err(AccountsRejection::InvalidCredentials);
        }
        let email = email.filter(|email| *email != account.user.email);
        if email.is_none() && password.is_none() {
            return Ok(None);
        }
        Ok(Some(AccountsEvent::ProfileChanged {
            user: user.clone(),
            email: email.map(str::to_owned),
            password_hash: password.map(|password| password.hash.clone()),
        }))
    }

    fn decide_change_role(&self, caller: &Caller, user: &UserId, role: Role) -> AccountsDecided {
        if caller.role != Role::Admin {
            return Err(AccountsRejection::Forbidden);
        }
        let account = self.users.get(user).ok_or(AccountsRejection::UserNotFound)?;
        if account.user.role == role {
            return Ok(None);
        }
        let admins = || self.users().filter(|user| user.role == Role::Admin).count();
        if account.user.role == Role::Admin && admins() == 1 {
            return Err(AccountsRejection::LastAdmin);
        }
        Ok(Some(AccountsEvent::RoleChanged { user: user.clone(), role, by: caller.user.clone() }))
    }

    fn check_email_is_free(&self, email: &str, user: &UserId) -> Result<(), AccountsRejection> {
        match self.by_email.get(&email.to_lowercase()) {
            Some(owner) if owner != user => Err(AccountsRejection::EmailTaken),
            _ => Ok(()),
        }
    }
}

/// Why a session that is shown this secret would end.
fn end_reason(session: &Session, presented: &TokenHash) -> EndReason {
    if session.token_hash.matches(presented) { EndReason::LoggedOut } else { EndReason::TokenReused }
}
