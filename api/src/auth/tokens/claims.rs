//! The claims of an access token as they are written.

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};

/// All of them must be there, but `nbf`. Others are no concern of ours.
#[derive(Deserialize)]
pub(super) struct Claims {
    pub(super) sub: String,
    pub(super) iss: String,
    pub(super) aud: Audience,
    pub(super) exp: Seconds,
    pub(super) iat: Seconds,
    #[serde(default)]
    pub(super) nbf: Option<Seconds>,
    pub(super) jti: String,
    pub(super) role: String,
}

/// One audience, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    List(Vec<String>),
}

impl Audience {
    /// Whether it is this one and no other. A token that is meant for others, too, may have been handed to them.
    pub(super) fn is(&self, name: &str) -> bool {
        match self {
            Self::One(audience) => audience == name,
            Self::List(audiences) => matches!(audiences.as_slice(), [audience] if audience == name),
        }
    }
}

/// A `NumericDate`: seconds since the Unix epoch, which may have a fraction (RFC 7519, 2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(i64);

impl Seconds {
    pub(super) fn seconds(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Beyond the year 9999 it is not a date but a mistake, like milliseconds for seconds.
        const SECONDS_MAX: i64 = 253_402_300_799;
        let number = serde_json::Number::deserialize(deserializer)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, and the range is checked next"
        )]
        let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64));
        let seconds = seconds.filter(|seconds| (0..=SECONDS_MAX).contains(seconds));
        seconds.map(Self).ok_or_else(|| D::Error::custom("not a time"))
    }
}

/// For a field whose presence is all that counts.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
