//! What a random history is made of.

use boxoffice_engine::time::Time;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option};

/// When the history begins.
pub(crate) const BEGIN: Time = Time(1_800_000_000_000);
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;
/// Users 0 to 4; 0 makes the concert, 1 is an admin, 2 another organizer, the others are customers.
pub(crate) const USERS: u8 = 5;

/// One step of a history. Numbers that name something that does not exist are part of it.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Step(Step),
    PassTime,
    Create {
        by: u8,
        draft: bool,
        seat_types: Vec<u32>,
        times: Times,
        limit: u32,
        key: Option<Key>,
    },
    Book {
        user: u8,
        items: Vec<(u16, u32)>,
        key: Option<Key>,
    },
    CancelBooking {
        by: u8,
        nth: usize,
        key: Option<Key>,
    },
    ChangeDetails {
        by: u8,
        change: Change,
        if_version: Option<u64>,
    },
    AddSeatType {
        by: u8,
        name: u8,
        seats: u32,
    },
    ChangeSeatType {
        by: u8,
        number: u16,
        name: Option<u8>,
        price: Option<i64>,
        seats: Option<u32>,
    },
    Open {
        by: u8,
    },
    Close {
        by: u8,
    },
    Cancel {
        by: u8,
    },
    Delete {
        by: u8,
    },
    CancelNextBookings,
    /// A snapshot is made of the concert.
    Snapshot,
    /// The concert dies and is restored from its newest snapshot and the events since.
    Restart,
}

/// How the clock moves: by so much, or to a moment that matters and so much.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    By(i64),
    ToOpening(i64),
    ToClose(i64),
    ToStart(i64),
    ToDayAfterAKey(usize, i64),
}

/// A key's byte and its request's.
pub(crate) type Key = (u8, u8);

/// A schedule, in milliseconds from the beginning of the history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) start: i64,
    pub(crate) open: Option<i64>,
    pub(crate) close: Option<i64>,
}

/// A change of details; what is `None` stays.
#[derive(Clone, Debug)]
#[expect(clippy::option_option, reason = "a time that stays, that goes back to its default, that is given")]
pub(crate) struct Change {
    pub(crate) name: Option<u8>,
    pub(crate) start: Option<i64>,
    pub(crate) open: Option<Option<i64>>,
    pub(crate) close: Option<Option<i64>>,
    pub(crate) limit: Option<u32>,
}

/// A name of a concert or seat type; the first of them is none that is accepted.
pub(crate) fn name(number: u8) -> String {
    if number == 0 { String::new() } else { format!("name {number}") }
}

fn key() -> impl Strategy<Value = Option<Key>> {
    option::weighted(0.5, (0_u8..4, prop_oneof![4 => Just(0_u8), 1 => Just(1)]))
}

/// Mostly within the week of the history, close together, and sometimes at the very same moment.
fn moment() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => (-1_i64..8).prop_map(|days| days * DAY),
        2 => (0_i64..7 * DAY).prop_map(|time| time),
        1 => (-1_i64..=1).prop_map(|near| 3 * DAY + near),
    ]
}

fn user() -> impl Strategy<Value = u8> {
    0..USERS
}

/// Mostly somebody who may manage.
fn manager() -> impl Strategy<Value = u8> {
    prop_oneof![6 => Just(0_u8), 1 => Just(1), 1 => user()]
}

fn times() -> impl Strategy<Value = Times> {
    let open = option::weighted(0.4, moment());
    let close = option::weighted(0.4, moment());
    (1_i64..8, open, close).prop_map(|(days, open, close)| Times { start: days * DAY, open, close })
}

fn create() -> impl Strategy<Value = Action> {
    let seat_types = collection::vec(prop_oneof![9 => 1_u32..12, 1 => Just(0)], 1..4);
    (manager(), any::<bool>(), seat_types, times(), 0_u32..8, key()).prop_map(
        |(by, draft, seat_types, times, limit, key)| Action::Create {
            by,
            draft: draft && limit > 4,
            seat_types,
            times,
            limit,
            key,
        },
    )
}

fn book() -> impl Strategy<Value = Action> {
    let number = prop_oneof![8 => 1_u16..4, 1 => Just(9), 1 => Just(0)];
    let quantity = prop_oneof![12 => 1_u32..5, 1 => Just(0), 1 => Just(20_000)];
    let items = prop_oneof![
        8 => collection::vec((number.clone(), quantity.clone()), 1..2),
        4 => collection::vec((number, quantity), 0..4),
    ];
    (user(), items, key()).prop_map(|(user, items, key)| Action::Book { user, items, key })
}

fn change_details() -> impl Strategy<Value = Action> {
    let change = (
        option::of(0_u8..4),
        option::weighted(0.3, moment()),
        option::weighted(0.3, option::of(moment())),
        option::weighted(0.3, option::of(moment())),
        option::weighted(0.3, 0_u32..9),
    );
    let if_version = option::weighted(0.2, 1_u64..6);
    (manager(), change, if_version).prop_map(|(by, (name, start, open, close, limit), if_version)| {
        Action::ChangeDetails { by, change: Change { name, start, open, close, limit }, if_version }
    })
}

fn change_seat_type() -> impl Strategy<Value = Action> {
    let price = option::weighted(0.3, -1_i64..9_000);
    let seats = option::weighted(0.7, 0_u32..14);
    (manager(), 0_u16..5, option::weighted(0.3, 0_u8..6), price, seats).prop_map(
        |(by, number, name, price, seats)| Action::ChangeSeatType { by, number, name, price, seats },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_i64..5 * SECOND).prop_map(Step::By),
        2 => (0_i64..DAY).prop_map(Step::By),
        2 => (-1_i64..=1).prop_map(Step::ToOpening),
        1 => (-1_i64..=1).prop_map(Step::ToClose),
        1 => (-1_i64..=1).prop_map(Step::ToStart),
        2 => (any::<usize>(), -1_i64..=1).prop_map(|(key, near)| Step::ToDayAfterAKey(key, near)),
    ]
}

/// One step of a history, bookings and cancellations being the most frequent.
pub(crate) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        24 => book(),
        12 => (user(), any::<usize>(), key())
            .prop_map(|(by, nth, key)| Action::CancelBooking { by, nth, key }),
        8 => step().prop_map(Action::Step),
        3 => Just(Action::PassTime),
        1 => Just(Action::Snapshot),
        1 => Just(Action::Restart),
        5 => change_details(),
        5 => change_seat_type(),
        2 => (manager(), 0_u8..6, 0_u32..9)
            .prop_map(|(by, name, seats)| Action::AddSeatType { by, name, seats }),
        3 => manager().prop_map(|by| Action::Open { by }),
        1 => manager().prop_map(|by| Action::Close { by }),
        1 => create(),
        1 => prop_oneof![2 => Just(None), 1 => manager().prop_map(Some)]
            .prop_map(|by| by.map_or(Action::CancelNextBookings, |by| Action::Cancel { by })),
        1 => prop_oneof![3 => Just(None), 1 => manager().prop_map(Some)]
            .prop_map(|by| by.map_or(Action::CancelNextBookings, |by| Action::Delete { by })),
    ]
}

/// A history: nearly always it begins with the making of a concert.
pub(crate) fn history(actions: usize) -> impl Strategy<Value = Vec<Action>> {
    let sound = (collection::vec(4_u32..12, 1..4), times(), 1_u32..8, key()).prop_map(
        |(seat_types, times, limit, key)| {
            let times = Times { open: times.open.filter(|open| *open < times.start), close: None, ..times };
            Action::Create { by: 0, draft: limit == 1, seat_types, times, limit, key }
        },
    );
    let first = prop_oneof![9 => sound, 1 => create()];
    (first, collection::vec(action(), 1..actions)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        rest
    })
}
