//! What goes out: JSON bodies, money as a number with the currency's decimals, times in UTC.

use std::fmt;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use boxoffice_engine::ids::IdText;
use boxoffice_engine::money::{Currency, MinorUnits};
use boxoffice_engine::time::Time;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::problem::Problem;

mod json_text;

pub(crate) use json_text::JsonText;

/// Room for a body before it is known how long it gets: most fit without growing.
const BODY_BYTES_EXPECTED: usize = 512;
/// Room for what every answer has and what a route may add, so that the map never grows.
const HEADERS_EXPECTED: usize = 12;
/// The longest amount is that of `i64::MIN`.
const AMOUNT_BYTES_MAX: usize = 24;

/// An answer with a JSON body.
///
/// # Errors
/// A 500, when the body cannot be serialized: then it was put together wrongly.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let mut bytes = Vec::with_capacity(BODY_BYTES_EXPECTED);
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| Problem::internal(format!("answer not serialized: {error}")))?;
    Ok(rendered(status, bytes))
}

/// An answer with a JSON body that is put together already.
pub fn rendered(status: StatusCode, bytes: impl Into<Bytes>) -> Response {
    let mut response = typed("application/json", bytes.into());
    *response.status_mut() = status;
    response
}

/// An id, or what else tells itself, as a text.
pub(crate) fn text<S: Serializer>(id: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// Where what was made can be found: its id behind the path of all its kind.
///
/// # Errors
/// A 500, when that is no header.
pub fn location(path: &str, id: IdText) -> Result<HeaderValue, Problem> {
    let text = [path.as_bytes(), id.as_ref()].concat();
    HeaderValue::try_from(text).map_err(|error| Problem::internal(error.to_string()))
}

/// An answer of a media type, with room for what is added to every answer.
pub fn typed(media_type: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.reserve(HEADERS_EXPECTED);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Money on its way out: in JSON a number in major units with all of the currency's decimals, `120.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The amount in minor units.
    pub minor: MinorUnits,
    /// The currency, which knows its decimals.
    pub currency: Currency,
}

impl Amount {
    /// Its text, in a part of `room`.
    fn text(self, room: &mut [u8; AMOUNT_BYTES_MAX]) -> &str {
        let decimals = self.currency.decimals() as usize;
        let mut begin = room.len();
        let mut push = |byte: u8| {
            begin -= 1;
            room[begin] = byte;
        };
        let mut rest = self.minor.unsigned_abs();
        let mut digits = 0;
        // From the last digit on, with at least one before the point.
        while rest > 0 || digits <= decimals {
            if digits == decimals && decimals > 0 {
                push(b'.');
            }
            push(digit(rest));
            rest /= 10;
            digits += 1;
        }
        if self.minor < 0 {
            push(b'-');
        }
        ascii(&room[begin..])
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; AMOUNT_BYTES_MAX]))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut room = [0; AMOUNT_BYTES_MAX];
        // serde's numbers are doubles and would be written as 120.0.
        let raw: &RawValue = serde_json::from_str(self.text(&mut room)).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A time on its way out: RFC 3339 in UTC, with milliseconds where there are any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utc(pub Time);

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let timestamp = jiff::Timestamp::from_millisecond(self.0.0).map_err(S::Error::custom)?;
        serializer.collect_str(&timestamp)
    }
}

/// The last digit of a number.
fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).unwrap_or_default()
}

fn ascii(bytes: &[u8]) -> &str {
    // Digits and marks of our own: there is nothing else in it.
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_all_decimals_of_its_currency() {
        let cases = [
            ("USD", 12_000, "120.00"),
            ("USD", 7, "0.07"),
            ("USD", 0, "0.00"),
            ("USD", -150, "-1.50"),
            ("USD", i64::MIN, "-92233720368547758.08"),
            ("JPY", 1_200, "1200"),
            ("KWD", 1_234, "1.234"),
        ];
        for (code, minor, text) in cases {
            let amount = Amount { minor, currency: Currency::from_code(code).unwrap() };
            assert_eq!(serde_json::to_string(&[amount]).unwrap(), format!("[{text}]"));
        }
    }

    #[test]
    fn times_are_utc() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1_811_872_800_000, "2027-06-01T18:00:00Z"),
            (1_500, "1970-01-01T00:00:01.5Z"),
            (1_005, "1970-01-01T00:00:01.005Z"),
            (1_450, "1970-01-01T00:00:01.45Z"),
            (10_000, "1970-01-01T00:00:10Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ];
        for (milliseconds, text) in cases {
            assert_eq!(serde_json::to_string(&Utc(Time(milliseconds))).unwrap(), format!("\"{text}\""));
        }
        assert!(serde_json::to_string(&Utc(Time(i64::MAX))).is_err());
    }

    #[test]
    fn body_is_json_with_its_length_known() {
        let response = json(StatusCode::CREATED, &["a"]).unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(axum::body::HttpBody::size_hint(response.body()).exact(), Some(5));
    }
}
