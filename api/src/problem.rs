//! What a caller is told when the answer is no: `application/problem+json` (RFC 9457).
//!
//! A [`Problem`] says what the caller may know. What only the log may know goes in by
//! [`Problem::internal`] and never comes out in an answer.

mod code;

use std::borrow::Cow;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use boxoffice_engine::faults::{Fault, Faults};
use serde::{Serialize, Serializer};

pub use code::Code;

/// How long a caller should wait before a retry when nobody knows better.
pub const RETRY_AFTER_SECONDS_DEFAULT: u32 = 1;

/// A refusal, ready to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: Box<[Fault]>,
    sequence: Option<u64>,
    available: Option<u32>,
    seat: Option<Box<str>>,
    retry_after_seconds: Option<u32>,
    cause: Option<Box<str>>,
}

/// Why an answer is a 500: for the log alone, carried there as an extension of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause(pub Box<str>);

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<WireFault<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    available: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<&'a str>,
}

#[derive(Serialize)]
struct WireFault<'a> {
    pointer: &'a str,
    detail: &'a str,
}

impl Problem {
    /// A refusal with its code; `detail` is a sentence for the person who reads it, without internals.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let retry_after_seconds =
            matches!(code.status().as_u16(), 429 | 503).then_some(RETRY_AFTER_SECONDS_DEFAULT);
        Self {
            code,
            detail: detail.into(),
            errors: Box::default(),
            sequence: None,
            available: None,
            seat: None,
            retry_after_seconds,
            cause: None,
        }
    }

    /// A refusal of a request's fields, all of them at once.
    pub fn validation(faults: &Faults) -> Self {
        let errors: Box<[Fault]> = faults.iter().cloned().collect();
        let detail = match &*errors {
            [only] if only.pointer.is_empty() => format!("the request {}", only.detail),
            [only] => format!("{} {}", only.pointer, only.detail),
            many if faults.is_full() => {
                format!("{} fields of the request are not acceptable, and there may be more", many.len())
            }
            many => format!("{} fields of the request are not acceptable", many.len()),
        };
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// A refusal of one field or query parameter.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut faults = Faults::default();
        faults.add(pointer, detail);
        Self::validation(&faults)
    }

    /// A failure of ours: the caller gets a bare 500, the log gets the cause.
    pub fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(
            Code::InternalError,
            "something went wrong on our side; nothing about it is known to help you",
        );
        problem.cause = Some(cause.into().into());
        problem
    }

    /// Says on which of the concert's events the refusal was decided.
    #[must_use]
    pub fn at_sequence(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    /// Says how many tickets there still are.
    #[must_use]
    pub fn with_available(mut self, available: u32) -> Self {
        self.available = Some(available);
        self
    }

    /// Says which seat it is about.
    #[must_use]
    pub fn about_seat(mut self, label: &str) -> Self {
        self.seat = Some(label.into());
        self
    }

    /// Says when a retry makes sense.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The sentence for the reader.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What only the log may know, where it is a failure of ours.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The bad fields.
    pub fn errors(&self) -> &[Fault] {
        &self.errors
    }

    /// The answer's body.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings and numbers alone: there is nothing in it that could fail to serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let status = self.code.status().as_u16();
        let fields =
            self.errors.iter().map(|fault| WireFault { pointer: &fault.pointer, detail: &fault.detail });
        // Every 400 says what is bad: the whole, where it is no field.
        let whole = (status == 400 && self.errors.is_empty())
            .then(|| WireFault { pointer: "", detail: &self.detail });
        let wire = Wire {
            r#type: format!("urn:boxoffice:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status,
            detail: &self.detail,
            code: self.code.as_str(),
            errors: fields.chain(whole).collect(),
            sequence: self.sequence,
            available: self.available,
            seat: self.seat.as_deref(),
        };
        wire.serialize(serializer)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status.as_u16() == 401 {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(cause) = self.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(problem: &Problem) -> serde_json::Value {
        serde_json::from_slice(&problem.to_json()).unwrap()
    }

    #[test]
    fn sold_out_carries_sequence_and_available() {
        let problem = Problem::new(Code::SoldOut, "2 asked for, 1 left").at_sequence(7).with_available(1);
        assert_eq!(
            wire(&problem),
            serde_json::json!({
                "type": "urn:boxoffice:problem:sold_out", "title": "Sold out", "status": 409,
                "detail": "2 asked for, 1 left", "code": "sold_out", "sequence": 7, "available": 1
            })
        );
    }

    #[test]
    fn validation_names_every_field() {
        let mut faults = Faults::default();
        faults.add("/name", "is missing");
        faults.add("/price", "must be a number");
        let problem = Problem::validation(&faults);
        assert_eq!(
            wire(&problem)["errors"],
            serde_json::json!([
                {"pointer": "/name", "detail": "is missing"}, {"pointer": "/price", "detail": "must be a number"}
            ])
        );
        assert_eq!(Problem::field("/name", "is missing").detail(), "/name is missing");
    }

    #[test]
    fn headers_follow_the_status() {
        let cases = [
            (Code::MissingToken, Some("Bearer"), None),
            (Code::InvalidCredentials, Some("Bearer"), None),
            (Code::RateLimited, None, Some("1")),
            (Code::Overloaded, None, Some("1")),
            (Code::OutcomeUnknown, None, Some("1")),
            (Code::NotFound, None, None),
        ];
        for (code, authenticate, retry_after) in cases {
            let response = Problem::new(code, "no").into_response();
            let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(response.status(), code.status());
            assert_eq!(header(CONTENT_TYPE), Some("application/problem+json"), "{code:?}");
            assert_eq!(header(WWW_AUTHENTICATE), authenticate, "{code:?}");
            assert_eq!(header(RETRY_AFTER), retry_after, "{code:?}");
        }
        let waited = Problem::new(Code::RateLimited, "no").retry_after_seconds(9).into_response();
        assert_eq!(waited.headers()[RETRY_AFTER], "9");
    }

    #[test]
    fn cause_of_a_500_stays_out_of_the_body() {
        let problem = Problem::internal("disk on fire");
        assert!(!String::from_utf8(problem.to_json()).unwrap().contains("fire"));
        assert_eq!(problem.into_response().extensions().get::<Cause>(), Some(&Cause("disk on fire".into())));
    }
}
