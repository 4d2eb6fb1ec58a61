//! Where several refusals apply to a booking, the contract's order says which one is given.

use boxoffice_engine::concert::{
    BookSeats, ConcertCommand, DetailsChange, Effect, ManagerAction, Rejection, Stage,
};
use boxoffice_engine::ids::BookingNumber;

use super::support::{
    FLOOR, FLOOR_SEATS, HOUR, LIMIT, NOW, Outcome, Stand, book, cancel_booking, change, check, create,
    customer, invalid, key, keyed, manage, new_concert, olga, wish,
};

const UNKNOWN: u16 = 9;
const STAGES: [Stage; 5] =
    [Stage::OnSale, Stage::Scheduled, Stage::ClosedByTime, Stage::ClosedByOrganizer, Stage::Cancelled];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Absent,
    New,
    Repeated,
    Reused,
}
const KEYS: [Key; 4] = [Key::Absent, Key::New, Key::Repeated, Key::Reused];

/// Everything that can speak against a booking, in one case.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each can be true beside every other")]
struct Case {
    stage: Stage,
    invalid: bool,
    unknown_seat_type: bool,
    key: Key,
    at_the_limit: bool,
    no_seat_left: bool,
}

fn every_case() -> impl Iterator<Item = Case> {
    let yes_or_no = [false, true];
    STAGES.into_iter().flat_map(move |stage| {
        KEYS.into_iter().flat_map(move |key| {
            (0..16).map(move |bits| {
                let [invalid, unknown_seat_type, at_the_limit, no_seat_left] =
                    [0, 1, 2, 3].map(|bit| yes_or_no[bits >> bit & 1]);
                Case { stage, invalid, unknown_seat_type, key, at_the_limit, no_seat_left }
            })
        })
    })
}

impl Case {
    /// Ada has a booking under a key: one that stands and leaves her at the limit, or one that she gave back.
    fn stand(self) -> (Stand, Effect) {
        let closes_at = NOW.plus_seconds(HOUR);
        let mut stand = Stand::made(|concert| concert.details.sales_close_at = Some(closes_at));
        let number = stand.does(&keyed(book("ada", &[(FLOOR, LIMIT)]), key(1, 1)));
        if !self.at_the_limit {
            stand.does(&cancel_booking(customer("ada"), number));
        }
        if self.no_seat_left {
            while stand.seats(FLOOR).0 > 0 {
                let quantity = stand.seats(FLOOR).0.min(LIMIT);
                stand.does(&book(&format!("user{}", stand.seats(FLOOR).0), &[(FLOOR, quantity)]));
            }
        }
        match self.stage {
            Stage::Scheduled => {
                let sales_open_at = Some(Some(NOW.plus_seconds(60)));
                stand.does(&change(DetailsChange { sales_open_at, ..DetailsChange::default() }));
            }
            Stage::ClosedByTime => _ = stand.at(closes_at),
            Stage::ClosedByOrganizer => _ = stand.does(&manage(olga(), ManagerAction::CloseSales)),
            Stage::Cancelled => _ = stand.does(&manage(olga(), ManagerAction::Cancel)),
            _ => {}
        }
        assert_eq!(stand.stage(), self.stage);
        (stand, Effect::Booked(BookingNumber(number)))
    }

    fn wish(self) -> BookSeats {
        let seat_type = if self.unknown_seat_type { UNKNOWN } else { FLOOR };
        let quantity = u32::from(!self.invalid);
        let idempotency = match self.key {
            Key::Absent => None,
            Key::New => Some(key(2, 1)),
            Key::Repeated => Some(key(1, 1)),
            Key::Reused => Some(key(1, 2)),
        };
        BookSeats { idempotency, ..wish("ada", &[(seat_type, quantity)]) }
    }

    /// The contract's order, as a list: the first line that applies is the answer.
    fn expected(self, first: Effect) -> Outcome {
        let closed = matches!(self.stage, Stage::ClosedByTime | Stage::ClosedByOrganizer);
        let already_booked = Rejection::AlreadyBooked { limit: LIMIT, owned: LIMIT };
        [
            (self.invalid, invalid(&["/items/0/quantity"])),
            (self.unknown_seat_type, Outcome::Refused(Rejection::SeatTypeNotFound)),
            (self.key == Key::Repeated, Outcome::Repeated(first)),
            (self.key == Key::Reused, Outcome::Refused(Rejection::IdempotencyKeyReused)),
            (self.stage == Stage::Cancelled, Outcome::Refused(Rejection::ConcertCancelled)),
            (self.stage == Stage::Scheduled, Outcome::Refused(Rejection::SalesNotOpen)),
            (closed, Outcome::Refused(Rejection::SalesClosed)),
            (self.at_the_limit, Outcome::Refused(already_booked)),
            (self.no_seat_left, Outcome::Refused(Rejection::SoldOut { available: 0 })),
        ]
        .into_iter()
        .find_map(|(applies, outcome)| applies.then_some(outcome))
        .unwrap_or(Outcome::Happens("Booked"))
    }
}

#[test]
fn the_first_refusal_of_the_contract_wins_in_every_combination() {
    for case in every_case() {
        let (stand, first) = case.stand();
        check(&format!("{case:?}"), &stand, &ConcertCommand::Book(case.wish()), &case.expected(first));
    }
}

/// A concert that the booking user may not know of: never made, a draft of somebody else, deleted. Ada used a key at the last.
fn hidden_concerts() -> [(&'static str, Stand); 3] {
    let mut deleted = Stand::absent();
    deleted.does(&keyed(create(olga(), new_concert()), key(1, 1)));
    deleted.does(&manage(olga(), ManagerAction::Delete));
    [
        ("absent", Stand::absent()),
        ("draft", Stand::made(|concert| concert.draft = true)),
        ("deleted", deleted),
    ]
}

#[test]
fn a_hidden_concert_is_not_found_whatever_else_speaks_against_the_booking() {
    let unknown = Outcome::Refused(Rejection::ConcertNotFound);
    for (case, stand) in hidden_concerts() {
        let user = if case == "deleted" { "olga" } else { "ada" };
        let too_many = FLOOR_SEATS + LIMIT;
        for (items, expected) in [
            ([(FLOOR, 0)], &invalid(&["/items/0/quantity"])),
            ([(UNKNOWN, 0)], &invalid(&["/items/0/quantity"])),
            ([(UNKNOWN, 1)], &unknown),
            ([(FLOOR, 1)], &unknown),
            ([(FLOOR, too_many)], &unknown),
        ] {
            let command = book(user, &items);
            check(case, &stand, &command, expected);
            check(case, &stand, &keyed(command.clone(), key(1, 1)), expected);
            check(case, &stand, &keyed(command, key(1, 2)), expected);
        }
    }
}

#[test]
fn the_limit_is_told_before_the_seats_that_are_left() {
    let mut stand = Stand::on_sale();
    stand.does(&book("ada", &[(FLOOR, 1)]));
    let limit = |owned| Outcome::Refused(Rejection::AlreadyBooked { limit: LIMIT, owned });
    check("both apply", &stand, &book("ada", &[(FLOOR, FLOOR_SEATS)]), &limit(1));
    check("in one go", &stand, &book("bob", &[(FLOOR, LIMIT + 1)]), &limit(0));
    check("over two types", &stand, &book("bob", &[(FLOOR, LIMIT), (2, 1)]), &limit(0));
}
