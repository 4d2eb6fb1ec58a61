//! The actor runs ahead of the disk; nobody is told anything before the disk has caught up.

use boxoffice_engine::Refused;
use boxoffice_engine::concert::{Concert, Rejection};
use boxoffice_engine::ids::{BookingId, BookingNumber};
use boxoffice_engine::journal::faulty::Fault;
use boxoffice_engine::journal::{Event, Stream};

use crate::house::{House, begun};
use crate::load::{Rush, check};
use crate::wishes::{customer, key, registration, seats, user};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_was_seen_is_told_before_it_is_durable() {
    let (house, concert) = House::with_concert(2).await;
    let (appends, reads, before) = (house.journal.appends(), house.clock.reads(), house.view(concert));
    house.journal.close_gate();

    let mut ada = begun(house.office.book(concert, seats("ada", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    let mut wish = seats("ben", 1);
    wish.idempotency = Some(key(1, 1));
    let mut ben = begun(house.office.book(concert, wish.clone())).await;
    let mut again = begun(house.office.book(concert, wish)).await;
    let mut sold_out = begun(house.office.book(concert, seats("cid", 1))).await;
    let bens = BookingId { concert, number: BookingNumber(3) };
    let mut read = begun(house.office.booking(bens, customer("ben"))).await;
    // The actor has begun with the read, so whose booking it is stands in the index.
    house.clock.read_so_often(reads + 5).await;
    let (cid, ben_id) = (user("cid"), user("ben"));
    let mut mine = begun(house.office.bookings_of(&ben_id, None, None, 10)).await;
    let mut dan = begun(house.office.book(concert, seats("dan", 1))).await;
    // The actor has begun with the last message, so it has finished with those before.
    house.clock.read_so_often(reads + 7).await;

    ada.still_waits().await;
    ben.still_waits().await;
    again.still_waits().await;
    sold_out.still_waits().await;
    read.still_waits().await;
    mine.still_waits().await;
    dan.still_waits().await;
    assert_eq!(house.view(concert), before, "readers see what is durable only");
    // Whoever has booked nothing here is not in the index, so there is nothing to wait for.
    assert_eq!(house.office.bookings_of(&cid, None, None, 10).await.unwrap(), []);

    house.journal.let_one_pass();
    assert_eq!(ada.answer().await.unwrap().value.id.number, BookingNumber(2));
    assert_eq!((house.view(concert).sequence, house.journal.durable(concert)), (2, 2));
    house.journal.appends_begun(appends + 2).await;
    ben.still_waits().await;
    again.still_waits().await;
    sold_out.still_waits().await;
    read.still_waits().await;
    mine.still_waits().await;
    dan.still_waits().await;
    assert_eq!(house.view(concert).sequence, 2);

    house.journal.let_one_pass();
    let rejection = Rejection::SoldOut { available: 0 };
    assert_eq!(sold_out.answer().await, Err(Refused::Rejected { rejection, sequence: 3 }));
    assert_eq!((house.view(concert).sequence, house.journal.durable(concert)), (3, 3));
    let booked = ben.answer().await.unwrap();
    let repeated = again.answer().await.unwrap();
    assert_eq!((booked.repeated, repeated.repeated), (false, true));
    assert_eq!(booked.value, repeated.value);
    assert_eq!(read.answer().await.unwrap(), booked.value);
    assert_eq!(mine.answer().await.unwrap(), [booked.value]);
    assert!(matches!(dan.answer().await, Err(Refused::Rejected { sequence: 3, .. })));
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_sees_nothing_pending_is_answered_at_once() {
    let (house, hot) = House::with_concert(2).await;
    let idle = house.make_concert(2, 1).await;
    let booked = house.office.book(idle, seats("ada", 1)).await.unwrap().value;
    let appends = house.journal.appends();
    house.journal.close_gate();
    let mut pending = begun(house.office.book(hot, seats("ben", 1))).await;
    house.journal.appends_begun(appends + 1).await;

    let rejection = Rejection::SoldOut { available: 0 };
    let refused = house.office.book(idle, seats("cid", 1)).await;
    assert_eq!(refused, Err(Refused::Rejected { rejection, sequence: 2 }));
    assert_eq!(house.office.booking(booked.id, customer("ada")).await.unwrap(), booked);
    assert_eq!(house.office.find_users("", 0, 10).await.unwrap(), []);

    pending.still_waits().await;
    house.journal.open_gate();
    pending.answer().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_tell_nothing_before_it_is_durable_either() {
    let house = House::new().await;
    let (appends, reads) = (house.journal.appends(), house.clock.reads());
    house.journal.close_gate();
    let mut ada = begun(house.office.change_accounts(registration("ada"))).await;
    house.journal.appends_begun(appends + 1).await;
    let mut twice = begun(house.office.change_accounts(registration("ada"))).await;
    let mut search = begun(house.office.find_users("ada", 0, 10)).await;
    let mut last = begun(house.office.find_users("nobody", 0, 10)).await;
    house.clock.read_so_often(reads + 4).await;

    ada.still_waits().await;
    twice.still_waits().await;
    search.still_waits().await;
    last.still_waits().await;
    assert_eq!(house.office.user_by_login("ada"), None);

    house.journal.open_gate();
    assert_eq!(search.answer().await.unwrap().len(), 1);
    assert!(house.office.user_by_login("ada").is_some());
    ada.answer().await.unwrap();
    assert!(matches!(twice.answer().await, Err(Refused::Rejected { sequence: 1, .. })));
    assert_eq!(last.answer().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refusal_decided_on_what_was_never_written_is_not_told() {
    let (house, concert) = House::with_concert(1).await;
    let (appends, reads) = (house.journal.appends(), house.clock.reads());
    house.journal.close_gate();
    house.journal.fail_next_append(Fault::FullBefore);
    let ada = begun(house.office.book(concert, seats("ada", 1))).await;
    house.journal.appends_begun(appends + 1).await;
    let sold_out = begun(house.office.book(concert, seats("ben", 1))).await;
    let read = begun(house.office.bookings_at(concert, crate::wishes::olga(), None, None, 10)).await;
    let _last = begun(house.office.book(concert, seats("cid", 1))).await;
    house.clock.read_so_often(reads + 4).await;

    house.journal.open_gate();
    assert_eq!(ada.answer().await, Err(Refused::OutcomeUnknown));
    assert_eq!(sold_out.answer().await, Err(Refused::StorageUnavailable));
    assert_eq!(read.answer().await, Err(Refused::StorageUnavailable));
    assert_eq!(house.view(concert).counts[0].available, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_never_see_what_is_not_durable() {
    let (house, concert) = House::with_concert(100).await;
    let rush = Rush { concerts: &[concert], callers: 32, turns: 10, name: "rush" };
    let office = house.office.clone();
    let journal = std::sync::Arc::clone(&house.journal);
    // Whoever calls looks, too: first at the view, then at the disk.
    let looking = move |_| {
        let seen = office.concert(concert).expect("it was made");
        let records = journal.records_of(Stream::Concert(concert));
        let place = usize::try_from(seen.sequence).expect("small");
        assert!(place <= records.len(), "seen before it was durable");
        let mut state = Concert::absent(concert);
        for record in &records[..place] {
            let Event::Concert(event) = &record.event else { panic!("{record:?} is no concert's") };
            state.apply(event, record.time);
        }
        assert_eq!(*seen, state.view(), "what is seen is the state after its sequence");
    };
    let attempts = rush.let_in(&house, looking).await;
    check(&house, &[concert], &attempts).await;
}
