//! Users, for administrators.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use boxoffice_engine::accounts::{AccountsCommand, AccountsRejection};
use boxoffice_engine::caller::Role;
use boxoffice_engine::ids::UserId;
use boxoffice_engine::machine::AccountsAnswer;

use crate::app::App;
use crate::auth::caller::{SignedIn, require_admin};
use crate::body::JsonBody;
use crate::json::{OneOf, read};
use crate::path::Path;
use crate::problem::Problem;
use crate::query::{Query, page};
use crate::{respond, wire};

/// `GET /api/users?query=&limit=&cursor=`
pub(super) async fn list_users(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    require_admin(&caller)?;
    let limit = query.limit();
    let from = query.cursor(|place| place.parse().ok()).unwrap_or(0);
    query.finish()?;
    let text = query.text("query").unwrap_or_default();
    let mut found = app.office.find_users(text, from, limit + 1).await?;
    let next = page(&mut found, limit, |(place, _)| place.to_string());
    let users: Vec<_> = found.iter().map(|(_, user)| wire::User::from(&**user)).collect();
    Ok(query.link_next(respond::json(StatusCode::OK, &users)?, next))
}

/// `PATCH /api/users/{id}`
pub(super) async fn change_role(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    require_admin(&caller)?;
    let role = read(body, |fields| {
        let role = fields.optional("role", OneOf(&Role::WORDS));
        if role.is_none() {
            fields.fault("role", "is missing");
        }
        role.unwrap_or_default()
    })
    .finish()?;
    let user = UserId::new(&id).map_err(|_| user_not_found())?;
    match app.office.change_accounts(AccountsCommand::ChangeRole { caller, user, role }).await? {
        AccountsAnswer::User(user) => respond::json(StatusCode::OK, &wire::User::from(&*user)),
        _ => Err(user_not_found()),
    }
}

pub(super) fn user_not_found() -> Problem {
    AccountsRejection::UserNotFound.into()
}
