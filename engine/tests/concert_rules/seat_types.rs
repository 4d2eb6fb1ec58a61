//! Adding and changing seat types.

use boxoffice_engine::concert::{ManagerAction, Rejection, SeatTypeChange};
use boxoffice_engine::limits;

use super::support::{
    BALCONY, FLOOR, FLOOR_SEATS, Outcome, Stand, book, cancel_booking, change_seat_type, check, customer,
    invalid, manage, new_seat_type, olga, resize,
};

const CHANGED: Outcome = Outcome::Happens("SeatTypeChanged");

fn add(name: &str) -> boxoffice_engine::concert::ConcertCommand {
    manage(olga(), ManagerAction::AddSeatType(new_seat_type(name, 4)))
}

fn rename(number: u16, name: &str) -> boxoffice_engine::concert::ConcertCommand {
    change_seat_type(number, SeatTypeChange { name: Some(name.to_owned()), ..SeatTypeChange::default() })
}

#[test]
fn a_new_seat_type_has_the_next_number_and_can_be_booked() {
    let mut stand = Stand::on_sale();
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    check("before", &stand, &book("ada", &[(3, 1)]), &unknown);
    stand.does(&add("Box"));
    assert_eq!(stand.seats(3), (4, 0));
    stand.does(&book("ada", &[(3, 1), (FLOOR, 1)]));
    assert_eq!((stand.seats(3), stand.seats(FLOOR)), ((3, 1), (FLOOR_SEATS - 1, 1)));
    let names: Vec<_> =
        stand.concert.view().seat_types().map(|(id, kind, _)| (id.number.0, kind.name.clone())).collect();
    assert_eq!(names, [(1, "Floor".to_owned()), (2, "Balcony".to_owned()), (3, "Box".to_owned())]);
    stand.assert_replays();
}

#[test]
fn names_of_seat_types_are_unique_within_a_concert() {
    let stand = Stand::on_sale();
    let taken = invalid(&["/name"]);
    check("a new one", &stand, &add("Floor"), &taken);
    check("a changed one", &stand, &rename(BALCONY, "Floor"), &taken);
    check("its own", &stand, &rename(FLOOR, "Floor"), &Outcome::Unchanged);
    check("another", &stand, &rename(FLOOR, "Parquet"), &CHANGED);
}

#[test]
fn the_hundred_and_first_seat_type_is_refused() {
    let mut stand = Stand::on_sale();
    for number in 3..=limits::SEAT_TYPES_MAX {
        stand.does(&add(&format!("Row {number}")));
    }
    check("one more", &stand, &add("Row 101"), &invalid(&[""]));
    check("and badly named", &stand, &add(""), &invalid(&["", "/name"]));
    assert_eq!(stand.concert.counts().len(), 100);
}

#[test]
fn a_capacity_is_never_below_what_is_taken() {
    let mut stand = Stand::made(|concert| concert.details.tickets_per_user_max = 10);
    let number = stand.does(&book("ada", &[(FLOOR, 4)]));
    let below = Outcome::Refused(Rejection::CapacityBelowSold { taken: 4 });
    check("below", &stand, &resize(FLOOR, 3), &below);
    check("far below", &stand, &resize(FLOOR, 1), &below);
    check("zero is no capacity", &stand, &resize(FLOOR, 0), &invalid(&["/totalSeats"]));
    check("of another type", &stand, &resize(BALCONY, 1), &CHANGED);
    stand.does(&resize(FLOOR, 4));
    assert_eq!(stand.seats(FLOOR), (0, 4));
    check(
        "full",
        &stand,
        &book("bob", &[(FLOOR, 1)]),
        &Outcome::Refused(Rejection::SoldOut { available: 0 }),
    );
    stand.does(&resize(FLOOR, 100_000_000));
    assert_eq!(stand.seats(FLOOR), (99_999_996, 4));
    stand.does(&cancel_booking(customer("ada"), number));
    stand.does(&resize(FLOOR, 1));
    assert_eq!(stand.seats(FLOOR), (1, 0));
    stand.assert_replays();
}

#[test]
fn a_seat_type_that_is_none_is_not_found_before_its_change_is_looked_at() {
    let stand = Stand::on_sale();
    let unknown = Outcome::Refused(Rejection::SeatTypeNotFound);
    for number in [0, 3, u16::MAX] {
        check("good change", &stand, &resize(number, 5), &unknown);
        check("bad change", &stand, &resize(number, 0), &unknown);
    }
}

#[test]
fn a_change_that_changes_nothing_is_no_event() {
    let stand = Stand::on_sale();
    for change in [
        SeatTypeChange::default(),
        SeatTypeChange { name: Some("Floor".to_owned()), price: Some(5_000), total_seats: Some(FLOOR_SEATS) },
    ] {
        check("the same", &stand, &change_seat_type(FLOOR, change), &Outcome::Unchanged);
    }
}

#[test]
fn every_bad_value_of_a_seat_type_is_named() {
    let stand = Stand::on_sale();
    let bad = SeatTypeChange { name: Some("\n".to_owned()), price: Some(-1), total_seats: Some(100_000_001) };
    let all = invalid(&["/name", "/price", "/totalSeats"]);
    check("changed", &stand, &change_seat_type(FLOOR, bad), &all);
    let mut new = new_seat_type("", 0);
    new.price = 100_000_001;
    check("added", &stand, &manage(olga(), ManagerAction::AddSeatType(new)), &all);
}
