//! A JSON value, as it was sent: bounded in depth, duplicates noticed, whole numbers kept whole.

use std::fmt;

use compact_str::CompactString;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::problem::{Code, Problem};

/// What stands for a number that no double reaches; hardly any does, and none that is allowed anywhere.
pub(super) const FARTHEST: f64 = 1e308;

/// How deep arrays and objects may nest.
pub const JSON_DEPTH_MAX: usize = 32;

/// Room kept for an array that has not been read yet. Arrays say nothing about their length beforehand.
const ARRAY_ROOM: usize = 4;
const OBJECT_ROOM: usize = 8;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number without fraction and exponent that fits in 64 bits, signed or not.
    Integer(i128),
    /// Every other number, as the nearest double; one that is beyond all of them as [`FARTHEST`].
    Float(f64),
    /// A text.
    Text(String),
    /// Values in order.
    Array(Vec<Json>),
    /// Members in order. A name that came twice is here twice; [`super::ObjectReader`] refuses it.
    Object(Vec<(CompactString, Json)>),
}

impl Json {
    /// Reads one JSON value and nothing after it.
    ///
    /// # Errors
    /// `malformed_json` for what is no JSON (RFC 8259 in UTF-8), and for nesting deeper than [`JSON_DEPTH_MAX`]. A repeated member name is
    /// no matter of syntax and is reported with its pointer as `validation_failed` where the object is read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let malformed = |error: &dyn fmt::Display| {
            Problem::new(Code::MalformedJson, format!("the body is not acceptable JSON: {error}"))
        };
        // All at once, instead of each text by itself.
        let text = std::str::from_utf8(bytes).map_err(|error| malformed(&error))?;
        let value = Self::read(text).or_else(|error| match within_doubles(text) {
            Some(text) => Self::read(&text),
            None => Err(error),
        });
        value.map_err(|error| malformed(&error))
    }

    fn read(text: &str) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Seed { depth_left: JSON_DEPTH_MAX }.deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    }

    /// What it is, for a message: `a text`, `null`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// The same text with [`FARTHEST`] for each number that is beyond the doubles, if there is one: `serde_json` takes that for no number,
/// but JSON knows no bounds. Nobody wants so many of anything, so the field is refused where it is read. Blanks keep the rest in its place,
/// for messages.
fn within_doubles(text: &str) -> Option<String> {
    let mut within = String::with_capacity(text.len());
    let (mut rest, mut is_changed) = (text, false);
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '"' => text_length(rest),
            '-' | '0'..='9' => {
                let is_of_number = |other: char| matches!(other, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
                rest.find(|other| !is_of_number(other)).unwrap_or(rest.len())
            }
            _ => character.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        let is_beyond = character != '"' && is_beyond_doubles(token);
        if is_beyond {
            let farthest = format!("{:e}", if token.starts_with('-') { -FARTHEST } else { FARTHEST });
            // The shortest of these numbers is as long.
            within.extend([&*farthest, &" ".repeat(length - farthest.len())]);
        } else {
            within.push_str(token);
        }
        (rest, is_changed) = (behind, is_changed | is_beyond);
    }
    is_changed.then_some(within)
}

/// Whether this is a number, as JSON writes them, that rounds to none of the doubles.
fn is_beyond_doubles(token: &str) -> bool {
    // Of what is ignored the form is checked, and not the range.
    serde_json::from_str::<IgnoredAny>(token).is_ok() && token.parse().is_ok_and(f64::is_infinite)
}

/// The length of the text that begins here with a quotation mark, both marks included.
fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text[1..].find(|character| {
        let ends = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Reads a value that may still nest `depth_left` arrays or objects.
#[derive(Clone, Copy)]
struct Seed {
    depth_left: usize,
}

impl Seed {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth_left = self.depth_left.checked_sub(1);
        let depth_left =
            depth_left.ok_or_else(|| E::custom(format_args!("nested deeper than {JSON_DEPTH_MAX}")))?;
        Ok(Self { depth_left })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let seed = self.deeper::<A::Error>()?;
        let mut values = Vec::with_capacity(ARRAY_ROOM);
        while let Some(value) = elements.next_element_seed(seed)? {
            values.push(value);
        }
        Ok(Json::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let seed = self.deeper::<A::Error>()?;
        let mut members = Vec::with_capacity(OBJECT_ROOM);
        while let Some(name) = entries.next_key_seed(Name)? {
            members.push((name, entries.next_value_seed(seed)?));
        }
        Ok(Json::Object(members))
    }
}

/// Reads a member's name; nearly all of them are short, and are kept without allocating.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = CompactString;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<CompactString, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = CompactString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<CompactString, E> {
        Ok(CompactString::new(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        [vec![b'['; depth], vec![b']'; depth]].concat()
    }

    #[test]
    fn values_keep_what_was_sent() {
        let cases: [(&str, Json); 9] = [
            ("null", Json::Null),
            (" true ", Json::Boolean(true)),
            ("-3", Json::Integer(-3)),
            ("18446744073709551615", Json::Integer(u64::MAX.into())),
            ("1e2", Json::Float(100.0)),
            ("120.005", Json::Float(120.005)),
            (r#""A\u00e4\n""#, Json::Text("Aä\n".into())),
            ("[1,[]]", Json::Array(vec![Json::Integer(1), Json::Array(vec![])])),
            (
                r#"{"a":1,"a":2}"#,
                Json::Object(vec![("a".into(), Json::Integer(1)), ("a".into(), Json::Integer(2))]),
            ),
        ];
        for (text, value) in cases {
            assert_eq!(Json::parse(text.as_bytes()), Ok(value), "{text}");
        }
    }

    #[test]
    fn a_number_beyond_the_doubles_is_a_number() {
        let long = "9".repeat(400);
        for number in ["1e999", "-1e999", "1E+400", &long, &format!("-{long}.5")] {
            let farthest = if number.starts_with('-') { -1e308 } else { 1e308 };
            assert_eq!(Json::parse(number.as_bytes()).unwrap(), Json::Float(farthest), "{number}");
        }
        let text = r#"{"a\\\"1e999":[1e999,1,"1e999\\"],"\u00e9é":2.5e-400}"#;
        let Json::Object(members) = Json::parse(text.as_bytes()).unwrap() else { panic!("{text}") };
        let elements = vec![Json::Float(1e308), Json::Integer(1), Json::Text("1e999\\".to_owned())];
        let expected = [("a\\\"1e999".into(), Json::Array(elements)), ("éé".into(), Json::Float(0.0))];
        assert_eq!(members, expected);
    }

    #[test]
    fn what_is_wrong_beside_a_number_beyond_the_doubles_is_told_where_it_is() {
        let problem = Json::parse(format!("{{\"a\":{},}}", "9".repeat(400)).as_bytes()).unwrap_err();
        assert!(problem.detail().contains("column 407"), "{}", problem.detail());
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        let invalid_utf8: &[u8] = &[b'"', 0xff, b'"'];
        let mut cases: Vec<&[u8]> = vec![invalid_utf8];
        let texts = [
            "",
            " ",
            "{",
            "[1,",
            "{\"a\":}",
            "nul",
            "'a'",
            "{a:1}",
            "1 2",
            "{} x",
            "\u{feff}{}",
            "01",
            "NaN",
            "1e999e",
            "01e999",
            "-01e999",
            "1.e999",
            "-.5e999",
            "{\"a\":1e999,}",
            "\"1e999",
        ];
        cases.extend(texts.iter().map(|text| text.as_bytes()));
        cases.extend([r#""\ud800""#.as_bytes(), b"\"a\nb\"", b"[1,]", b"\x00"]);
        for case in cases {
            let problem = Json::parse(case).unwrap_err();
            assert_eq!(problem.code(), Code::MalformedJson, "{case:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(Json::parse(&nested(JSON_DEPTH_MAX)).is_ok());
        for depth in [JSON_DEPTH_MAX + 1, 100_000] {
            let problem = Json::parse(&nested(depth)).unwrap_err();
            assert_eq!(problem.code(), Code::MalformedJson);
            assert!(problem.detail().contains("nested deeper than 32"), "{}", problem.detail());
        }
    }
}
