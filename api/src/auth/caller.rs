//! From a request to who sent it.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use boxoffice_engine::caller::{Caller, Role};

use super::tokens;
use crate::app::App;
use crate::problem::{Code, Problem};

/// A caller with a token that is good: where there is an account, its present role counts, and tokens from before its last
/// password change do not.
pub struct SignedIn(pub Caller);

/// The same where a token is not needed; one that is given must be good all the same.
pub struct MaybeSignedIn(pub Option<Caller>);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::by(&parts.headers, app)
    }
}

impl SignedIn {
    /// The caller whose token is in these headers.
    ///
    /// # Errors
    /// `missing_token`, `invalid_token`, or `token_expired`.
    pub fn by(headers: &HeaderMap, app: &App) -> Result<Self, Problem> {
        let verified = app.tokens.verify(tokens::bearer(headers)?, app.office.now())?;
        let mut caller = verified.caller;
        if let Some(user) = app.office.user(&caller.user) {
            if verified.issued_at_seconds < user.tokens_valid_from {
                return Err(Problem::new(Code::InvalidToken, "the access token was revoked; log in again"));
            }
            caller.role = user.role;
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::by(&parts.headers, app)
    }
}

impl MaybeSignedIn {
    /// The caller whose token is in these headers, if there is one.
    ///
    /// # Errors
    /// `invalid_token` or `token_expired`.
    pub fn by(headers: &HeaderMap, app: &App) -> Result<Self, Problem> {
        if headers.contains_key(AUTHORIZATION) {
            let SignedIn(caller) = SignedIn::by(headers, app)?;
            Ok(Self(Some(caller)))
        } else {
            Ok(Self(None))
        }
    }
}

/// Lets administrators pass.
///
/// # Errors
/// `forbidden` for everyone else.
pub fn require_admin(caller: &Caller) -> Result<(), Problem> {
    if caller.role == Role::Admin {
        Ok(())
    } else {
        Err(Problem::new(Code::Forbidden, "only an administrator may do this"))
    }
}
