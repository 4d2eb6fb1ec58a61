//! Registering, logging in, one's own profile.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, header_of, payload_of, with};

const PASSWORD: &str = "open sesame";

fn ada() -> Value {
    json!({"username": "Ada.Lovelace", "email": "ada@example.org", "password": PASSWORD})
}

#[test]
fn who_registers_gets_an_account_and_a_session() {
    let office = BoxOffice::open();
    let session = office.guest().post("/auth/register", &ada()).is(201).json();
    let user = &session["user"];
    assert_eq!(user["username"], "Ada.Lovelace");
    assert_eq!(user["email"], "ada@example.org");
    assert_eq!(user["role"], "customer");
    let members: Vec<_> = user.as_object().expect("a user").keys().map(String::as_str).collect();
    assert_eq!(members, ["createdAt", "email", "id", "role", "username"], "no more of a user is told");
    assert!(session["refreshToken"].is_string());

    let ada = office.guest().with_session(&session);
    assert_eq!(ada.get("/auth/profile").is(200).json(), *user);
}

#[test]
fn an_access_token_is_an_hs256_jwt_of_fifteen_minutes() {
    let office = BoxOffice::open();
    let session = office.guest().post("/auth/register", &ada()).is(201).json();
    let token = session["token"].as_str().expect("a token");
    let (header, payload) = (header_of(token), payload_of(token));
    assert_eq!(header["alg"], "HS256");
    assert!(header["kid"].is_string());
    assert_eq!(payload["sub"], session["user"]["id"]);
    assert_eq!((&payload["iss"], &payload["aud"]), (&json!("boxoffice"), &json!("boxoffice")));
    assert_eq!(payload["role"], "customer");
    assert!(payload["jti"].is_string());
    let (issued, expires) = (payload["iat"].as_i64().expect("iat"), payload["exp"].as_i64().expect("exp"));
    assert_eq!(expires - issued, 15 * 60);
    let told: jiff::Timestamp = session["expiresAt"].as_str().expect("expiresAt").parse().expect("RFC 3339");
    assert_eq!(told.as_second(), expires);
}

#[test]
fn one_logs_in_by_name_or_by_email_address() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let registered = guest.post("/auth/register", &ada()).is(201).json();
    for name in ["Ada.Lovelace", "ada@example.org"] {
        let session = guest.logs_in(name, PASSWORD).is(200).json();
        assert_eq!(session["user"], registered["user"], "{name}");
        assert!(session["expiresAt"].is_string() && session["refreshToken"].is_string());
        guest.with_session(&session).get("/auth/profile").is(200);
    }
}

#[test]
fn an_unknown_user_and_a_wrong_password_look_the_same() {
    let office = BoxOffice::open();
    let guest = office.guest();
    guest.post("/auth/register", &ada()).is(201);
    let wrong_password = guest.logs_in("Ada.Lovelace", "open barley");
    let unknown_user = guest.logs_in("Eda.Lovelace", PASSWORD);
    let unknown_email = guest.logs_in("eda@example.org", PASSWORD);
    let nonsense = guest.logs_in("no name that anybody could have\u{7}", PASSWORD);
    wrong_password.refused(401, "invalid_credentials");
    for answer in [unknown_user, unknown_email, nonsense] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json(), wrong_password.json());
        let names =
            |headers: &hyper::HeaderMap| -> Vec<String> { headers.keys().map(ToString::to_string).collect() };
        assert_eq!(names(&answer.headers), names(&wrong_password.headers));
    }
}

#[test]
fn names_and_email_addresses_are_unique_without_regard_to_case() {
    let office = BoxOffice::open();
    let guest = office.guest();
    guest.post("/auth/register", &ada()).is(201);
    let same_name = with(ada(), &json!({"username": "ADA.lovelace", "email": "other@example.org"}));
    guest.post("/auth/register", &same_name).refused(409, "username_taken");
    let same_email = with(ada(), &json!({"username": "other", "email": "ADA@Example.ORG"}));
    guest.post("/auth/register", &same_email).refused(409, "email_taken");

    let other = guest.registers("other", PASSWORD);
    other.patch("/auth/profile", &json!({"email": "Ada@example.org"})).refused(409, "email_taken");
    assert_eq!(other.get("/auth/profile").is(200).text("email"), "other@example.org");
}

#[test]
fn of_many_who_want_one_name_at_once_one_gets_it() {
    let office = BoxOffice::open();
    let rivals = (0..8).map(|number| {
        let guest = office.guest();
        let email = format!("rival{number}@example.org");
        thread::spawn(move || guest.post("/auth/register", &with(ada(), &json!({"email": email}))))
    });
    let rivals: Vec<_> = rivals.collect();
    let answers: Vec<_> = rivals.into_iter().map(|rival| rival.join().expect("an answer")).collect();
    let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(winners.len(), 1);
    for loser in losers {
        loser.refused(409, "username_taken");
    }
}

#[test]
fn a_bad_registration_is_refused_with_every_field_that_is_bad() {
    let office = BoxOffice::open();
    let guest = office.guest();
    let cases = [
        (json!({"username": ""}), vec!["/username"]),
        (json!({"username": "ab"}), vec!["/username"]),
        (json!({"username": "a".repeat(41)}), vec!["/username"]),
        (json!({"username": "ada lovelace"}), vec!["/username"]),
        (json!({"username": "ädä"}), vec!["/username"]),
        (json!({"username": "ada\u{0}"}), vec!["/username"]),
        (json!({"username": "ada@example.org"}), vec!["/username"]),
        (json!({"username": 7}), vec!["/username"]),
        (json!({"username": null}), vec!["/username"]),
        (json!({"email": ""}), vec!["/email"]),
        (json!({"email": "nobody"}), vec!["/email"]),
        (json!({"email": "two@at@example.org"}), vec!["/email"]),
        (json!({"email": "line\nbreak@example.org"}), vec!["/email"]),
        (json!({"email": format!("{}@example.org", "a".repeat(300))}), vec!["/email"]),
        (json!({"email": ["ada@example.org"]}), vec!["/email"]),
        (json!({"password": "seven c"}), vec!["/password"]),
        (json!({"password": "ßßßßßßß"}), vec!["/password"]),
        (json!({"password": "p".repeat(129)}), vec!["/password"]),
        (json!({"password": 12_345_678}), vec!["/password"]),
        (json!({"role": "admin"}), vec!["/role"]),
        (
            json!({"username": "a", "email": "a", "password": "a", "x": 1}),
            vec!["/username", "/email", "/password", "/x"],
        ),
    ];
    for (change, pointers) in cases {
        guest.post("/auth/register", &with(ada(), &change)).faults(&pointers);
    }
    guest.post("/auth/register", &json!({})).faults(&["/username", "/email", "/password"]);
    guest.post("/auth/login", &json!({})).faults(&["/username", "/password"]);
    guest.post("/auth/login", &json!({"username": 1, "password": 2, "x": 3})).faults(&[
        "/username",
        "/password",
        "/x",
    ]);
    guest.post("/auth/refresh", &json!({"refreshToken": 1})).faults(&["/refreshToken"]);

    let users = office.admin().lists("/users");
    assert_eq!(users.len(), 1, "only the admin is there: nothing has changed");
}

#[test]
fn the_shortest_and_longest_names_and_passwords_are_accepted() {
    let office = BoxOffice::open();
    let long = "ß".repeat(128);
    for (name, password) in [("a_b", "eight ch"), (&"x".repeat(40), long.as_str()), ("A.-", "ßßßßßßßß")]
    {
        office.guest().registers(name, password);
        office.guest().logs_in(name, password).is(200);
    }
}

#[test]
fn an_email_address_can_be_changed_and_logged_in_with() {
    let office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    let changed = ada.patch("/auth/profile", &json!({"email": "countess@example.org"})).is(200).json();
    assert_eq!(changed["email"], "countess@example.org");
    assert_eq!(ada.get("/auth/profile").is(200).json(), changed);
    office.guest().logs_in("countess@example.org", PASSWORD).is(200);
    office.guest().logs_in("ada@example.org", PASSWORD).refused(401, "invalid_credentials");
    office
        .guest()
        .registers("charles", PASSWORD)
        .patch("/auth/profile", &json!({"email": "ada@example.org"}))
        .is(200);
}

#[test]
fn a_bad_change_of_the_profile_changes_nothing() {
    let office = BoxOffice::open();
    let ada = office.guest().registers("ada", PASSWORD);
    let before = ada.get("/auth/profile").is(200).json();
    ada.patch("/auth/profile", &json!({"email": "nobody"})).faults(&["/email"]);
    ada.patch("/auth/profile", &json!({"username": "eve"})).faults(&["/username"]);
    ada.patch("/auth/profile", &json!({"email": 1, "newPassword": 2})).faults(&["/email", "/newPassword"]);
    let short = json!({"email": "new@example.org", "currentPassword": PASSWORD, "newPassword": "short"});
    ada.patch("/auth/profile", &short).faults(&["/newPassword"]);
    ada.patch("/auth/profile", &json!({"newPassword": "a new password"})).faults(&["/currentPassword"]);
    let wrong = json!({"email": "new@example.org", "currentPassword": "wrong password", "newPassword": "a new password"});
    let refused = ada.patch("/auth/profile", &wrong);
    assert!(matches!(refused.status, 400 | 401 | 403), "{refused:?}");
    refused.problem();
    assert_eq!(ada.get("/auth/profile").is(200).json(), before);
    office.guest().logs_in("ada", PASSWORD).is(200);
}
