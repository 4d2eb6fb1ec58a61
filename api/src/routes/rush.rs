//! What a rush is made of, found without the router: it looks at the concert, at its seats, and books. The table of all URLs has these
//! too, and means the same handlers.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use boxoffice_engine::ids::ConcertId;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::concerts::tell;
use super::{bookings, operations};
use crate::app::App;
use crate::auth::caller::MaybeSignedIn;
use crate::problem::Problem;
use crate::query::Query;
use crate::views::What;

const CONCERTS: &str = "/api/concerts/";
const SEATS: &str = "/seats";

/// The answer to such a request; to another one that of `others`.
pub(crate) fn answer(
    app: &App,
    request: Request,
    others: impl FnOnce(Request) -> BoxFuture<'static, Response>,
) -> BoxFuture<'static, Response> {
    let path = request.uri().path();
    match *request.method() {
        Method::POST if path == "/api/bookings" => {
            bookings::create_booking(State(app.clone()), request).map(IntoResponse::into_response).boxed()
        }
        Method::GET if path == "/livez" => operations::livez().boxed(),
        Method::GET if let Some((what, concert)) = shown(path) => {
            show(app.clone(), what, concert, request).map(IntoResponse::into_response).boxed()
        }
        _ => others(request),
    }
}

/// What a path shows, of which concert. An id has no letter that would be written otherwise, so nothing is to be decoded.
fn shown(path: &str) -> Option<(What, ConcertId)> {
    let rest = path.strip_prefix(CONCERTS)?;
    let (what, id) = rest.strip_suffix(SEATS).map_or((What::Concert, rest), |id| (What::Seats, id));
    Some((what, id.parse().ok()?))
}

async fn show(app: App, what: What, concert: ConcertId, request: Request) -> Result<Response, Problem> {
    let (Parts { headers, uri, .. }, _) = request.into_parts();
    let MaybeSignedIn(caller) = MaybeSignedIn::by(&headers, &app)?;
    tell(&app, what, concert, caller.as_ref(), &Query::of(uri), &headers).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_concert_and_its_seats_are_shown_here() {
        let concert = ConcertId::from_bits(77);
        for (path, expected) in [
            (format!("/api/concerts/{concert}"), Some(What::Concert)),
            (format!("/api/concerts/{concert}/seats"), Some(What::Seats)),
            (format!("/api/concerts/{concert}/sales"), None),
            (format!("/api/concerts/{concert}/"), None),
            (format!("/api/concerts/{concert}/seats/seats"), None),
            (format!("/api/concerts/%30{}", &concert.to_string()[1..]), None),
            (format!("/api/bookings/{concert}"), None),
            ("/api/concerts/popular".to_owned(), None),
            ("/api/concerts/".to_owned(), None),
            ("/api/concerts//seats".to_owned(), None),
        ] {
            assert_eq!(shown(&path), expected.map(|what| (what, concert)), "{path}");
        }
    }
}
