//! What a random sale is made of.

use boxoffice_engine::time::Time;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{collection, option};

/// When the history begins; moments are milliseconds from here.
pub(crate) const BEGIN: Time = Time(1_800_000_000_000);
pub(crate) const SECOND: i64 = 1_000;
/// Users 0 to 3 are customers; this one manages the concert.
pub(crate) const ORGANIZER: u8 = 9;
/// And this is whoever's booking it is.
pub(crate) const OWNER: u8 = 8;
/// The types of every concert here: two of general admission, one of numbered seats, one that only a code opens.
pub(crate) const STALLS: u16 = 1;
pub(crate) const FREE: u16 = 2;
pub(crate) const HALL: u16 = 3;
pub(crate) const SECRET: u16 = 4;
/// The hall: rows of so many seats.
pub(crate) const ROWS: usize = 3;
pub(crate) const ROW_SEATS: usize = 4;

/// What does not change during a history.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) payment_required: bool,
    pub(crate) forbids_orphans: bool,
    pub(crate) mail: bool,
    pub(crate) limit: u32,
    pub(crate) hold_seconds: u32,
    pub(crate) offer_seconds: u32,
    pub(crate) deadline_hours: u32,
    pub(crate) fee_fixed: i64,
    pub(crate) fee_basis_points: u32,
    pub(crate) start: i64,
    pub(crate) close: Option<i64>,
}

/// One item of a wish: seats of a type, some of them by their places in the hall.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) seat_type: u16,
    pub(crate) quantity: u32,
    pub(crate) seats: Vec<usize>,
}

/// One step of a history. Numbers that name nothing are part of it.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Step(i64),
    /// To the next moment that matters, and so much.
    ToDue(i64),
    Book {
        user: u8,
        items: Vec<Wanted>,
        code: Option<u8>,
    },
    Change {
        by: u8,
        nth: usize,
        items: Vec<Wanted>,
    },
    CancelBooking {
        by: u8,
        nth: usize,
    },
    Extend {
        nth: usize,
    },
    Confirm {
        nth: usize,
    },
    Pay {
        nth: usize,
    },
    Settle {
        nth: usize,
        succeeds: bool,
    },
    /// The oldest refund of a payment, where one is owed.
    Refund {
        nth: usize,
    },
    Block(Wanted),
    Release(Wanted),
    Join {
        user: u8,
        seat_type: u16,
        quantity: u32,
    },
    Leave {
        user: u8,
        seat_type: u16,
    },
    Chore,
    Withdraw {
        code: u8,
    },
    Price {
        seat_type: u16,
        price: i64,
    },
    Resize {
        seats: u32,
    },
    Limit {
        limit: u32,
    },
    Open,
    Close,
    CancelConcert,
    /// A snapshot is made of the concert.
    Snapshot,
    /// The concert dies and is restored from its newest snapshot and the events since.
    Restart,
}

fn user() -> impl Strategy<Value = u8> {
    0_u8..4
}

fn owner() -> impl Strategy<Value = u8> {
    prop_oneof![9 => Just(OWNER), 1 => user(), 4 => Just(ORGANIZER)]
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let seat_type = prop_oneof![24 => Just(STALLS), 6 => Just(FREE), 4 => Just(SECRET), 1 => Just(7)];
    let quantity = prop_oneof![40 => 1_u32..4, 10 => 4_u32..7, 1 => Just(0)];
    let general = (seat_type, quantity).prop_map(|(seat_type, quantity)| Wanted {
        seat_type,
        quantity,
        seats: Vec::new(),
    });
    let best = (1_u32..5).prop_map(|quantity| Wanted { seat_type: HALL, quantity, seats: Vec::new() });
    let seat = prop_oneof![60 => 0..ROWS * ROW_SEATS, 1 => Just(ROWS * ROW_SEATS)];
    // Now and then a place that is no seat, or one that is named twice.
    let places = collection::vec(seat, 1..4);
    let chosen = places.prop_map(|seats| {
        let quantity = u32::try_from(seats.len()).expect("few seats");
        Wanted { seat_type: HALL, quantity, seats }
    });
    let misplaced = Just(Wanted { seat_type: STALLS, quantity: 1, seats: vec![0] });
    prop_oneof![40 => general, 16 => best, 24 => chosen, 1 => misplaced]
}

fn waited_for() -> impl Strategy<Value = u16> {
    prop_oneof![6 => Just(STALLS), 4 => Just(HALL), 3 => Just(FREE), 1 => 0_u16..6]
}

fn items() -> impl Strategy<Value = Vec<Wanted>> {
    prop_oneof![14 => collection::vec(wanted(), 1..2), 4 => collection::vec(wanted(), 2..3), 1 => collection::vec(wanted(), 0..5)]
}

fn setting() -> impl Strategy<Value = Setting> {
    let rules = (any::<bool>(), any::<bool>(), any::<bool>(), 2_u32..12);
    let seconds = (prop_oneof![Just(1_u32), Just(60), Just(600)], prop_oneof![Just(30_u32), Just(3_600)]);
    let fees = (0_u32..3, prop_oneof![Just(0_i64), 0_i64..90], prop_oneof![Just(0_u32), 0_u32..10_001]);
    let times = (30_000_i64..90_000, option::weighted(0.3, 3_000_i64..30_000));
    (rules, seconds, fees, times).prop_map(|(rules, seconds, fees, times)| Setting {
        payment_required: rules.0 || rules.3 > 3,
        forbids_orphans: rules.1,
        mail: rules.2,
        limit: rules.3,
        hold_seconds: seconds.0,
        offer_seconds: seconds.1,
        deadline_hours: fees.0,
        fee_fixed: fees.1,
        fee_basis_points: fees.2,
        start: times.0 * SECOND,
        close: times.1.map(|close| close * SECOND),
    })
}

fn action() -> impl Strategy<Value = Action> {
    let nth = any::<usize>;
    let step = prop_oneof![
        3 => (0_i64..3 * SECOND).prop_map(Action::Step),
        1 => (0_i64..400 * SECOND).prop_map(Action::Step),
        3 => (-1_i64..=1).prop_map(Action::ToDue),
    ];
    let booking = prop_oneof![
        12 => (user(), items(), option::weighted(0.3, 0_u8..4))
            .prop_map(|(user, items, code)| Action::Book { user, items, code }),
        8 => (owner(), nth(), items()).prop_map(|(by, nth, items)| Action::Change { by, nth, items }),
        5 => (owner(), nth()).prop_map(|(by, nth)| Action::CancelBooking { by, nth }),
        2 => nth().prop_map(|nth| Action::Extend { nth }),
        5 => nth().prop_map(|nth| Action::Confirm { nth }),
    ];
    let money = prop_oneof![
        5 => nth().prop_map(|nth| Action::Pay { nth }),
        8 => (nth(), prop_oneof![2 => Just(true), 1 => Just(false)])
            .prop_map(|(nth, succeeds)| Action::Settle { nth, succeeds }),
        2 => nth().prop_map(|nth| Action::Refund { nth }),
    ];
    let waiting = prop_oneof![
        4 => (user(), waited_for(), 0_u32..5)
            .prop_map(|(user, seat_type, quantity)| Action::Join { user, seat_type, quantity }),
        1 => (user(), waited_for()).prop_map(|(user, seat_type)| Action::Leave { user, seat_type }),
        6 => Just(Action::Chore),
    ];
    let rare = prop_oneof![
        3 => wanted().prop_map(Action::Block),
        3 => wanted().prop_map(Action::Release),
        1 => (0_u8..4).prop_map(|code| Action::Withdraw { code }),
        2 => (0_u16..5, 0_i64..100).prop_map(|(seat_type, price)| Action::Price { seat_type, price }),
        2 => (0_u32..12).prop_map(|seats| Action::Resize { seats }),
        1 => (0_u32..14).prop_map(|limit| Action::Limit { limit }),
        4 => Just(Action::Open),
        1 => Just(Action::Close),
        3 => Just(Action::Snapshot),
        2 => Just(Action::Restart),
    ];
    prop_oneof![
        80 => booking,
        60 => money,
        40 => waiting,
        24 => step,
        12 => rare,
    ]
}

/// A history of a concert; now and then it is called off before the end.
pub(crate) fn history(actions: usize) -> impl Strategy<Value = (Setting, Vec<Action>)> {
    let end = option::weighted(0.3, any::<prop::sample::Index>());
    (setting(), collection::vec(action(), 1..actions), end).prop_map(|(setting, mut actions, end)| {
        if let Some(end) = end {
            let place = end.index(actions.len());
            actions.insert(place, Action::CancelConcert);
            actions.truncate(place + 80);
        }
        (setting, actions)
    })
}
