//! Numbered seats: chosen or the best available, each of them once.

use boxoffice_engine::concert::{
    BookingStatus, Counts, ManagerAction, NewSeatType, Rejection, SeatStatus, WantedItem,
};
use boxoffice_engine::ids::SeatTypeNumber;

use super::support::{
    EXPIRY, FLOOR, FLOOR_SEATS, HALL, HALL_PRICE, Outcome, Stand, block, book, book_all, book_these,
    cancel_booking, change_to, check, create, customer, free_with, hall, invalid, manage, new_concert, olga,
    paid, pay, release, some, succeed, these,
};

const BOOKED: Outcome = Outcome::Happens("Booked");

fn taken(seat: &str) -> Outcome {
    Outcome::Refused(Rejection::SeatTaken { seat: seat.into() })
}

fn blocked(seat: &str) -> Outcome {
    Outcome::Refused(Rejection::SeatBlocked { seat: seat.into() })
}

/// What each seat of the hall is: a letter a seat.
fn plan(stand: &Stand) -> String {
    let states = stand.concert.seating(SeatTypeNumber(HALL)).expect("the hall is numbered");
    let terms = stand.concert.terms();
    let map = terms.seat_types[2].layout.map().expect("the hall is numbered");
    let letter = |status| match status {
        SeatStatus::Available => '.',
        SeatStatus::Held => 'h',
        SeatStatus::Booked => 'b',
        SeatStatus::Blocked => 'x',
    };
    states.statuses(map).map(letter).collect()
}

#[test]
fn chosen_seats_are_their_owners_and_nobody_elses() {
    let mut stand = free_with(|_| ());
    let number = stand.does(&book_these("ada", &["B-2", "A-5"]));
    assert_eq!(stand.labels(number), ["A-5", "B-2"]);
    assert_eq!((plan(&stand).as_str(), stand.booking(number).total()), ("....b.b...", 2 * HALL_PRICE));
    check("one of them", &stand, &book_these("bob", &["B-2"]), &taken("B-2"));
    check("one of two", &stand, &book_these("bob", &["A-4", "A-5"]), &taken("A-5"));
    check("their owner's", &stand, &book_these("ada", &["A-5"]), &taken("A-5"));
    check("others", &stand, &book_these("bob", &["A-4", "B-1"]), &BOOKED);
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(plan(&stand), "..........");
    check("given back", &stand, &book_these("bob", &["A-5", "B-2"]), &BOOKED);
    stand.assert_replays();
}

#[test]
fn a_seat_is_held_booked_and_free_again_with_its_booking() {
    let mut stand = paid();
    let number = stand.does(&book_these("ada", &["A-1"]));
    assert_eq!((plan(&stand).as_str(), stand.counts(HALL).held), ("h.........", 1));
    check("held", &stand, &book_these("bob", &["A-1"]), &taken("A-1"));
    let payment = stand.does(&pay("ada", number));
    stand.does(&succeed(payment));
    assert_eq!((plan(&stand).as_str(), stand.counts(HALL).booked), ("b.........", 1));
    let other = stand.does(&book_these("bob", &["A-2"]));
    stand.at(EXPIRY);
    assert_eq!(stand.status(other), BookingStatus::Expired);
    assert_eq!(plan(&stand), "b.........");
    stand.does(&cancel_booking(customer("ada"), number));
    assert_eq!(stand.counts(HALL), Counts::all_available(10));
}

#[test]
fn where_none_are_chosen_the_best_available_are_given() {
    let mut stand = free_with(|_| ());
    for (name, quantity, labels) in
        [("ada", 3, vec!["A-1", "A-2", "A-3"]), ("bob", 2, vec!["A-4", "A-5"]), ("eve", 1, vec!["B-3"])]
    {
        let number = stand.does(&book(name, &[(HALL, quantity)]));
        assert_eq!(stand.labels(number), labels);
    }
    let left = Outcome::Refused(Rejection::SoldOut { available: 4 });
    check("more than there are", &stand, &book("zoe", &[(HALL, 5)]), &left);
    let number = stand.does(&book("zoe", &[(HALL, 4)]));
    assert_eq!(stand.labels(number), ["B-1", "B-2", "B-4", "B-5"]);
    let none = Outcome::Refused(Rejection::SoldOut { available: 0 });
    check("none", &stand, &book("zoe", &[(HALL, 1)]), &none);
    check("one by name", &stand, &book_these("zoe", &["A-1"]), &taken("A-1"));
}

#[test]
fn labels_that_are_no_seats_of_the_type_are_not_found() {
    let stand = free_with(|_| ());
    for label in ["C-1", "A-6", "A-0", "A-01", "A1", "", "a-1", "A-1 ", "S-A-1"] {
        let not_found = Outcome::Refused(Rejection::SeatNotFound { seat: label.into() });
        check(label, &stand, &book_these("ada", &[label]), &not_found);
        check("of two", &stand, &book_these("ada", &["A-1", label]), &not_found);
    }
    let general = Outcome::Refused(Rejection::SeatNotFound { seat: "A-1".into() });
    check("without numbers", &stand, &book_all("ada", vec![these(FLOOR, &["A-1"])]), &general);
}

#[test]
fn seats_are_named_once_and_as_many_as_are_wanted() {
    let stand = free_with(|_| ());
    let twice = book_these("ada", &["A-1", "B-1", "A-1"]);
    check("twice", &stand, &twice, &invalid(&["/items/0/seats"]));
    let contradicts = |quantity| WantedItem { quantity, ..these(HALL, &["A-1", "A-2"]) };
    for quantity in [1, 3] {
        let command = book_all("ada", vec![contradicts(quantity)]);
        check("another number", &stand, &command, &invalid(&["/items/0/quantity"]));
    }
    check("as many", &stand, &book_all("ada", vec![contradicts(2)]), &BOOKED);
    let both = book_all("ada", vec![these(HALL, &["A-1"]), some(HALL, 1)]);
    check("one type twice", &stand, &both, &invalid(&["/items/1/seatTypeId"]));
}

#[test]
fn of_mixed_items_all_are_booked_or_none() {
    let mut stand = free_with(|_| ());
    let sold_out = |available| Outcome::Refused(Rejection::SoldOut { available });
    let mixed = |floor| book_all("ada", vec![these(HALL, &["A-1", "A-2"]), some(FLOOR, floor)]);
    check("too many of the other", &stand, &mixed(FLOOR_SEATS + 1), &sold_out(FLOOR_SEATS));
    stand.does(&book_these("bob", &["A-2"]));
    check("one seat taken", &stand, &mixed(1), &taken("A-2"));
    assert_eq!((plan(&stand).as_str(), stand.seats(FLOOR)), (".b........", (FLOOR_SEATS, 0)));
    let number = stand.does(&book_all("ada", vec![some(FLOOR, 1), these(HALL, &["A-1", "B-1"])]));
    assert_eq!((plan(&stand).as_str(), stand.seats(FLOOR).1), ("bb...b....", 1));
    assert_eq!(stand.booking(number).quantity(), 3);
    stand.assert_replays();
}

#[test]
fn a_seat_that_is_set_aside_is_told_before_one_that_is_taken_and_both_before_too_few() {
    let mut stand = free_with(|concert| {
        concert.details.forbids_orphan_seats = true;
        concert.details.tickets_per_user_max = 4;
    });
    stand.does(&book_these("bob", &["A-1", "A-2"]));
    stand.does(&block(these(HALL, &["B-1"])));
    let both = ["A-1", "B-1"];
    check("both", &stand, &book_these("ada", &both), &blocked("B-1"));
    check("taken", &stand, &book_these("ada", &["A-1", "B-3"]), &taken("A-1"));
    let with_too_many = |labels: &[&str]| book_all("ada", vec![some(FLOOR, 2), these(HALL, labels)]);
    stand.does(&block(some(FLOOR, FLOOR_SEATS - 1)));
    check("blocked, too many", &stand, &with_too_many(&["B-1"]), &blocked("B-1"));
    check("taken, too many", &stand, &with_too_many(&["A-2"]), &taken("A-2"));
    let sold_out = Outcome::Refused(Rejection::SoldOut { available: 1 });
    check("too many, an orphan", &stand, &with_too_many(&["A-4"]), &sold_out);
    check("an orphan", &stand, &book_these("ada", &["A-4"]), &Outcome::Refused(Rejection::OrphanSeat));
    let limit = Outcome::Refused(Rejection::AlreadyBooked { limit: 4, owned: 0 });
    let beyond = book_all("ada", vec![some(FLOOR, 3), these(HALL, &both)]);
    check("the limit is told before", &stand, &beyond, &limit);
}

#[test]
fn a_single_seat_must_not_be_left_over_where_that_is_forbidden() {
    let orphan = Outcome::Refused(Rejection::OrphanSeat);
    for (labels, leaves_one) in [
        (vec!["A-1"], false),
        (vec!["A-2"], true),
        (vec!["A-4"], true),
        (vec!["A-3"], false),
        (vec!["A-1", "A-3"], true),
        (vec!["A-2", "A-3", "A-4"], true),
        (vec!["A-1", "A-2", "A-3", "A-4"], true),
        (vec!["A-1", "A-2", "A-3", "A-4", "A-5"], false),
        (vec!["A-1", "B-2"], true),
    ] {
        let allowing = free_with(|_| ());
        check("allowed", &allowing, &book_these("ada", &labels), &BOOKED);
        let forbidding = free_with(|concert| concert.details.forbids_orphan_seats = true);
        let expected = if leaves_one { &orphan } else { &BOOKED };
        check("forbidden", &forbidding, &book_these("ada", &labels), expected);
    }
    let mut forbidding = free_with(|concert| concert.details.forbids_orphan_seats = true);
    forbidding.does(&book("ada", &[(HALL, 4)]));
    assert_eq!(plan(&forbidding), "bbbb......", "the office itself may have to");
    let last = book_these("bob", &["A-5"]);
    check("what is left over can be had", &forbidding, &last, &BOOKED);
}

#[test]
fn a_change_may_not_leave_a_single_seat_over_but_counts_its_own_as_free() {
    let mut stand = free_with(|concert| concert.details.forbids_orphan_seats = true);
    let number = stand.does(&book_these("ada", &["A-1", "A-2"]));
    let changed = Outcome::Happens("BookingChanged");
    let orphan = Outcome::Refused(Rejection::OrphanSeat);
    for (labels, expected) in [
        (vec!["A-2", "A-3"], &orphan),
        (vec!["A-4", "A-5"], &changed),
        (vec!["A-3", "A-4"], &orphan),
        (vec!["A-1"], &changed),
    ] {
        check("change", &stand, &change_to("ada", number, vec![these(HALL, &labels)]), expected);
    }
}

#[test]
fn seats_are_set_aside_and_released_by_name() {
    let mut stand = paid();
    stand.does(&book_these("ada", &["A-1"]));
    stand.does(&block(these(HALL, &["A-2", "A-3"])));
    assert_eq!(plan(&stand), "hxx.......");
    assert_eq!(stand.concert.terms().version, 1, "what is for sale is no change of the terms");
    check("one that is held", &stand, &block(these(HALL, &["A-1", "A-4"])), &taken("A-1"));
    check("again", &stand, &block(these(HALL, &["A-2", "A-3"])), &Outcome::Unchanged);
    let sets_aside = Outcome::Happens("SeatsBlocked");
    check("one more", &stand, &block(these(HALL, &["A-3", "A-4"])), &sets_aside);
    let missing = invalid(&["/seats"]);
    check("without names", &stand, &block(some(HALL, 2)), &missing);
    check("without names", &stand, &release(some(HALL, 2)), &missing);
    let not_found = Outcome::Refused(Rejection::SeatNotFound { seat: "C-1".into() });
    check("no seat", &stand, &block(these(HALL, &["C-1"])), &not_found);
    stand.does(&block(these(HALL, &["A-3", "A-4"])));
    assert_eq!(plan(&stand), "hxxx......");
    check("others", &stand, &release(these(HALL, &["A-1", "B-1"])), &Outcome::Unchanged);
    stand.does(&release(these(HALL, &["A-1", "A-2", "A-4"])));
    assert_eq!((plan(&stand).as_str(), stand.counts(HALL).blocked), ("h.x.......", 1));
    let number = stand.does(&book("bob", &[(HALL, 7)]));
    assert!(!stand.labels(number).contains(&"A-3".to_owned()));
    stand.assert_replays();
}

#[test]
fn seats_without_numbers_are_set_aside_by_their_number() {
    let mut stand = paid();
    stand.does(&book("ada", &[(FLOOR, 2)]));
    let left = Outcome::Refused(Rejection::SoldOut { available: 4 });
    check("more than are free", &stand, &block(some(FLOOR, 5)), &left);
    stand.does(&block(some(FLOOR, 3)));
    assert_eq!(stand.counts(FLOOR), Counts { available: 1, held: 2, booked: 0, blocked: 3 });
    let sold_out = Outcome::Refused(Rejection::SoldOut { available: 1 });
    check("not for sale", &stand, &book("bob", &[(FLOOR, 2)]), &sold_out);
    check("none", &stand, &block(some(FLOOR, 0)), &invalid(&["/quantity"]));
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("no such type", &stand, &block(some(9, 1)), &unknown);
    stand.does(&release(some(FLOOR, 2)));
    assert_eq!((stand.counts(FLOOR).available, stand.counts(FLOOR).blocked), (3, 1));
    stand.does(&release(some(FLOOR, 99)));
    assert_eq!((stand.counts(FLOOR).available, stand.counts(FLOOR).blocked), (4, 0));
    check("all are released", &stand, &release(some(FLOOR, 1)), &Outcome::Unchanged);
    stand.assert_replays();
}

#[test]
fn only_who_manages_a_concert_that_takes_place_sets_seats_aside() {
    let mut stand = paid();
    for action in [ManagerAction::BlockSeats(some(FLOOR, 1)), ManagerAction::ReleaseSeats(some(FLOOR, 1))] {
        let command = manage(customer("ada"), action);
        check("a customer", &stand, &command, &Outcome::Refused(Rejection::Forbidden));
    }
    stand.does(&block(some(FLOOR, 1)));
    stand.does(&manage(olga(), ManagerAction::Cancel));
    let cancelled = Outcome::Refused(Rejection::ConcertCancelled);
    check("called off", &stand, &block(some(FLOOR, 1)), &cancelled);
    check("called off", &stand, &release(some(FLOOR, 1)), &cancelled);
    check(
        "called off",
        &stand,
        &block(some(FLOOR, 99)),
        &Outcome::Refused(Rejection::SoldOut { available: 5 }),
    );
}

#[test]
fn a_concert_has_a_hundred_thousand_numbered_seats_at_most() {
    let named = |name: &str, rows: usize| {
        let labels: Vec<_> = (0..rows).map(|row| format!("{name} {row}")).collect();
        let rows: Vec<_> = labels.iter().map(|label| (&**label, 1_000)).collect();
        NewSeatType { name: name.to_owned(), ..hall(&rows) }
    };
    let concert = |rows: [usize; 2]| {
        let mut concert = new_concert();
        concert.seat_types = vec![named("North", rows[0]), named("South", rows[1])];
        create(olga(), concert)
    };
    let absent = Stand::absent();
    check("two types beyond the limit", &absent, &concert([60, 41]), &invalid(&["/seatTypes"]));
    check("two types at the limit", &absent, &concert([60, 40]), &Outcome::Happens("Created"));
    let mut full = absent;
    full.does(&concert([60, 40]));
    let more = manage(olga(), ManagerAction::AddSeatType(hall(&[("Z", 1)])));
    check("one seat more", &full, &more, &invalid(&["/rows"]));
}

#[test]
fn a_sale_whose_hidden_seats_alone_are_left_is_sold_out() {
    let mut stand = free_with(|concert| concert.seat_types.retain(|seat_type| seat_type.name == "Floor"));
    let hidden = NewSeatType { hidden: true, ..hall(&[("A", 2)]) };
    stand.does(&manage(olga(), ManagerAction::AddSeatType(hidden)));
    assert!(!stand.concert.view().is_sold_out());
    stand.does(&block(some(FLOOR, FLOOR_SEATS)));
    assert!(stand.concert.view().is_sold_out());
}
