//! Refresh tokens: a family and a secret, of which only a hash is kept.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxoffice_engine::accounts::{FamilyId, NewSession, TokenHash};

use crate::app::random_bytes;
use crate::problem::{Code, Problem};

const FAMILY_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

/// A refresh token as a client holds it.
pub struct RefreshToken {
    family: FamilyId,
    secret: [u8; SECRET_BYTES],
}

impl RefreshToken {
    /// The first token of a new family.
    ///
    /// # Errors
    /// A 500, when the system has no randomness.
    pub fn first() -> Result<Self, Problem> {
        Ok(Self { family: FamilyId(random_bytes()?), secret: random_bytes()? })
    }

    /// A token to follow this one.
    ///
    /// # Errors
    /// A 500, when the system has no randomness.
    pub fn next(&self) -> Result<Self, Problem> {
        Ok(Self { family: self.family, secret: random_bytes()? })
    }

    /// The token with this text.
    ///
    /// # Errors
    /// `invalid_token` when the text is none.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut bytes = [0; FAMILY_BYTES + SECRET_BYTES];
        let decoded = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes);
        let (family, secret) = bytes.split_at(FAMILY_BYTES);
        match (decoded, family.try_into(), secret.try_into()) {
            (Ok(length), Ok(family), Ok(secret)) if length == bytes.len() => {
                Ok(Self { family: FamilyId(family), secret })
            }
            _ => Err(invalid()),
        }
    }

    /// Its text.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.family.0[..], &self.secret[..]].concat())
    }

    /// Its family.
    pub fn family(&self) -> FamilyId {
        self.family
    }

    /// What is kept of its secret.
    pub fn hash(&self) -> TokenHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.secret).as_ref());
        TokenHash(hash)
    }

    /// The session that begins with it.
    pub fn session(&self) -> NewSession {
        NewSession { family: self.family, token_hash: self.hash() }
    }
}

/// The refusal of a token that is not good.
pub fn invalid() -> Problem {
    Problem::new(Code::InvalidToken, "the refresh token is not valid; log in again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_one_text_and_followers_keep_the_family() {
        let first = RefreshToken::first().unwrap();
        let read = RefreshToken::parse(&first.text()).unwrap();
        assert_eq!((read.family(), read.hash()), (first.family(), first.hash()));
        let next = first.next().unwrap();
        assert_eq!(next.family(), first.family());
        assert_ne!(next.hash(), first.hash());
        for text in ["", "x", &first.text()[1..], &format!("{}A", first.text()), &"=".repeat(64)] {
            assert!(RefreshToken::parse(text).is_err(), "{text:?}");
        }
    }
}
