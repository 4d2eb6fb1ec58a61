//! Payments and refunds: called for after the commit, until they are recorded, each once.

use boxoffice_engine::box_office::Settled;
use boxoffice_engine::concert::{
    BookingStatus, ManagerAction, NewConcert, PaymentStatus, Rejection, SalesView,
};
use boxoffice_engine::errands::gateway::PaymentOutcome;
use boxoffice_engine::ids::{BookingId, ConcertId, PaymentId};
use boxoffice_engine::{BoxOffice, Refused, limits};

use crate::deaths::ACTORS_STEPS;
use crate::house::{House, begun, within};
use crate::outside::World;
use crate::wishes::{NOW, after, customer, new_concert, olga, seats};

const PRICE: i64 = 5_000;
const HOLD_SECONDS: u32 = 7_200;

fn paid_concert(seats: u32) -> NewConcert {
    NewConcert { payment_required: true, hold_seconds: HOLD_SECONDS, ..new_concert(seats) }
}

/// An office with a gateway and a concert that asks for payment.
async fn house(seats: u32) -> (House, World, ConcertId) {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    let concert = house.make(1, paid_concert(seats)).await;
    (house, world, concert)
}

async fn hold(office: &BoxOffice, concert: ConcertId, name: &str, quantity: u32) -> BookingId {
    let held = within(office.book(concert, seats(name, quantity))).await.expect("there are seats").value;
    assert_eq!(held.booking.status, BookingStatus::Held);
    held.id
}

async fn pay(house: &House, booking: BookingId, name: &str, method: &str) -> PaymentId {
    let payment = house.office.start_payment(booking, customer(name), method.into(), None);
    within(payment).await.expect("it is held").value.id
}

async fn becomes(house: &House, booking: BookingId, wanted: BookingStatus) {
    within(async {
        loop {
            match house.office.booking(booking, olga()).await {
                Ok(view) if view.booking.status == wanted => return,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
}

/// Waits until nothing is owed any more, and gives what was sold.
async fn settled(house: &House, concert: ConcertId) -> SalesView {
    within(async {
        loop {
            match house.office.sales(concert, olga()).await {
                Ok(sales) if sales.ledger.owed == 0 => return sales,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_payment_that_succeeds_confirms_the_booking() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 2).await;
    let payment = pay(&house, booking, "ada", "ok").await;
    becomes(&house, booking, BookingStatus::Confirmed).await;
    let view = within(house.office.payment(payment, customer("ada"))).await.unwrap();
    assert_eq!((view.payment.status, view.payment.amount), (PaymentStatus::Succeeded, 2 * PRICE));
    assert_eq!(world.balance(), 2 * PRICE);
    let refused = within(house.office.payment(payment, customer("eve"))).await.unwrap_err();
    assert!(matches!(refused, Refused::Rejected { rejection: Rejection::PaymentNotFound, .. }));
}

/// Waits until the gateway has declined a payment.
async fn is_declined(house: &House, payment: PaymentId) {
    let declined = PaymentStatus::Failed("card_declined".into());
    within(async {
        while house.office.payment(payment, olga()).await.unwrap().payment.status != declined {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_capture_that_comes_too_late_is_told_from_one_that_counts() {
    for is_shed in [false, true] {
        let (mut house, _world, concert) = house(10).await;
        let payments = ["ada", "bob"].map(|name| (name, hold(&house.office, concert, name, 1)));
        let mut declined = Vec::new();
        for (name, booking) in payments {
            let payment = pay(&house, booking.await, name, "declined").await;
            is_declined(&house, payment).await;
            declined.push(payment);
        }
        let [timely, late] = declined[..] else { unreachable!("there are two") };
        let captured = async |house: &House, payment| {
            let told = house.office.settle_payment(payment, None, PaymentOutcome::Succeeded);
            within(told).await
        };
        assert_eq!(captured(&house, timely).await, Ok(Settled::Counts));
        house.clock.move_to(after(NOW, limits::FAILED_PAYMENT_OPEN_SECONDS * 1_000));
        house.is_served(concert).await;
        if is_shed {
            // Another event, so that the next snapshot renews the state.
            hold(&house.office, concert, "eve", 1).await;
            house.journal.take_snapshots();
            house = house.restarted().await;
        }
        assert_eq!(captured(&house, timely).await, Ok(Settled::Counts), "as before");
        assert_eq!(captured(&house, late).await, Ok(Settled::TooLate), "nobody's money");
        assert_eq!(settled_of(&house, concert).await, (PRICE, 0, PRICE));
    }
}

#[tokio::test]
async fn a_payment_that_is_declined_leaves_the_hold_for_another_try() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 1).await;
    let declined = pay(&house, booking, "ada", "declined").await;
    is_declined(&house, declined).await;
    pay(&house, booking, "ada", "ok").await;
    becomes(&house, booking, BookingStatus::Confirmed).await;
    assert_eq!(world.balance(), PRICE);
}

#[tokio::test]
async fn the_gateway_is_not_called_before_the_payment_is_durable() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 1).await;
    house.journal.close_gate();
    let mut started = begun(house.office.start_payment(booking, customer("ada"), "ok".into(), None)).await;
    // The actor has decided when it answers the next question, and that waits for the same commit.
    let mut asked = begun(house.office.booking(booking, customer("ada"))).await;
    started.still_waits().await;
    asked.still_waits().await;
    assert_eq!(world.calls(), 0);
    house.journal.open_gate();
    started.answer().await.expect("the journal took it");
    becomes(&house, booking, BookingStatus::Confirmed).await;
    assert_eq!(world.balance(), PRICE);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_called_again() {
    let (house, world, concert) = house(10).await;
    world.told().unreachable = 2;
    let booking = hold(&house.office, concert, "ada", 1).await;
    pay(&house, booking, "ada", "ok").await;
    world.called(1).await;
    house.clock.move_to(after(NOW, 1_000));
    world.called(2).await;
    house.clock.move_to(after(NOW, 10_000));
    becomes(&house, booking, BookingStatus::Confirmed).await;
    let told = world.told();
    assert_eq!(told.calls.len(), 3, "{:?}", told.calls);
    assert!(told.calls.iter().all(|key| *key == told.calls[0]), "one key for all: {:?}", told.calls);
}

#[tokio::test]
async fn an_errand_whose_call_dies_is_tried_again() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 1).await;
    world.told().deadly = 2;
    pay(&house, booking, "ada", "ok").await;
    house.time_passes_until(|| world.balance() == PRICE).await;
    becomes(&house, booking, BookingStatus::Confirmed).await;
}

#[tokio::test]
async fn a_payment_that_was_taken_and_not_recorded_is_taken_once() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 1).await;
    let payment = pay(&house, booking, "ada", "open").await;
    world.called(2).await;
    // From here on nothing is recorded any more.
    house.journal.close_gate();
    let settle = house.office.settle_payment(payment, None, PaymentOutcome::Succeeded);
    let told = begun(settle).await;
    let calls = world.calls();
    drop(told);
    let house = house.killed().await;
    world.called(calls + 1).await;
    assert!(house.view(concert).counts[0].held == 1, "the payment goes on after the kill");
    let told = within(house.office.settle_payment(payment, None, PaymentOutcome::Succeeded)).await;
    assert_eq!(told, Ok(Settled::Counts));
    becomes(&house, booking, BookingStatus::Confirmed).await;
    let again = within(house.office.settle_payment(payment, None, PaymentOutcome::Succeeded)).await;
    assert_eq!(again, Ok(Settled::Counts));
    let sales = settled(&house, concert).await;
    assert_eq!((sales.ledger.captured, sales.ledger.confirmed), (PRICE, PRICE));
}

async fn settled_of(house: &House, concert: ConcertId) -> (i64, i64, i64) {
    let ledger = settled(house, concert).await.ledger;
    (ledger.captured, ledger.refunded, ledger.confirmed + ledger.fees)
}

#[tokio::test]
async fn what_a_kill_interrupts_is_called_again_under_the_same_key() {
    let (house, world, concert) = house(10).await;
    let booking = hold(&house.office, concert, "ada", 2).await;
    house.journal.close_gate();
    let started = begun(house.office.start_payment(booking, customer("ada"), "ok".into(), None)).await;
    // The start becomes durable, and what follows from it does not.
    house.journal.let_one_pass();
    started.answer().await.expect("the journal took it");
    world.called(1).await;
    let house = house.killed().await;
    becomes(&house, booking, BookingStatus::Confirmed).await;
    {
        let told = world.told();
        assert_eq!(told.calls.len(), 2, "once before the kill and once after it: {:?}", told.calls);
        assert_eq!(told.calls[0], told.calls[1]);
    }
    assert_eq!(world.balance(), 2 * PRICE);
    within(house.office.cancel_booking(booking, customer("ada"), None)).await.expect("it can be cancelled");
    assert_eq!(settled_of(&house, concert).await, (2 * PRICE, 2 * PRICE, 0));
    assert_eq!(world.balance(), 0);
}

#[tokio::test]
async fn a_success_after_the_end_of_the_hold_takes_the_seats_again_or_is_given_back() {
    let (house, world, concert) = house(2).await;
    let lucky = hold(&house.office, concert, "ada", 1).await;
    let late = hold(&house.office, concert, "bob", 1).await;
    let (paid_lucky, paid_late) =
        (pay(&house, lucky, "ada", "open").await, pay(&house, late, "bob", "open").await);
    house.clock.move_to(after(NOW, i64::from(HOLD_SECONDS) * 1_000));
    becomes(&house, lucky, BookingStatus::Expired).await;
    becomes(&house, late, BookingStatus::Expired).await;
    // Somebody else takes one of the two seats meanwhile.
    let other = hold(&house.office, concert, "eve", 1).await;
    for payment in [paid_lucky, paid_late] {
        within(house.office.settle_payment(payment, None, PaymentOutcome::Succeeded)).await.unwrap();
    }
    becomes(&house, lucky, BookingStatus::Confirmed).await;
    becomes(&house, late, BookingStatus::Expired).await;
    becomes(&house, other, BookingStatus::Held).await;
    assert_eq!(settled_of(&house, concert).await, (2 * PRICE, PRICE, PRICE));
    assert_eq!(world.told().refunded.len(), 1);
}

#[tokio::test]
async fn holds_expire_at_their_time_without_anybody_asking_and_across_a_restart() {
    let (house, _world, concert) = house(2).await;
    hold(&house.office, concert, "ada", 2).await;
    house.clock.move_to(after(NOW, i64::from(HOLD_SECONDS) * 1_000 - 1));
    assert_eq!(house.view(concert).counts[0].held, 2);
    let refused = within(house.office.book(concert, seats("bob", 1))).await.unwrap_err();
    assert!(matches!(refused, Refused::Rejected { rejection: Rejection::SoldOut { available: 0 }, .. }));
    house.clock.move_to(after(NOW, i64::from(HOLD_SECONDS) * 1_000));
    house.view_becomes(concert, |view| view.counts[0].available == 2).await;
    let again = hold(&house.office, concert, "bob", 2).await;
    // Its time comes while nobody is there.
    let house = house.restarted_at(after(NOW, 2 * i64::from(HOLD_SECONDS) * 1_000)).await;
    house.view_becomes(concert, |view| view.counts[0].available == 2).await;
    becomes(&house, again, BookingStatus::Expired).await;
}

#[tokio::test]
async fn a_concert_that_is_cancelled_gives_everything_back_through_a_kill() {
    let (house, world, concert) = house(200).await;
    for number in 0..40 {
        let name = format!("buyer{number}");
        let booking = hold(&house.office, concert, &name, 3).await;
        pay(&house, booking, &name, "ok").await;
        becomes(&house, booking, BookingStatus::Confirmed).await;
    }
    hold(&house.office, concert, "undecided", 1).await;
    world.told().unreachable = 25;
    within(house.office.manage_concert(concert, olga(), ManagerAction::Cancel)).await.expect("it is on sale");
    let house = house.killed().await;
    house.time_passes_until(|| house.journal.folded(concert).ledger().refunded == 120 * PRICE).await;
    assert_eq!(settled_of(&house, concert).await, (120 * PRICE, 120 * PRICE, 0));
    assert_eq!(world.balance(), 0);
    assert_eq!(world.told().refunded.len(), 40, "each payment is given back once");
    assert_eq!(house.view(concert).counts[0].available, 200);
}

#[tokio::test]
async fn actors_that_die_while_payments_run_lose_no_money() {
    for step in ACTORS_STEPS {
        let (house, world, concert) = house(100).await;
        let mut bookings = Vec::new();
        for number in 0..10 {
            let name = format!("buyer{number}");
            let booking = hold(&house.office, concert, &name, 2).await;
            bookings.push((booking, name));
        }
        for (booking, name) in &bookings {
            house.deaths.order(step);
            house
                .soon(async || {
                    let wish = house.office.start_payment(*booking, customer(name), "ok".into(), None);
                    match wish.await {
                        // An earlier try was recorded by the actor that died of it.
                        Err(Refused::Rejected {
                            rejection: Rejection::PaymentInProgress | Rejection::NotHeld,
                            ..
                        }) => Ok(()),
                        started => started.map(drop),
                    }
                })
                .await;
        }
        // What could not be recorded by a dead actor is recorded again a little later.
        for seconds in 1..i64::from(HOLD_SECONDS) {
            house.clock.move_to(after(NOW, seconds * 1_000));
            let held =
                within(house.office.bookings_at(concert, olga(), Some(BookingStatus::Held), None, 100));
            if held.await.is_ok_and(|held| held.is_empty()) {
                break;
            }
            tokio::task::yield_now().await;
        }
        for (booking, _) in &bookings {
            becomes(&house, *booking, BookingStatus::Confirmed).await;
        }
        assert_eq!(settled_of(&house, concert).await, (20 * PRICE, 0, 20 * PRICE), "{step:?}");
        assert_eq!(world.balance(), 20 * PRICE, "{step:?}");
    }
}
