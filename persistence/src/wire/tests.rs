use boxoffice_engine::concert::{ConcertEvent, Layout, SeatMap, SeatRow};
use boxoffice_engine::journal::Event;

use super::samples::{Sample, generations, samples};
use super::*;
use crate::golden;

/// One file per generation of variants, with a line per sample: its name and the bytes of its record in hex.
const GOLDEN: [&str; 2] = [
    include_str!("../../tests/golden/records-v1.hex"),
    include_str!("../../tests/golden/records-v1-sales.hex"),
];

fn packed(record: &Record) -> Vec<u8> {
    let mut group = Vec::new();
    pack(record, &mut group);
    group
}

fn unpacked(group: &[u8]) -> Result<Vec<Record>, WireError> {
    unpack(group).map(|packed| packed?.record()).collect()
}

fn sample(wanted: &str) -> Record {
    samples().into_iter().find(|(name, _)| *name == wanted).unwrap().1
}

#[test]
fn records_have_the_bytes_of_version_1() {
    let line = |(name, record): &Sample| format!("{name} {}\n", golden::hex(&packed(record)));
    for (samples, golden) in generations().iter().zip(GOLDEN) {
        let lines = samples.iter().map(line).collect::<Vec<_>>().concat();
        assert_eq!(
            lines, golden,
            "these bytes lie in stores: a change needs a new version, and this one must stay readable"
        );
    }
}

#[test]
fn golden_bytes_are_read_as_the_same_records() {
    for (samples, golden) in generations().iter().zip(GOLDEN) {
        assert_eq!(golden.lines().count(), samples.len());
        for ((name, record), line) in samples.iter().zip(golden.lines()) {
            let group = golden::bytes(line.split_once(' ').unwrap().1);
            assert_eq!(unpacked(&group).as_deref(), Ok(std::slice::from_ref(record)), "{name}");
        }
    }
}

#[test]
fn what_the_first_variants_leave_unsaid_is_what_it_was() {
    let golden = |wanted: &str| {
        let line = GOLDEN[0].lines().find_map(|line| line.strip_prefix(wanted)?.strip_prefix(' ')).unwrap();
        match unpacked(&golden::bytes(line)).unwrap().remove(0).event {
            Event::Concert(event) => event,
            Event::Accounts(event) => panic!("{event:?}"),
        }
    };
    assert!(matches!(golden("booked"), ConcertEvent::Booked { terms: None, mail: false, .. }));
    assert!(matches!(golden("booking-cancelled"), ConcertEvent::BookingCancelled { refund: 0, .. }));
    let ConcertEvent::Created { concert, .. } = golden("concert-created-full") else { panic!() };
    assert!(!concert.payment_required && !concert.details.forbids_orphan_seats);
    assert_eq!(concert.offer_seconds, 3_600);
    assert!(concert.seat_types.iter().all(|seat_type| !seat_type.hidden && seat_type.layout.map().is_none()));
    let ConcertEvent::DetailsChanged { change, .. } = golden("details-changed") else { panic!() };
    assert_eq!(change.forbids_orphan_seats, None);
    let ConcertEvent::SeatTypeAdded { seat_type, .. } = golden("seat-type-added") else { panic!() };
    assert!(!seat_type.hidden);
}

#[test]
fn a_group_gives_its_records_in_order() {
    let records: Vec<Record> = samples().into_iter().map(|(_, record)| record).collect();
    let mut group = Vec::new();
    for record in &records {
        pack(record, &mut group);
    }
    assert_eq!(unpacked(&group), Ok(records));
    assert_eq!(unpacked(&[]), Ok(Vec::new()));
}

#[test]
fn a_group_that_is_cut_is_an_error_and_never_a_panic() {
    for (name, record) in samples() {
        let whole = packed(&record);
        for length in 1..whole.len() {
            assert_eq!(unpacked(&whole[..length]), Err(WireError::CutOff), "{name} cut to {length} bytes");
        }
    }
}

#[test]
fn a_record_that_is_cut_is_an_error_even_where_its_length_agrees() {
    for (name, record) in samples() {
        let whole = packed(&record);
        for length in LENGTH_BYTES..whole.len() {
            let read = unpacked(&with_length(whole[..length].to_vec()));
            assert!(matches!(read, Err(WireError::Form(_))), "{name} cut to {length} bytes: {read:?}");
        }
    }
}

#[test]
fn bytes_that_belong_to_nothing_are_an_error() {
    for (name, record) in samples() {
        let mut group = packed(&record);
        group.push(0);
        assert_eq!(unpacked(&with_length(group)), Err(WireError::LeftOver), "{name}");
    }
}

#[test]
fn no_claimed_length_is_believed() {
    // As bincode writes these numbers; where a length stands they claim more elements than any memory holds.
    let claims = [u64::MAX, u64::MAX / 2, 1 << 40].map(|length| {
        let length = length.to_le_bytes();
        [&[253], length.as_slice()].concat()
    });
    for (_, record) in samples() {
        let whole = packed(&record);
        for (at, claim) in
            (LENGTH_BYTES..whole.len()).flat_map(|at| claims.iter().map(move |claim| (at, claim)))
        {
            let spoiled = [&whole[..at], claim.as_slice(), &whole[at + 1..]].concat();
            // It may be a number that can be as large as that; what would fail here is a panic or an end of the memory.
            drop(unpacked(&with_length(spoiled)));
        }
    }
}

/// Gives a group of one record the length that it has.
fn with_length(mut group: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(group.len() - LENGTH_BYTES).unwrap();
    group[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    group
}

#[test]
fn heads_are_read_without_their_payload() {
    let (_, record) = samples().swap_remove(0);
    let mut group = packed(&record);
    let end = group.len();
    let whole = unpack(&group).next().unwrap().unwrap();
    let payload = end - whole.payload.len();
    group[payload..].fill(0xff);
    let head =
        Head { stream: record.stream, sequence: record.sequence, epoch: record.epoch, time: record.time };
    let spoiled = unpack(&group).next().unwrap().unwrap();
    assert_eq!(spoiled.head, head);
    assert!(matches!(spoiled.record(), Err(WireError::Form(_))));
}

/// The error of reading the sample when the first `from` in its bytes is `to`.
fn spoiled(name: &str, from: &[u8], to: &[u8]) -> Option<WireError> {
    let mut group = packed(&sample(name));
    let at = group.windows(from.len()).position(|window| window == from).unwrap();
    group[at..at + to.len()].copy_from_slice(to);
    unpacked(&group).err()
}

#[test]
fn values_that_do_not_exist_are_refused() {
    for name in ["concert-created-full", "concert-created-in-full"] {
        assert_eq!(spoiled(name, b"JPY", b"ZZZ"), Some(WireError::Value("currency")));
        assert_eq!(spoiled(name, b"organizer-1", b"organizer 1"), Some(WireError::Value("user id")));
    }
    for name in [
        "hold-extended",
        "change-prepared",
        "payment-started",
        "seats-blocked",
        "code-withdrawn",
        "key-noted",
    ] {
        assert_eq!(spoiled(name, b"organizer-1", b"organizer 1"), Some(WireError::Value("user id")));
    }
    for name in ["booked-with-mail", "waitlist-joined", "waitlist-left", "waitlist-left-with-key"] {
        assert_eq!(spoiled(name, b"user-1", b"user 1"), Some(WireError::Value("user id")));
    }
    for text in [b"EARLY BIRD", b"Early-Bird", b"EARLY-BIR\n"] {
        assert_eq!(spoiled("code-added-full", b"EARLY-BIRD", text), Some(WireError::Value("promo code")));
    }
    // The kind of its reduction stands behind the code's text.
    let kind = spoiled("code-added-percent", b"2.0\x01", b"2.0\x03");
    assert!(matches!(kind, Some(WireError::Form(_))), "{kind:?}");
}

#[test]
fn seat_maps_that_cannot_be_are_refused() {
    let row = |seats| SeatRow { section: None, label: "ROW".to_owned(), seats, positions: Vec::new() };
    let wrong = Some(WireError::Value("seat map"));
    // A row of one seat in one position becomes one of two, and one of none.
    for seats in [2, 0] {
        let (from, to) = (b"\x01C\x01\x01\x0e\x10", [1, b'C', seats, 1, 14, 16]);
        assert_eq!(spoiled("concert-created-numbered", from, &to), wrong);
    }
    // The engine would leave out the last seat.
    for (seats, expected) in [(100_000, None), (100_001, wrong)] {
        let mut record = sample("seat-type-added-numbered");
        let Event::Concert(ConcertEvent::SeatTypeAdded { seat_type, .. }) = &mut record.event else {
            panic!()
        };
        seat_type.layout = Layout::Numbered(SeatMap::new(vec![row(seats)]).into());
        assert_eq!(unpacked(&packed(&record)).err(), expected, "{seats}");
    }
}
