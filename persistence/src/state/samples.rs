//! A concert with everything in it that one can have, and accounts with everything in them, made by events.

use std::sync::Arc;

use boxoffice_engine::accounts::{AccountsEvent, FamilyId, NewSession, TokenHash};
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{
    BookedItem, BookedItems, BookingTerms, CancellationTerms, CodeText, ConcertEvent, Details, DetailsChange,
    Discount, ErrandNumber, Hold, Layout, LocalTime, NewConcert, NewSeatType, PromoCode, Reduction, SeatMap,
    SeatPosition, SeatRow, Settlement,
};
use boxoffice_engine::fold::Fold;
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, ConcertId, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Snapshot, Stream};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

const CONCERT: Stream = Stream::Concert(ConcertId::from_bits(0x0123_4567_89ab_cdef));
const BEGIN: i64 = 1_795_000_000_123;
const STALLS: u16 = 1;
const FLOOR: u16 = 2;
const LOUNGE: u16 = 3;
const LAST_BOX: u16 = 4;

/// Every sample with the name that its golden file has.
pub(super) fn samples() -> [(&'static str, Snapshot); 2] {
    [("concert", concert()), ("accounts", accounts())]
}

fn folded(stream: Stream, events: impl IntoIterator<Item = (i64, Event)>) -> Snapshot {
    let mut fold = Fold::absent(stream);
    for (sequence, (seconds, event)) in (1..).zip(events) {
        let time = at(seconds);
        fold.take(&Record { stream, sequence, epoch: 7, time, event }).expect("it can have happened");
    }
    fold.check().expect("the sample is sound");
    fold.into_snapshot()
}

fn at(seconds: i64) -> Time {
    Time(BEGIN + 1_000 * seconds)
}

fn user(text: &str) -> UserId {
    UserId::new(text).expect("a valid id")
}

fn key(number: u8) -> IdempotencyKey {
    IdempotencyKey { key: [number; 16], request: [number + 100; 16] }
}

fn item(seat_type: u16, quantity: u32, unit_price: i64, seats: &[u32]) -> BookedItem {
    BookedItem { seat_type: SeatTypeNumber(seat_type), quantity, unit_price, seats: seats.into() }
}

fn items<const N: usize>(items: [BookedItem; N]) -> BookedItems {
    items.into_iter().collect()
}

fn hold(until: i64, is_offer: bool) -> Hold {
    Hold { expires_at: at(until), until_max: at(until + 720), is_offer, declined: false }
}

fn held(name: &str, items: BookedItems, until: i64, code: Option<Discount>, mail: bool) -> ConcertEvent {
    let terms = BookingTerms { hold: Some(hold(until, false)), discount: code };
    let (terms, idempotency) =
        (Some(Box::new(terms)), Some(key(name.len().try_into().expect("a short name"))));
    ConcertEvent::Booked { user: user(name), items, terms, mail, idempotency }
}

fn started(booking: u64, by: &str, amount: i64) -> ConcertEvent {
    ConcertEvent::PaymentStarted {
        booking: BookingNumber(booking),
        by: user(by),
        amount,
        gateway: "stripe".into(),
        method: "card".into(),
        idempotency: None,
    }
}

fn settled(payment: u64, settlement: Settlement) -> ConcertEvent {
    let reference = Some("pi_3NkXyz2eZvKYlo2C_and_some_more".into());
    ConcertEvent::PaymentSettled { payment: PaymentNumber(payment), reference, settlement }
}

fn cancelled(booking: u64, by: &str, refund: i64) -> ConcertEvent {
    ConcertEvent::BookingCancelled {
        number: BookingNumber(booking),
        by: user(by),
        refund,
        idempotency: Some(key(50)),
    }
}

fn code(text: &str, reduction: Reduction, opens: &[u16]) -> ConcertEvent {
    let code = PromoCode {
        text: CodeText::new(text).expect("a valid code"),
        reduction,
        uses_max: (reduction != Reduction::Nothing).then_some(500),
        valid_until: (reduction == Reduction::Nothing).then_some(at(90_000)),
        opens: opens.iter().copied().map(SeatTypeNumber).collect(),
        withdrawn: false,
    };
    ConcertEvent::CodeAdded { by: user("organizer-1"), code: Box::new(code) }
}

fn joined(name: &str, quantity: u32, mail: bool) -> ConcertEvent {
    ConcertEvent::WaitlistJoined {
        user: user(name),
        seat_type: SeatTypeNumber(LAST_BOX),
        quantity,
        mail,
        idempotency: None,
    }
}

fn created() -> ConcertEvent {
    let row = |section: Option<&str>, label: &str, seats, positions: &[(i32, i32)]| SeatRow {
        section: section.map(str::to_owned),
        label: label.to_owned(),
        seats,
        positions: positions.iter().map(|&(x, y)| SeatPosition { x, y }).collect(),
    };
    let rows = vec![
        row(Some("Süd"), "AA", 3, &[(-100_000_000, 0), (0, -1), (5_000, 100_000_000)]),
        row(Some("Süd"), "B", 70, &[]),
        row(None, "C", 4, &[]),
    ];
    let seat_type =
        |name: &str, price, layout, hidden| NewSeatType { name: name.to_owned(), price, layout, hidden };
    let standing = |total_seats| Layout::GeneralAdmission { total_seats };
    let details = Details {
        name: "Nachtmusik – live".to_owned(),
        description: "Two lines\nof text".to_owned(),
        genre: String::new(),
        venue: "Hall 1".to_owned(),
        start: LocalTime { time: at(1_000_000), offset_seconds: -19_800 },
        sales_open_at: Some(at(-5)),
        sales_close_at: None,
        tickets_per_user_max: 8,
        cancellation: CancellationTerms { deadline_hours: 48, fee_fixed: 250, fee_basis_points: 1_000 },
        forbids_orphan_seats: true,
    };
    let concert = NewConcert {
        details,
        currency: Currency::from_code("JPY").expect("a known currency"),
        payment_required: true,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![
            seat_type("Stalls", 12_000, Layout::Numbered(Arc::new(SeatMap::new(rows))), false),
            seat_type("Floor", 5_000, standing(20_000), false),
            seat_type("Lounge", 7_000, standing(10), true),
            seat_type("The last box", 9_000, standing(1), false),
        ],
    };
    let organizer = user("organizer-with-an-id-of-more-than-24-bytes");
    ConcertEvent::Created { organizer, concert: Box::new(concert), idempotency: Some(key(1)) }
}

/// Every event stands with its second. Bookings and payments are numbered by the place of their event, from 1.
fn concert() -> Snapshot {
    let by = || user("organizer-1");
    let aside = |seats: &[u32]| item(STALLS, u32::try_from(seats.len()).expect("few"), 0, seats);
    let early = |amount| Some(Discount { code: 0, amount });
    let reason = || "card_declined".into();
    let declined = Settlement::Declined { reason: reason(), expires_at: Some(at(900)) };
    let submitted = ConcertEvent::PaymentSubmitted {
        payment: PaymentNumber(6),
        reference: "pi_1".into(),
        client_secret: Some("pi_1_secret".into()),
    };
    let more = items([item(STALLS, 3, 12_000, &[0, 1, 2])]);
    let change = ConcertEvent::ChangePrepared {
        number: BookingNumber(5),
        by: user("ada"),
        items: more,
        discount: 3_600,
        expires_at: at(700),
        idempotency: Some(key(2)),
    };
    let fewer = ConcertEvent::BookingChanged {
        number: BookingNumber(23),
        by: user("hal"),
        items: items([item(FLOOR, 1, 5_000, &[])]),
        discount: 0,
        idempotency: None,
    };
    let errand = |sequence| ErrandNumber { sequence, index: 0 };
    let refunded = ConcertEvent::RefundMade { payment: PaymentNumber(24), errand: errand(26) };
    let lounge_and_seat = items([item(LOUNGE, 1, 7_000, &[]), item(STALLS, 1, 12_000, &[10])]);
    let offered = ConcertEvent::SeatsOffered {
        waiter: 13,
        items: items([item(LAST_BOX, 1, 9_000, &[])]),
        hold: hold(4_000, true),
    };
    let moved = DetailsChange { venue: Some("Hall 2".to_owned()), ..DetailsChange::default() };
    let five_in_row_b = items([item(STALLS, 5, 12_000, &[20, 21, 22, 23, 24])]);
    let events = vec![
        (0, created()),
        (1, code("EARLY-BIRD", Reduction::BasisPoints(1_000), &[])),
        (2, code("BACKSTAGE", Reduction::Nothing, &[LOUNGE])),
        (3, ConcertEvent::SeatsBlocked { by: by(), item: aside(&[3, 4]) }),
        (4, held("ada", items([item(STALLS, 2, 12_000, &[0, 1])]), 604, early(2_400), true)),
        (5, started(5, "ada", 21_600)),
        (6, submitted),
        (7, settled(6, Settlement::Confirmed)),
        (8, held("ben", items([item(FLOOR, 2, 5_000, &[])]), 608, None, false)),
        (9, started(9, "ben", 10_000)),
        (10, settled(10, declined)),
        (11, held("cid", items([item(LAST_BOX, 1, 9_000, &[])]), 611, None, true)),
        (12, joined("dora", 1, true)),
        (13, joined("eve", 1, false)),
        (14, change),
        (15, started(5, "ada", 10_800)),
        (16, held("fay", lounge_and_seat, 100, None, true)),
        (120, ConcertEvent::TimePassed),
        (121, held("gustav", items([item(FLOOR, 4, 5_000, &[])]), 721, None, false)),
        (122, started(19, "gustav", 20_000)),
        (123, settled(20, Settlement::Confirmed)),
        (124, cancelled(19, "gustav", 15_000)),
        (125, held("hal", items([item(FLOOR, 2, 5_000, &[])]), 725, None, true)),
        (126, started(23, "hal", 10_000)),
        (127, settled(24, Settlement::Confirmed)),
        (128, fewer),
        (129, refunded),
        (130, ConcertEvent::ErrandsDone { errands: vec![errand(5), errand(8), errand(12)] }),
        (131, cancelled(12, "cid", 0)),
        (132, offered),
        (133, held("ida", five_in_row_b, 733, None, true)),
        (134, ConcertEvent::DetailsChanged { by: by(), change: Box::new(moved) }),
        (135, ConcertEvent::ChangeAnnounced { through: BookingNumber(5) }),
        (136, ConcertEvent::SeatsReleased { by: by(), item: aside(&[4]) }),
        (137, ConcertEvent::CodeWithdrawn { by: by(), code: 1 }),
    ];
    folded(CONCERT, events.into_iter().map(|(seconds, event)| (seconds, Event::Concert(event))))
}

fn accounts() -> Snapshot {
    let session =
        |number: u8| NewSession { family: FamilyId([number; 16]), token_hash: TokenHash([number; 32]) };
    let registered = |name: &str, role, first: Option<u8>| AccountsEvent::UserRegistered {
        user: user(&format!("user-{name}")),
        username: name.replace('e', "É"),
        email: format!("{name}@example.org"),
        password_hash: format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${name}"),
        role,
        session: first.map(session),
    };
    let started = |name: &str, number| AccountsEvent::SessionStarted {
        user: user(&format!("user-{name}")),
        session: session(number),
    };
    let events = [
        registered("zoe", Role::Admin, Some(9)),
        registered("ben", Role::Customer, None),
        registered("Cid", Role::Customer, Some(1)),
        started("Cid", 5),
        started("Cid", 3),
        started("ben", 4),
        AccountsEvent::SessionRefreshed { family: FamilyId([5; 16]), token_hash: TokenHash([55; 32]) },
        AccountsEvent::ProfileChanged {
            user: user("user-ben"),
            email: Some("BEN@example.com".to_owned()),
            password_hash: Some("$argon2id$another".to_owned()),
        },
        AccountsEvent::RoleChanged { user: user("user-Cid"), role: Role::Organizer, by: user("user-ben") },
    ];
    folded(Stream::Accounts, (0..).zip(events).map(|(seconds, event)| (seconds, Event::Accounts(event))))
}
