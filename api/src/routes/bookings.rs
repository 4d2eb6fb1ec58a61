//! Bookings: made and cancelled by their owners, seen by their owners and the concert's organizer.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{BookingStatus, BookingView};
use boxoffice_engine::ids::{BookingId, BookingNumber, UserId};

use super::concerts::concert_id;
use super::users::user_not_found;
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::JsonBody;
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::query::{Query, page};
use crate::{idempotency, respond, wire};

/// `POST /api/bookings`
pub(super) async fn create_booking(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let request = wire::read_booking_request(body)?;
    let key = idempotency::key(&headers, &[b"POST /bookings", &request.fingerprint()])?;
    let concert = request.concert()?;
    let made = app.office.book(concert, request.wish(caller.user, key)).await?;
    let mut response = show(&made.value, StatusCode::CREATED)?;
    let location = HeaderValue::try_from(format!("/api/bookings/{}", made.value.id));
    response.headers_mut().insert(LOCATION, location.map_err(|error| Problem::internal(error.to_string()))?);
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
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers, &[b"DELETE /bookings", id.as_bytes()])?;
    let id = booking_id(&id)?;
    let cancelled = app.office.cancel_booking(id, caller, key).await.map_err(hide_concert)?;
    Ok(idempotency::replayed(StatusCode::NO_CONTENT.into_response(), cancelled.repeated))
}

/// `GET /api/bookings/mybookings?status=&limit=&cursor=`
pub(super) async fn list_my_bookings(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    query: Query,
) -> Result<Response, Problem> {
    list_of_user(&app, &caller.user, query).await
}

/// `GET /api/bookings/user/{userId}?status=&limit=&cursor=`
pub(super) async fn list_user_bookings(
    State(app): State<App>,
    Path(user): Path<String>,
    SignedIn(caller): SignedIn,
    query: Query,
) -> Result<Response, Problem> {
    let user = UserId::new(&user).map_err(|_| user_not_found())?;
    if user != caller.user && caller.role != Role::Admin {
        return Err(user_not_found());
    }
    list_of_user(&app, &user, query).await
}

async fn list_of_user(app: &App, user: &UserId, mut query: Query) -> Result<Response, Problem> {
    let (status, limit) = (read_status(&mut query), query.limit());
    let after = query.cursor(wire::read_place);
    query.finish()?;
    let mut found = match status {
        StatusFilter::Never => Vec::new(),
        StatusFilter::Only(status) => app.office.bookings_of(user, status, after, limit + 1).await?,
    };
    let next = page(&mut found, limit, wire::place_of);
    list(&query, &found, next)
}

/// `GET /api/concerts/{id}/bookings?status=&limit=&cursor=`
pub(super) async fn list_concert_bookings(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    let (status, limit) = (read_status(&mut query), query.limit());
    let after = query.cursor(|place| place.parse().ok()).map(BookingNumber);
    query.finish()?;
    let id = concert_id(&id)?;
    let (status, limit_found) = match status {
        // Who may not ask is told so all the same.
        StatusFilter::Never => (None, 0),
        StatusFilter::Only(status) => (status, limit + 1),
    };
    let mut found = app.office.bookings_at(id, caller, status, after, limit_found).await?;
    let next = page(&mut found, limit, |view: &BookingView| view.id.number.0.to_string());
    list(&query, &found, next)
}

/// Which bookings a list shows.
enum StatusFilter {
    /// All, or those with this status.
    Only(Option<BookingStatus>),
    /// Those with a status that no booking has yet: none.
    Never,
}

fn read_status(query: &mut Query) -> StatusFilter {
    match query.word("status", &wire::BOOKING_STATUS_WORDS) {
        None => StatusFilter::Only(None),
        Some(Some(status)) => StatusFilter::Only(Some(status)),
        Some(None) => StatusFilter::Never,
    }
}

fn list(query: &Query, found: &[BookingView], next: Option<String>) -> Result<Response, Problem> {
    let bookings: Vec<_> = found.iter().map(wire::Booking::from).collect();
    Ok(query.link_next(respond::json(StatusCode::OK, &bookings)?, next))
}

fn show(view: &BookingView, status: StatusCode) -> Result<Response, Problem> {
    respond::json(status, &wire::Booking::from(view))
}

/// # Errors
/// `booking_not_found` where the text is no id: no booking has it.
fn booking_id(text: &str) -> Result<BookingId, Problem> {
    text.parse().map_err(|_| booking_not_found())
}

/// A booking of a concert that is not there is not there either.
fn hide_concert(refused: boxoffice_engine::box_office::ConcertRefused) -> Problem {
    let problem = Problem::from(refused);
    if problem.code() == Code::ConcertNotFound { booking_not_found() } else { problem }
}

fn booking_not_found() -> Problem {
    Problem::new(Code::BookingNotFound, "there is no such booking")
}
