//! The seats of a concert, one by one where they are numbered.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::concerts::{concert_id, tell};
use crate::app::App;
use crate::auth::caller::MaybeSignedIn;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::views::What;

/// `GET /api/concerts/{id}/seats?code=`
pub(super) async fn show_seats(
    State(app): State<App>,
    Path(id): Path<String>,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    tell(&app, What::Seats, concert_id(&id)?, caller.as_ref(), &query, &headers).await
}
