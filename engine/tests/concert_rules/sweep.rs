//! Calling a concert off ends all its bookings, in batches.

use boxoffice_engine::concert::{
    BookingStatus, ConcertCommand, ConcertEvent, Decision, ManagerAction, Rejection, Stage,
};
use boxoffice_engine::limits;

use super::support::{
    FLOOR, FLOOR_SEATS, Outcome, START, Stand, book, cancel_booking, check, customer, manage, new_seat_type,
    olga,
};

const END_NEXT: ConcertCommand = ConcertCommand::CancelNextBookings;

fn live(stand: &Stand) -> usize {
    stand.concert.bookings().iter().filter(|booking| booking.status == BookingStatus::Confirmed).count()
}

#[test]
fn a_concert_that_takes_place_ends_no_bookings() {
    let mut stand = Stand::on_sale();
    stand.does(&book("ada", &[(FLOOR, 1)]));
    assert!(!stand.concert.has_bookings_to_cancel());
    check("on sale", &stand, &END_NEXT, &Outcome::Unchanged);
    stand.does(&manage(olga(), ManagerAction::CloseSales));
    check("closed", &stand, &END_NEXT, &Outcome::Unchanged);
}

#[test]
fn a_concert_is_cancelled_before_its_bookings_are() {
    let mut stand = Stand::on_sale();
    let number = stand.does(&book("ada", &[(FLOOR, 2)]));
    stand.does(&manage(olga(), ManagerAction::Cancel));
    assert_eq!((stand.stage(), live(&stand)), (Stage::Cancelled, 1));
    assert!(stand.concert.has_bookings_to_cancel());
    let cancelled = Outcome::Refused(Rejection::ConcertCancelled);
    check("no new bookings at once", &stand, &book("bob", &[(FLOOR, 1)]), &cancelled);
    let sequence = stand.does(&END_NEXT);
    let booking = &stand.concert.bookings()[0];
    assert_eq!((booking.status, booking.sequence()), (BookingStatus::Cancelled, sequence));
    assert_eq!(stand.seats(FLOOR), (FLOOR_SEATS, 0));
    assert_eq!(stand.concert.terms().version, 2, "the sweep is no change by the organizer");
    check("swept", &stand, &END_NEXT, &Outcome::Unchanged);
    let again = Outcome::Refused(Rejection::AlreadyCancelled);
    check("ended", &stand, &cancel_booking(customer("ada"), number), &again);
    stand.assert_replays();
}

#[test]
fn bookings_are_ended_after_the_start_as_well() {
    let mut stand = Stand::on_sale();
    stand.does(&book("ada", &[(FLOOR, 1)]));
    stand.at(START).does(&manage(olga(), ManagerAction::Cancel));
    stand.does(&END_NEXT);
    assert_eq!(live(&stand), 0);
}

#[test]
fn a_large_concert_is_swept_in_batches_around_what_was_cancelled_before() {
    let bookings = 2 * limits::BOOKINGS_PER_SWEEP_MAX + 5;
    let mut stand = Stand::made(|concert| {
        concert.details.tickets_per_user_max = 10_000;
        concert.seat_types = vec![new_seat_type("Field", 100_000)];
    });
    // Applied without the full check after each event, which would look at every booking every time.
    for place in 0..bookings {
        stand.does_unchecked(&book(&format!("user{}", place % 500), &[(FLOOR, 2)]));
    }
    let number_at = |place: usize| place as u64 + 2;
    let cancel = |stand: &mut Stand, place: usize| {
        let owner = customer(&format!("user{}", place % 500));
        stand.does(&cancel_booking(owner, number_at(place)));
    };
    let (first, last) = (0, bookings - 1);
    cancel(&mut stand, first);
    stand.does(&manage(olga(), ManagerAction::Cancel));
    let mut live_after = Vec::new();
    let mut through = Vec::new();
    while stand.concert.has_bookings_to_cancel() && through.len() < 4 {
        if let Ok(Decision::Record(ConcertEvent::BookingsCancelled { through: number })) =
            stand.decide(&END_NEXT)
        {
            through.push(number.0);
        }
        stand.does(&END_NEXT);
        live_after.push(live(&stand));
        if live_after.len() == 1 {
            cancel(&mut stand, last);
        }
    }
    let batch = limits::BOOKINGS_PER_SWEEP_MAX;
    assert_eq!(through, [number_at(batch - 1), number_at(2 * batch - 1), number_at(last)]);
    assert_eq!(live_after, [bookings - batch, bookings - 2 * batch - 1, 0]);
    assert_eq!(stand.seats(FLOOR), (100_000, 0));
    assert!(stand.concert.buyers().count() == 500);
}
