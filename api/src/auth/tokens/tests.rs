//! Every way in which a token can be wrong.

use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";
const NOW_SECONDS: i64 = 1_800_000_000;
const NOW: Time = Time(NOW_SECONDS * 1_000);

/// A token as another service would mint it, with HS256 whatever its header says.
fn mint(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret), Algorithm::HS256)
            .unwrap();
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({"alg": "HS256", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "sub": "load-1", "iss": "boxoffice", "aud": "boxoffice", "iat": NOW_SECONDS - 10, "exp": NOW_SECONDS + 10,
        "jti": "j", "role": "customer"
    })
}

/// `base` with this member, or without it when the value is null.
fn with(mut base: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => base.as_object_mut().unwrap().remove(name),
        value => base.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    base
}

fn verdict(token: &str) -> Result<(), Code> {
    Tokens::new(SECRET).verify(token, NOW).map(|_| ()).map_err(|problem| problem.code())
}

#[test]
fn issued_token_verifies_until_it_expires() {
    let tokens = Tokens::new(SECRET);
    let user = UserId::new("u-1").unwrap();
    let issued = tokens.issue(&user, Role::Organizer, NOW).unwrap();
    assert_eq!(issued.expires_at, NOW.plus_seconds(ACCESS_TOKEN_SECONDS));
    let verified = tokens.verify(&issued.token, NOW.plus_seconds(ACCESS_TOKEN_SECONDS - 1)).unwrap();
    assert_eq!(verified.caller, Caller { user, role: Role::Organizer });
    assert_eq!(verified.issued_at_seconds, NOW_SECONDS);
    let expired = tokens.verify(&issued.token, issued.expires_at).unwrap_err();
    assert_eq!(expired.code(), Code::TokenExpired);
}

#[test]
fn issued_token_is_a_jwt_for_other_libraries() {
    let tokens = Tokens::new(SECRET);
    let issued = tokens.issue(&UserId::new("u-1").unwrap(), Role::Customer, NOW).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_issuer(&["boxoffice"]);
    validation.set_audience(&["boxoffice"]);
    let decoded =
        jsonwebtoken::decode::<Value>(&issued.token, &DecodingKey::from_secret(SECRET), &validation).unwrap();
    assert_eq!(decoded.header.kid.as_deref(), Some(tokens.kid()));
    assert_eq!(decoded.claims["role"], "customer");
    assert_eq!(decoded.claims["exp"], NOW_SECONDS + ACCESS_TOKEN_SECONDS);
}

#[test]
fn kid_is_derived_as_documented() {
    // printf '%s' 'boxoffice kida secret of at least thirty-two bytes' | sha256sum | cut -c-16 | xxd -r -p | base64
    assert_eq!(Tokens::new(SECRET).kid(), "tYotLpioKqE");
    assert_ne!(Tokens::new(b"another secret of at least thirty-two bytes").kid(), "tYotLpioKqE");
}

#[test]
fn claims_are_checked() {
    let cases: [(&str, Value, Result<(), Code>); 38] = [
        ("sub", json!("load-1"), Ok(())),
        ("sub", json!("a".repeat(64)), Ok(())),
        ("sub", json!("A.z_0~-"), Ok(())),
        ("sub", json!("a".repeat(65)), Err(Code::InvalidToken)),
        ("sub", json!(""), Err(Code::InvalidToken)),
        ("sub", json!("a/b"), Err(Code::InvalidToken)),
        ("sub", json!(7), Err(Code::InvalidToken)),
        ("sub", Value::Null, Err(Code::InvalidToken)),
        ("iss", json!("boxoffice2"), Err(Code::InvalidToken)),
        ("iss", Value::Null, Err(Code::InvalidToken)),
        ("aud", json!(["boxoffice"]), Ok(())),
        ("aud", json!(["boxoffice", "other"]), Err(Code::InvalidToken)),
        ("aud", json!([]), Err(Code::InvalidToken)),
        ("aud", json!("other"), Err(Code::InvalidToken)),
        ("aud", Value::Null, Err(Code::InvalidToken)),
        ("exp", json!(NOW_SECONDS + 1), Ok(())),
        ("exp", json!(1_800_000_001.5), Ok(())),
        ("exp", json!(NOW_SECONDS), Err(Code::TokenExpired)),
        ("exp", json!(NOW_SECONDS - 1), Err(Code::TokenExpired)),
        ("exp", json!(NOW_SECONDS - 11), Err(Code::InvalidToken)),
        ("exp", json!(NOW_SECONDS - 10 + LIFETIME_SECONDS_MAX), Ok(())),
        ("exp", json!(NOW_SECONDS - 9 + LIFETIME_SECONDS_MAX), Err(Code::InvalidToken)),
        ("exp", json!(i64::MAX), Err(Code::InvalidToken)),
        ("exp", json!("soon"), Err(Code::InvalidToken)),
        ("exp", Value::Null, Err(Code::InvalidToken)),
        ("iat", json!(NOW_SECONDS), Ok(())),
        ("iat", json!(-1), Err(Code::InvalidToken)),
        ("iat", Value::Null, Err(Code::InvalidToken)),
        ("nbf", json!(NOW_SECONDS), Ok(())),
        ("nbf", json!(NOW_SECONDS + 1), Err(Code::InvalidToken)),
        ("nbf", json!("now"), Err(Code::InvalidToken)),
        ("jti", json!(""), Err(Code::InvalidToken)),
        ("jti", Value::Null, Err(Code::InvalidToken)),
        ("role", json!("admin"), Ok(())),
        ("role", json!("Admin"), Err(Code::InvalidToken)),
        ("role", json!("root"), Err(Code::InvalidToken)),
        ("role", Value::Null, Err(Code::InvalidToken)),
        ("name", json!("of no concern"), Ok(())),
    ];
    for (name, value, expected) in cases {
        let token = mint(&header(), &with(claims(), name, value.clone()), SECRET);
        assert_eq!(verdict(&token), expected, "{name} {value}");
    }
}

#[test]
fn token_issued_in_the_future_is_refused() {
    for (ahead, expected) in [(60, Ok(())), (61, Err(Code::InvalidToken))] {
        let claims = with(with(claims(), "iat", json!(NOW_SECONDS + ahead)), "exp", json!(NOW_SECONDS + 900));
        assert_eq!(verdict(&mint(&header(), &claims, SECRET)), expected, "{ahead}");
    }
}

#[test]
fn headers_are_checked() {
    let kid = Tokens::new(SECRET).kid().to_owned();
    let cases = [
        ("kid", json!(kid), Ok(())),
        ("kid", json!("another"), Err(Code::InvalidToken)),
        ("kid", json!(1), Err(Code::InvalidToken)),
        ("alg", json!("none"), Err(Code::InvalidToken)),
        ("alg", json!("HS512"), Err(Code::InvalidToken)),
        ("alg", json!("hs256"), Err(Code::InvalidToken)),
        ("alg", Value::Null, Err(Code::InvalidToken)),
        ("crit", json!(["exp"]), Err(Code::InvalidToken)),
        ("crit", json!([]), Err(Code::InvalidToken)),
        ("crit", json!("x"), Err(Code::InvalidToken)),
        ("typ", Value::Null, Ok(())),
        ("typ", json!("at+jwt"), Ok(())),
    ];
    for (name, value, expected) in cases {
        let token = mint(&with(header(), name, value.clone()), &claims(), SECRET);
        assert_eq!(verdict(&token), expected, "{name} {value}");
    }
    let crit_null = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","crit":null}"#);
    assert!(!Tokens::new(SECRET).accepts_header(&crit_null));
}

#[test]
fn forged_and_mangled_tokens_are_refused() {
    let good = mint(&header(), &claims(), SECRET);
    assert_eq!(verdict(&good), Ok(()));
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut flipped = good.clone().into_bytes();
    flipped[40] ^= 1;
    let cases = [
        mint(&header(), &claims(), b"another secret of at least thirty-two bytes"),
        format!("{message}."),
        message.to_owned(),
        String::from_utf8(flipped).unwrap(),
        format!("{good}="),
        format!("{good}.x"),
        String::new(),
        "..".to_owned(),
        "x".repeat(TOKEN_BYTES_MAX + 1),
        mint(&header(), &json!([1]), SECRET),
    ];
    for token in cases {
        assert_eq!(verdict(&token), Err(Code::InvalidToken), "{token:.60}");
    }
}

#[test]
fn claims_given_twice_are_refused() {
    let doubled = claims().to_string().replacen('{', "{\"sub\":\"somebody-else\",", 1);
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header().to_string()), URL_SAFE_NO_PAD.encode(doubled));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(SECRET), Algorithm::HS256);
    assert_eq!(verdict(&format!("{message}.{}", signature.unwrap())), Err(Code::InvalidToken));
}

#[test]
fn bearer_is_taken_from_the_header() {
    let cases: [(&[&str], Result<&str, Code>); 8] = [
        (&["Bearer abc"], Ok("abc")),
        // What is no blank in HTTP belongs to the token.
        (&["Bearer \u{a0}abc\u{3000}"], Ok("\u{a0}abc\u{3000}")),
        (&["Bearer\u{a0}abc"], Err(Code::InvalidToken)),
        (&["bearer  abc"], Ok("abc")),
        (&[], Err(Code::MissingToken)),
        (&["Basic abc"], Err(Code::InvalidToken)),
        (&["Bearer"], Err(Code::InvalidToken)),
        (&["Bearer a", "Bearer b"], Err(Code::InvalidToken)),
    ];
    for (values, expected) in cases {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        assert_eq!(bearer(&headers).map_err(|problem| problem.code()), expected, "{values:?}");
    }
}
