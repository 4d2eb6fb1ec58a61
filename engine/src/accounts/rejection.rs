//! Why a command makes nothing happen to the accounts.

use crate::faults::Faults;

/// A refusal: nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountsRejection {
    /// The input itself cannot be accepted.
    #[error("the request has fields that cannot be accepted")]
    Invalid(Faults),
    /// The caller may not do this.
    #[error("only an administrator may do this")]
    Forbidden,
    /// Somebody must be able to give the role back.
    #[error("the last administrator keeps the role; make another one first")]
    LastAdmin,
    /// There is no such user.
    #[error("there is no such user")]
    UserNotFound,
    /// The username has an owner.
    #[error("this username is taken")]
    UsernameTaken,
    /// The address has an owner.
    #[error("this e-mail address is taken")]
    EmailTaken,
    /// An id that was drawn at random for a user or a session belongs to another.
    #[error("an id that was drawn at random is taken")]
    IdTaken,
    /// The password that was verified is not the user's any more.
    #[error("the credentials are not valid")]
    InvalidCredentials,
    /// The refresh token is not good: unknown, expired, ended.
    #[error("the refresh token is not valid")]
    InvalidToken,
}

impl From<Faults> for AccountsRejection {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}
