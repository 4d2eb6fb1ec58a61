//! Mirrors of what happens to the accounts, version 1.

use bincode::{BorrowDecode, Decode, Encode};
use boxoffice_engine::accounts::{AccountsEvent, EndReason, FamilyId, NewSession, TokenHash};
use boxoffice_engine::caller::Role;
use boxoffice_engine::ids::UserId;

use super::WireError;

#[derive(Encode, BorrowDecode)]
pub(super) enum WireAccountsEvent<'a> {
    UserRegistered {
        user: &'a str,
        username: &'a str,
        email: &'a str,
        password_hash: &'a str,
        role: WireRole,
        session: Option<WireSession>,
    },
    SessionStarted {
        user: &'a str,
        session: WireSession,
    },
    SessionRefreshed {
        family: [u8; 16],
        token_hash: [u8; 32],
    },
    SessionEnded {
        family: [u8; 16],
        reason: WireEndReason,
    },
    ProfileChanged {
        user: &'a str,
        email: Option<&'a str>,
        password_hash: Option<&'a str>,
    },
    RoleChanged {
        user: &'a str,
        role: WireRole,
        by: &'a str,
    },
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) enum WireRole {
    Customer,
    Organizer,
    Admin,
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct WireSession {
    family: [u8; 16],
    token_hash: [u8; 32],
}

#[derive(Clone, Copy, Encode, Decode)]
pub(super) enum WireEndReason {
    LoggedOut,
    TokenReused,
}

/// A user's id out of its text.
pub(super) fn user(text: &str) -> Result<UserId, WireError> {
    UserId::new(text).map_err(|_| WireError::Value("user id"))
}

impl<'a> From<&'a AccountsEvent> for WireAccountsEvent<'a> {
    fn from(event: &'a AccountsEvent) -> Self {
        match event {
            AccountsEvent::UserRegistered { user, username, email, password_hash, role, session } => {
                Self::UserRegistered {
                    user: user.as_str(),
                    username,
                    email,
                    password_hash,
                    role: (*role).into(),
                    session: session.map(Into::into),
                }
            }
            AccountsEvent::SessionStarted { user, session } => {
                Self::SessionStarted { user: user.as_str(), session: (*session).into() }
            }
            AccountsEvent::SessionRefreshed { family, token_hash } => {
                Self::SessionRefreshed { family: family.0, token_hash: token_hash.0 }
            }
            AccountsEvent::SessionEnded { family, reason } => {
                Self::SessionEnded { family: family.0, reason: (*reason).into() }
            }
            AccountsEvent::ProfileChanged { user, email, password_hash } => Self::ProfileChanged {
                user: user.as_str(),
                email: email.as_deref(),
                password_hash: password_hash.as_deref(),
            },
            AccountsEvent::RoleChanged { user, role, by } => {
                Self::RoleChanged { user: user.as_str(), role: (*role).into(), by: by.as_str() }
            }
        }
    }
}

impl TryFrom<WireAccountsEvent<'_>> for AccountsEvent {
    type Error = WireError;

    fn try_from(event: WireAccountsEvent<'_>) -> Result<Self, WireError> {
        use WireAccountsEvent as Wire;
        Ok(match event {
            Wire::UserRegistered { user: id, username, email, password_hash, role, session } => {
                Self::UserRegistered {
                    user: user(id)?,
                    username: username.to_owned(),
                    email: email.to_owned(),
                    password_hash: password_hash.to_owned(),
                    role: role.into(),
                    session: session.map(Into::into),
                }
            }
            Wire::SessionStarted { user: id, session } => {
                Self::SessionStarted { user: user(id)?, session: session.into() }
            }
            Wire::SessionRefreshed { family, token_hash } => {
                Self::SessionRefreshed { family: FamilyId(family), token_hash: TokenHash(token_hash) }
            }
            Wire::SessionEnded { family, reason } => {
                Self::SessionEnded { family: FamilyId(family), reason: reason.into() }
            }
            Wire::ProfileChanged { user: id, email, password_hash } => Self::ProfileChanged {
                user: user(id)?,
                email: email.map(str::to_owned),
                password_hash: password_hash.map(str::to_owned),
            },
            Wire::RoleChanged { user: id, role, by } => {
                Self::RoleChanged { user: user(id)?, role: role.into(), by: user(by)? }
            }
        })
    }
}

impl From<Role> for WireRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Customer => Self::Customer,
            Role::Organizer => Self::Organizer,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<WireRole> for Role {
    fn from(role: WireRole) -> Self {
        match role {
            WireRole::Customer => Self::Customer,
            WireRole::Organizer => Self::Organizer,
            WireRole::Admin => Self::Admin,
        }
    }
}

impl From<NewSession> for WireSession {
    fn from(session: NewSession) -> Self {
        Self { family: session.family.0, token_hash: session.token_hash.0 }
    }
}

impl From<WireSession> for NewSession {
    fn from(session: WireSession) -> Self {
        Self { family: FamilyId(session.family), token_hash: TokenHash(session.token_hash) }
    }
}

impl From<EndReason> for WireEndReason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::LoggedOut => Self::LoggedOut,
            EndReason::TokenReused => Self::TokenReused,
        }
    }
}

impl From<WireEndReason> for EndReason {
    fn from(reason: WireEndReason) -> Self {
        match reason {
            WireEndReason::LoggedOut => Self::LoggedOut,
            WireEndReason::TokenReused => Self::TokenReused,
        }
    }
}
