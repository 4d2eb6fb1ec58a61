//! The `Idempotency-Key` header: a key and a fingerprint of the request that it came with.

use aws_lc_rs::digest::{Context, SHA256};
use axum::http::HeaderMap;
use axum::http::header::HeaderName;
use axum::response::Response;
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{ConcertId, UserId};

use crate::problem::Problem;

/// Names the request that is to happen once.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The first part of a request for a booking: however it is sent, alone or among others, it is the same request.
pub const BOOKING: &[u8] = b"POST /bookings";
/// Says that the answer is that of an earlier request.
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
pub const KEY_CHARS_MAX: usize = 255;
/// What a key has, as whoever gave another is told.
pub const KEY_CHARS: &str = "1 to 255 visible ASCII characters, between which there may be blanks";

/// The key of a request, if it has one. `request` is everything that makes the request what it is: two requests with the same
/// parts are the same request.
///
/// # Errors
/// `validation_failed` when the key [is none](is_key), or is given twice.
pub fn key(headers: &HeaderMap, request: &[&[u8]]) -> Result<Option<IdempotencyKey>, Problem> {
    Ok(text(headers)?.map(|text| key_with(text, request)))
}

/// The text of the key in these headers, if there is one.
///
/// # Errors
/// Those of [`key`].
pub fn text(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if !is_key(value.as_bytes()) || values.next().is_some() {
        let detail = format!("must be given once, with {KEY_CHARS}");
        return Err(Problem::field("Idempotency-Key", detail));
    }
    Ok(Some(value.as_bytes()))
}

/// The key with this text, which [`is_key`], of a request.
pub fn key_with(text: &[u8], request: &[&[u8]]) -> IdempotencyKey {
    IdempotencyKey { key: hash(&[text]), request: hash(request) }
}

/// Whether a text can be a key. A header loses the blanks around it, so none begins or ends with one, wherever it is given.
pub fn is_key(text: &[u8]) -> bool {
    let plain = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    let is_visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    text.len() <= KEY_CHARS_MAX
        && is_visible(text.first())
        && is_visible(text.last())
        && text.iter().all(plain)
}

/// The id to try, at each attempt, for a concert that is made with a key: the same user and key find the same concert again.
pub fn concert_id(user: &UserId, key: &IdempotencyKey, attempt: u32) -> ConcertId {
    let hash = hash(&[user.as_str().as_bytes(), &key.key, &attempt.to_be_bytes()]);
    let mut bits = [0; 8];
    bits.copy_from_slice(&hash[..8]);
    ConcertId::from_bits(u64::from_be_bytes(bits))
}

/// Marks the answer of a request that succeeded before.
#[must_use]
pub fn replayed(mut response: Response, repeated: bool) -> Response {
    if repeated {
        let yes = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, yes);
    }
    response
}

/// A hash of the parts that tells where each of them ends.
fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&context.finish().as_ref()[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::wire;

    fn key_of(value: &str, request: &[&[u8]]) -> Result<Option<IdempotencyKey>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, value.parse().unwrap());
        key(&headers, request)
    }

    #[test]
    fn keys_are_bounded_and_plain() {
        assert_eq!(key(&HeaderMap::new(), &[]), Ok(None));
        assert!(key_of(&"k".repeat(255), &[]).unwrap().is_some());
        for bad in ["", &"k".repeat(256)] {
            assert!(key_of(bad, &[]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_has_no_blanks_around_it() {
        for (text, is_good) in [
            ("a b", true),
            ("a\tb", true),
            (" a", false),
            ("a ", false),
            ("\ta", false),
            ("   ", false),
            ("ä", false),
        ] {
            assert_eq!(is_key(text.as_bytes()), is_good, "{text:?}");
        }
    }

    /// Keys are kept for a day, across versions of this program: what makes a request what it is must be written as it always was.
    #[test]
    fn requests_are_the_same_as_in_every_version_before() {
        let json = |text: &str| Json::parse(text.as_bytes()).unwrap();
        let booking = |text| wire::read_booking_request(json(text)).unwrap().fingerprint();
        let change = |text| wire::read_change_request(json(text)).unwrap().fingerprint();
        let concert = |text| format!("{:?}", json(text)).into_bytes();
        for (fingerprint, expected) in [
            (booking(r#"{"concertId":"c1","seatTypeId":"c1-t1"}"#), "c1 c1-t1 1"),
            (booking(r#"{"concertId":"c1","seatTypeId":"c1-t1","quantity":2}"#), "c1 c1-t1 2"),
            (
                booking(
                    r#"{"concertId":"c1","items":[{"seatTypeId":"c1-t1","seats":["A-1","\u00e4-2"]},{"seatTypeId":"c1-t2"}],"promoCode":"X\"Y"}"#,
                ),
                r#"c1 c1-t1 2 ["A-1", "ä-2"] c1-t2 1 code "X\"Y""#,
            ),
            (change(r#"{"quantity":3}"#), "item Some(3)  3"),
            (change(r#"{"seats":["A-1"]}"#), r#"item None  1 ["A-1"]"#),
            (change(r#"{"items":[{"seatTypeId":"c1-t1","quantity":2}]}"#), "items c1-t1 2"),
            (
                concert(r#"{"name":"N\u00e4","price":120.5,"seats":[1,-2],"draft":true,"genre":null}"#),
                r#"Object([("name", Text("Nä")), ("price", Float(120.5)), ("seats", Array([Integer(1), Integer(-2)])), ("draft", Boolean(true)), ("genre", Null)])"#,
            ),
        ] {
            assert_eq!(String::from_utf8(fingerprint).unwrap(), expected);
        }
        let hashed = key_with(b"key", &[BOOKING, b"c1 c1-t1 1"]);
        assert_eq!(u128::from_be_bytes(hashed.key), 0xc83c_4b60_63d8_9075_f967_de2f_416b_5b55);
        assert_eq!(u128::from_be_bytes(hashed.request), 0x8118_5e89_b219_55d2_373f_1328_794c_e46e);
    }

    #[test]
    fn requests_differ_by_where_their_parts_end() {
        let request = |parts: &[&[u8]]| key_of("k", parts).unwrap().unwrap().request;
        assert_eq!(request(&[b"a", b"b"]), request(&[b"a", b"b"]));
        assert_ne!(request(&[b"a", b"b"]), request(&[b"ab"]));
        assert_ne!(request(&[b"a", b"b"]), request(&[b"", b"ab"]));
    }

    #[test]
    fn concerts_made_with_a_key_have_ids_of_user_and_key() {
        let (ada, bob) = (UserId::new("ada").unwrap(), UserId::new("bob").unwrap());
        let key = key_of("k", &[]).unwrap().unwrap();
        assert_eq!(concert_id(&ada, &key, 0), concert_id(&ada, &key, 0));
        assert_ne!(concert_id(&ada, &key, 0), concert_id(&ada, &key, 1));
        assert_ne!(concert_id(&ada, &key, 0), concert_id(&bob, &key, 0));
    }
}
