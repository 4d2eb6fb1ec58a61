//! Waiting lists: joined and left by buyers, seen by them and the concert's organizer.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::ids::{ConcertId, SeatTypeId, SeatTypeNumber};

use super::concerts::concert_id;
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::{JsonBody, OptionalJsonBody};
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::{idempotency, respond, wire};

/// `POST /api/concerts/{id}/waitlist`
pub(super) async fn join_waitlist(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let (seat_type, quantity) = wire::read_waiting_request(body)?;
    let parts: [&[u8]; 4] = [b"POST /waitlist", id.as_bytes(), seat_type.as_bytes(), &quantity.to_be_bytes()];
    let key = idempotency::key(&headers, &parts)?;
    let id = concert_id(&id)?;
    let seat_type = seat_type_number(id, &seat_type);
    let waiting = app.office.join_waitlist(id, caller.user, seat_type, quantity, key).await?;
    let response = respond::json(StatusCode::CREATED, &wire::Waiting::from(&waiting.value))?;
    Ok(idempotency::replayed(response, waiting.repeated))
}

/// `GET /api/concerts/{id}/waitlist?all=`
pub(super) async fn list_waiting(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    let everybody = query.word("all", &[(true, "true"), (false, "false")]).unwrap_or(false);
    query.finish()?;
    let waiting = app.office.waitlist(concert_id(&id)?, caller, everybody).await?;
    let entries: Vec<_> = waiting.iter().map(wire::Waiting::from).collect();
    respond::json(StatusCode::OK, &entries)
}

/// `DELETE /api/concerts/{id}/waitlist`, with the seat type in the body, or, for clients that send none with this method, as
/// `?seatTypeId=`.
pub(super) async fn leave_waitlist(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    query: Query,
    OptionalJsonBody(body): OptionalJsonBody,
) -> Result<Response, Problem> {
    let seat_type = match (body, query.text("seatTypeId")) {
        (Some(body), _) => wire::read_leaving_request(body)?,
        (None, Some(seat_type)) => seat_type.to_owned(),
        (None, None) => return Err(Problem::field("/seatTypeId", "is missing")),
    };
    let key = idempotency::key(&headers, &[b"DELETE /waitlist", id.as_bytes(), seat_type.as_bytes()])?;
    let id = concert_id(&id)?;
    let left = app.office.leave_waitlist(id, caller.user, seat_type_number(id, &seat_type), key).await?;
    Ok(idempotency::replayed(StatusCode::NO_CONTENT.into_response(), left.repeated))
}

/// The number of a seat type; for what is no id of this concert's one that no seat type has, so that the concert answers in the order
/// of its rules.
fn seat_type_number(concert: ConcertId, text: &str) -> SeatTypeNumber {
    SeatTypeId::at(concert, text).map_or(SeatTypeNumber::NOBODYS, |id| id.number)
}
