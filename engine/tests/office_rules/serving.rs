//! What is asked is answered, what is answered is seen, and all of it is there after a restart.

use boxoffice_engine::Refused;
use boxoffice_engine::accounts::{AccountsCommand, AccountsRejection};
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookingStatus, ChangeWish, ConcertView, DetailsChange, Layout, ManagerAction, NewSeatType, Rejection,
    SeatMap, SeatRow, SeatStatus, SeatTypeChange, Stage,
};
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, SeatTypeNumber};
use boxoffice_engine::journal::Stream;
use boxoffice_engine::machine::AccountsAnswer;

use crate::house::House;
use crate::outside::World;
use crate::wishes::{after, customer, key, new_concert, olga, registration, seats, user};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_answer_is_what_readers_see_next() {
    let (house, concert) = House::with_concert(10).await;
    let made = house.view(concert);
    assert_eq!((made.sequence, made.stage, made.counts[0].available), (1, Stage::OnSale, 10));

    let booked = house.office.book(concert, seats("ada", 3)).await.unwrap();
    assert!(!booked.repeated);
    assert_eq!(booked.value.id, BookingId { concert, number: BookingNumber(2) });
    let seen = house.view(concert);
    assert_eq!((seen.sequence, seen.counts[0].available, seen.counts[0].booked), (2, 7, 3));
    assert_eq!(house.office.booking(booked.value.id, customer("ada")).await.unwrap(), booked.value);
    assert_eq!(
        house.office.bookings_of(&user("ada"), None, None, 10).await.unwrap(),
        std::slice::from_ref(&booked.value)
    );
    assert_eq!(house.bookings(concert).await, std::slice::from_ref(&booked.value));

    let cancelled = house.office.cancel_booking(booked.value.id, customer("ada"), None).await.unwrap().value;
    assert_eq!(cancelled.booking.status, BookingStatus::Cancelled);
    let seen = house.view(concert);
    assert_eq!((seen.sequence, seen.counts[0].available, seen.counts[0].booked), (3, 10, 0));
    assert_eq!(house.office.booking(booked.value.id, customer("ada")).await.unwrap(), cancelled);

    let change = SeatTypeChange { total_seats: Some(4), ..SeatTypeChange::default() };
    let action = ManagerAction::ChangeSeatType { number: SeatTypeNumber(1), change };
    let changed = house.office.manage_concert(concert, olga(), action).await.unwrap();
    assert_eq!(house.view(concert), changed);
    assert_eq!(changed.counts[0].available, 4);
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refusals_and_repetitions_change_nothing() {
    let (house, concert) = House::with_concert(2).await;
    let mut wish = seats("ada", 2);
    wish.idempotency = Some(key(1, 1));
    let first = house.office.book(concert, wish.clone()).await.unwrap();
    let before = house.view(concert);

    let again = house.office.book(concert, wish.clone()).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.value, first.value);
    wish.idempotency = Some(key(1, 2));
    let refusals = [
        (house.office.book(concert, wish).await, Rejection::IdempotencyKeyReused),
        (house.office.book(concert, seats("ben", 1)).await, Rejection::SoldOut { available: 0 }),
    ];
    for (refused, rejection) in refusals {
        assert_eq!(refused, Err(Refused::Rejected { rejection, sequence: 2 }));
    }
    let nowhere = house.office.book(ConcertId::from_bits(99), seats("ben", 1)).await;
    assert_eq!(nowhere, Err(Refused::Rejected { rejection: Rejection::ConcertNotFound, sequence: 0 }));
    let foreign = house.office.booking(first.value.id, customer("ben")).await;
    assert_eq!(foreign, Err(Refused::Rejected { rejection: Rejection::BookingNotFound, sequence: 2 }));

    assert_eq!(house.view(concert), before);
    assert_eq!(house.journal.records().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn my_bookings_are_those_of_all_concerts_newest_first() {
    let (house, first) = House::with_concert(10).await;
    let second = house.make_concert(2, 10).await;
    let third = house.make_concert(3, 10).await;
    let mut booked = Vec::new();
    for concert in [first, second, third, first] {
        house.clock.move_to(after(house.office.now(), 1_000));
        booked.push(house.office.book(concert, seats("ada", 1)).await.unwrap().value);
    }
    house.office.book(third, seats("ben", 1)).await.unwrap();
    booked.reverse();

    let ada = user("ada");
    assert_eq!(house.office.bookings_of(&ada, None, None, 10).await.unwrap(), booked);
    let page = house.office.bookings_of(&ada, None, None, 2).await.unwrap();
    assert_eq!(page, booked[..2]);
    let last = (page[1].booking.created_at(), page[1].id);
    assert_eq!(house.office.bookings_of(&ada, None, Some(last), 10).await.unwrap(), booked[2..]);

    let cancelled = house.office.cancel_booking(booked[1].id, customer("ada"), None).await.unwrap().value;
    let only_cancelled = house.office.bookings_of(&ada, Some(BookingStatus::Cancelled), None, 10).await;
    assert_eq!(only_cancelled.unwrap(), [cancelled]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accounts_answer_what_readers_see_next() {
    let house = House::new().await;
    let answer = house.office.change_accounts(registration("ada")).await.unwrap();
    let AccountsAnswer::User(ada) = answer else { panic!("{answer:?}") };
    assert_eq!(house.office.user(&user("ada")), Some(ada.clone()));
    assert_eq!(house.office.user_by_login("ADA"), Some(ada.clone()));
    assert_eq!(house.office.user_by_login("Ada@example.org"), Some(ada.clone()));
    assert_eq!(house.office.find_users("AD", 0, 10).await.unwrap(), [(1, ada)]);

    let twice = house.office.change_accounts(registration("ada")).await;
    assert_eq!(twice, Err(Refused::Rejected { rejection: AccountsRejection::UsernameTaken, sequence: 1 }));

    let change = AccountsCommand::ChangeProfile {
        user: user("ada"),
        email: Some("new@example.org".to_owned()),
        password: None,
    };
    house.office.change_accounts(change).await.unwrap();
    assert_eq!(house.office.user_by_login("ada@example.org"), None);
    assert_eq!(house.office.user_by_login("new@example.org").unwrap().id, user("ada"));

    let admin = Caller { user: user("root"), role: Role::Admin };
    let promotion = AccountsCommand::ChangeRole { caller: admin, user: user("ada"), role: Role::Organizer };
    house.office.change_accounts(promotion).await.unwrap();
    assert_eq!(house.office.user(&user("ada")).unwrap().role, Role::Organizer);
    assert_eq!(house.office.in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_brings_everything_back() {
    let (house, first) = House::with_concert(10).await;
    let second = house.make_concert(2, 5).await;
    let deleted = house.make_concert(3, 5).await;
    for name in ["ada", "ben", "cid"] {
        house.office.change_accounts(registration(name)).await.unwrap();
        for concert in [first, second] {
            house.office.book(concert, seats(name, 1)).await.unwrap();
        }
    }
    let bens = house.office.bookings_of(&user("ben"), None, None, 10).await.unwrap();
    house.office.cancel_booking(bens[0].id, customer("ben"), None).await.unwrap();
    let renamed = DetailsChange { name: Some("Sommerreise".to_owned()), ..DetailsChange::default() };
    let action = ManagerAction::ChangeDetails { change: Box::new(renamed), if_version: Some(1) };
    house.office.manage_concert(second, olga(), action).await.unwrap();
    house.office.manage_concert(deleted, olga(), ManagerAction::Delete).await.unwrap();

    let before = everything_of(&house, &[first, second, deleted]).await;
    let (records, after_snapshots) = (house.journal.records(), house.journal.records_after_snapshots());
    assert!((1..records.len()).contains(&after_snapshots), "{after_snapshots} of {}", records.len());
    let house = house.restarted().await;
    assert_eq!(house.inventory.concerts, 2);
    assert_eq!(house.inventory.bookings, 6);
    assert_eq!(house.inventory.users, 3);
    assert_eq!(house.inventory.events, after_snapshots as u64);
    assert_eq!(everything_of(&house, &[first, second, deleted]).await, before);
    assert_eq!(house.journal.records(), records, "a restart alone writes nothing");
}

async fn everything_of(house: &House, concerts: &[ConcertId]) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut views: Vec<_> = house.office.concerts().iter().map(|view| (**view).clone()).collect();
    views.sort_by_key(|view| view.id);
    assert_eq!(views.len(), concerts.len());
    let mut bookings = Vec::new();
    for concert in concerts.iter().filter(|concert| house.view(**concert).stage != Stage::Deleted) {
        bookings.extend(house.bookings(*concert).await);
    }
    for name in ["ada", "ben", "cid", "nobody"] {
        bookings.extend(house.office.bookings_of(&user(name), None, None, 10).await.expect("all are served"));
        assert_eq!(house.office.user_by_login(name), house.office.user(&user(name)));
    }
    (views, bookings, house.office.find_users("", 0, 10).await.expect("the accounts are served"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_start_writes_under_a_higher_epoch() {
    let (mut house, concert) = House::with_concert(10).await;
    for name in ["ada", "ben", "cid"] {
        house = house.restarted().await;
        house.office.book(concert, seats(name, 1)).await.unwrap();
        house.office.change_accounts(registration(name)).await.unwrap();
    }
    for (stream, expected) in
        [(Stream::Concert(concert), vec![1, 2, 3, 4]), (Stream::Accounts, vec![1, 2, 3])]
    {
        let epochs: Vec<_> = house.journal.records_of(stream).iter().map(|record| record.epoch).collect();
        assert_eq!(epochs, expected);
    }
}

#[tokio::test]
async fn what_a_change_of_a_cancelled_booking_had_held_is_seen_to_be_free() {
    let house = House::with_outside(World::default().outside()).await;
    let mut wanted = new_concert(10);
    wanted.payment_required = true;
    wanted.seat_types[0].price = 0;
    let row = SeatRow { section: None, label: "A".to_owned(), seats: 4, positions: Vec::new() };
    let layout = Layout::Numbered(SeatMap::new(vec![row]).into());
    wanted.seat_types.push(NewSeatType { name: "Hall".to_owned(), layout, ..wanted.seat_types[0].clone() });
    wanted.seat_types[1].price = 5_000;
    let concert = house.make(1, wanted).await;
    // What costs nothing is confirmed at once; what costs more is held until it is paid for.
    let booking = house.office.book(concert, seats("ada", 1)).await.unwrap().value.id;
    let wish = ChangeWish::OneItem {
        seat_type: Some(SeatTypeNumber(2)),
        quantity: None,
        seats: Some(vec!["A-2".into()]),
    };
    house.office.change_booking(booking, customer("ada"), wish, None).await.unwrap();
    let state = |view: &ConcertView| {
        let (states, map) = (view.seating[1].clone(), view.terms.seat_types[1].layout.map().cloned());
        states.zip(map).map(|(states, map)| states.get(&map, 1))
    };
    let seen = house.view(concert);
    assert_eq!((seen.counts[1].held, state(&seen)), (1, Some(SeatStatus::Held)));
    house.office.cancel_booking(booking, customer("ada"), None).await.unwrap();
    let seen = house.view(concert);
    assert_eq!((seen.counts[1].held, seen.counts[1].available), (0, 4));
    assert_eq!(state(&seen), Some(SeatStatus::Available));
}
