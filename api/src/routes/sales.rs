//! What an organizer sees and sets beside the concert: its sales, its promo codes.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use boxoffice_engine::concert::{CodeText, ManagerAction, Rejection};
use boxoffice_engine::faults::Faults;

use super::concerts::{concert_id, managed_concert};
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::{JsonBody, NoBody};
use crate::path::Path;
use crate::problem::Problem;
use crate::{respond, wire};

/// `GET /api/concerts/{id}/sales`
pub(super) async fn show_sales(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let sales = app.office.sales(concert_id(&id)?, caller).await?;
    respond::json(StatusCode::OK, &wire::Sales::from(&sales))
}

/// `GET /api/concerts/{id}/codes`
pub(super) async fn list_codes(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    let sales = app.office.sales(concert_id(&id)?, caller).await?;
    respond::json(StatusCode::OK, &wire::Promo::all(&sales))
}

/// `POST /api/concerts/{id}/codes`
pub(super) async fn add_code(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let present = managed_concert(&app, concert_id(&id)?, &caller)?;
    let (currency, now) = (present.terms.currency, app.office.now());
    let code = wire::read_code(body, present.id, currency)
        .check(|code| code.as_ref().map_or_else(Faults::default, |code| code.faults(currency, now)))?;
    let code = code.ok_or_else(|| Problem::internal("a body without faults has a code"))?;
    let action = ManagerAction::AddCode(Box::new(code.clone()));
    app.office.manage_concert(present.id, caller, action).await?;
    respond::json(StatusCode::CREATED, &wire::Promo::new(present.id, currency, &code, 0))
}

/// `DELETE /api/concerts/{id}/codes/{code}`
pub(super) async fn withdraw_code(
    State(app): State<App>,
    Path((id, code)): Path<(String, String)>,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    let present = managed_concert(&app, concert_id(&id)?, &caller)?;
    let code = CodeText::new(&code).ok_or_else(code_not_found)?;
    app.office.manage_concert(present.id, caller, ManagerAction::WithdrawCode(code)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn code_not_found() -> Problem {
    Rejection::CodeNotFound.into()
}
