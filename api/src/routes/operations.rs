//! Whether the process lives, and whether it serves.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use boxoffice_engine::JournalStatus;

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::respond;

const ALIVE: &str = "ok\n";

/// `GET /livez`
pub(super) async fn livez() -> Response {
    respond::typed("text/plain; charset=utf-8", Bytes::from_static(ALIVE.as_bytes()))
}

/// `GET /readyz`: the port opens only when everything is restored, so this says no only when nothing can be trusted any more.
/// A full disk is no reason: what can be read is still served.
pub(super) async fn readyz(State(app): State<App>) -> Response {
    if *app.office.journal_status().borrow() == JournalStatus::Failed {
        return Problem::new(Code::NotReady, "the journal failed").into_response();
    }
    (StatusCode::OK, ALIVE).into_response()
}
