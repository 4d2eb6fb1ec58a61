//! The runner of errands: whatever is owed is looked at, however much it is and whenever it became so.

use boxoffice_engine::concert::NewConcert;
use boxoffice_engine::ids::ConcertId;

use crate::house::{House, within};
use crate::outside::World;
use crate::wishes::{customer, new_concert, seats};

/// More than a lane looks at in one go.
const PAYMENTS: u64 = 900;
const CONCERTS: u64 = 1_000;

async fn pay_open(house: &House, concert: ConcertId, name: &str) {
    let booking = within(house.office.book(concert, seats(name, 1))).await.expect("there are seats").value.id;
    let payment = house.office.start_payment(booking, customer(name), "open".into(), None);
    within(payment).await.expect("it is held");
}

fn paid() -> NewConcert {
    NewConcert { payment_required: true, hold_seconds: 7_200, ..new_concert(1_000) }
}

#[tokio::test]
async fn payments_that_stay_open_keep_none_after_them_waiting() {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    let concert = house.make(1, paid()).await;
    for number in 0..PAYMENTS {
        pay_open(&house, concert, &format!("buyer{number}")).await;
    }
    // Each was made known and asked for once, and is asked for again by the next process.
    world.called(2 * PAYMENTS).await;
    let _house = house.restarted().await;
    world.called(3 * PAYMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_owes_something_at_the_start_is_heard_ever_after() {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    let mut concerts = Vec::new();
    for number in 1..=CONCERTS {
        let concert = house.make(number, paid()).await;
        pay_open(&house, concert, "ada").await;
        concerts.push(concert);
    }
    world.called(2 * CONCERTS).await;
    let house = house.restarted().await;
    // Each payment is made known once, and the next process asks at least once how it ended.
    house.time_passes_until(|| world.calls() >= 3 * CONCERTS).await;
    for concert in &concerts {
        pay_open(&house, *concert, "bob").await;
    }
    house.time_passes_until(|| world.told().calls.len() == 2 * concerts.len()).await;
}
