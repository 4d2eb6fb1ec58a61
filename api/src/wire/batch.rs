//! The lines of a batch of bookings: what is asked for in one, and what is answered to it.

use boxoffice_engine::concert::{BookSeats, BookingView};
use boxoffice_engine::faults::Faults;
use boxoffice_engine::ids::{ConcertId, USER_ID_BYTES_MAX, UserId};
use boxoffice_engine::{Answered, limits};
use serde::Serialize;

use super::booking::Booking;
use super::booking_request::{BookingRequest, check_booking, read_booking};
use crate::idempotency;
use crate::json::{Json, Rule, Text, read};
use crate::problem::Problem;

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
        is_key.then_some(text).ok_or_else(|| "must be of visible ASCII characters".to_owned())
    }
}

/// What becomes of a line.
pub(crate) type Outcome = Result<Answered<Box<BookingView>>, Box<Problem>>;

/// What is answered to a line: `{line, status, booking?, error?}` of the contract. Ours: `replayed`, where the same request had
/// succeeded before.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    line: usize,
    status: u16,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<Booking<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Problem>,
}

/// Writes what is answered to a line, with its number.
pub(crate) fn push_outcome(out: &mut Vec<u8>, line: usize, made: &Outcome) -> serde_json::Result<()> {
    let told = match made {
        Ok(made) => Told {
            line,
            status: 201,
            replayed: made.repeated,
            booking: Some(Booking::from(&*made.value)),
            error: None,
        },
        Err(problem) => Told {
            line,
            status: problem.code().status().as_u16(),
            replayed: false,
            booking: None,
            error: Some(problem),
        },
    };
    serde_json::to_writer(&mut *out, &told)?;
    out.push(b'\n');
    Ok(())
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
