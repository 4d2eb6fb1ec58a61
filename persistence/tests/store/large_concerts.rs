//! A concert with as many numbered seats as there can be is one record of about a megabyte, cut into many frames.

use std::fs;

use boxoffice_engine::concert::{
    BookedItem, CancellationTerms, ConcertEvent, Details, Layout, LocalTime, NewConcert, NewSeatType,
    SeatMap, SeatPosition, SeatRow,
};
use boxoffice_engine::ids::{ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Journal, Record, Scope, Stream, conformance};
use boxoffice_engine::limits::SEATS_NUMBERED_MAX;
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;
use boxoffice_persistence::verify;

use crate::support::{copy_dir, everything, open};

const ROWS: u32 = 2_000;
const SEATS_PER_ROW: u32 = SEATS_NUMBERED_MAX / ROWS;
const ARENA: u64 = 77;

fn user() -> UserId {
    UserId::new("organizer-1").unwrap()
}

fn record(sequence: u64, event: ConcertEvent) -> Record {
    let stream = Stream::Concert(ConcertId::from_bits(ARENA));
    Record { stream, sequence, epoch: 1, time: Time(1_700_000_000_000), event: Event::Concert(event) }
}

/// Every seat is drawn somewhere else, far enough from the origin that a position takes most of the bytes that it can.
fn row(number: u32) -> SeatRow {
    let drawn = |seat| SeatPosition {
        x: i32::try_from(seat * 6_000).unwrap() - 150_000,
        y: i32::try_from(number * 9_000).unwrap(),
    };
    SeatRow {
        section: Some(format!("Block {}", number / 100)),
        label: number.to_string(),
        seats: SEATS_PER_ROW,
        positions: (0..SEATS_PER_ROW).map(drawn).collect(),
    }
}

fn arena() -> ConcertEvent {
    let map = SeatMap::new((0..ROWS).map(row).collect());
    assert_eq!(map.total_seats(), SEATS_NUMBERED_MAX);
    let details = Details {
        name: "Arena".to_owned(),
        description: String::new(),
        genre: String::new(),
        venue: "Arena".to_owned(),
        start: LocalTime { time: Time(1_800_000_000_000), offset_seconds: 0 },
        sales_open_at: None,
        sales_close_at: None,
        tickets_per_user_max: 8,
        cancellation: CancellationTerms { deadline_hours: 0, fee_fixed: 0, fee_basis_points: 0 },
        forbids_orphan_seats: true,
    };
    let layout = Layout::Numbered(map.into());
    let concert = NewConcert {
        details,
        currency: Currency::USD,
        payment_required: true,
        hold_seconds: 600,
        offer_seconds: 3_600,
        draft: false,
        seat_types: vec![NewSeatType { name: "Seat".to_owned(), price: 9_950, layout, hidden: false }],
    };
    ConcertEvent::Created { organizer: user(), concert: Box::new(concert), idempotency: None }
}

fn all_seats_blocked() -> ConcertEvent {
    let seats = (0..SEATS_NUMBERED_MAX).collect();
    let item =
        BookedItem { seat_type: SeatTypeNumber(1), quantity: SEATS_NUMBERED_MAX, unit_price: 0, seats };
    ConcertEvent::SeatsBlocked { by: user(), item }
}

#[test]
fn a_concert_of_a_hundred_thousand_drawn_seats_comes_back_whole() {
    let small = |sequences| conformance::records(1, 1, sequences);
    // Between others in their group, which end and begin inside its frames; then alone.
    let first = [small(1..=3), vec![record(1, arena())], small(4..=6)].concat();
    let groups = [first, vec![record(2, all_seats_blocked())], small(7..=7)];
    let (live, dead) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let journal = open(live.path()).unwrap();
    for group in &groups {
        journal.append(group).unwrap();
    }
    let expected = groups.concat();
    assert!(everything(&journal) == expected);
    copy_dir(live.path(), dead.path());
    drop(journal);

    for dir in [live.path(), dead.path()] {
        let report = verify(dir, None).unwrap();
        assert!(report.is_sound() && report.records == expected.len() as u64, "{report}");
        assert!(report.frames > 16, "more than a megabyte in frames of 64 KiB: {report}");
        let journal = open(dir).unwrap();
        assert!(everything(&journal) == expected);
        let alone =
            conformance::replayed(&journal, Scope::Stream(Stream::Concert(ConcertId::from_bits(ARENA))));
        assert!(alone == [record(1, arena()), record(2, all_seats_blocked())]);
        assert_eq!(fs::read_dir(dir.join("journal-0000000000/blobs")).unwrap().count(), 0);
    }
}
