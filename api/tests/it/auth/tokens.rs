//! Access tokens: which are believed.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, SECRET, claims, now, signed, with};

/// What a call with this `Authorization` is answered: the code of its 401, or none.
#[track_caller]
fn verdict(office: &BoxOffice, authorization: &str) -> Option<String> {
    let call = office.guest().call(hyper::Method::GET, "/bookings/mybookings");
    let answer = call.header("authorization", authorization).send();
    if answer.status == 200 {
        return None;
    }
    let problem = answer.is(401).problem();
    Some(problem["code"].as_str().expect("a code").to_owned())
}

fn header(office: &BoxOffice, change: &Value) -> Value {
    with(json!({"alg": "HS256", "typ": "JWT", "kid": office.kid()}), change)
}

#[test]
fn a_token_without_a_fault_is_believed() {
    let office = BoxOffice::open();
    let now = now().as_second();
    let good = claims("carl", "customer");
    for change in [
        json!({}),
        json!({"nbf": now - 10}),
        json!({"exp": now + 86_400, "iat": now}),
        json!({"sub": "x"}),
        json!({"sub": "A-z_0".repeat(12)}),
        json!({"role": "organizer"}),
        json!({"role": "admin"}),
    ] {
        let token = signed(&header(&office, &json!({})), &with(good.clone(), &change), SECRET);
        assert_eq!(verdict(&office, &format!("Bearer {token}")), None, "{change}");
    }
}

#[test]
fn a_token_with_a_wrong_claim_is_refused() {
    let office = BoxOffice::open();
    let now = now().as_second();
    let good = claims("carl", "customer");
    for change in [
        json!({"iss": "somebody"}),
        json!({"iss": null}),
        json!({"aud": "somebody"}),
        json!({"aud": ["somebody", "else"]}),
        json!({"nbf": now + 3_600}),
        json!({"iat": now, "exp": now + 86_400 + 120}),
        json!({"exp": null}),
        json!({"exp": "tomorrow"}),
        json!({"role": "king"}),
        json!({"role": null}),
        json!({"role": ["admin"]}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"sub": 7}),
        json!({"sub": "a b"}),
        json!({"sub": "a/b"}),
        json!({"sub": "ä"}),
        json!({"sub": "x".repeat(65)}),
    ] {
        let token = signed(&header(&office, &json!({})), &with(good.clone(), &change), SECRET);
        assert_eq!(
            verdict(&office, &format!("Bearer {token}")).as_deref(),
            Some("invalid_token"),
            "{change}"
        );
    }
}

#[test]
fn a_token_that_lacks_a_claim_is_refused() {
    let office = BoxOffice::open();
    for claim in ["sub", "role", "iss", "aud", "exp", "iat"] {
        let mut lacking = claims("carl", "customer");
        lacking.as_object_mut().expect("claims").remove(claim);
        let token = signed(&header(&office, &json!({})), &lacking, SECRET);
        assert_eq!(verdict(&office, &format!("Bearer {token}")).as_deref(), Some("invalid_token"), "{claim}");
    }
}

#[test]
fn a_token_with_a_wrong_header_is_refused() {
    let office = BoxOffice::open();
    let good = claims("carl", "admin");
    for change in [
        json!({"alg": "none"}),
        json!({"alg": "None"}),
        json!({"alg": "HS384"}),
        json!({"alg": "HS512"}),
        json!({"alg": "RS256"}),
        json!({"alg": null}),
        json!({"kid": "another"}),
        json!({"kid": ""}),
        json!({"kid": "../../secret"}),
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"crit": ["b64"], "b64": false}),
    ] {
        let token = signed(&header(&office, &change), &good, SECRET);
        assert_eq!(
            verdict(&office, &format!("Bearer {token}")).as_deref(),
            Some("invalid_token"),
            "{change}"
        );
    }
    let none = signed(&header(&office, &json!({"alg": "none"})), &good, SECRET);
    let (content, _) = none.rsplit_once('.').expect("a token has parts");
    for unsigned in [format!("{content}."), content.to_owned()] {
        assert_eq!(verdict(&office, &format!("Bearer {unsigned}")).as_deref(), Some("invalid_token"));
    }
}

#[test]
fn a_forged_token_is_refused() {
    let office = BoxOffice::open();
    let good = signed(&header(&office, &json!({})), &claims("carl", "customer"), SECRET);
    let admin = signed(&header(&office, &json!({})), &claims("carl", "admin"), SECRET);
    let parts: Vec<_> = good.split('.').collect();
    let admin_parts: Vec<_> = admin.split('.').collect();
    let other_secret = "another-secret-that-is-also-longer-than-32-bytes";
    for forged in [
        signed(&header(&office, &json!({})), &claims("carl", "customer"), other_secret),
        signed(&header(&office, &json!({})), &claims("carl", "customer"), ""),
        format!("{}.{}.{}", parts[0], admin_parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 2]),
        format!("{good}.{}", parts[2]),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "nonsense".to_owned(),
        "x".repeat(8_000),
    ] {
        assert_eq!(
            verdict(&office, &format!("Bearer {forged}")).as_deref(),
            Some("invalid_token"),
            "{forged}"
        );
    }
}

#[test]
fn an_expired_token_is_called_expired() {
    let office = BoxOffice::open();
    let now = now().as_second();
    let expired = with(claims("carl", "customer"), &json!({"iat": now - 4_500, "exp": now - 3_600}));
    let token = signed(&header(&office, &json!({})), &expired, SECRET);
    assert_eq!(verdict(&office, &format!("Bearer {token}")).as_deref(), Some("token_expired"));
    let forged =
        signed(&header(&office, &json!({})), &expired, "another-secret-that-is-also-longer-than-32-bytes");
    assert_eq!(verdict(&office, &format!("Bearer {forged}")).as_deref(), Some("invalid_token"));
}

#[test]
fn only_a_bearer_token_authenticates() {
    let office = BoxOffice::open();
    office.guest().get("/bookings/mybookings").refused(401, "missing_token");
    let token = signed(&header(&office, &json!({})), &claims("carl", "customer"), SECRET);
    for authorization in [format!("Basic {token}"), token.clone(), "Bearer".to_owned(), "Bearer ".to_owned()]
    {
        let code = verdict(&office, &authorization).expect("refused");
        assert!(code == "missing_token" || code == "invalid_token", "{authorization}: {code}");
    }
    assert_eq!(verdict(&office, &format!("bearer {token}")), None, "the scheme has no case");
}

#[test]
fn who_calls_with_a_bad_token_is_not_told_what_else_is_wrong() {
    let office = BoxOffice::open();
    for path in ["/concerts", "/bookings"] {
        let answer = office.guest().with_token("eve", "a.b.c").post(path, &json!({}));
        answer.refused(401, "invalid_token");
    }
}
