//! What can be asked of the accounts. Passwords never come here: their hashes are made, and compared, outside.

use super::event::{FamilyId, NewSession, TokenHash};
use crate::caller::{Caller, Role};
use crate::ids::UserId;

/// Something that somebody wants to happen to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountsCommand {
    /// Make a user.
    Register {
        /// The id to give, drawn at random.
        user: UserId,
        /// What they call themselves.
        username: String,
        /// Their address.
        email: String,
        /// Argon2id hash of their password, in PHC form.
        password_hash: String,
        /// What they may do.
        role: Role,
        /// The session to begin with.
        session: Option<NewSession>,
    },
    /// Begin a session for a user whose password was verified.
    StartSession {
        /// Who.
        user: UserId,
        /// Which password was verified: the user's `credential` then.
        credential: u64,
        /// The session.
        session: NewSession,
    },
    /// Exchange a refresh token.
    Refresh {
        /// The family that the token names.
        family: FamilyId,
        /// Hash of the presented secret.
        presented: TokenHash,
        /// Hash of the secret to be good from now on.
        next: TokenHash,
    },
    /// End the session of a refresh token.
    EndSession {
        /// The family that the token names.
        family: FamilyId,
        /// Hash of the presented secret.
        presented: TokenHash,
    },
    /// Change a user's address or password.
    ChangeProfile {
        /// Whose.
        user: UserId,
        /// New address.
        email: Option<String>,
        /// New password.
        password: Option<NewPassword>,
    },
    /// Give a user another role.
    ChangeRole {
        /// Who wants it.
        caller: Caller,
        /// Whose.
        user: UserId,
        /// The new role.
        role: Role,
    },
}

/// A password that takes the place of one that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassword {
    /// Argon2id hash of the new password, in PHC form.
    pub hash: String,
    /// Which password was verified: the user's `credential` then.
    pub credential: u64,
}
