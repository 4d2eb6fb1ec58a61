//! A record of every kind, for the golden bytes and whoever else wants to see all of them.

use boxoffice_engine::accounts::{AccountsEvent, EndReason, FamilyId, NewSession, TokenHash};
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{
    BookedItem, CancellationTerms, ConcertEvent, Details, DetailsChange, Layout, LocalTime, NewConcert,
    NewSeatType, SeatTypeChange,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

mod sales;

/// A record with the name that it has in its golden file.
pub(super) type Sample = (&'static str, Record);

/// Every kind of record.
pub(super) fn samples() -> Vec<Sample> {
    let [first, sales] = generations();
    first.into_iter().chain(sales).collect()
}

/// Every kind of record by the generation of its variant, each in the order of its golden file. New ones go to the end.
pub(super) fn generations() -> [Vec<Sample>; 2] {
    let accounts = accounts().into_iter().map(|(name, event)| (name, Event::Accounts(event)));
    let concerts = concerts().into_iter().map(|(name, event)| (name, Event::Concert(event)));
    let sales = sales::events().into_iter().map(|(name, event)| (name, Event::Concert(event)));
    [(250..).zip(accounts.chain(concerts)).map(record).collect(), (1..).zip(sales).map(record).collect()]
}

fn record((sequence, (name, event)): (u64, (&'static str, Event))) -> Sample {
    let stream = match event {
        Event::Accounts(_) => Stream::Accounts,
        Event::Concert(_) => Stream::Concert(ConcertId::from_bits(0x0123_4567_89ab_cdef)),
    };
    (name, Record { stream, sequence, epoch: 2, time: Time(1_795_000_000_123), event })
}

fn user(text: &str) -> UserId {
    UserId::new(text).expect("a valid id")
}

fn accounts() -> Vec<(&'static str, AccountsEvent)> {
    let session = NewSession { family: FamilyId([7; 16]), token_hash: TokenHash([8; 32]) };
    let registered = |role, session| AccountsEvent::UserRegistered {
        user: user("user-1"),
        username: "Zoë".to_owned(),
        email: "zoe@example.org".to_owned(),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
        role,
        session,
    };
    let ended = |reason| AccountsEvent::SessionEnded { family: FamilyId([7; 16]), reason };
    let profile = |email: Option<&str>, password_hash: Option<&str>| AccountsEvent::ProfileChanged {
        user: user("user-1"),
        email: email.map(str::to_owned),
        password_hash: password_hash.map(str::to_owned),
    };
    vec![
        ("user-registered", registered(Role::Customer, Some(session))),
        ("user-registered-alone", registered(Role::Admin, None)),
        ("session-started", AccountsEvent::SessionStarted { user: user("user-1"), session }),
        (
            "session-refreshed",
            AccountsEvent::SessionRefreshed { family: FamilyId([7; 16]), token_hash: TokenHash([9; 32]) },
        ),
        ("session-logged-out", ended(EndReason::LoggedOut)),
        ("session-token-reused", ended(EndReason::TokenReused)),
        ("profile-changed", profile(Some("z@example.org"), Some("$argon2id$other"))),
        ("profile-unchanged", profile(None, None)),
        (
            "role-changed",
            AccountsEvent::RoleChanged { user: user("user-1"), role: Role::Organizer, by: user("admin") },
        ),
    ]
}

fn concerts() -> Vec<(&'static str, ConcertEvent)> {
    let by = || user("organizer-1");
    let key = IdempotencyKey { key: [1; 16], request: [2; 16] };
    let item = |seats: &[u32]| BookedItem {
        seat_type: SeatTypeNumber(3),
        quantity: 300,
        unit_price: 12_000,
        seats: seats.into(),
    };
    let booked = |items: &[BookedItem], idempotency| ConcertEvent::Booked {
        user: user("user-1"),
        items: items.iter().cloned().collect(),
        terms: None,
        mail: false,
        idempotency,
    };
    let cancelled = |idempotency| ConcertEvent::BookingCancelled {
        number: BookingNumber(70_000),
        by: by(),
        refund: 0,
        idempotency,
    };
    let changed = |change| ConcertEvent::SeatTypeChanged { by: by(), number: SeatTypeNumber(2), change };
    let details = |change| ConcertEvent::DetailsChanged { by: by(), change: Box::new(change) };
    let created = |concert, idempotency| ConcertEvent::Created {
        organizer: by(),
        concert: Box::new(concert),
        idempotency,
    };
    vec![
        ("concert-created-full", created(concert(Some(Time(1)), &["Floor", "Balcony"]), Some(key))),
        ("concert-created-bare", created(concert(None, &["Floor"]), None)),
        ("details-changed", details(full_change())),
        ("details-unchanged", details(DetailsChange::default())),
        ("seat-type-added", ConcertEvent::SeatTypeAdded { by: by(), seat_type: seat_type("Lounge") }),
        (
            "seat-type-changed",
            changed(SeatTypeChange { name: Some("Pit".to_owned()), price: Some(0), total_seats: Some(5) }),
        ),
        ("seat-type-unchanged", changed(SeatTypeChange::default())),
        ("sales-opened", ConcertEvent::SalesOpened { by: by() }),
        ("sales-closed", ConcertEvent::SalesClosed { by: by() }),
        ("concert-cancelled", ConcertEvent::Cancelled { by: by() }),
        ("concert-deleted", ConcertEvent::Deleted { by: by() }),
        ("time-passed", ConcertEvent::TimePassed),
        ("booked", booked(&[item(&[])], Some(key))),
        ("booked-several", booked(&[item(&[]), item(&[4, 5_000])], None)),
        ("booking-cancelled", cancelled(Some(key))),
        ("booking-cancelled-bare", cancelled(None)),
        ("bookings-cancelled", ConcertEvent::BookingsCancelled { through: BookingNumber(u64::MAX) }),
    ]
}

fn seat_type(name: &str) -> NewSeatType {
    let layout = Layout::GeneralAdmission { total_seats: 20_000 };
    NewSeatType { name: name.to_owned(), price: 9_950, layout, hidden: false }
}

fn concert(sales_open_at: Option<Time>, seat_types: &[&str]) -> NewConcert {
    let details = Details {
        name: "Nachtmusik – live".to_owned(),
        description: "Two lines\nof text".to_owned(),
        genre: String::new(),
        venue: "Hall 1".to_owned(),
        start: LocalTime { time: Time(1_800_000_000_000), offset_seconds: -19_800 },
        sales_open_at,
        sales_close_at: sales_open_at,
        tickets_per_user_max: 8,
        cancellation: CancellationTerms { deadline_hours: 48, fee_fixed: 250, fee_basis_points: 1_000 },
        forbids_orphan_seats: false,
    };
    NewConcert {
        details,
        currency: Currency::from_code("JPY").expect("a known currency"),
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: true,
        seat_types: seat_types.iter().map(|name| seat_type(name)).collect(),
    }
}

fn full_change() -> DetailsChange {
    let details = concert(None, &[]).details;
    DetailsChange {
        name: Some(details.name),
        description: Some(details.description),
        genre: Some(details.genre),
        venue: Some(details.venue),
        start: Some(details.start),
        sales_open_at: Some(None),
        sales_close_at: Some(Some(Time(-5))),
        tickets_per_user_max: Some(9),
        cancellation: Some(details.cancellation),
        forbids_orphan_seats: None,
    }
}
