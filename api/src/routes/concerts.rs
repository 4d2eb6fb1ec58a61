//! Concerts: seen by everyone, made and managed by organizers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{ConcertView, ManagerAction, Rejection};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::ids::{ConcertId, SeatTypeId};

use crate::app::{App, random_concert_id};
use crate::auth::caller::{MaybeSignedIn, SignedIn};
use crate::body::{JsonBody, NoBody};
use crate::path::Path;
use crate::problem::{Code, Problem};
use crate::query::Query;
use crate::views::{Rendered, What, tag};
use crate::wire::{self, Audience};
use crate::{idempotency, respond};

mod list;

pub(super) use list::list_concerts;

/// `POST /api/concerts`
pub(super) async fn create_concert(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(caller): SignedIn,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    if caller.role == Role::Customer {
        return Err(Problem::new(Code::Forbidden, "only organizers make concerts"));
    }
    let now = app.office.now();
    let fingerprint = format!("{body:?}");
    let concert = wire::read_new_concert(body).finish_with(|concert| {
        concert.as_ref().map_or_else(Faults::default, |concert| concert.faults(now))
    })?;
    let concert = concert.ok_or_else(|| Problem::internal("a body without faults has a concert"))?;
    let key = idempotency::key(&headers, &[b"POST /concerts", fingerprint.as_bytes()])?;
    let random = random_concert_id()?;
    let user = caller.user.clone();
    let ids = move |attempt: u32| match &key {
        Some(key) => idempotency::concert_id(&user, key, attempt),
        None => ConcertId::from_bits(random.bits().wrapping_add(u64::from(attempt))),
    };
    let made = app.office.create_concert(caller.clone(), concert, key, ids).await?;
    if !made.value.is_visible_to(Some(&caller)) {
        return Err(concert_not_found());
    }
    let mut response = show(&made.value, &caller, StatusCode::CREATED)?;
    response.headers_mut().insert(LOCATION, respond::location("/api/concerts/", made.value.id.text())?);
    Ok(idempotency::replayed(response, made.repeated))
}

/// `GET /api/concerts/{id}?code=`
pub(super) async fn show_concert(
    State(app): State<App>,
    Path(id): Path<String>,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    tell(&app, What::Concert, concert_id(&id)?, caller.as_ref(), &query, &headers).await
}

/// Tells a caller, who may show a code, of a concert, unless they know it already.
pub(super) async fn tell(
    app: &App,
    what: What,
    concert: ConcertId,
    caller: Option<&Caller>,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let view = seen(app, concert, caller)?;
    let audience = audience(app, &view, caller, query);
    let told = app.views.get(&app.office, what, &view, audience).await?;
    let Rendered { tag, bytes, .. } = told.ok_or_else(concert_not_found)?;
    let mut response = if is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        respond::rendered(StatusCode::OK, bytes)
    };
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// A caller, who may show a code.
pub(super) fn audience(app: &App, view: &ConcertView, caller: Option<&Caller>, query: &Query) -> Audience {
    let audience = Audience::of(view, caller);
    match query.text("code") {
        Some(code) => audience.with_code(view, code, app.office.now()),
        None => audience,
    }
}

/// `PUT /api/concerts/{id}`
pub(super) async fn change_concert(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let present = managed_concert(&app, concert_id(&id)?, &caller)?;
    let (details, currency) = (&present.terms.details, present.terms.currency);
    let change = wire::read_details_change(body, details, currency)
        .check(|change| details.with(change).faults(currency))?;
    let if_version = expected_version(&headers, present.terms.version);
    let action = ManagerAction::ChangeDetails { change: Box::new(change), if_version };
    let view = app.office.manage_concert(present.id, caller.clone(), action).await?;
    show(&view, &caller, StatusCode::OK)
}

/// `DELETE /api/concerts/{id}`
pub(super) async fn delete_concert(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    manage(&app, &id, &caller, ManagerAction::Delete).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/concerts/{id}/open`
pub(super) async fn open_sales(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    show(&manage(&app, &id, &caller, ManagerAction::OpenSales).await?, &caller, StatusCode::OK)
}

/// `POST /api/concerts/{id}/close`
pub(super) async fn close_sales(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    show(&manage(&app, &id, &caller, ManagerAction::CloseSales).await?, &caller, StatusCode::OK)
}

/// `POST /api/concerts/{id}/cancel`
pub(super) async fn cancel_concert(
    State(app): State<App>,
    Path(id): Path<String>,
    SignedIn(caller): SignedIn,
    _: NoBody,
) -> Result<Response, Problem> {
    show(&manage(&app, &id, &caller, ManagerAction::Cancel).await?, &caller, StatusCode::OK)
}

async fn manage(app: &App, id: &str, caller: &Caller, action: ManagerAction) -> Result<ConcertView, Problem> {
    let id = concert_id(id)?;
    Ok(app.office.manage_concert(id, caller.clone(), action).await?)
}

/// The committed view of a concert, if the caller may know of it.
///
/// # Errors
/// `concert_not_found` otherwise.
pub(super) fn visible_concert(
    app: &App,
    id: &str,
    caller: Option<&Caller>,
) -> Result<Arc<ConcertView>, Problem> {
    seen(app, concert_id(id)?, caller)
}

fn seen(app: &App, id: ConcertId, caller: Option<&Caller>) -> Result<Arc<ConcertView>, Problem> {
    let view = app.office.concert(id).ok_or_else(concert_not_found)?;
    if view.is_visible_to(caller) { Ok(view) } else { Err(concert_not_found()) }
}

/// The same, if the caller may change it: who may not is told so before anything is said about what they sent.
///
/// # Errors
/// `concert_not_found`, or `forbidden`.
pub(super) fn managed_concert(
    app: &App,
    id: ConcertId,
    caller: &Caller,
) -> Result<Arc<ConcertView>, Problem> {
    let view = seen(app, id, Some(caller))?;
    if view.is_managed_by(caller) { Ok(view) } else { Err(Rejection::Forbidden.into()) }
}

/// # Errors
/// `concert_not_found` where the text is no id: no concert has it.
pub(super) fn concert_id(text: &str) -> Result<ConcertId, Problem> {
    text.parse().map_err(|_| concert_not_found())
}

/// # Errors
/// `seat_type_not_found` where the text is no id of a seat type of this concert.
pub(super) fn seat_type_id(concert: ConcertId, text: &str) -> Result<SeatTypeId, Problem> {
    SeatTypeId::at(concert, text).ok_or_else(seat_type_not_found)
}

pub(super) fn concert_not_found() -> Problem {
    Rejection::ConcertNotFound.into()
}

pub(super) fn seat_type_not_found() -> Problem {
    Rejection::SeatTypeNotFound.into()
}

/// Shows a concert to whoever has just managed it.
fn show(view: &ConcertView, caller: &Caller, status: StatusCode) -> Result<Response, Problem> {
    let audience = Audience::of(view, Some(caller));
    let mut response = respond::json(status, &wire::Concert::for_audience(view, &audience))?;
    response.headers_mut().insert(ETAG, tag(view, &audience)?);
    Ok(response)
}

/// Whether the caller has the state with this tag.
fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    tags(headers, &IF_NONE_MATCH).any(|known| known == "*" || format!("\"{known}\"") == *tag)
}

/// The tags of a condition, without their quotes; `*` stays as it is.
fn tags<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let tags = values.flat_map(|value| value.split(','));
    tags.map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
}

/// The version that a change was made for. Of several the present one counts; a tag that names none never matches.
fn expected_version(headers: &HeaderMap, present: u64) -> Option<u64> {
    if !headers.contains_key(IF_MATCH) {
        return None;
    }
    let version = |tag: &str| match tag {
        "*" => present,
        tag => tag.split('.').next().and_then(|version| version.parse().ok()).unwrap_or(u64::MAX),
    };
    let named: Vec<u64> = tags(headers, &IF_MATCH).map(version).collect();
    named.contains(&present).then_some(present).or(named.first().copied()).or(Some(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_counts_the_version_of_a_tag() {
        for (condition, expected) in [
            (None, None),
            (Some("*"), Some(3)),
            (Some("\"3.17\""), Some(3)),
            (Some("W/\"3.17\""), Some(3)),
            (Some("\"2.17\""), Some(2)),
            (Some("\"2.17\", \"3.1\""), Some(3)),
            (Some("\"other\""), Some(u64::MAX)),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(condition) = condition {
                headers.insert(IF_MATCH, condition.parse().unwrap());
            }
            assert_eq!(expected_version(&headers, 3), expected, "{condition:?}");
        }
    }
}
