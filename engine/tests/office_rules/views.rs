//! What readers are shown is what the journal says, seat by seat, after everything that was acknowledged.

use boxoffice_engine::BoxOffice;
use boxoffice_engine::concert::{
    ChangeWish, Layout, ManagerAction, NewConcert, NewSeatType, SeatMap, SeatRow, SeatTypeChange, WantedItem,
};
use boxoffice_engine::errands::gateway::PaymentOutcome;
use boxoffice_engine::ids::{BookingId, BookingNumber, ConcertId, PaymentId, PaymentNumber, SeatTypeNumber};
use boxoffice_engine::time::Clock;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, proptest};
use proptest::{collection, prop_oneof};

use crate::house::{House, within};
use crate::outside::World;
use crate::wishes::{NOW, after, customer, new_concert, olga, seats, user};

const HALL: u16 = 2;
const ROW_SEATS: u32 = 4;

/// A concert that asks for payment: ten places without numbers, and three rows of four seats.
fn concert() -> NewConcert {
    let row = |label: &str| SeatRow {
        section: None,
        label: label.to_owned(),
        seats: ROW_SEATS,
        positions: Vec::new(),
    };
    let layout = Layout::Numbered(SeatMap::new(["A", "B", "C"].map(row).into()).into());
    let hall = NewSeatType { name: "Hall".to_owned(), price: 7_000, layout, hidden: false };
    let mut concert = NewConcert { payment_required: true, ..new_concert(10) };
    concert.details.tickets_per_user_max = 8;
    concert.seat_types.push(hall);
    concert
}

async fn house() -> (House, ConcertId) {
    let house = House::with_outside(World::default().outside()).await;
    let concert = house.make(1, concert()).await;
    (house, concert)
}

fn some(number: u16, quantity: u32) -> WantedItem {
    WantedItem { seat_type: SeatTypeNumber(number), quantity, seats: Vec::new() }
}

/// Seats of the hall, from one on.
fn these(first: u32, quantity: u32) -> WantedItem {
    let label = |seat: u32| {
        let row = ["A", "B", "C"][(seat / ROW_SEATS) as usize % 3];
        format!("{row}-{}", seat % ROW_SEATS + 1).into()
    };
    WantedItem { seats: (first..first + quantity).map(label).collect(), ..some(HALL, quantity) }
}

/// Waits until readers see all that is durable, and compares it with what the journal says.
async fn assert_shown(house: &House, concert: ConcertId) {
    // What the actor answers is durable, and was shown before.
    house.soon(async || house.office.sales(concert, olga()).await).await;
    within(async {
        loop {
            let (shown, expected) = (house.view(concert), house.journal.folded(concert).view());
            // The runner of errands records what it did in between.
            if shown.sequence == expected.sequence {
                return assert_eq!(shown, expected);
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_that_waits_is_shown_as_gone_when_its_booking_is_cancelled() {
    for other in [these(4, 2), some(HALL, 2)] {
        let (house, concert) = house().await;
        let booking = within(house.office.book(concert, seats("ada", 1))).await.unwrap().value.id;
        let payment = house.office.start_payment(booking, customer("ada"), "open".into(), None);
        let payment = within(payment).await.unwrap().value.id;
        within(house.office.settle_payment(payment, None, PaymentOutcome::Succeeded)).await.unwrap();
        let wish = ChangeWish::Items([other].into_iter().collect());
        let changed =
            within(house.office.change_booking(booking, customer("ada"), wish, None)).await.unwrap();
        assert!(changed.value.booking.pending().is_some());
        assert_shown(&house, concert).await;
        within(house.office.cancel_booking(booking, customer("ada"), None)).await.unwrap();
        assert_shown(&house, concert).await;
        assert_eq!(house.view(concert).counts[1].held, 0);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Time(i64),
    Book(u8, Vec<WantedItem>),
    Change(usize, Vec<WantedItem>),
    Cancel(usize),
    Extend(usize),
    Pay(usize),
    Settle(usize, bool),
    Block(WantedItem),
    Release(WantedItem),
    Join(u8, u16, u32),
    Leave(u8, u16),
    Resize(u32),
    Restart,
    CancelConcert,
}

fn wanted() -> impl Strategy<Value = WantedItem> {
    prop_oneof![
        (1_u32..5).prop_map(|quantity| some(1, quantity)),
        (1_u32..5).prop_map(|quantity| some(HALL, quantity)),
        (0_u32..12, 1_u32..4).prop_map(|(first, quantity)| these(first, quantity)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let items = || collection::vec(wanted(), 1..3);
    let nth = any::<usize>;
    prop_oneof![
        4 => (0_i64..700_000).prop_map(Step::Time),
        16 => (0_u8..4, items()).prop_map(|(user, items)| Step::Book(user, items)),
        12 => (nth(), items()).prop_map(|(nth, items)| Step::Change(nth, items)),
        6 => nth().prop_map(Step::Cancel),
        1 => nth().prop_map(Step::Extend),
        12 => nth().prop_map(Step::Pay),
        16 => (nth(), prop_oneof![4 => Just(true), 1 => Just(false)])
            .prop_map(|(nth, succeeds)| Step::Settle(nth, succeeds)),
        2 => wanted().prop_map(Step::Block),
        3 => wanted().prop_map(Step::Release),
        6 => (0_u8..4, 1_u16..3, 1_u32..4).prop_map(|(user, number, quantity)| Step::Join(user, number, quantity)),
        1 => (0_u8..4, 1_u16..3).prop_map(|(user, number)| Step::Leave(user, number)),
        1 => (5_u32..14).prop_map(Step::Resize),
        1 => Just(Step::Restart),
    ]
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let steps = (collection::vec(step(), 1..120), any::<bool>(), collection::vec(step(), 0..20));
    steps.prop_map(|(mut steps, ends, rest)| {
        if ends {
            steps.push(Step::CancelConcert);
            steps.extend(rest);
        }
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn readers_see_what_the_journal_says_after_every_step(steps in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            let (mut house, concert) = house().await;
            let mut last = NOW;
            for step in steps {
                if let Step::Restart = step {
                    house = house.restarted_at(last).await;
                } else if let Step::Time(milliseconds) = step {
                    last = after(house.clock.now(), milliseconds);
                    house.clock.move_to(last);
                } else {
                    take(&house.office, concert, &house, step).await;
                }
                assert_shown(&house, concert).await;
            }
        });
    }
}

/// Does what may well be refused.
async fn take(office: &BoxOffice, concert: ConcertId, house: &House, step: Step) {
    let name = |user: u8| format!("buyer{user}");
    let folded = house.journal.folded(concert);
    let booking = |nth: usize| match folded.bookings().len() {
        0 => BookingId { concert, number: BookingNumber(1) },
        bookings => BookingId { concert, number: folded.bookings()[nth % bookings].number },
    };
    let payment = |nth: usize| match folded.payments().len() {
        0 => PaymentId { concert, number: PaymentNumber(1) },
        payments => PaymentId { concert, number: folded.payments()[nth % payments].number },
    };
    let manage = |action| office.manage_concert(concert, olga(), action);
    match step {
        Step::Book(user, items) => {
            let wish = boxoffice_engine::concert::BookSeats { items: items.into(), ..seats(&name(user), 1) };
            drop(within(office.book(concert, wish)).await);
        }
        Step::Change(nth, items) => {
            let wish = ChangeWish::Items(items.into());
            drop(within(office.change_booking(booking(nth), olga(), wish, None)).await);
        }
        Step::Cancel(nth) => drop(within(office.cancel_booking(booking(nth), olga(), None)).await),
        Step::Extend(nth) => drop(within(office.extend_hold(booking(nth), olga(), None)).await),
        Step::Pay(nth) => {
            drop(within(office.start_payment(booking(nth), olga(), "open".into(), None)).await);
        }
        Step::Settle(nth, succeeds) => {
            let failed = PaymentOutcome::Failed("card_declined".into());
            let outcome = if succeeds { PaymentOutcome::Succeeded } else { failed };
            drop(within(office.settle_payment(payment(nth), None, outcome)).await);
        }
        Step::Block(item) => drop(within(manage(ManagerAction::BlockSeats(item))).await),
        Step::Release(item) => drop(within(manage(ManagerAction::ReleaseSeats(item))).await),
        Step::Join(of, number, quantity) => {
            let number = SeatTypeNumber(number);
            drop(within(office.join_waitlist(concert, user(&name(of)), number, quantity, None)).await);
        }
        Step::Leave(of, number) => {
            drop(within(office.leave_waitlist(concert, user(&name(of)), SeatTypeNumber(number), None)).await);
        }
        Step::Resize(total_seats) => {
            let change = SeatTypeChange { total_seats: Some(total_seats), ..SeatTypeChange::default() };
            drop(within(manage(ManagerAction::ChangeSeatType { number: SeatTypeNumber(1), change })).await);
        }
        Step::CancelConcert => drop(within(manage(ManagerAction::Cancel)).await),
        Step::Time(_) | Step::Restart => {}
    }
}
