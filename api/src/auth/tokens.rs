//! Access tokens: JSON Web Tokens, HS256, a quarter of an hour.
//!
//! Whoever holds the secret may mint tokens. They need `sub` (1 to 64 URL-safe characters), `role`, `jti`, `iat`, `exp` (no more
//! than 24 h after `iat`), and `iss` and `aud` both `boxoffice`; `aud` may also be an array with just that. The header says
//! `alg: HS256`; a `kid`, if it has one, is the first 8 bytes of SHA-256 of `boxoffice kid` and the secret, in base64url. A token
//! without a `kid` is taken for one of the present secret, so that minting needs nothing but a JWT library.

mod claims;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::ids::UserId;
use boxoffice_engine::time::Time;
use serde::Deserialize;

use crate::mint::{BOXOFFICE, Mint};
use crate::problem::{Code, Problem};
use claims::Claims;

/// How long a token of ours is good for, in seconds.
pub const ACCESS_TOKEN_SECONDS: i64 = 15 * 60;
/// How long any token may be good for, in seconds.
pub const LIFETIME_SECONDS_MAX: i64 = 24 * 3_600;
/// How far in the future a token may have been issued, in seconds: clocks of other minters differ.
pub const ISSUED_AHEAD_SECONDS_MAX: i64 = 60;
/// Shortest secret that is accepted, in bytes: as long as the hash (RFC 7518, 3.2).
pub const SECRET_BYTES_MIN: usize = 32;

/// No honest token is longer; what is longer is not even hashed.
const TOKEN_BYTES_MAX: usize = 4_096;
/// What stands before a token, in letters of either case.
const BEARER: &str = "Bearer ";
/// Of HMAC with SHA-256.
const SIGNATURE_BYTES: usize = 32;

/// Makes and verifies access tokens.
#[derive(Debug)]
pub struct Tokens {
    mint: Mint,
    /// Ready to be used, so that nothing is derived from the secret for each token.
    verifying: hmac::Key,
}

/// A token that was made, and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// The token itself.
    pub token: String,
    /// From then on it is refused.
    pub expires_at: Time,
}

/// What a token that verifies says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whose it is, and what they may do.
    pub caller: Caller,
    /// When it was issued; tokens from before a password change are refused by this.
    pub issued_at_seconds: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    // Present in any form, it names something that must be understood and is not.
    #[serde(default, deserialize_with = "claims::present")]
    crit: bool,
}

impl Tokens {
    /// Tokens of this secret, which has at least [`SECRET_BYTES_MIN`] bytes.
    pub fn new(secret: &[u8]) -> Self {
        Self { mint: Mint::new(secret), verifying: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// The name of the secret in our tokens' headers.
    pub fn kid(&self) -> &str {
        self.mint.kid()
    }

    /// A token for this user.
    ///
    /// # Errors
    /// A 500, when the crypto library refuses to sign.
    pub fn issue(&self, user: &UserId, role: Role, now: Time) -> Result<AccessToken, Problem> {
        let issued_at = now.seconds();
        let expires_at = issued_at + ACCESS_TOKEN_SECONDS;
        let token = self.mint.token(user.as_str(), role.word(), issued_at, expires_at);
        let token = token.map_err(|error| Problem::internal(format!("token not signed: {error}")))?;
        Ok(AccessToken { token, expires_at: Time(expires_at * 1_000) })
    }

    /// What a token says, if it is to be believed now.
    ///
    /// # Errors
    /// `token_expired` for a token that would be good but for its `exp`, `invalid_token` for every other one. Which
    /// check failed is not told.
    pub fn verify(&self, token: &str, now: Time) -> Result<Verified, Problem> {
        let invalid = || Problem::new(Code::InvalidToken, "the access token is not valid");
        let (claims, lifetime) = self.claims(token, now.seconds()).ok_or_else(invalid)?;
        if lifetime.has_ended {
            return Err(Problem::new(
                Code::TokenExpired,
                "the access token has expired; refresh it or log in again",
            ));
        }
        Ok(claims)
    }

    fn claims(&self, token: &str, now: i64) -> Option<(Verified, Lifetime)> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        // Our own `alg` decides how the signature is checked, never the token's.
        let mut bytes = [0; SIGNATURE_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes).ok()?;
        hmac::verify(&self.verifying, message.as_bytes(), &bytes[..length]).ok()?;
        // What has the header of our own tokens needs no further look.
        if !(header == self.mint.header() || self.accepts_header(header)) {
            return None;
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims = Claims::read(std::str::from_utf8(&claims).ok()?)?;
        let lifetime = Lifetime::of(&claims, now)?;
        let role = Role::from_word(&claims.role)?;
        let user = UserId::new(&claims.sub).ok()?;
        if claims.iss != BOXOFFICE || !claims.aud.is_ours || claims.jti.is_empty() {
            return None;
        }
        let verified = Verified { caller: Caller { user, role }, issued_at_seconds: claims.iat.seconds() };
        Some((verified, lifetime))
    }

    fn accepts_header(&self, encoded: &str) -> bool {
        let decoded = URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default();
        serde_json::from_slice::<Header>(&decoded).is_ok_and(|header| {
            header.alg == "HS256" && !header.crit && header.kid.is_none_or(|kid| kid == self.mint.kid())
        })
    }
}

/// A lifetime that a token may have.
struct Lifetime {
    has_ended: bool,
}

impl Lifetime {
    fn of(claims: &Claims<'_>, now: i64) -> Option<Self> {
        let (issued_at, expires_at) = (claims.iat.seconds(), claims.exp.seconds());
        let not_before = claims.nbf.map_or(i64::MIN, claims::Seconds::seconds);
        let acceptable = expires_at.saturating_sub(issued_at) <= LIFETIME_SECONDS_MAX
            && expires_at > issued_at
            && issued_at <= now.saturating_add(ISSUED_AHEAD_SECONDS_MAX)
            && not_before <= now;
        acceptable.then_some(Self { has_ended: expires_at <= now })
    }
}

/// The token of an `Authorization` header.
///
/// # Errors
/// `missing_token` when there is none; `invalid_token` when it is of another kind than `Bearer`, or there are several.
pub fn bearer(headers: &axum::http::HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(axum::http::header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(Problem::new(
            Code::MissingToken,
            "this needs an access token: Authorization: Bearer ...",
        ));
    };
    let text = std::str::from_utf8(value.as_bytes()).ok().filter(|_| values.next().is_none());
    let token = text
        .and_then(|text| text.split_at_checked(BEARER.len()))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case(BEARER));
    token.map(|(_, token)| token.trim_ascii()).ok_or_else(|| {
        Problem::new(Code::InvalidToken, "the Authorization header is not of the form: Bearer ...")
    })
}

#[cfg(test)]
mod tests;
