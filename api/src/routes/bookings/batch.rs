//! Many bookings for many users in one call, for partners: each answered by itself, in the order of the lines.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::BookSeats;
use boxoffice_engine::ids::ConcertId;

use crate::app::App;
use crate::auth::caller::SignedIn;
use crate::body::{self, Refusal};
use crate::problem::{Code, Problem};
use crate::routes::concerts::managed_concert;
use crate::wire::{batch_lines, read_batch_line};
use answers::Answers;

mod answers;

/// Batches under way, of everybody together. It bounds what their bodies and answers take.
pub(crate) const BATCHES_MAX: usize = 64;
/// Lines that are read before others on the same thread have their turn.
const LINES_AT_ONCE_MAX: usize = 100;

/// `POST /api/bookings/batch`
pub(in crate::routes) async fn create_batch(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    request: Request,
) -> Result<Response, Refusal> {
    if caller.role == Role::Customer {
        return Err(Problem::new(Code::Forbidden, "only organizers book for others").into());
    }
    let Ok(permit) = app.batches.clone().try_acquire_owned() else {
        let detail = format!("{BATCHES_MAX} batches are under way; nothing has changed, try again shortly");
        return Err(Problem::new(Code::Overloaded, detail).into());
    };
    let body = body::read_batch(request).await?;
    let lines = batch_lines(&body)?;
    let mut answers = Answers::to(lines.iter().map(|(number, _)| *number), permit);
    let mut wishes = Vec::with_capacity(lines.len());
    for (place, (_, line)) in lines.into_iter().enumerate() {
        if place % LINES_AT_ONCE_MAX == LINES_AT_ONCE_MAX - 1 {
            tokio::task::yield_now().await;
        }
        match wish(&app, &caller, line) {
            Ok((concert, wish)) => wishes.push((place, concert, wish)),
            Err(problem) => answers.refuse(place, problem),
        }
    }
    let mut response = Response::new(answers.of(app.office.book_all(wishes)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// What a line asks for, and of which concert, if the caller may ask for it.
fn wish(app: &App, caller: &Caller, line: &[u8]) -> Result<(ConcertId, BookSeats), Problem> {
    let line = read_batch_line(line)?;
    let concert = line.concert()?;
    managed_concert(app, concert, caller)?;
    Ok((concert, line.wish()?))
}
