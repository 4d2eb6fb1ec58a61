//! Refresh tokens, logging out, and what a new password ends.

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Client, SECRET, claims, signed, with};

const PASSWORD: &str = "open sesame";

fn session_of(office: &BoxOffice, username: &str) -> Value {
    office.guest().registers(username, PASSWORD);
    office.guest().logs_in(username, PASSWORD).is(200).json()
}

fn refresh(guest: &Client, session: &Value) -> crate::harness::Answer {
    guest.post("/auth/refresh", &json!({"refreshToken": session["refreshToken"]}))
}

#[track_caller]
fn is_refused(guest: &Client, session: &Value) {
    let answer = refresh(guest, session).is(401);
    let code = answer.problem()["code"].clone();
    assert!(code == "invalid_token" || code == "token_expired" || code == "invalid_credentials", "{code}");
}

#[test]
fn a_refresh_token_gives_a_new_session_with_a_new_refresh_token() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let first = session_of(&office, "ada");
    let second = refresh(&guest, &first).is(200).json();
    assert_eq!(second["user"], first["user"]);
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    assert!(second["expiresAt"].is_string());
    guest.with_session(&second).get("/auth/profile").is(200);
    refresh(&guest, &second).is(200);
}

#[test]
fn an_old_refresh_token_used_again_revokes_its_whole_family_and_no_other() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let first = session_of(&office, "ada");
    let elsewhere = guest.logs_in("ada", PASSWORD).is(200).json();
    let second = refresh(&guest, &first).is(200).json();
    let third = refresh(&guest, &second).is(200).json();
    is_refused(&guest, &first);
    is_refused(&guest, &third);
    is_refused(&guest, &second);
    refresh(&guest, &elsewhere).is(200);
}

#[test]
fn a_refresh_token_survives_a_restart_and_its_reuse_is_known_after_it() {
    let mut office = BoxOffice::open();
    let guest = office.guest();
    let first = session_of(&office, "ada");
    let second = refresh(&guest, &first).is(200).json();
    office.kill_and_reopen();
    let third = refresh(&guest, &second).is(200).json();
    is_refused(&guest, &first);
    is_refused(&guest, &third);
}

#[test]
fn who_logs_out_cannot_refresh() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let session = session_of(&office, "ada");
    let elsewhere = guest.logs_in("ada", PASSWORD).is(200).json();
    let ada = guest.with_session(&session);
    ada.post("/auth/logout", &json!({"refreshToken": session["refreshToken"]})).is(204);
    is_refused(&guest, &session);
    refresh(&guest, &elsewhere).is(200);
}

#[test]
fn an_unknown_refresh_token_is_refused() {
    let office = BoxOffice::open();
    let session = session_of(&office, "ada");
    let access_token = session["token"].as_str().expect("a token").to_owned();
    for token in ["", "x", &"x".repeat(5_000), access_token.as_str()] {
        is_refused(&office.guest(), &json!({"refreshToken": token}));
    }
}

#[test]
fn a_new_password_ends_every_older_token_and_a_login_right_after_works() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let session = session_of(&office, "ada");
    let elsewhere = guest.logs_in("ada", PASSWORD).is(200).json();
    let ada = guest.with_session(&session);
    let change = json!({"currentPassword": PASSWORD, "newPassword": "a better one"});
    ada.patch("/auth/profile", &change).is(200);
    let again = guest.logs_in("ada", "a better one").is(200).json();

    for old in [&session, &elsewhere] {
        guest.with_session(old).get("/auth/profile").refused(401, "invalid_token");
        is_refused(&guest, old);
    }
    guest.logs_in("ada", PASSWORD).refused(401, "invalid_credentials");
    guest.with_session(&again).get("/auth/profile").is(200);
    refresh(&guest, &again).is(200);
}

#[test]
fn a_minted_token_from_before_the_password_change_is_refused_after_a_restart_too() {
    let mut office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    let kid = office.kid();
    let old = claims(&ada.id, "customer");
    let before = old["iat"].as_i64().expect("iat") - 60;
    let header = json!({"alg": "HS256", "kid": kid});
    let old = signed(&header, &with(old, &json!({"iat": before, "exp": before + 900})), SECRET);
    let minted = ada.with_token(&ada.id, &old);
    minted.get("/bookings/mybookings").is(200);

    let change = json!({"currentPassword": PASSWORD, "newPassword": "a better one"});
    ada.patch("/auth/profile", &change).is(200);
    minted.get("/bookings/mybookings").refused(401, "invalid_token");
    office.kill_and_reopen();
    minted.get("/bookings/mybookings").refused(401, "invalid_token");
    office.guest().logs_in("ada", "a better one").is(200);
}
