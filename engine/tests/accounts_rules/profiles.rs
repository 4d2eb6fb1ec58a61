//! Changing an address, a password or a role.

use boxoffice_engine::accounts::{AccountsCommand, AccountsRejection, NewPassword};
use boxoffice_engine::caller::Role;

use super::support::{
    NOW, Outcome, Stand, after, change_email, change_password, change_role, check, invalid, log_in, refresh,
    register, session, user,
};

const CHANGED: Outcome = Outcome::Happens("ProfileChanged");
const WRONG: Outcome = Outcome::Refused(AccountsRejection::InvalidCredentials);
const UNKNOWN: Outcome = Outcome::Refused(AccountsRejection::UserNotFound);

#[test]
fn an_address_changes_to_one_that_is_free_and_frees_the_old_one() {
    let mut stand = Stand::of_two();
    let taken = Outcome::Refused(AccountsRejection::EmailTaken);
    check("bob's", &stand, &change_email("ada", "bob@example.com"), &taken);
    check("bob's in capitals", &stand, &change_email("ada", "BOB@EXAMPLE.COM"), &taken);
    check("none", &stand, &change_email("ada", "bob"), &invalid(&["/email"]));
    check("the same", &stand, &change_email("ada", "ada@example.com"), &Outcome::Unchanged);
    check("nobody", &stand, &change_email("eve", "eve@example.com"), &UNKNOWN);
    stand.does(&change_email("ada", "ADA@example.com"));
    assert_eq!(stand.user("ada").email, "ADA@example.com", "its case may change");
    check("still ada's", &stand, &change_email("bob", "ada@example.com"), &taken);
    stand.does(&change_email("ada", "new@example.com"));
    stand.does(&change_email("bob", "ada@example.com"));
    let registered = Outcome::Happens("UserRegistered");
    check("bob's old one", &stand, &register("eve", "eve", "bob@example.com"), &registered);
    assert_eq!(stand.user("ada").credential, 1, "an address is no credential");
    assert_eq!(stand.user("ada").tokens_valid_from, 0);
    stand.assert_replays();
}

#[test]
fn a_new_password_ends_all_sessions_and_revokes_all_tokens_of_its_user() {
    let mut stand = Stand::of_two();
    stand.does(&log_in("ada", 1, session(1, 1)));
    stand.does(&log_in("ada", 1, session(2, 2)));
    stand.does(&log_in("bob", 2, session(3, 3)));
    stand.at(after(NOW, 999)).does(&change_password("ada", 1));
    let ada = stand.user("ada");
    assert_eq!((&*ada.password_hash, ada.credential), ("another hash", 6));
    assert_eq!(ada.tokens_valid_from, NOW.seconds() + 1);
    let gone = Outcome::Refused(AccountsRejection::InvalidToken);
    check("first session", &stand, &refresh(1, 1, 9), &gone);
    check("second session", &stand, &refresh(2, 2, 9), &gone);
    check("bob's session", &stand, &refresh(3, 3, 9), &Outcome::Happens("SessionRefreshed"));
    check(
        "the family may begin anew",
        &stand,
        &log_in("ada", 6, session(1, 1)),
        &Outcome::Happens("SessionStarted"),
    );
    stand.assert_replays();
}

#[test]
fn a_password_changes_only_from_the_one_that_was_verified() {
    let mut stand = Stand::of_two();
    check("present", &stand, &change_password("ada", 1), &CHANGED);
    check("bob's", &stand, &change_password("ada", 2), &WRONG);
    check("nobody", &stand, &change_password("eve", 1), &UNKNOWN);
    stand.does(&change_password("ada", 1));
    check("changed meanwhile", &stand, &change_password("ada", 1), &WRONG);
    check("present again", &stand, &change_password("ada", 3), &CHANGED);
}

#[test]
fn address_and_password_change_together_or_not_at_all() {
    let mut stand = Stand::of_two();
    let both = |email: &str, credential| AccountsCommand::ChangeProfile {
        user: user("ada"),
        email: Some(email.to_owned()),
        password: Some(NewPassword { hash: "another hash".to_owned(), credential }),
    };
    check("wrong password", &stand, &both("new@example.com", 2), &WRONG);
    let taken = Outcome::Refused(AccountsRejection::EmailTaken);
    check("taken address", &stand, &both("bob@example.com", 1), &taken);
    check("both", &stand, &both("bob@example.com", 2), &taken);
    check("no address", &stand, &both("", 2), &invalid(&["/email"]));
    check("the same address", &stand, &both("ada@example.com", 1), &CHANGED);
    stand.does(&both("new@example.com", 1));
    let ada = stand.user("ada");
    assert_eq!((&*ada.email, &*ada.password_hash), ("new@example.com", "another hash"));
    let nothing = AccountsCommand::ChangeProfile { user: user("ada"), email: None, password: None };
    check("nothing", &stand, &nothing, &Outcome::Unchanged);
    stand.assert_replays();
}

#[test]
fn the_last_admin_keeps_the_role() {
    let mut stand = Stand::of_two();
    stand.does(&change_role(Role::Admin, "ada", Role::Admin));
    let refused = Outcome::Refused(AccountsRejection::LastAdmin);
    check("the last", &stand, &change_role(Role::Admin, "ada", Role::Customer), &refused);
    check("the same", &stand, &change_role(Role::Admin, "ada", Role::Admin), &Outcome::Unchanged);
}

#[test]
fn roles_are_given_by_admins_only() {
    let mut stand = Stand::of_two();
    let forbidden = Outcome::Refused(AccountsRejection::Forbidden);
    let given = Outcome::Happens("RoleChanged");
    for role in [Role::Customer, Role::Organizer] {
        check("not an admin", &stand, &change_role(role, "ada", Role::Admin), &forbidden);
        check("not an admin, and nobody", &stand, &change_role(role, "eve", Role::Admin), &forbidden);
        check("not an admin, and nothing", &stand, &change_role(role, "ada", Role::Customer), &forbidden);
    }
    check("nobody", &stand, &change_role(Role::Admin, "eve", Role::Admin), &UNKNOWN);
    check("the same", &stand, &change_role(Role::Admin, "ada", Role::Customer), &Outcome::Unchanged);
    for role in [Role::Organizer, Role::Admin] {
        check("another", &stand, &change_role(Role::Admin, "ada", role), &given);
    }
    stand.does(&log_in("ada", 1, session(1, 1)));
    stand.does(&change_role(Role::Admin, "ada", Role::Organizer));
    let ada = stand.user("ada");
    assert_eq!((ada.role, ada.credential, ada.tokens_valid_from), (Role::Organizer, 1, 0));
    check("sessions stay", &stand, &refresh(1, 1, 2), &Outcome::Happens("SessionRefreshed"));
    stand.assert_replays();
}
