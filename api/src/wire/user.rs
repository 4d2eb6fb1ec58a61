//! Users and their sessions.

use boxoffice_engine::accounts;
use serde::Serialize;

use crate::auth::tokens::AccessToken;
use crate::respond::Utc;

/// `user` of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User<'a> {
    id: &'a str,
    username: &'a str,
    email: &'a str,
    role: &'static str,
    created_at: Utc,
}

impl<'a> From<&'a accounts::User> for User<'a> {
    fn from(user: &'a accounts::User) -> Self {
        Self {
            id: user.id.as_str(),
            username: &user.username,
            email: &user.email,
            role: user.role.word(),
            created_at: Utc(user.created_at),
        }
    }
}

/// What a login is answered with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session<'a> {
    user: User<'a>,
    token: String,
    expires_at: Utc,
    refresh_token: String,
}

impl<'a> Session<'a> {
    /// A user with the tokens that were made for them.
    pub(crate) fn new(user: &'a accounts::User, access: AccessToken, refresh_token: String) -> Self {
        Self { user: user.into(), token: access.token, expires_at: Utc(access.expires_at), refresh_token }
    }
}
