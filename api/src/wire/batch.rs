//! The lines of a batch of bookings: what is asked for in one, and what is answered to it.

use axum::http::StatusCode;
use boxoffice_engine::concert::{BookSeats, BookingView};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::ids::{ConcertId, USER_ID_BYTES_MAX, UserId};
use boxoffice_engine::{Answered, limits};

use super::booking::push_booking;
use super::booking_request::{BookingRequest, check_booking, read_booking};
use crate::idempotency;
use crate::json::{Json, Rule, Text, read};
use crate::problem::Problem;
use crate::respond::JsonText;

/// A line as it was sent: a request for a booking, and for whom.
#[derive(Default)]
pub(crate) struct BatchLine {
    user: Option<UserId>,
    key: Option<String>,
    request: BookingRequest,
}

/// Reads a line.
///
/// # Errors
/// `malformed_json`, or `validation_failed`, naming every bad field.
pub(crate) fn read_batch_line(line: &[u8]) -> Result<BatchLine, Problem> {
    let mut is_single = false;
    read(Json::parse(line)?, |fields| {
        let user = fields.required("userId", Owner);
        let key = fields.optional("idempotencyKey", Key);
        let (request, single) = read_booking(fields);
        is_single = single;
        BatchLine { user, key, request }
    })
    .check(|line| check_booking(&line.request, is_single))
}

impl BatchLine {
    /// The concert that is meant.
    ///
    /// # Errors
    /// `concert_not_found` where the text is no id: no concert has it.
    pub(crate) fn concert(&self) -> Result<ConcertId, Problem> {
        self.request.concert()
    }

    /// The wish as the concert takes it.
    ///
    /// # Errors
    /// A 500 for a line that was never read.
    pub(crate) fn wish(self) -> Result<BookSeats, Problem> {
        let user = self.user.ok_or_else(|| Problem::internal("a line without faults has a user"))?;
        let key = self.key.map(|key| {
            idempotency::key_with(key.as_bytes(), &[idempotency::BOOKING, &self.request.fingerprint()])
        });
        Ok(BookSeats { by_manager: true, ..self.request.wish(user, key) })
    }
}

/// The id of a user, with an account or without.
#[derive(Clone, Copy)]
struct Owner;

impl Rule for Owner {
    type Value = Option<UserId>;

    fn read(self, json: Json) -> Result<Option<UserId>, String> {
        let text = Text::of(1..=USER_ID_BYTES_MAX).read(json)?;
        let user = UserId::new(&text);
        user.map(Some).map_err(|_| format!("must be letters, digits and any of -._~, is {text:?}"))
    }
}

/// An idempotency key.
#[derive(Clone, Copy)]
struct Key;

impl Rule for Key {
    type Value = String;

    fn read(self, json: Json) -> Result<String, String> {
        let text = Text::of(1..=idempotency::KEY_CHARS_MAX).read(json)?;
        let is_key = idempotency::is_key(text.as_bytes());
        is_key.then_some(text).ok_or_else(|| format!("must have {}", idempotency::KEY_CHARS))
    }
}

/// What becomes of a line.
pub(crate) type Outcome = Result<Answered<Box<BookingView>>, Box<Problem>>;

/// Writes what is answered to a line, with its number: `{line, status, booking?, error?}` of the contract, as a line. Ours:
/// `replayed`, where the same request had succeeded before.
///
/// A line that cannot be told is answered with a 500 of its own.
pub(crate) fn push_outcome(json: &mut JsonText, line: usize, made: &Outcome) {
    let begin = json.bytes().len();
    let written = made.as_ref().map(|made| push_made(json, line, made));
    let problem = match &written {
        Ok(Ok(())) => return,
        Ok(Err(failure)) => failure,
        Err(problem) => problem,
    };
    if let Some(cause) = problem.cause() {
        tracing::error!(cause, line, "a line of a batch failed");
    }
    json.truncate(begin);
    push_head(json, line, problem.code().status());
    json.push(r#","error":"#);
    json.push(problem.to_json());
    json.push("}\n");
}

fn push_made(json: &mut JsonText, line: usize, made: &Answered<Box<BookingView>>) -> Result<(), Problem> {
    push_head(json, line, StatusCode::CREATED);
    if made.repeated {
        json.push(r#","replayed":true"#);
    }
    json.push(r#","booking":"#);
    push_booking(json, &made.value)?;
    json.push("}\n");
    Ok(())
}

fn push_head(json: &mut JsonText, line: usize, status: StatusCode) {
    json.push(r#"{"line":"#);
    json.push_number(line);
    json.push(r#","status":"#);
    json.push(status.as_str());
}

/// The lines of a batch that ask for something, each with its number from 1. Empty ones are passed over, as NDJSON advises.
///
/// # Errors
/// `validation_failed` when there are too many.
pub(crate) fn batch_lines(body: &[u8]) -> Result<Vec<(usize, &[u8])>, Problem> {
    let mut lines = Vec::new();
    let mut begin = 0;
    let ends = memchr::memchr_iter(b'\n', body).chain([body.len()]);
    for (number, end) in (1..).zip(ends) {
        let line = body[begin..end].trim_ascii();
        begin = end + 1;
        if line.is_empty() {
            continue;
        }
        if lines.len() == limits::BOOKINGS_PER_BATCH_MAX {
            let mut faults = Faults::default();
            faults.add("", format!("must have at most {} lines", limits::BOOKINGS_PER_BATCH_MAX));
            return Err(Problem::validation(&faults));
        }
        lines.push((number, line));
    }
    Ok(lines)
}
