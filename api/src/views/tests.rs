//! How old a map may be, by a clock that the tests move.

use boxoffice_engine::Settings;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::concert::{
    BookSeats, CancellationTerms, Details, Layout, LocalTime, NewConcert, NewSeatType, SeatMap, SeatRow,
    WantedItem,
};
use boxoffice_engine::errands::Outside;
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::journal::MemoryJournal;
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::ManualClock;

use super::*;
use boxoffice_engine::concert::Concert;

const NOW: Time = Time(1_800_000_000_000);

fn hall() -> NewConcert {
    let row = |row: u32| SeatRow { section: None, label: row.to_string(), seats: 100, positions: Vec::new() };
    let map = SeatMap::new((0..30).map(row).collect());
    let details = Details {
        name: "Night".to_owned(),
        description: String::new(),
        genre: String::new(),
        venue: "Hall".to_owned(),
        start: LocalTime { time: NOW.plus_seconds(86_400), offset_seconds: 0 },
        sales_open_at: None,
        sales_close_at: None,
        tickets_per_user_max: 100,
        cancellation: CancellationTerms::default(),
        forbids_orphan_seats: false,
    };
    NewConcert {
        details,
        currency: Currency::USD,
        payment_required: false,
        hold_seconds: 600,
        offer_seconds: 600,
        draft: false,
        seat_types: vec![NewSeatType {
            name: "Seat".to_owned(),
            price: 100,
            layout: Layout::Numbered(Arc::new(map)),
            hidden: false,
        }],
    }
}

fn caller() -> Caller {
    Caller { user: UserId::new("olga").unwrap(), role: Role::Organizer }
}

async fn office(clock: &Arc<ManualClock>) -> BoxOffice {
    let settings = Settings {
        clock: Arc::clone(clock) as Arc<dyn boxoffice_engine::time::Clock>,
        fatal: Arc::new(|_| ()),
        accept_clock: false,
        outside: Outside::default(),
        deaths: boxoffice_engine::deaths::Deaths::default(),
    };
    BoxOffice::open(Arc::new(MemoryJournal::default()), settings).await.unwrap().0
}

async fn creates(office: &BoxOffice, bits: u64) -> ConcertId {
    let id = ConcertId::from_bits(bits);
    office.create_concert(caller(), hall(), None, |_| id).await.unwrap().value.id
}

async fn books(office: &BoxOffice, concert: ConcertId) {
    let item = WantedItem { seat_type: SeatTypeNumber(1), quantity: 1, seats: Vec::new() };
    let wish = BookSeats {
        user: caller().user,
        items: [item].into_iter().collect(),
        promo_code: None,
        mail: false,
        by_manager: false,
        idempotency: None,
    };
    office.book(concert, wish).await.unwrap();
}

#[tokio::test]
async fn a_map_is_told_for_its_time_and_then_shows_all_that_happened() {
    let clock = Arc::new(ManualClock::new(NOW));
    let office = office(&clock).await;
    let concert = creates(&office, 1).await;
    let views = Views::default();
    let told = async || {
        let seen = office.concert(concert).unwrap();
        views.get(&office, What::Seats, &seen, Audience::default()).await.unwrap().unwrap()
    };
    let first = told().await;
    books(&office, concert).await;
    clock.move_to(Time(NOW.0 + MAP_AGE_MILLISECONDS_MAX - 1));
    assert_eq!(told().await.tag, first.tag, "young enough");
    clock.move_to(Time(NOW.0 + MAP_AGE_MILLISECONDS_MAX));
    let second = told().await;
    assert_ne!(second.tag, first.tag);
    assert_eq!(second.tag, tag(&office.concert(concert).unwrap(), &Audience::default()).unwrap());
    assert!(second.bytes.windows(8).any(|bytes| bytes == b"\"booked\""));
    clock.move_to(Time(NOW.0 + 60_000));
    assert_eq!(told().await.bytes.as_ptr(), second.bytes.as_ptr(), "nothing happened: it is not made again");
    office.close().await;
}

#[tokio::test]
async fn so_many_maps_are_kept_and_the_one_that_nobody_asks_for_goes_first() {
    let clock = Arc::new(ManualClock::new(NOW));
    let office = office(&clock).await;
    let views = Views::default();
    let mut concerts = Vec::new();
    for bits in 0..=MAPS_MAX as u64 {
        concerts.push(office.concert(creates(&office, bits).await).unwrap());
    }
    let told = async |seen: &ConcertView| {
        views.get(&office, What::Seats, seen, Audience::default()).await.unwrap().unwrap().bytes
    };
    let first = told(&concerts[0]).await;
    for concert in &concerts[1..] {
        told(concert).await;
        assert_eq!(told(&concerts[0]).await.as_ptr(), first.as_ptr(), "asked for again and again");
    }
    assert_eq!(views.large.places.lock().len(), MAPS_MAX);
    let nobodys = Concert::absent(ConcertId::from_bits(99)).view();
    assert!(views.get(&office, What::Seats, &nobodys, Audience::default()).await.unwrap().is_none());
    office.close().await;
}

#[tokio::test]
async fn a_concert_is_told_as_it_is_now_and_made_once_for_each_state_and_audience() {
    let clock = Arc::new(ManualClock::new(NOW));
    let office = office(&clock).await;
    let concert = creates(&office, 1).await;
    let views = Views::default();
    let seen = office.concert(concert).unwrap();
    let manager = Audience::of(&seen, Some(&caller()));
    let told = async |audience: &Audience| {
        let seen = office.concert(concert).unwrap();
        views.get(&office, What::Concert, &seen, audience.clone()).await.unwrap().unwrap()
    };
    let everybody = Audience::default();
    let (first, of_manager) = (told(&everybody).await, told(&manager).await);
    assert_ne!(first.bytes.as_ptr(), of_manager.bytes.as_ptr());
    for _ in 0..3 {
        assert_eq!(told(&everybody).await.bytes.as_ptr(), first.bytes.as_ptr());
        assert_eq!(told(&manager).await.bytes.as_ptr(), of_manager.bytes.as_ptr());
    }
    books(&office, concert).await;
    let second = told(&everybody).await;
    assert_ne!(second.tag, first.tag);
    let remaining = b"\"remaining\":2999";
    assert!(second.bytes.windows(remaining.len()).any(|bytes| bytes == remaining), "{:?}", second.bytes);
    office.close().await;
}

#[test]
fn a_shelf_holds_so_many_and_the_one_that_nobody_asks_for_goes_first() {
    let shelf = Shelf::of(3);
    let key = |bits| (ConcertId::from_bits(bits), What::Concert, Audience::default());
    let first = shelf.place(&key(0));
    for bits in 1..10 {
        shelf.place(&key(bits));
        assert!(Arc::ptr_eq(&shelf.place(&key(0)), &first), "asked for again and again");
    }
    assert_eq!(shelf.places.lock().len(), 3);
    let other = (ConcertId::from_bits(0), What::Seats, Audience::default());
    assert!(!Arc::ptr_eq(&shelf.place(&other), &first));
}
