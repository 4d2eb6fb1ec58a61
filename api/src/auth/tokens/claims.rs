//! The claims of an access token as they are written.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

use crate::mint::BOXOFFICE;

/// All of them must be there, but `nbf`. Others are no concern of ours. Texts are taken from where they stand.
#[derive(Deserialize)]
pub(super) struct Claims<'a> {
    #[serde(borrow)]
    pub(super) sub: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) iss: Cow<'a, str>,
    pub(super) aud: Audience,
    pub(super) exp: Seconds,
    pub(super) iat: Seconds,
    #[serde(default)]
    pub(super) nbf: Option<Seconds>,
    #[serde(borrow)]
    pub(super) jti: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) role: Cow<'a, str>,
}

/// One audience, or a list of them.
#[derive(Clone, Copy)]
pub(super) struct Audience {
    /// Whether it is the box office and nobody else. A token that is meant for others, too, may have been handed to them.
    pub(super) is_ours: bool,
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AudienceVisitor)
    }
}

struct AudienceVisitor;

impl<'de> Visitor<'de> for AudienceVisitor {
    type Value = Audience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audience, or a list of them")
    }

    fn visit_str<E: Error>(self, audience: &str) -> Result<Audience, E> {
        Ok(Audience { is_ours: audience == BOXOFFICE })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut audiences: A) -> Result<Audience, A::Error> {
        let mut number = 0;
        let mut is_ours = true;
        while let Some(audience) = audiences.next_element::<Cow<'de, str>>()? {
            number += 1;
            is_ours &= audience == BOXOFFICE;
        }
        Ok(Audience { is_ours: is_ours && number == 1 })
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
