//! Mails: sent after the commit, until they are recorded, under ids by which a repeat is known.

use std::collections::BTreeSet;

use boxoffice_engine::concert::{BookingStatus, DetailsChange, ManagerAction, NewConcert};
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber};

use crate::house::{House, begun, within};
use crate::outside::World;
use crate::wishes::{NOW, after, customer, new_concert, olga, registration, seats, user};

/// An office that sends mail, a concert, and people with addresses.
async fn house(concert: NewConcert, names: &[&str]) -> (House, World, ConcertId) {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    for name in names {
        within(house.office.change_accounts(registration(name))).await.expect("the name is free");
    }
    let concert = house.make(1, concert).await;
    (house, world, concert)
}

/// Waits until so many mails arrived, and gives what they were about, in order.
async fn arrived(world: &World, count: usize) -> Vec<String> {
    within(async {
        loop {
            let mails: Vec<_> = world.told().mails.iter().map(|(_, about)| about.clone()).collect();
            if mails.len() >= count {
                return mails;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn people_are_told_what_becomes_of_their_bookings() {
    let (house, world, concert) = house(new_concert(10), &["ada"]).await;
    let booking = within(house.office.book(concert, seats("ada", 2))).await.unwrap().value.id;
    arrived(&world, 1).await;
    within(house.office.cancel_booking(booking, customer("ada"), None)).await.unwrap();
    let mails = arrived(&world, 2).await;
    assert_eq!(mails, ["Confirmed to ada@example.org", "Cancelled to ada@example.org"]);
}

#[tokio::test]
async fn nobody_is_written_to_without_an_address() {
    let (house, world, concert) = house(new_concert(10), &["ada"]).await;
    within(house.office.book(concert, seats("nobody", 1))).await.unwrap();
    within(house.office.book(concert, seats("ada", 1))).await.unwrap();
    assert_eq!(arrived(&world, 1).await, ["Confirmed to ada@example.org"]);
    // That there is nothing to be sent for the other is noted as well.
    within(async {
        while !house.journal.folded(concert).owed().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn no_mail_is_sent_before_what_it_tells_is_durable() {
    let (house, world, concert) = house(new_concert(10), &["ada"]).await;
    house.journal.close_gate();
    let mut booked = begun(house.office.book(concert, seats("ada", 1))).await;
    booked.still_waits().await;
    assert!(world.told().mails.is_empty());
    house.journal.open_gate();
    booked.answer().await.unwrap();
    arrived(&world, 1).await;
}

#[tokio::test]
async fn a_mail_server_that_is_down_delays_mails_and_nothing_else() {
    let paid = NewConcert { payment_required: true, hold_seconds: 7_200, ..new_concert(10) };
    let (house, world, concert) = house(paid, &["ada"]).await;
    world.told().mail_is_down = true;
    let booking = within(house.office.book(concert, seats("ada", 1))).await.unwrap().value.id;
    within(house.office.start_payment(booking, customer("ada"), "ok".into(), None)).await.unwrap();
    within(async {
        while house.office.booking(booking, olga()).await.unwrap().booking.status != BookingStatus::Confirmed
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(world.told().mails.is_empty());
    world.told().mail_is_down = false;
    // Nobody has to ask for it: it is time that brings the next try.
    house.clock.move_to(after(NOW, 1_000_000));
    let mails: BTreeSet<_> = arrived(&world, 2).await.into_iter().collect();
    assert_eq!(mails, ["Confirmed to ada@example.org", "Held to ada@example.org"].map(str::to_owned).into());
}

#[tokio::test]
async fn mails_are_owed_through_a_kill_and_keep_their_ids() {
    let (house, world, concert) = house(new_concert(100), &["ada", "bob"]).await;
    house.journal.close_gate();
    let ada = begun(house.office.book(concert, seats("ada", 1))).await;
    // The booking becomes durable, and that its mail was sent does not.
    house.journal.let_one_pass();
    ada.answer().await.unwrap();
    arrived(&world, 1).await;
    let house = house.killed().await;
    arrived(&world, 2).await;
    {
        let told = world.told();
        assert_eq!(told.mails[0], told.mails[1], "the repeat has the same id");
    }
    within(house.office.book(concert, seats("bob", 1))).await.unwrap();
    arrived(&world, 3).await;
    let ids: BTreeSet<_> = world.told().mails.iter().map(|(id, _)| id.clone()).collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn everybody_with_a_booking_is_told_of_a_change_and_of_the_end() {
    let (house, world, concert) = house(new_concert(10), &["ada", "bob", "eve"]).await;
    let mut bookings = Vec::new();
    for name in ["ada", "bob", "eve"] {
        bookings.push(within(house.office.book(concert, seats(name, 1))).await.unwrap().value.id);
    }
    within(house.office.cancel_booking(bookings[2], customer("eve"), None)).await.unwrap();
    arrived(&world, 4).await;
    let change = DetailsChange { venue: Some("New Mill".to_owned()), ..DetailsChange::default() };
    let change = ManagerAction::ChangeDetails { change: Box::new(change), if_version: None };
    within(house.office.manage_concert(concert, olga(), change)).await.unwrap();
    let told = arrived(&world, 6).await;
    let changed: BTreeSet<_> = told[4..].iter().cloned().collect();
    let expected = ["ada", "bob"].map(|name| format!("ConcertChanged to {name}@example.org"));
    assert_eq!(changed, expected.into());
    within(house.office.manage_concert(concert, olga(), ManagerAction::Cancel)).await.unwrap();
    let told = arrived(&world, 8).await;
    let ended: BTreeSet<_> = told[6..].iter().cloned().collect();
    assert_eq!(ended, ["ada", "bob"].map(|name| format!("ConcertCancelled to {name}@example.org")).into());
}

#[tokio::test]
async fn seats_that_come_free_are_offered_to_who_waited_first() {
    let (house, world, concert) = house(new_concert(2), &["ada", "bob", "eve"]).await;
    let ada = within(house.office.book(concert, seats("ada", 2))).await.unwrap().value.id;
    for (name, quantity) in [("bob", 2), ("eve", 1)] {
        within(house.office.join_waitlist(concert, user(name), SeatTypeNumber(1), quantity, None))
            .await
            .unwrap();
    }
    arrived(&world, 1).await;
    within(house.office.cancel_booking(ada, customer("ada"), None)).await.unwrap();
    let told = arrived(&world, 3).await;
    assert!(told.contains(&"Offered to bob@example.org".to_owned()), "{told:?}");
    // The offer is not taken: it passes on to the next.
    house.clock.move_to(after(NOW, 3_600_000));
    let told = arrived(&world, 5).await;
    assert!(told.contains(&"Offered to eve@example.org".to_owned()), "{told:?}");
    let offers = within(house.office.bookings_of(&user("eve"), None, None, 10)).await.unwrap();
    assert_eq!(offers.len(), 1, "the offer is among the bookings of who waited");
    let taken = within(house.office.confirm_hold(offers[0].id, customer("eve"), None)).await.unwrap();
    assert_eq!(taken.value.booking.status, BookingStatus::Confirmed);
    assert_eq!(house.view(concert).counts[0].available, 1);
}
