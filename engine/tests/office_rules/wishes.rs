//! What tests ask for, and who asks.

use boxoffice_engine::accounts::AccountsCommand;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, CancellationTerms, Details, Layout, LocalTime, NewConcert, NewSeatType, WantedItem,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

/// When every test begins.
pub(crate) const NOW: Time = Time(1_800_000_000_000);
pub(crate) const HOUR: i64 = 3_600;
pub(crate) const DAY: i64 = 24 * HOUR;
/// When every concert begins, unless a test says otherwise.
pub(crate) const START: Time = Time(NOW.0 + 30 * DAY * 1_000);
/// Tickets that one user may have.
pub(crate) const LIMIT: u32 = 4;

/// So many milliseconds after a time, or before it.
pub(crate) fn after(time: Time, milliseconds: i64) -> Time {
    Time(time.0 + milliseconds)
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name).expect("test names are ids")
}

pub(crate) fn customer(name: &str) -> Caller {
    Caller { user: user(name), role: Role::Customer }
}

/// Who makes the concerts of these tests.
pub(crate) fn olga() -> Caller {
    Caller { user: user("olga"), role: Role::Organizer }
}

pub(crate) fn key(key: u8, request: u8) -> IdempotencyKey {
    IdempotencyKey { key: [key; 16], request: [request; 16] }
}

/// A wish for so many seats of the first type.
pub(crate) fn seats(name: &str, quantity: u32) -> BookSeats {
    let item = WantedItem { seat_type: SeatTypeNumber(1), quantity, seats: Vec::new() };
    let items = [item].into_iter().collect();
    BookSeats { user: user(name), items, promo_code: None, mail: false, by_manager: false, idempotency: None }
}

/// A concert that is on sale at once.
pub(crate) fn new_concert(total_seats: u32) -> NewConcert {
    let layout = Layout::GeneralAdmission { total_seats };
    NewConcert {
        details: Details {
            name: "Winterreise".to_owned(),
            description: String::new(),
            genre: String::new(),
            venue: "Old Mill".to_owned(),
            start: LocalTime { time: START, offset_seconds: 0 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max: LIMIT,
            cancellation: CancellationTerms::default(),
            forbids_orphan_seats: false,
        },
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![NewSeatType { name: "Floor".to_owned(), price: 5_000, layout, hidden: false }],
    }
}

/// A registration under a name.
pub(crate) fn registration(name: &str) -> AccountsCommand {
    AccountsCommand::Register {
        user: user(name),
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password_hash: "$argon2id$".to_owned(),
        role: Role::Customer,
        session: None,
    }
}
