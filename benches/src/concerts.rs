//! Who books what.

use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, BookedItem, CancellationTerms, Concert, ConcertCommand, ConcertEvent, Decision, Details,
    Layout, LocalTime, NewConcert, NewSeatType, Seats, WantedItem, WantedItems,
};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Snapshot, State, Stream};
use boxoffice_engine::limits;
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;

/// When everything happens where nobody looks at a clock.
pub const NOW: Time = Time(1_800_000_000_000);
const DAY_SECONDS: i64 = 86_400;
/// Characters of a user's id: 128 bits at 6 bits each.
const ID_CHARS: usize = 22;
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const PRICE_CENTS: i64 = 12_000;

/// The one who makes all concerts.
pub fn organizer() -> Caller {
    Caller { user: buyer(u64::MAX), role: Role::Organizer }
}

/// Somebody who books.
pub fn customer(user: &UserId) -> Caller {
    Caller { user: user.clone(), role: Role::Customer }
}

/// A concert with one seat type of each of these capacities, on sale from `now` on for a month.
pub fn a_concert(now: Time, capacities: &[u32]) -> NewConcert {
    let seat_type = |(index, total_seats): (usize, &u32)| NewSeatType {
        name: format!("Type {index}"),
        price: PRICE_CENTS,
        layout: Layout::GeneralAdmission { total_seats: *total_seats },
        hidden: false,
    };
    NewConcert {
        details: Details {
            name: "The Rush".to_owned(),
            description: "Everybody wants to be there.".to_owned(),
            genre: "rock".to_owned(),
            venue: "The Stadium".to_owned(),
            start: LocalTime { time: now.plus_seconds(30 * DAY_SECONDS), offset_seconds: 3_600 },
            sales_open_at: None,
            sales_close_at: None,
            tickets_per_user_max: limits::TICKETS_PER_USER_MAX,
            cancellation: CancellationTerms::default(),
            forbids_orphan_seats: false,
        },
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: capacities.iter().enumerate().map(seat_type).collect(),
    }
}

/// The id of the concert with this number. As with real ones, no two follow each other.
pub fn concert_id(number: u64) -> ConcertId {
    ConcertId::from_bits(scatter(number))
}

/// The event with which such a concert, with room for everybody, begins.
pub(crate) fn created(now: Time) -> ConcertEvent {
    let concert = Box::new(a_concert(now, &[limits::TOTAL_SEATS_MAX]));
    ConcertEvent::Created { organizer: organizer().user, concert, idempotency: None }
}

/// The event of this user's booking one seat there.
pub(crate) fn booked(user: &UserId, idempotency: Option<IdempotencyKey>) -> ConcertEvent {
    let item = BookedItem {
        seat_type: SeatTypeNumber(1),
        quantity: 1,
        unit_price: PRICE_CENTS,
        seats: Seats::new(),
    };
    let items = [item].into_iter().collect();
    ConcertEvent::Booked { user: user.clone(), items, terms: None, mail: false, idempotency }
}

/// The events of concerts that are made, and then booked in turn, one seat after another by the next buyer.
pub fn sales(concerts: usize, bookings: usize, now: Time) -> impl Iterator<Item = Record> {
    (0..concerts + bookings).map(move |number| {
        let stream = Stream::Concert(concert_id((number % concerts) as u64));
        let buyer = number.checked_sub(concerts).map(|number| buyer(number as u64));
        let event = buyer.map_or_else(|| created(now), |buyer| booked(&buyer, None));
        let sequence = 1 + (number / concerts) as u64;
        Record { stream, sequence, epoch: 1, time: now, event: Event::Concert(event) }
    })
}

/// A concert on these terms, without an office.
pub fn on_sale(terms: NewConcert) -> Concert {
    let mut concert = Concert::absent(concert_id(1));
    let (caller, terms) = (organizer(), Box::new(terms));
    let create = ConcertCommand::Create { caller, concert: terms, has_gateway: true, idempotency: None };
    happen(&mut concert, &create);
    concert
}

/// Lets happen to a concert what this command makes happen.
pub fn happen(concert: &mut Concert, command: &ConcertCommand) {
    let event = decided(concert, command);
    concert.apply(&event, NOW);
}

/// The event that this command makes happen.
pub fn decided(concert: &Concert, command: &ConcertCommand) -> ConcertEvent {
    match concert.decide(command, NOW) {
        Ok(Decision::Record(event)) => event,
        other => unreachable!("{command:?} makes something happen, not {other:?}"),
    }
}

/// The state of a concert as a snapshot has it.
pub fn snapshot(concert: Concert) -> Snapshot {
    let (stream, sequence) = (Stream::Concert(concert.id()), concert.sequence());
    Snapshot { stream, sequence, epoch: 1, state: State::Concert(Box::new(concert)) }
}

/// One seat of a type for a user.
pub fn wish(user: UserId, seat_type: SeatTypeNumber) -> BookSeats {
    let item = WantedItem { seat_type, quantity: 1, seats: Vec::new() };
    BookSeats {
        user,
        items: WantedItems::from_buf([item]),
        promo_code: None,
        mail: false,
        by_manager: false,
        idempotency: None,
    }
}

/// Everybody who will book, made before the clock runs: a server has the id from the caller's token.
#[derive(Clone, Debug)]
pub struct Crowd(Vec<UserId>);

impl Crowd {
    /// So many people, all different.
    pub fn of(people: usize) -> Self {
        Self((0..people as u64).map(buyer).collect())
    }

    /// The person with this number, if there is one.
    pub fn person(&self, number: usize) -> Option<&UserId> {
        self.0.get(number)
    }

    /// All of them.
    pub fn people(&self) -> &[UserId] {
        &self.0
    }
}

impl From<Vec<UserId>> for Crowd {
    fn from(people: Vec<UserId>) -> Self {
        Self(people)
    }
}

/// The id of the buyer with this number.
pub fn buyer(number: u64) -> UserId {
    let mut bits = u128::from(scatter(number)) << 64 | u128::from(scatter(!number));
    let mut text = [0; ID_CHARS];
    for character in &mut text {
        *character = URL_SAFE[(bits & 63) as usize];
        bits >>= 6;
    }
    let text = std::str::from_utf8(&text).expect("url-safe characters are ASCII");
    UserId::new(text).expect("22 url-safe characters are an id")
}

/// One to one, without a pattern to see (`SplitMix64`).
fn scatter(number: u64) -> u64 {
    let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
