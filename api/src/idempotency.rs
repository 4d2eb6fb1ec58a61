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

/// The key of a request, if it has one. `request` is everything that makes the request what it is: two requests with the same
/// parts are the same request.
///
/// # Errors
/// `validation_failed` when the key is empty, too long, not visible ASCII, or given twice.
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
        let detail = format!("must be given once, with 1 to {KEY_CHARS_MAX} visible ASCII characters");
        return Err(Problem::field("Idempotency-Key", detail));
    }
    Ok(Some(value.as_bytes()))
}

/// The key with this text, which [`is_key`], of a request.
pub fn key_with(text: &[u8], request: &[&[u8]]) -> IdempotencyKey {
    IdempotencyKey { key: hash(&[text]), request: hash(request) }
}

/// Whether a text can be a key.
pub fn is_key(text: &[u8]) -> bool {
    let visible = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    (1..=KEY_CHARS_MAX).contains(&text.len()) && text.iter().all(visible)
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
