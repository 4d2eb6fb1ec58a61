//! Access tokens made by hand, so that a test can forge every part of one.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::clock::now;
use super::setup::SECRET;

/// A good token of 15 minutes for anybody.
pub(crate) fn minted(kid: &str, sub: &str, role: &str) -> String {
    signed(&json!({"alg": "HS256", "typ": "JWT", "kid": kid}), &claims(sub, role), SECRET)
}

/// What a good token says.
pub(crate) fn claims(sub: &str, role: &str) -> Value {
    let now = now().as_second();
    json!({
        "sub": sub,
        "role": role,
        "iss": "boxoffice",
        "aud": "boxoffice",
        "iat": now,
        "exp": now + 900,
        "jti": format!("{:032x}", fastrand::u128(..)),
    })
}

/// A token of these parts, signed as its header says; with HMAC-SHA-256 where that says nothing of the kind.
pub(crate) fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let content = format!("{}.{}", encoded(header), encoded(claims));
    let algorithm = match header["alg"].as_str() {
        Some("HS384") => hmac::HMAC_SHA384,
        Some("HS512") => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    let signature = hmac::sign(&key, content.as_bytes());
    format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(crate) fn header_of(token: &str) -> Value {
    part_of(token, 0)
}

pub(crate) fn payload_of(token: &str) -> Value {
    part_of(token, 1)
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn part_of(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a token has three parts");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("a token's parts are base64url");
    serde_json::from_slice(&bytes).expect("a token's header and payload are JSON")
}
