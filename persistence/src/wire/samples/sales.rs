//! What came with numbered seats, holds, payments, changes, waiting lists and promo codes.

use std::sync::Arc;

use boxoffice_engine::concert::{
    BookedItem, BookedItems, BookingTerms, CodeText, ConcertEvent, DetailsChange, Discount, ErrandNumber,
    Hold, Layout, NewConcert, NewSeatType, PromoCode, Reduction, SeatMap, SeatPosition, SeatRow, Settlement,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::time::Time;

use super::{concert, full_change, seat_type, user};

type Events = Vec<(&'static str, ConcertEvent)>;

const KEY: IdempotencyKey = IdempotencyKey { key: [1; 16], request: [2; 16] };
const SOON: Time = Time(1_795_000_600_123);
const BOOKING: BookingNumber = BookingNumber(70_000);
const PAYMENT: PaymentNumber = PaymentNumber(70_001);

pub(super) fn events() -> Events {
    [terms(), bookings(), changes(), payments(), seats(), waiting(), codes(), keys()].concat()
}

fn by() -> UserId {
    user("organizer-1")
}

fn row(section: Option<&str>, label: &str, seats: u32, positions: &[(i32, i32)]) -> SeatRow {
    SeatRow {
        section: section.map(str::to_owned),
        label: label.to_owned(),
        seats,
        positions: positions.iter().map(|&(x, y)| SeatPosition { x, y }).collect(),
    }
}

fn numbered(rows: Vec<SeatRow>) -> NewSeatType {
    NewSeatType { layout: Layout::Numbered(Arc::new(SeatMap::new(rows))), ..seat_type("Stalls") }
}

fn item(quantity: u32, seats: &[u32]) -> BookedItem {
    BookedItem { seat_type: SeatTypeNumber(3), quantity, unit_price: 12_000, seats: seats.into() }
}

fn items(items: &[BookedItem]) -> BookedItems {
    items.iter().cloned().collect()
}

fn terms() -> Events {
    let created = |concert, idempotency| ConcertEvent::Created {
        organizer: by(),
        concert: Box::new(concert),
        idempotency,
    };
    let bare = || concert(None, &["Floor"]);
    let mut single_seats = bare();
    single_seats.details.forbids_orphan_seats = true;
    let hidden = || NewSeatType { hidden: true, ..seat_type("Lounge") };
    let bent = || row(Some("Süd"), "AA", 3, &[(-100_000_000, 0), (0, -1), (5_000, 100_000_000)]);
    let hall = || numbered(vec![bent(), row(Some("Süd"), "B", 1_000, &[]), row(None, "C", 1, &[(7, 8)])]);
    let mut full = NewConcert { payment_required: true, offer_seconds: 604_800, ..concert(Some(SOON), &[]) };
    full.details.forbids_orphan_seats = true;
    full.seat_types = vec![hall(), hidden(), seat_type("Floor")];
    let added = |seat_type| ConcertEvent::SeatTypeAdded { by: by(), seat_type };
    let details = |change, forbids| {
        let change = DetailsChange { forbids_orphan_seats: Some(forbids), ..change };
        ConcertEvent::DetailsChanged { by: by(), change: Box::new(change) }
    };
    vec![
        ("concert-created-in-full", created(full, Some(KEY))),
        ("concert-created-paid", created(NewConcert { payment_required: true, ..bare() }, None)),
        ("concert-created-offering", created(NewConcert { offer_seconds: 3_599, ..bare() }, None)),
        ("concert-created-without-orphans", created(single_seats, None)),
        ("concert-created-hidden", created(NewConcert { seat_types: vec![hidden()], ..bare() }, None)),
        ("concert-created-numbered", created(NewConcert { seat_types: vec![hall()], ..bare() }, None)),
        ("details-changed-in-full", details(full_change(), true)),
        ("details-changed-orphans-only", details(DetailsChange::default(), false)),
        ("seat-type-added-numbered", added(numbered(vec![row(None, "A", 250, &[])]))),
        ("seat-type-added-hidden", added(hidden())),
        ("seat-type-added-numbered-hidden", added(NewSeatType { hidden: true, ..hall() })),
    ]
}

fn bookings() -> Events {
    let booked = |terms: Option<BookingTerms>, mail, idempotency| ConcertEvent::Booked {
        user: user("user-1"),
        items: items(&[item(2, &[4, 5_000])]),
        terms: terms.map(Box::new),
        mail,
        idempotency,
    };
    let hold =
        Some(Hold { expires_at: SOON, until_max: Time(SOON.0 + 720_000), is_offer: false, declined: false });
    let spent = Some(Hold { expires_at: Time(-1), until_max: Time(0), is_offer: true, declined: true });
    let discount = Some(Discount { code: 999, amount: 2_400 });
    let cancelled = |refund, idempotency| ConcertEvent::BookingCancelled {
        number: BOOKING,
        by: by(),
        refund,
        idempotency,
    };
    let bare = BookingTerms::default();
    vec![
        ("booked-with-mail", booked(None, true, None)),
        ("booked-on-no-terms", booked(Some(bare), false, Some(KEY))),
        ("booked-held", booked(Some(BookingTerms { hold, ..bare }), true, Some(KEY))),
        ("booked-held-long-ago", booked(Some(BookingTerms { hold: spent, ..bare }), false, None)),
        ("booked-for-less", booked(Some(BookingTerms { discount, ..bare }), false, None)),
        ("booked-held-for-less", booked(Some(BookingTerms { hold, discount }), true, Some(KEY))),
        ("booking-cancelled-refund", cancelled(11_999, Some(KEY))),
        ("booking-cancelled-refund-bare", cancelled(1, None)),
    ]
}

fn changes() -> Events {
    let changed = |items, discount, idempotency| ConcertEvent::BookingChanged {
        number: BOOKING,
        by: by(),
        items,
        discount,
        idempotency,
    };
    let prepared = |items, discount, idempotency| ConcertEvent::ChangePrepared {
        number: BOOKING,
        by: by(),
        items,
        discount,
        expires_at: SOON,
        idempotency,
    };
    let several = || items(&[item(1, &[99_999]), item(300, &[]), item(2, &[0, 1])]);
    vec![
        ("hold-extended", extended(None)),
        ("hold-confirmed", confirmed(None)),
        ("booking-changed", changed(several(), 2_400, Some(KEY))),
        ("booking-changed-bare", changed(items(&[item(1, &[])]), 0, None)),
        ("change-prepared", prepared(several(), 2_400, Some(KEY))),
        ("change-prepared-bare", prepared(items(&[item(1, &[])]), 0, None)),
    ]
}

fn extended(idempotency: Option<IdempotencyKey>) -> ConcertEvent {
    ConcertEvent::HoldExtended { number: BOOKING, by: by(), expires_at: SOON, idempotency }
}

fn confirmed(idempotency: Option<IdempotencyKey>) -> ConcertEvent {
    ConcertEvent::HoldConfirmed { number: BOOKING, by: by(), idempotency }
}

fn payments() -> Events {
    let started = |idempotency| ConcertEvent::PaymentStarted {
        booking: BOOKING,
        by: by(),
        amount: 24_000,
        gateway: "stripe".into(),
        method: "card".into(),
        idempotency,
    };
    let submitted = |client_secret: Option<&str>| ConcertEvent::PaymentSubmitted {
        payment: PAYMENT,
        reference: "pi_3NkXyz2eZvKYlo2C".into(),
        client_secret: client_secret.map(Into::into),
    };
    let settled = |reference: Option<&str>, settlement| ConcertEvent::PaymentSettled {
        payment: PAYMENT,
        reference: reference.map(Into::into),
        settlement,
    };
    let declined = |expires_at| Settlement::Declined { reason: "card_declined".into(), expires_at };
    let errand = |sequence, index| ErrandNumber { sequence, index };
    let done = |errands: &[ErrandNumber]| ConcertEvent::ErrandsDone { errands: errands.to_vec() };
    vec![
        ("payment-started", started(Some(KEY))),
        ("payment-started-bare", started(None)),
        ("payment-submitted", submitted(Some("pi_3NkXyz2eZvKYlo2C_secret_x"))),
        ("payment-submitted-bare", submitted(None)),
        ("payment-declined", settled(None, declined(None))),
        ("payment-declined-hold-kept", settled(Some("pi_1"), declined(Some(SOON)))),
        ("payment-confirmed", settled(Some("pi_1"), Settlement::Confirmed)),
        ("payment-retaken", settled(None, Settlement::Retaken)),
        ("payment-change-made", settled(None, Settlement::ChangeMade)),
        ("payment-given-back", settled(None, Settlement::GivenBack)),
        ("refund-made", ConcertEvent::RefundMade { payment: PAYMENT, errand: errand(70_002, 4_095) }),
        ("errands-done", done(&[errand(70_002, 0), errand(70_002, 1), errand(u64::MAX, u32::MAX)])),
        ("errands-done-none", done(&[])),
    ]
}

fn seats() -> Events {
    let aside = |quantity, seats: &[u32]| BookedItem { unit_price: 0, ..item(quantity, seats) };
    let blocked = |item| ConcertEvent::SeatsBlocked { by: by(), item };
    let released = |item| ConcertEvent::SeatsReleased { by: by(), item };
    vec![
        ("seats-blocked", blocked(aside(3, &[10, 11, 12]))),
        ("seats-blocked-unnumbered", blocked(aside(300, &[]))),
        ("seats-released", released(aside(1, &[11]))),
        ("seats-released-unnumbered", released(aside(299, &[]))),
    ]
}

fn joined(quantity: u32, mail: bool, idempotency: Option<IdempotencyKey>) -> ConcertEvent {
    let (user, seat_type) = (user("user-1"), SeatTypeNumber(3));
    ConcertEvent::WaitlistJoined { user, seat_type, quantity, mail, idempotency }
}

fn left(idempotency: Option<IdempotencyKey>) -> ConcertEvent {
    ConcertEvent::WaitlistLeft { number: 70_003, by: user("user-1"), idempotency }
}

fn waiting() -> Events {
    let hold = Hold { expires_at: SOON, until_max: SOON, is_offer: true, declined: false };
    let offered = |seats| ConcertEvent::SeatsOffered { waiter: 70_003, items: items(&[seats]), hold };
    vec![
        ("waitlist-joined", joined(4, true, None)),
        ("waitlist-joined-without-mail", joined(10_000, false, None)),
        ("waitlist-left", left(None)),
        ("seats-offered", offered(item(2, &[7, 9]))),
        ("seats-offered-unnumbered", offered(item(2, &[]))),
    ]
}

fn codes() -> Events {
    let code = |reduction| PromoCode {
        text: CodeText::new("EARLY-BIRD_2.0").expect("a valid code"),
        reduction,
        uses_max: None,
        valid_until: None,
        opens: Vec::new(),
        withdrawn: false,
    };
    let added = |code| ConcertEvent::CodeAdded { by: by(), code: Box::new(code) };
    let opens = vec![SeatTypeNumber(2), SeatTypeNumber(300)];
    let full = PromoCode {
        uses_max: Some(500),
        valid_until: Some(SOON),
        opens: opens.clone(),
        withdrawn: true,
        ..code(Reduction::BasisPoints(10_000))
    };
    vec![
        ("code-added-full", added(full)),
        ("code-added-access", added(PromoCode { opens, ..code(Reduction::Nothing) })),
        ("code-added-percent", added(code(Reduction::BasisPoints(1_250)))),
        ("code-added-amount", added(code(Reduction::Amount(1_000)))),
        ("code-withdrawn", ConcertEvent::CodeWithdrawn { by: by(), code: 999 }),
        ("change-announced", ConcertEvent::ChangeAnnounced { through: BOOKING }),
    ]
}

/// The keys of requests whose events are above without one; at the end, because a sample's place is in its bytes.
fn keys() -> Events {
    vec![
        ("hold-extended-with-key", extended(Some(KEY))),
        ("hold-confirmed-with-key", confirmed(Some(KEY))),
        ("waitlist-joined-with-key", joined(4, true, Some(KEY))),
        ("key-noted", ConcertEvent::KeyNoted { number: BOOKING, by: by(), idempotency: KEY }),
        ("waitlist-left-with-key", left(Some(KEY))),
    ]
}
