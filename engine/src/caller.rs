//! Who asks.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// What a user may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Books and cancels.
    #[default]
    Customer,
    /// Also makes concerts and manages their own.
    Organizer,
    /// Manages everything.
    Admin,
}

impl Role {
    /// Every role with its word in the HTTP contract.
    pub const WORDS: [(Role, &'static str); 3] =
        [(Role::Customer, "customer"), (Role::Organizer, "organizer"), (Role::Admin, "admin")];

    /// The role's word in the HTTP contract.
    pub fn word(self) -> &'static str {
        Self::WORDS[self as usize].1
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(role, _)| *role)
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
}
