//! A cancelled concert's bookings are ended in batches, with commands in between, and through deaths and restarts.

use boxoffice_engine::concert::{
    BookedItem, BookingStatus, Concert, ConcertEvent, ManagerAction, Rejection, Seats, Stage,
};
use boxoffice_engine::deaths::DeathAt;
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, SeatTypeNumber};
use boxoffice_engine::journal::{Event, Journal, Record, Stream};
use boxoffice_engine::{Refused, limits};

use crate::house::{House, begun};
use crate::journal::TestJournal;
use crate::wishes::{NOW, customer, new_concert, olga, seats, user};

/// Bookings of the concert that is cancelled: two full batches and a half.
const BOOKINGS: usize = limits::BOOKINGS_PER_SWEEP_MAX * 5 / 2;

const CONCERT: ConcertId = ConcertId::from_bits(1);

/// An office with a concert that many have booked.
async fn crowded() -> House {
    let mut concert = new_concert(1_000_000);
    concert.details.tickets_per_user_max = limits::TICKETS_PER_USER_MAX;
    let organizer = olga().user;
    let created = ConcertEvent::Created { organizer, concert: Box::new(concert), idempotency: None };
    let item =
        BookedItem { seat_type: SeatTypeNumber(1), quantity: 1, unit_price: 5_000, seats: Seats::new() };
    let mut events = vec![created];
    for index in 0..BOOKINGS {
        let user = user(["ada", "ben", "cid"][index % 3]);
        let items = [item.clone()].into_iter().collect();
        events.push(ConcertEvent::Booked { user, items, terms: None, mail: false, idempotency: None });
    }
    let records: Vec<_> = events
        .into_iter()
        .zip(1..)
        .map(|(event, sequence)| Record {
            stream: Stream::Concert(CONCERT),
            sequence,
            epoch: 1,
            time: NOW,
            event: Event::Concert(event),
        })
        .collect();
    let journal = TestJournal::default();
    journal.append(&records).expect("they follow");
    let house = House::open(journal, NOW, false).await.unwrap();
    // It slept, since nothing was to be done.
    house.is_served(CONCERT).await;
    house
}

fn last_booking() -> BookingId {
    BookingId { concert: CONCERT, number: BookingNumber(BOOKINGS as u64 + 1) }
}

async fn assert_everything_is_cancelled(house: &House) {
    house.view_becomes(CONCERT, |view| view.stage == Stage::Cancelled && view.counts[0].booked == 0).await;
    let folded: Concert = house.journal.folded(CONCERT);
    assert_eq!(folded.bookings().len(), BOOKINGS);
    assert!(folded.bookings().iter().all(|booking| booking.status == BookingStatus::Cancelled));
    house.is_served(CONCERT).await;
    assert_eq!(house.view(CONCERT), folded.view());
    let page = house.office.bookings_of(&user("ada"), Some(BookingStatus::Confirmed), None, 1).await.unwrap();
    assert_eq!(page, []);
}

/// Bookings ended by each batch.
fn batches(house: &House) -> Vec<usize> {
    let mut state = Concert::absent(CONCERT);
    let (mut batches, mut live) = (Vec::new(), 0);
    for record in house.journal.records_of(Stream::Concert(CONCERT)) {
        let Event::Concert(event) = &record.event else { panic!("{record:?} is no concert's") };
        state.apply(event, record.time);
        let booked = state.counts()[0].booked as usize;
        if matches!(event, ConcertEvent::BookingsCancelled { .. }) {
            batches.push(live - booked);
        }
        live = booked;
    }
    batches
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn bookings_of_a_cancelled_concert_are_ended_in_batches_between_commands() {
    let house = crowded().await;
    house.clock.hold();
    let cancel = begun(house.office.manage_concert(CONCERT, olga(), ManagerAction::Cancel)).await;
    let own = begun(house.office.cancel_booking(last_booking(), customer(last_owner()), None)).await;
    let book = begun(house.office.book(CONCERT, seats("dan", 1))).await;
    house.clock.release();

    assert_eq!(cancel.answer().await.unwrap().stage, Stage::Cancelled);
    let own = own.answer().await.unwrap().value;
    assert_eq!(own.booking.sequence(), BOOKINGS as u64 + 3, "who asked first comes before the first batch");
    let refused = book.answer().await;
    assert!(matches!(refused, Err(Refused::Rejected { rejection: Rejection::ConcertCancelled, .. })));
    assert_everything_is_cancelled(&house).await;
    let batch = limits::BOOKINGS_PER_SWEEP_MAX;
    assert_eq!(batches(&house), [batch, batch, BOOKINGS - 2 * batch - 1]);
    let again = house.office.cancel_booking(last_booking(), customer(last_owner()), None).await;
    assert!(matches!(again, Err(Refused::Rejected { rejection: Rejection::AlreadyCancelled, .. })));
}

fn last_owner() -> &'static str {
    ["ada", "ben", "cid"][(BOOKINGS - 1) % 3]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_go_on_after_deaths() {
    for step in [DeathAt::Deciding, DeathAt::Applying, DeathAt::HandingOver, DeathAt::HandedOver] {
        let house = crowded().await;
        house.office.manage_concert(CONCERT, olga(), ManagerAction::CloseSales).await.unwrap();
        for _ in 0..3 {
            house.deaths.order(step);
        }
        let cancel = house.office.manage_concert(CONCERT, olga(), ManagerAction::Cancel).await;
        if cancel.is_err() {
            house
                .soon(async || house.office.manage_concert(CONCERT, olga(), ManagerAction::Cancel).await)
                .await;
        }
        assert_everything_is_cancelled(&house).await;
        assert_eq!(batches(&house).len(), 3);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_go_on_after_a_kill() {
    for batches_before in 0..3 {
        let house = crowded().await;
        house.journal.cut_after(1 + batches_before);
        // Nobody is told when the kill comes before the answer.
        let cancel = begun(house.office.manage_concert(CONCERT, olga(), ManagerAction::Cancel)).await;
        house.journal.is_cut().await;
        assert_eq!(batches(&house).len(), batches_before);
        drop(cancel);
        let house = house.killed().await;
        assert_everything_is_cancelled(&house).await;
        assert_eq!(batches(&house).len(), 3);
    }
}
