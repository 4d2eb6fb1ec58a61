//! Sessions: a family of refresh tokens of which exactly one is good.

use boxoffice_engine::accounts::{AccountsEvent, AccountsRejection, EndReason};
use boxoffice_engine::limits;

use super::support::{
    NOW, Outcome, Stand, after, change_password, check, family, log_in, log_out, refresh, session,
};

const STARTED: Outcome = Outcome::Happens("SessionStarted");
const REFRESHED: Outcome = Outcome::Happens("SessionRefreshed");
const ENDED: Outcome = Outcome::Happens("SessionEnded");
const INVALID: Outcome = Outcome::Refused(AccountsRejection::InvalidToken);
const THIRTY_DAYS: i64 = 30 * 86_400 * 1_000;

/// Ada with a session of family 1 whose token is 1.
fn logged_in() -> Stand {
    let mut stand = Stand::of_two();
    stand.does(&log_in("ada", 1, session(1, 1)));
    stand
}

#[test]
fn a_session_starts_only_with_the_password_of_now() {
    let mut stand = Stand::of_two();
    let wrong = Outcome::Refused(AccountsRejection::InvalidCredentials);
    check("present", &stand, &log_in("ada", 1, session(1, 1)), &STARTED);
    check("bob's", &stand, &log_in("ada", 2, session(1, 1)), &wrong);
    check("none", &stand, &log_in("ada", 0, session(1, 1)), &wrong);
    check("nobody", &stand, &log_in("eve", 1, session(1, 1)), &wrong);
    stand.does(&change_password("ada", 1));
    check("verified before the change", &stand, &log_in("ada", 1, session(1, 1)), &wrong);
    check("present again", &stand, &log_in("ada", 3, session(1, 1)), &STARTED);
}

#[test]
fn a_refresh_token_is_good_once() {
    let mut stand = logged_in();
    check("unknown family", &stand, &refresh(2, 1, 2), &INVALID);
    check("first", &stand, &refresh(1, 1, 2), &REFRESHED);
    stand.does(&refresh(1, 1, 2));
    stand.does(&refresh(1, 2, 3));
    check("the third", &stand, &refresh(1, 3, 4), &REFRESHED);
    assert_eq!(stand.user("ada").tokens_valid_from, 0, "rotation revokes nothing");
    stand.assert_replays();
}

#[test]
fn an_old_token_used_again_ends_its_family_and_revokes_what_it_made() {
    for old in [1, 2, 99] {
        let mut stand = logged_in();
        stand.does(&log_in("ada", 1, session(2, 7)));
        stand.does(&log_in("bob", 2, session(3, 8)));
        stand.does(&refresh(1, 1, 2));
        stand.does(&refresh(1, 2, 3));
        stand.at(after(NOW, 1_999));
        let event = stand.does(&refresh(1, old, 50));
        assert_eq!(event, AccountsEvent::SessionEnded { family: family(1), reason: EndReason::TokenReused });
        for presented in [1, 2, 3, 50] {
            check("the family is gone", &stand, &refresh(1, presented, 51), &INVALID);
        }
        check("another family stays", &stand, &refresh(2, 7, 9), &REFRESHED);
        check("another user stays", &stand, &refresh(3, 8, 9), &REFRESHED);
        assert_eq!(stand.user("ada").tokens_valid_from, NOW.seconds() + 2, "this second's tokens go, too");
        assert_eq!(stand.user("bob").tokens_valid_from, 0);
        stand.assert_replays();
    }
}

#[test]
fn a_refresh_token_expires_thirty_days_after_it_was_made() {
    let mut stand = logged_in();
    let expires_at = after(NOW, THIRTY_DAYS);
    stand.at(after(expires_at, -1));
    check("the last millisecond", &stand, &refresh(1, 1, 2), &REFRESHED);
    let mut refreshed = stand.clone();
    stand.at(expires_at);
    check("expired", &stand, &refresh(1, 1, 2), &INVALID);
    refreshed.does(&refresh(1, 1, 2));
    refreshed.at(after(expires_at, THIRTY_DAYS - 2));
    check("the next one has its own thirty days", &refreshed, &refresh(1, 2, 3), &REFRESHED);
    refreshed.at(after(expires_at, THIRTY_DAYS - 1));
    check("and no more", &refreshed, &refresh(1, 2, 3), &INVALID);
}

#[test]
fn logging_out_ends_one_session_and_revokes_nothing() {
    let mut stand = logged_in();
    stand.does(&log_in("ada", 1, session(2, 2)));
    let event = stand.does(&log_out(1, 1));
    assert_eq!(event, AccountsEvent::SessionEnded { family: family(1), reason: EndReason::LoggedOut });
    assert_eq!(stand.user("ada").tokens_valid_from, 0);
    check("again", &stand, &log_out(1, 1), &Outcome::Unchanged);
    check("never there", &stand, &log_out(9, 1), &Outcome::Unchanged);
    check("its token", &stand, &refresh(1, 1, 3), &INVALID);
    check("the other session", &stand, &refresh(2, 2, 3), &REFRESHED);
    stand.assert_replays();
}

#[test]
fn logging_out_with_an_old_token_is_a_reuse() {
    let mut stand = logged_in();
    stand.does(&refresh(1, 1, 2));
    check("old", &stand, &log_out(1, 1), &ENDED);
    let event = stand.does(&log_out(1, 1));
    assert_eq!(event, AccountsEvent::SessionEnded { family: family(1), reason: EndReason::TokenReused });
    assert_eq!(stand.user("ada").tokens_valid_from, NOW.seconds() + 1);
}

#[test]
fn tokens_that_were_made_after_a_revocation_of_the_same_second_are_revoked_by_the_next() {
    let mut stand = logged_in();
    for number in 11..14 {
        stand.does(&log_in("ada", 1, session(number, 1)));
        let dated = NOW.seconds().max(stand.user("ada").tokens_valid_from);
        stand.does(&refresh(number, 1, 2));
        check("reused", &stand, &refresh(number, 1, 3), &ENDED);
        stand.does(&refresh(number, 1, 3));
        assert!(dated < stand.user("ada").tokens_valid_from, "{number}");
    }
    stand.assert_replays();
}

#[test]
fn of_thirty_three_sessions_the_oldest_goes() {
    let mut stand = Stand::of_two();
    let sessions = u8::try_from(limits::SESSIONS_PER_USER_MAX).expect("few sessions");
    assert_eq!(sessions, 32);
    stand.does(&log_in("bob", 2, session(100, 100)));
    for number in 1..=sessions {
        stand.does(&log_in("ada", 1, session(number, number)));
    }
    // A refresh does not make a session younger.
    stand.does(&refresh(1, 1, 101));
    check("all live", &stand, &refresh(1, 101, 102), &REFRESHED);
    stand.does(&log_in("ada", 1, session(33, 33)));
    check("the oldest went", &stand, &refresh(1, 101, 102), &INVALID);
    check("the second stays", &stand, &refresh(2, 2, 102), &REFRESHED);
    check("the newest is there", &stand, &refresh(33, 33, 102), &REFRESHED);
    check("others keep theirs", &stand, &refresh(100, 100, 102), &REFRESHED);
    stand.does(&log_out(2, 2));
    stand.does(&log_in("ada", 1, session(34, 34)));
    check("room made by logging out", &stand, &refresh(3, 3, 102), &REFRESHED);
    stand.assert_replays();
}

#[test]
fn expired_sessions_make_room_before_living_ones_do() {
    let mut stand = Stand::of_two();
    let sessions = u8::try_from(limits::SESSIONS_PER_USER_MAX).expect("few sessions");
    for number in 1..=sessions {
        stand.at(after(NOW, i64::from(number))).does(&log_in("ada", 1, session(number, number)));
    }
    stand.at(after(NOW, 40)).does(&refresh(1, 1, 101));
    // The second session has just expired; the first was refreshed and lives.
    stand.at(after(NOW, 2 + THIRTY_DAYS)).does(&log_in("ada", 1, session(33, 33)));
    check("the refreshed one lives", &stand, &refresh(1, 101, 102), &REFRESHED);
    check("the expired one went", &stand, &refresh(2, 2, 102), &INVALID);
    check("the one that expires next lives", &stand, &refresh(3, 3, 102), &REFRESHED);
    stand.assert_replays();
}

#[test]
fn an_expired_token_that_was_replaced_revokes_nothing() {
    let mut stand = logged_in();
    stand.does(&refresh(1, 1, 2));
    stand.at(after(NOW, 2 * THIRTY_DAYS));
    check("expired, and old", &stand, &refresh(1, 1, 3), &INVALID);
    check("expired", &stand, &refresh(1, 2, 3), &INVALID);
}

#[test]
fn a_reuse_in_the_second_of_a_new_password_revokes_what_was_made_since() {
    let mut stand = logged_in();
    stand.at(after(NOW, 5_000)).does(&change_password("ada", 1));
    let valid_from = stand.user("ada").tokens_valid_from;
    assert_eq!(valid_from, NOW.seconds() + 6);
    stand.does(&log_in("ada", 4, session(5, 5)));
    stand.does(&log_out(5, 6));
    assert_eq!(stand.user("ada").tokens_valid_from, valid_from + 1);
}
