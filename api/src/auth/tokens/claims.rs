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

impl<'a> Claims<'a> {
    /// The claims in this text, if it is JSON with all of them.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        Self::as_minted(text).or_else(|| serde_json::from_str(text).ok())
    }

    /// The same of a text that is written exactly as [`Mint`](crate::mint::Mint) writes: nearly all are, and to take those apart by their
    /// names would cost a booking as much as to decide it.
    fn as_minted(text: &'a str) -> Option<Self> {
        let (exp, rest) = Seconds::leading(text.strip_prefix(r#"{"aud":"boxoffice","exp":"#)?)?;
        let (iat, rest) = Seconds::leading(rest.strip_prefix(r#","iat":"#)?)?;
        let (jti, rest) = leading_text(rest.strip_prefix(r#","iss":"boxoffice","jti":""#)?)?;
        let (role, rest) = leading_text(rest.strip_prefix(r#","role":""#)?)?;
        let (sub, rest) = leading_text(rest.strip_prefix(r#","sub":""#)?)?;
        (rest == "}").then_some(Self {
            sub: Cow::Borrowed(sub),
            iss: Cow::Borrowed(BOXOFFICE),
            aud: Audience { is_ours: true },
            exp,
            iat,
            nbf: None,
            jti: Cow::Borrowed(jti),
            role: Cow::Borrowed(role),
        })
    }
}

/// What stands before the first quote, where it stands for itself, and what comes after the quote.
fn leading_text(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
    Some((&text[..end], text[end..].strip_prefix('"')?))
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
    /// Beyond the year 9999 it is not a date but a mistake, like milliseconds for seconds.
    const MAX: i64 = 253_402_300_799;

    /// The digits at the begin of a text as JSON would take them, and what comes after them.
    fn leading(text: &str) -> Option<(Self, &str)> {
        let (digits, rest) = text.split_at(text.bytes().position(|byte| !byte.is_ascii_digit())?);
        let seconds = digits.parse().ok().filter(|seconds| *seconds <= Self::MAX)?;
        (digits.len() == 1 || !digits.starts_with('0')).then_some((Self(seconds), rest))
    }

    pub(super) fn seconds(self) -> i64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the cast saturates, and the range is checked next"
        )]
        let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64));
        let seconds = seconds.filter(|seconds| (0..=Self::MAX).contains(seconds));
        seconds.map(Self).ok_or_else(|| D::Error::custom("not a time"))
    }
}

/// For a field whose presence is all that counts.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    /// Everything that claims say.
    fn said(claims: &Claims<'_>) -> String {
        let Claims { sub, iss, aud, exp, iat, nbf, jti, role } = claims;
        let nbf = nbf.map(Seconds::seconds);
        format!("{sub} {iss} {} {} {} {nbf:?} {jti} {role}", aud.is_ours, exp.seconds(), iat.seconds())
    }

    /// A text of our own, and the same with each byte replaced, removed, or something put before it.
    fn texts() -> Vec<String> {
        let token = Mint::new(&[7; 32]).token("ada.b_c-1~", "customer", 1_700_000_000, 0).unwrap();
        let minted = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let minted = String::from_utf8(minted).unwrap();
        assert!(Claims::as_minted(&minted).is_some(), "{minted} is taken as it is");
        let mut texts = vec![minted.clone()];
        for place in 0..minted.len() {
            let (before, rest) = minted.split_at(place);
            for instead in ["", "\"", "\\", "\\u0041", "\n", "0", "9", "-", ".", "e", " ", ",", "}", "ä"] {
                texts.push(format!("{before}{instead}{}", &rest[1..]));
                texts.push(format!("{before}{instead}{rest}"));
            }
        }
        texts
    }

    #[test]
    fn what_is_taken_as_it_is_says_what_serde_says() {
        let mut taken = 0;
        for text in texts() {
            if let Some(claims) = Claims::as_minted(&text) {
                let read: Claims<'_> =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(said(&claims), said(&read), "{text}");
                taken += 1;
            }
        }
        assert!(taken > 100, "{taken} differ in a text or a number only");
    }
}
