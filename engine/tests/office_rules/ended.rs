//! Bookings that have ended leave their concerts' states with a snapshot. Nobody notices, whoever asks and whenever.

use boxoffice_engine::Refused;
use boxoffice_engine::box_office::ConcertRefused;
use boxoffice_engine::concert::{BookingStatus, BookingView, ChangeWish, NewConcert, PaymentView, Rejection};
use boxoffice_engine::errands::gateway::PaymentOutcome;
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, PaymentId, PaymentNumber};

use crate::house::{House, within};
use crate::outside::World;
use crate::wishes::{after, customer, new_concert, olga, seats, user};

const BUYERS: [&str; 3] = ["ada", "ben", "cleo"];

/// Everything that can be read of bookings.
async fn told(
    house: &House,
    concert: ConcertId,
    payments: &[PaymentId],
) -> (Vec<Vec<BookingView>>, Vec<PaymentView>) {
    let office = &house.office;
    let statuses =
        [None, Some(BookingStatus::Cancelled), Some(BookingStatus::Expired), Some(BookingStatus::Confirmed)];
    let mut lists = Vec::new();
    for status in statuses {
        for limit in [1, 3, 100] {
            lists.push(pages_at(house, concert, status, limit).await);
            for name in BUYERS {
                lists.push(pages_of(house, name, status, limit).await);
            }
        }
    }
    let all = lists.first().cloned().unwrap_or_default();
    let mut alone = Vec::new();
    for view in &all {
        let owner = boxoffice_engine::caller::Caller { user: view.user.clone(), ..customer("ada") };
        for caller in [olga(), owner] {
            alone.push(within(office.booking(view.id, caller)).await.unwrap());
        }
    }
    lists.push(alone);
    let mut paid = Vec::new();
    for payment in payments {
        paid.push(within(office.payment(*payment, olga())).await.unwrap());
    }
    (lists, paid)
}

async fn pages_at(
    house: &House,
    concert: ConcertId,
    status: Option<BookingStatus>,
    limit: usize,
) -> Vec<BookingView> {
    let (mut all, mut after) = (Vec::<BookingView>::new(), None);
    loop {
        let page = within(house.office.bookings_at(concert, olga(), status, after, limit)).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(last.booking.number);
        all.extend(page);
    }
}

async fn pages_of(
    house: &House,
    name: &str,
    status: Option<BookingStatus>,
    limit: usize,
) -> Vec<BookingView> {
    let (mut all, mut after) = (Vec::<BookingView>::new(), None);
    loop {
        let page = within(house.office.bookings_of(&user(name), status, after, limit)).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = Some((last.booking.created_at(), last.id));
        all.extend(page);
    }
}

fn rejection(refused: ConcertRefused) -> Rejection {
    match refused {
        Refused::Rejected { rejection, .. } => rejection,
        other => panic!("{other:?}"),
    }
}

/// What everything that can be wanted of a booking is refused with.
async fn refusals(house: &House, id: BookingId, name: &str) -> Vec<Rejection> {
    let office = &house.office;
    let wish = || ChangeWish::OneItem { seat_type: None, quantity: Some(2), seats: None };
    vec![
        rejection(within(office.cancel_booking(id, customer(name), None)).await.unwrap_err()),
        rejection(within(office.change_booking(id, customer(name), wish(), None)).await.unwrap_err()),
        rejection(within(office.extend_hold(id, customer(name), None)).await.unwrap_err()),
        rejection(within(office.confirm_hold(id, customer(name), None)).await.unwrap_err()),
    ]
}

/// A concert with bookings of all kinds; those of ada and ben that ended, and one of cleo's that lives.
async fn lived(house: &House, concert: ConcertId) -> (BookingId, BookingId) {
    let office = &house.office;
    let (mut first, mut live) = (None, None);
    for round in 0..6 {
        // Two of a user's may be of the same time.
        house.clock.move_to(after(office.now(), round % 2));
        for name in BUYERS {
            let id = within(office.book(concert, seats(name, 1))).await.unwrap().value.id;
            if name != "cleo" || round % 2 == 0 {
                within(office.cancel_booking(id, customer(name), None)).await.unwrap();
                first.get_or_insert(id);
            } else {
                live = Some(id);
            }
        }
    }
    (first.unwrap(), live.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_shed_is_read_and_refused_as_before() {
    let (house, concert) = House::with_concert(100).await;
    let other = house.make_concert(2, 100).await;
    lived(&house, other).await;
    let (cancelled, live) = lived(&house, concert).await;
    let before = told(&house, concert, &[]).await;
    let refused = refusals(&house, cancelled, "ada").await;
    assert_eq!(refused[0], Rejection::AlreadyCancelled);
    house.journal.take_snapshots();
    let house = house.restarted().await;
    assert_eq!(within(house.office.bookings_in_state(concert, olga())).await.unwrap(), 3, "cleo's are live");
    assert!(told(&house, concert, &[]).await == before);
    assert_eq!(refusals(&house, cancelled, "ada").await, refused);
    let nothing = vec![Rejection::BookingNotFound; 4];
    assert_eq!(refusals(&house, cancelled, "eve").await, nothing, "it is not eve's");
    assert_eq!(
        rejection(within(house.office.booking(cancelled, customer("eve"))).await.unwrap_err()),
        nothing[0]
    );
    let nobodys = BookingId { number: BookingNumber(1_000), ..cancelled };
    assert_eq!(refusals(&house, nobodys, "ada").await, nothing);
    assert_eq!(within(house.office.history(cancelled, customer("ada"), whole())).await.unwrap().1.len(), 2);
    within(house.office.cancel_booking(live, customer("cleo"), None)).await.unwrap();
    house.restarted().await;
}

fn whole() -> boxoffice_engine::concert::HistoryPage {
    boxoffice_engine::concert::HistoryPage { after: 0, limit: 10 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_concert_that_is_awake_goes_on_without_what_the_journal_has() {
    let (house, concert) = House::with_concert(100).await;
    let (cancelled, _) = lived(&house, concert).await;
    let before = told(&house, concert, &[]).await;
    let in_state = async || within(house.office.bookings_in_state(concert, olga())).await.unwrap();
    // One snapshot brings the actor to tell what is settled, the next is sure to have shed it.
    within(async {
        while in_state().await > 4 {
            house.journal.take_snapshots();
            let id = within(house.office.book(concert, seats("dora", 1))).await.unwrap().value.id;
            within(house.office.cancel_booking(id, customer("dora"), None)).await.unwrap();
        }
    })
    .await;
    let now = told(&house, concert, &[]).await;
    let known: Vec<_> = now.0[0].iter().filter(|view| view.user != user("dora")).cloned().collect();
    assert!(known == before.0[0]);
    assert_eq!(refusals(&house, cancelled, "ada").await[0], Rejection::AlreadyCancelled);
    // Nobody knew of ada here but the journal. Who books again is found again.
    let theirs = pages_of(&house, "ada", None, 3).await.len();
    let id = within(house.office.book(concert, seats("ada", 1))).await.unwrap().value.id;
    let now = pages_of(&house, "ada", None, 3).await;
    assert!(now.len() == theirs + 1 && now.iter().any(|view| view.id == id));
    house.restarted().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_of_what_was_shed_are_told_and_settled_once() {
    let world = World::default();
    let house = House::with_outside(world.outside()).await;
    let concert = house.make(1, NewConcert { payment_required: true, ..new_concert(10) }).await;
    let id = within(house.office.book(concert, seats("ada", 1))).await.unwrap().value.id;
    let payment =
        within(house.office.start_payment(id, customer("ada"), "ok".into(), None)).await.unwrap().value.id;
    within(async {
        while within(house.office.cancel_booking(id, customer("ada"), None)).await.is_err() {
            tokio::task::yield_now().await;
        }
        while within(house.office.sales(concert, olga())).await.unwrap().ledger.refunded == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let before = told(&house, concert, &[payment]).await;
    let sales = within(house.office.sales(concert, olga())).await.unwrap();
    let settled = sales.ledger;
    house.journal.take_snapshots();
    let house = house.restarted().await;
    assert!(told(&house, concert, &[payment]).await == before);
    assert_eq!(within(house.office.sales(concert, olga())).await.unwrap().ledger, settled);
    let in_state = within(house.office.bookings_in_state(concert, olga())).await.unwrap();
    for outcome in [PaymentOutcome::Succeeded, PaymentOutcome::Failed("late".into())] {
        within(house.office.settle_payment(payment, None, outcome)).await.unwrap();
    }
    assert!(in_state <= 1);
    let nobodys = PaymentId { number: PaymentNumber(900), ..payment };
    let refused = within(house.office.settle_payment(nobodys, None, PaymentOutcome::Succeeded)).await;
    assert_eq!(rejection(refused.unwrap_err()), Rejection::PaymentNotFound);
    let eves = within(house.office.payment(payment, customer("eve"))).await;
    assert_eq!(rejection(eves.unwrap_err()), Rejection::PaymentNotFound);
    assert!(told(&house, concert, &[payment]).await == before);
    assert_eq!(world.balance(), 0);
    house.restarted().await;
}
