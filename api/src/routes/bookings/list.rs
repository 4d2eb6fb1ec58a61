//! Lists of bookings: one's own, a user's, a concert's; and of what happened to one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{BookingView, HistoryPage};
use boxoffice_engine::ids::{BookingNumber, UserId};
use boxoffice_engine::limits::PAGE_ITEMS_MAX;

use super::{booking_id, hide_concert};
use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::{Query, page};
use crate::routes::concerts::concert_id;
use crate::routes::users::user_not_found;
use crate::{respond, wire};

/// `GET /api/bookings/mybookings?status=&limit=&cursor=`
pub(in crate::routes) async fn list_my_bookings(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    query: Query,
) -> Result<Response, Problem> {
    list_of_user(&app, &caller.user, query).await
}

/// `GET /api/bookings/user/{userId}?status=&limit=&cursor=`
pub(in crate::routes) async fn list_user_bookings(
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
    let (status, limit) = (query.word("status", &wire::BOOKING_STATUS_WORDS), query.limit());
    let after = query.cursor(wire::read_place);
    query.finish()?;
    let mut found = app.office.bookings_of(user, status, after, limit + 1).await?;
    let next = page(&mut found, limit, wire::place_of);
    list(&query, &found, next)
}

/// `GET /api/concerts/{id}/bookings?status=&limit=&cursor=`
pub(in crate::routes) async fn list_concert_bookings(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    let (status, limit) = (query.word("status", &wire::BOOKING_STATUS_WORDS), query.limit());
    let after = query.cursor(|place| place.parse().ok()).map(BookingNumber);
    query.finish()?;
    let id = concert_id(&id)?;
    let mut found = app.office.bookings_at(id, caller, status, after, limit + 1).await?;
    let next = page(&mut found, limit, |view: &BookingView| view.id.number.0.to_string());
    list(&query, &found, next)
}

/// `GET /api/bookings/{id}/history?limit=&cursor=`
pub(in crate::routes) async fn show_history(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    mut query: Query,
) -> Result<Response, Problem> {
    // Nearly every history is shorter than the longest page.
    let limit = query.limit_or(PAGE_ITEMS_MAX);
    let after = query.cursor(|place| place.parse().ok()).unwrap_or(0);
    query.finish()?;
    let wanted = HistoryPage { after, limit: limit + 1 };
    let found = app.office.history(booking_id(&id)?, caller, wanted).await.map_err(hide_concert)?;
    let (booking, mut entries) = found;
    let next = page(&mut entries, limit, |entry| entry.sequence.to_string());
    Ok(query.link_next(respond::json(StatusCode::OK, &wire::history(&booking, &entries)?)?, next))
}

fn list(query: &Query, found: &[BookingView], next: Option<String>) -> Result<Response, Problem> {
    Ok(query.link_next(respond::rendered(StatusCode::OK, wire::bookings(found)?), next))
}
