//! Becoming a user: names and addresses have one owner, whatever their case.

use boxoffice_engine::accounts::{AccountsCommand, AccountsRejection};
use boxoffice_engine::caller::Role;

use super::support::{NOW, Outcome, Stand, check, family, invalid, refresh, register, session, token, user};

const REGISTERED: Outcome = Outcome::Happens("UserRegistered");

#[test]
fn names_and_addresses_are_unique_without_regard_to_case() {
    let stand = Stand::of_two();
    let username_taken = Outcome::Refused(AccountsRejection::UsernameTaken);
    let email_taken = Outcome::Refused(AccountsRejection::EmailTaken);
    for (username, email, expected) in [
        ("Ada", "new@example.com", &username_taken),
        ("ada", "new@example.com", &username_taken),
        ("ADA", "new@example.com", &username_taken),
        ("new", "ada@example.com", &email_taken),
        ("new", "ADA@Example.COM", &email_taken),
        ("Ada", "ada@example.com", &username_taken),
        ("Bob", "ada@example.com", &username_taken),
        ("new", "new@example.com", &REGISTERED),
        ("ada.", "ada@example.co", &REGISTERED),
    ] {
        check(username, &stand, &register("new", username, email), expected);
    }
}

#[test]
fn every_bad_field_of_a_registration_is_named_before_a_taken_one_is() {
    let stand = Stand::of_two();
    for (username, email, expected) in [
        ("", "", &invalid(&["/username", "/email"])),
        ("a b", "ada@example.com", &invalid(&["/username"])),
        ("Ada", "ada", &invalid(&["/email"])),
        ("ab", "new@example.com", &invalid(&["/username"])),
        (&*"x".repeat(41), "new@example.com", &invalid(&["/username"])),
        (&*"x".repeat(40), "new@example.com", &REGISTERED),
        ("new", &*format!("{}@example.com", "x".repeat(65)), &invalid(&["/email"])),
        ("new", &*format!("a@{}.example", "b.".repeat(200)), &invalid(&["/email"])),
        ("new", "a\0b@example.com", &invalid(&["/email"])),
    ] {
        check(username, &stand, &register("new", username, email), expected);
    }
}

#[test]
fn a_user_is_what_they_registered_as() {
    let mut stand = Stand::of_two();
    let carl = stand.user("bob").clone();
    assert_eq!((&*carl.username, &*carl.email, carl.role), ("Bob", "bob@example.com", Role::Customer));
    assert_eq!((carl.credential, carl.tokens_valid_from, carl.created_at), (2, 0, NOW));
    stand.does(&AccountsCommand::Register {
        user: user("root"),
        username: "root".to_owned(),
        email: "root@example.com".to_owned(),
        password_hash: "secret".to_owned(),
        role: Role::Admin,
        session: Some(session(1, 1)),
    });
    let root = stand.user("root");
    assert_eq!((root.role, root.credential), (Role::Admin, 3));
    assert!(!format!("{root:?}").contains("secret"), "a hash is never shown");
    check("its first session", &stand, &refresh(1, 1, 2), &Outcome::Happens("SessionRefreshed"));
    stand.assert_replays();
}

#[test]
fn users_are_found_by_parts_of_name_and_address_in_the_order_of_registration() {
    let mut stand = Stand::of_two();
    stand.does(&register("zed", "ABBA", "zed@example.org"));
    let found = |text: &str, from, limit| {
        let users = stand.accounts.find(text, from, limit);
        users.iter().map(|(place, user)| (*place, user.id.to_string())).collect::<Vec<_>>()
    };
    let of = |users: &[(usize, &str)]| {
        users.iter().map(|(place, id)| (*place, (*id).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(found("", 0, 9), of(&[(1, "ada"), (2, "bob"), (3, "zed")]));
    assert_eq!(found("", 0, 2), of(&[(1, "ada"), (2, "bob")]));
    assert_eq!(found("", 2, 2), of(&[(3, "zed")]), "the place goes on where the page ended");
    assert_eq!(found("bb", 0, 9), of(&[(3, "zed")]));
    assert_eq!(found("example.com", 1, 9), of(&[(2, "bob")]));
    assert_eq!(found("", usize::MAX, 9), of(&[]));
}

#[test]
fn token_hashes_match_only_themselves() {
    assert!(token(1).matches(&token(1)));
    let mut last_differs = token(1);
    last_differs.0[31] = 2;
    assert!(!token(1).matches(&last_differs));
    assert_ne!(family(1), family(2));
}
