//! The seats of a concert, one by one where they are numbered.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::concerts::{concert_not_found, header, is_known, not_modified, visible_concert};
use crate::app::App;
use crate::auth::caller::MaybeSignedIn;
use crate::path::Path;
use crate::problem::Problem;
use crate::query::Query;
use crate::seat_maps::{RENDERED_AT_ONCE_SEATS_MAX, Rendered, render, tag};
use crate::wire::{Audience, numbered_seats};

/// `GET /api/concerts/{id}/seats?code=`
pub(super) async fn show_seats(
    State(app): State<App>,
    Path(id): Path<String>,
    MaybeSignedIn(caller): MaybeSignedIn,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, Problem> {
    let view = visible_concert(&app, &id, caller.as_ref())?;
    let audience = Audience::of(&view, caller.as_ref(), query.text("code"), app.office.now());
    let seats = if numbered_seats(&view, &audience) > RENDERED_AT_ONCE_SEATS_MAX {
        app.seat_maps.get(&app.office, view.id, audience).await?.ok_or_else(concert_not_found)?
    } else if is_known(&headers, &tag(&view, &audience)) {
        return not_modified(&tag(&view, &audience));
    } else {
        render(&view, &audience)?
    };
    show(&headers, seats)
}

fn show(headers: &HeaderMap, Rendered { tag, bytes, .. }: Rendered) -> Result<Response, Problem> {
    if is_known(headers, &tag) {
        return not_modified(&tag);
    }
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(ETAG, header(&tag)?);
    Ok(response)
}
