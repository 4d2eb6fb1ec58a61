//! What goes out: JSON bodies, money as a number with the currency's decimals, times in UTC.

use std::fmt;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use boxoffice_engine::money::{Currency, MinorUnits};
use boxoffice_engine::time::Time;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::problem::Problem;

/// Room for a body before it is known how long it gets: a booking fits without growing.
const BODY_BYTES_EXPECTED: usize = 512;
/// Room for what every answer has and what a route may add, so that the map never grows.
const HEADERS_EXPECTED: usize = 12;

/// An answer with a JSON body.
///
/// # Errors
/// A 500, when the body cannot be serialized: then it was put together wrongly.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let mut bytes = Vec::with_capacity(BODY_BYTES_EXPECTED);
    serde_json::to_writer(&mut bytes, body)
        .map_err(|error| Problem::internal(format!("answer not serialized: {error}")))?;
    let mut response = rendered(bytes.into());
    *response.status_mut() = status;
    Ok(response)
}

/// An answer with a JSON body that was made before.
pub fn rendered(bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.reserve(HEADERS_EXPECTED);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let unit = self.currency.minor_per_major().unsigned_abs();
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}", minor / unit)?;
        if decimals > 0 { write!(f, ".{:0decimals$}", minor % unit) } else { Ok(()) }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // serde's numbers are doubles and would be written as 120.0.
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
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
