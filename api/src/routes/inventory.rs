//! What is left of a seat type.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::concerts::{audience, seat_type_id, visible_concert};
use crate::app::App;
use crate::auth::caller::MaybeSignedIn;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::respond;
use crate::wire;

/// `GET /api/inventory/concert/{concertId}/seattype/{seatTypeId}?code=`
pub(super) async fn show_inventory(
    State(app): State<App>,
    Path((concert, seat_type)): Path<(String, String)>,
    MaybeSignedIn(caller): MaybeSignedIn,
    query: Query,
) -> Result<Response, Problem> {
    let view = visible_concert(&app, &concert, caller.as_ref())?;
    let id = seat_type_id(view.id, &seat_type)?;
    let audience = audience(&app, &view, caller.as_ref(), &query);
    let inventory =
        wire::Inventory::of(&view, id, &audience).ok_or_else(super::concerts::seat_type_not_found)?;
    respond::json(StatusCode::OK, &inventory)
}
