//! Whether the core stands as the model does, in everything that anybody can see.

use boxoffice_engine::concert::{Booking, BookingStatus, Concert, PaymentStatus, SeatStatus};
use boxoffice_engine::ids::SeatTypeNumber;
use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};

use crate::actions::HALL;
use crate::commands::{items_of, time, user};
use crate::model::{self, Model, Status};

/// Whether core and model agree; where they do not, the history is shrunk.
pub(crate) type Agreed = Result<(), TestCaseError>;

pub(crate) fn assert_same(concert: &Concert, model: &Model) -> Agreed {
    assert_same_seats(concert, model)?;
    prop_assert_eq!(concert.bookings().len(), model.bookings.len());
    for (booking, expected) in concert.bookings().iter().zip(&model.bookings) {
        assert_same_booking(concert, booking, expected, model)?;
    }
    assert_same_money(concert, model)?;
    let waiting: Vec<_> = concert
        .wishes()
        .map(|wish| (wish.seat_type.number.0, wish.number, wish.user, wish.quantity))
        .collect();
    let mut expected: Vec<_> = model
        .waiters
        .iter()
        .map(|waiter| (waiter.seat_type, waiter.number, user(waiter.user), waiter.quantity))
        .collect();
    expected.sort_unstable_by_key(|waiter| (waiter.0, waiter.1));
    prop_assert_eq!(waiting, expected);
    let due = model.next_due().map(time);
    if model.setting.mail {
        // A warning may come before.
        prop_assert!(
            concert.next_due() <= due || due.is_none(),
            "{:?} is due, not {due:?}",
            concert.next_due()
        );
        prop_assert!(concert.next_due().is_some() || due.is_none(), "{due:?} is due");
    } else {
        prop_assert_eq!(concert.next_due(), due);
    }
    prop_assert_eq!(concert.has_bookings_to_cancel(), model.is_to_be_swept());
    prop_assert_eq!(concert.next_chore().is_some(), model.is_to_be_swept() || model.next_offer().is_some());
    Ok(())
}

fn assert_same_seats(concert: &Concert, model: &Model) -> Agreed {
    for number in 1..=4_u16 {
        let counts = concert.counts()[SeatTypeNumber(number).index()];
        let (free, booked, blocked) = (model.free(number), model.booked(number), model.set_aside(number));
        let held = model.capacities[usize::from(number) - 1] - free - booked - blocked;
        let found = [counts.available, counts.held, counts.booked, counts.blocked];
        prop_assert_eq!(found, [free, held, booked, blocked], "seat type {}", number);
    }
    let hall = SeatTypeNumber(HALL);
    let map = concert.terms().seat_types[hall.index()].layout.map().expect("the hall is numbered");
    let states = concert.seating(hall).expect("the hall is numbered");
    let letter = |status| match status {
        SeatStatus::Available => '.',
        SeatStatus::Held => 'h',
        SeatStatus::Booked => 'b',
        SeatStatus::Blocked => 'x',
    };
    prop_assert_eq!(states.statuses(map).map(letter).collect::<String>(), model.plan());
    for number in 0..4 {
        prop_assert!(model.owned(number) <= model.limit, "user {} has {}", number, model.owned(number));
    }
    Ok(())
}

fn assert_same_booking(
    concert: &Concert,
    booking: &Booking,
    expected: &model::Booking,
    model: &Model,
) -> Agreed {
    prop_assert_eq!((booking.number.0, concert.owner(booking)), (expected.number, &user(expected.user)));
    prop_assert_eq!(items_of(&booking.items), expected.items.clone());
    let status = match expected.status {
        Status::Held => BookingStatus::Held,
        Status::Confirmed => BookingStatus::Confirmed,
        Status::Cancelled => BookingStatus::Cancelled,
        Status::Expired => BookingStatus::Expired,
    };
    prop_assert_eq!(booking.status, status, "booking {}", expected.number);
    let expires = (expected.status == Status::Held).then(|| time(expected.expires));
    prop_assert_eq!(booking.expires_at(), expires, "booking {}", expected.number);
    let paid = model.paid(expected.number);
    prop_assert_eq!((booking.total(), booking.paid()), (expected.total(), paid));
    let pending =
        booking.pending().map(|pending| (items_of(&pending.items), pending.amount_due, pending.expires_at));
    let awaited =
        expected.pending.as_ref().map(|pending| (pending.items.clone(), pending.due, time(pending.expires)));
    prop_assert_eq!(pending, awaited, "booking {}", expected.number);
    if model.setting.payment_required && expected.status == Status::Confirmed {
        prop_assert_eq!(paid, expected.total(), "what is confirmed is paid, and not more");
    }
    Ok(())
}

fn assert_same_money(concert: &Concert, model: &Model) -> Agreed {
    let ledger = concert.ledger();
    let found = [ledger.captured, ledger.refunded, ledger.owed, ledger.confirmed, ledger.fees];
    prop_assert_eq!(found, model.ledger());
    let [captured, refunded, owed, confirmed, fees] = found;
    prop_assert_eq!(captured - refunded - owed, confirmed + fees, "no money is lost");
    prop_assert!(found.iter().all(|amount| *amount >= 0), "{found:?}");
    prop_assert_eq!(concert.payments().len(), model.payments.len());
    for (payment, expected) in concert.payments().iter().zip(&model.payments) {
        let status = match payment.status {
            PaymentStatus::Processing => None,
            PaymentStatus::Succeeded => Some(true),
            PaymentStatus::Failed(_) => Some(false),
        };
        let facts = (payment.number.0, payment.booking.0, payment.amount, payment.for_change, status);
        let known =
            (expected.number, expected.booking, expected.amount, expected.for_change, expected.succeeded);
        prop_assert_eq!(facts, known);
        let refunds: Vec<_> = payment.refunds.iter().map(|refund| (refund.amount, refund.is_made)).collect();
        prop_assert_eq!(refunds, expected.refunds.clone());
        prop_assert!(payment.refunded() <= payment.captured());
    }
    Ok(())
}
