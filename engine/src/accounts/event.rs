//! What happened to the accounts.

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::caller::Role;
use crate::ids::UserId;

/// One thing that happened to the accounts. Its sequence and time stand in the record around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsEvent {
    /// Somebody registered, or the first administrator was made at start.
    UserRegistered {
        /// The new user's id.
        user: UserId,
        /// As it was written; unique without regard to case.
        username: String,
        /// As it was written; unique without regard to case.
        email: String,
        /// Argon2id hash in PHC form. Never a password.
        password_hash: String,
        /// What they may do.
        role: Role,
        /// The session that begins with it.
        session: Option<NewSession>,
    },
    /// Somebody logged in.
    SessionStarted {
        /// Who.
        user: UserId,
        /// The new session.
        session: NewSession,
    },
    /// A refresh token was exchanged for the next of its family.
    SessionRefreshed {
        /// Which family.
        family: FamilyId,
        /// Hash of the only token that is good from now on.
        token_hash: TokenHash,
    },
    /// A session ended: by logout, or because an old token of the family was used again.
    SessionEnded {
        /// Which family.
        family: FamilyId,
        /// Why.
        reason: EndReason,
    },
    /// A user's e-mail address or password changed. A new password ends all sessions.
    ProfileChanged {
        /// Whose.
        user: UserId,
        /// New address, if it changed.
        email: Option<String>,
        /// New Argon2id hash, if the password changed.
        password_hash: Option<String>,
    },
    /// An administrator gave a user another role.
    RoleChanged {
        /// Whose.
        user: UserId,
        /// The new role.
        role: Role,
        /// Who did it.
        by: UserId,
    },
}

/// A chain of refresh tokens, each made from the one before: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FamilyId(pub [u8; 16]);

/// SHA-256 of a refresh token's secret. The token itself is never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHash(pub [u8; 32]);

/// A session at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// The family of its refresh tokens.
    pub family: FamilyId,
    /// Hash of the first of them.
    pub token_hash: TokenHash,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its user said so.
    LoggedOut,
    /// An old refresh token was used again: somebody has a copy.
    TokenReused,
}

impl TokenHash {
    /// Whether both are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &TokenHash) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
