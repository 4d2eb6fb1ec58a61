//! What a random history of accounts is made of.

use boxoffice_engine::caller::Role;
use proptest::collection;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{option, sample};

pub(crate) const DAY: i64 = 86_400_000;

/// Names in several cases; the last is none.
pub(crate) const USERNAMES: [&str; 7] = ["ada", "Ada", "ADA", "bob", "BOB", "carl", "a b"];
/// Addresses in several cases; the last is none.
pub(crate) const EMAILS: [&str; 7] =
    ["ada@example.com", "Ada@Example.com", "bob@example.com", "BOB@example.com", "c@x.org", "d@x.org", "d@x"];

/// One step of a history. Places count what was made so far, and one beyond: somebody or something that does not exist.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Step(i64),
    /// The clock moves to the moment at which a session expires, or beside it.
    StepToExpiry {
        family: usize,
        near: i64,
    },
    Register {
        username: usize,
        email: usize,
        role: Role,
        with_session: bool,
    },
    StartSession {
        user: usize,
        credential: Credential,
    },
    Refresh {
        family: usize,
        token: Token,
    },
    EndSession {
        family: usize,
        token: Token,
    },
    ChangeProfile {
        user: usize,
        email: Option<usize>,
        password: Option<Credential>,
    },
    ChangeRole {
        by: Role,
        user: usize,
        role: Role,
    },
    /// A snapshot is made of the accounts.
    Snapshot,
    /// The accounts die and are restored from their newest snapshot and the events since.
    Restart,
}

/// Which password somebody verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Present,
    Another(u64),
}

/// Which of a family's tokens is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Good,
    Another(u64),
}

fn role() -> impl Strategy<Value = Role> {
    sample::select(vec![Role::Customer, Role::Organizer, Role::Admin])
}

fn credential() -> impl Strategy<Value = Credential> {
    prop_oneof![9 => Just(Credential::Present), 1 => (0_u64..20).prop_map(Credential::Another)]
}

fn token() -> impl Strategy<Value = Token> {
    prop_oneof![19 => Just(Token::Good), 1 => (0_u64..40).prop_map(Token::Another)]
}

fn action() -> impl Strategy<Value = Action> {
    let place = any::<usize>;
    prop_oneof![
        4 => (0_usize..7, 0_usize..7, role(), any::<bool>()).prop_map(
            |(username, email, role, with_session)| Action::Register { username, email, role, with_session }
        ),
        30 => (place(), credential())
            .prop_map(|(user, credential)| Action::StartSession { user, credential }),
        14 => (place(), token()).prop_map(|(family, token)| Action::Refresh { family, token }),
        2 => (place(), token()).prop_map(|(family, token)| Action::EndSession { family, token }),
        1 => (place(), option::of(0_usize..7), option::weighted(0.3, credential()))
            .prop_map(|(user, email, password)| Action::ChangeProfile { user, email, password }),
        1 => (role(), place(), role()).prop_map(|(by, user, role)| Action::ChangeRole { by, user, role }),
        6 => prop_oneof![8 => 0_i64..3_000, 1 => 0..12 * DAY].prop_map(Action::Step),
        1 => (place(), -1_i64..=1).prop_map(|(family, near)| Action::StepToExpiry { family, near }),
        1 => Just(Action::Snapshot),
        1 => Just(Action::Restart),
    ]
}

pub(crate) fn history(actions: usize) -> impl Strategy<Value = Vec<Action>> {
    let first = Action::Register { username: 0, email: 0, role: Role::Customer, with_session: true };
    collection::vec(action(), 1..actions).prop_map(move |mut rest| {
        rest.insert(0, first.clone());
        rest
    })
}
