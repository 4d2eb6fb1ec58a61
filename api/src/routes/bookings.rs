//! Bookings: made, changed and cancelled by their owners, seen by their owners and the concert's organizer.

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::box_office::ConcertRefused;
use boxoffice_engine::concert::{BookingView, Rejection};
use boxoffice_engine::ids::BookingId;

use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::{self, JsonBody, NoBody, Refusal};
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::{idempotency, respond, wire};

mod batch;
mod list;

pub(crate) use batch::BATCHES_MAX;
pub(super) use batch::create_batch;
pub(super) use list::{list_concert_bookings, list_my_bookings, list_user_bookings, show_history};

/// `POST /api/bookings`
pub(super) async fn create_booking(State(app): State<App>, request: Request) -> Result<Response, Refusal> {
    let (Parts { headers, .. }, body) = request.into_parts();
    let SignedIn(caller) = SignedIn::by(&headers, &app)?;
    let request = wire::read_booking_request(body::read_json(&headers, body).await?)?;
    let key = idempotency::text(&headers)?;
    let key = key.map(|text| idempotency::key_with(text, &[idempotency::BOOKING, &request.fingerprint()]));
    let concert = request.concert()?;
    let made = app.office.book(concert, request.wish(caller.user, key)).await.map_err(Problem::from)?;
    let mut response = show(&made.value, StatusCode::CREATED)?;
    response.headers_mut().insert(LOCATION, respond::location("/api/bookings/", made.value.id.text())?);
    Ok(idempotency::replayed(response, made.repeated))
}

/// `GET /api/bookings/{id}`
pub(super) async fn show_booking(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
) -> Result<Response, Problem> {
    show(&app.office.booking(booking_id(&id)?, caller).await.map_err(hide_concert)?, StatusCode::OK)
}

/// `DELETE /api/bookings/{id}`
pub(super) async fn cancel_booking(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers, &[b"DELETE /bookings", id.as_bytes()])?;
    let id = booking_id(&id)?;
    let cancelled = app.office.cancel_booking(id, caller, key).await.map_err(hide_concert)?;
    Ok(idempotency::replayed(StatusCode::NO_CONTENT.into_response(), cancelled.repeated))
}

/// `PATCH /api/bookings/{id}`
pub(super) async fn change_booking(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let request = wire::read_change_request(body)?;
    let key = idempotency::key(&headers, &[b"PATCH /bookings", id.as_bytes(), &request.fingerprint()])?;
    let id = booking_id(&id)?;
    let wish = request.wish(id.concert);
    let changed = app.office.change_booking(id, caller, wish, key).await.map_err(hide_concert)?;
    Ok(idempotency::replayed(show(&changed.value, StatusCode::OK)?, changed.repeated))
}

/// `POST /api/bookings/{id}/extend`
pub(super) async fn extend_hold(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers, &[b"POST /bookings/extend", id.as_bytes()])?;
    let extended = app.office.extend_hold(booking_id(&id)?, caller, key).await.map_err(hide_concert)?;
    Ok(idempotency::replayed(show(&extended.value, StatusCode::OK)?, extended.repeated))
}

/// `POST /api/bookings/{id}/confirm`
pub(super) async fn confirm_hold(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers, &[b"POST /bookings/confirm", id.as_bytes()])?;
    let confirmed = app.office.confirm_hold(booking_id(&id)?, caller, key).await.map_err(hide_concert)?;
    Ok(idempotency::replayed(show(&confirmed.value, StatusCode::OK)?, confirmed.repeated))
}

fn show(view: &BookingView, status: StatusCode) -> Result<Response, Problem> {
    Ok(respond::rendered(status, wire::booking(view)?))
}

/// # Errors
/// `booking_not_found` where the text is no id: no booking has it.
pub(super) fn booking_id(text: &str) -> Result<BookingId, Problem> {
    text.parse().map_err(|_| booking_not_found())
}

/// A booking of a concert that is not there is not there either.
pub(super) fn hide_concert(refused: ConcertRefused) -> Problem {
    let problem = Problem::from(refused);
    if problem.code() == Code::ConcertNotFound { booking_not_found() } else { problem }
}

fn booking_not_found() -> Problem {
    Rejection::BookingNotFound.into()
}
