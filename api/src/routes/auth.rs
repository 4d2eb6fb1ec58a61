//! Registering, logging in and out, and one's own profile.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use boxoffice_engine::accounts::{
    AccountsCommand, AccountsRejection, NewPassword, User, check_email, check_password, check_username,
};
use boxoffice_engine::caller::Role;
use boxoffice_engine::faults::Faults;
use boxoffice_engine::machine::AccountsAnswer;
use boxoffice_engine::time::Time;

use super::users::user_not_found;
use crate::app::{App, random_user_id};
use crate::auth::caller::SignedIn;
use crate::auth::refresh_token::{self, RefreshToken};
use crate::body::JsonBody;
use crate::json::{Text, read};
use crate::problem::Problem;
use crate::server::Peer;
use crate::{respond, wire};

#[derive(Default)]
struct Registration {
    username: String,
    email: String,
    password: String,
}

/// `POST /api/auth/register`
pub(super) async fn register(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    limit_pace(&app, peer)?;
    let Registration { username, email, password } = read(body, |fields| Registration {
        username: fields.required("username", Text::any()),
        email: fields.required("email", Text::any()),
        password: fields.required("password", Text::any()),
    })
    .check(|registration| {
        let mut faults = Faults::default();
        check_username(&registration.username, &mut faults);
        check_email(&registration.email, &mut faults);
        check_password("/password", &registration.password, &mut faults);
        faults
    })?;
    // Looked at before the hash is made: a name that is taken is not worth one. The accounts decide in the end.
    if app.office.user_by_login(&username).is_some() {
        return Err(AccountsRejection::UsernameTaken.into());
    }
    let token = RefreshToken::first()?;
    let command = AccountsCommand::Register {
        user: random_user_id()?,
        username,
        email,
        password_hash: app.passwords.hash(password).await?,
        role: Role::Customer,
        session: Some(token.session()),
    };
    let user = changed_user(app.office.change_accounts(command).await?)?;
    session(&app, StatusCode::CREATED, &user, &token)
}

/// `POST /api/auth/login`. An unknown user and a wrong password are the same refusal after the same work.
pub(super) async fn login(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    limit_pace(&app, peer)?;
    let (login, password) = read(body, |fields| {
        (fields.required("username", Text::any()), fields.required("password", Text::any()))
    })
    .finish()?;
    let user = app.office.user_by_login(&login);
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let verified = app.passwords.verify(password, hash).await?;
    let Some(user) = user.filter(|_| verified) else { return Err(invalid_credentials()) };
    let token = RefreshToken::first()?;
    let command = AccountsCommand::StartSession {
        user: user.id.clone(),
        credential: user.credential,
        session: token.session(),
    };
    let user = changed_user(app.office.change_accounts(command).await?)?;
    session(&app, StatusCode::OK, &user, &token)
}

/// `POST /api/auth/refresh`
pub(super) async fn refresh(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    limit_pace(&app, peer)?;
    let presented = read_refresh_token(body)?;
    let next = presented.next()?;
    let command = AccountsCommand::Refresh {
        family: presented.family(),
        presented: presented.hash(),
        next: next.hash(),
    };
    match app.office.change_accounts(command).await? {
        AccountsAnswer::User(user) => session(&app, StatusCode::OK, &user, &next),
        _ => Err(refresh_token::invalid()),
    }
}

/// `POST /api/auth/logout`. A session that is over already stays so.
pub(super) async fn logout(State(app): State<App>, JsonBody(body): JsonBody) -> Result<Response, Problem> {
    let presented = read_refresh_token(body)?;
    let command = AccountsCommand::EndSession { family: presented.family(), presented: presented.hash() };
    app.office.change_accounts(command).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/auth/profile`
pub(super) async fn show_profile(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let user = app.office.user(&caller.user).ok_or_else(user_not_found)?;
    profile(&user)
}

#[derive(Default)]
struct ProfileChange {
    email: Option<String>,
    current_password: Option<String>,
    new_password: Option<String>,
}

/// `PATCH /api/auth/profile`
pub(super) async fn change_profile(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let change = read(body, |fields| {
        let change = ProfileChange {
            email: fields.optional("email", Text::any()),
            current_password: fields.optional("currentPassword", Text::any()),
            new_password: fields.optional("newPassword", Text::any()),
        };
        if change.new_password.is_some() && change.current_password.is_none() {
            fields.fault("currentPassword", "is needed for a new password");
        }
        change
    })
    .check(ProfileChange::faults)?;
    let user = app.office.user(&caller.user).ok_or_else(user_not_found)?;
    if let Some(current) = change.current_password {
        limit_pace(&app, peer)?;
        if !app.passwords.verify(current, Some(user.password_hash.clone())).await? {
            return Err(invalid_credentials());
        }
    }
    let password = match change.new_password {
        Some(password) => {
            Some(NewPassword { hash: app.passwords.hash(password).await?, credential: user.credential })
        }
        None => None,
    };
    let command = AccountsCommand::ChangeProfile { user: caller.user, email: change.email, password };
    profile(&*changed_user(app.office.change_accounts(command).await?)?)
}

impl ProfileChange {
    fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        if let Some(email) = &self.email {
            check_email(email, &mut faults);
        }
        if let Some(password) = &self.new_password {
            check_password("/newPassword", password, &mut faults);
        }
        faults
    }
}

fn limit_pace(app: &App, Peer(address): Peer) -> Result<(), Problem> {
    match &app.rate_limit {
        Some(limit) => limit.check(address.ip(), app.office.now()),
        None => Ok(()),
    }
}

fn read_refresh_token(body: crate::json::Json) -> Result<RefreshToken, Problem> {
    RefreshToken::parse(&read(body, |fields| fields.required("refreshToken", Text::any())).finish()?)
}

/// A user with a new access token and this refresh token.
fn session(app: &App, status: StatusCode, user: &User, token: &RefreshToken) -> Result<Response, Problem> {
    // Dated not before the user's tokens are good again after a revocation in this same second.
    let issued_at = app.office.now().max(Time(user.tokens_valid_from * 1_000));
    let access = app.tokens.issue(&user.id, user.role, issued_at)?;
    respond::json(status, &wire::Session::new(user, access, token.text()))
}

fn profile(user: &User) -> Result<Response, Problem> {
    respond::json(StatusCode::OK, &wire::User::from(user))
}

fn changed_user(answer: AccountsAnswer) -> Result<Arc<User>, Problem> {
    match answer {
        AccountsAnswer::User(user) => Ok(user),
        _ => Err(user_not_found()),
    }
}

fn invalid_credentials() -> Problem {
    AccountsRejection::InvalidCredentials.into()
}
