use boxoffice_engine::concert::ConcertEvent;
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;

use super::super::quick::CONCERT;
use super::super::samples::samples;
use super::super::{WireError, cut, pack, short_id};
use super::*;
use crate::golden;

const CONCERT_ID: u64 = 0x0123_4567_89ab_cdef;
const ZOE: &str = "Zoe456789_-abcdefghijk";
const YAN: &str = "Yan456789_-abcdefghijk";

fn concert() -> ConcertId {
    ConcertId::from_bits(CONCERT_ID)
}

/// What happened from a sequence on, packed.
fn packed(first: u64, events: &[ConcertEvent]) -> Vec<u8> {
    let mut group = Vec::new();
    for (sequence, event) in (first..).zip(events) {
        let time = Time(1_795_000_000_000 + i64::try_from(sequence % 1_000).unwrap());
        let event = Event::Concert(event.clone());
        pack(&Record { stream: Stream::Concert(concert()), sequence, epoch: 1, time, event }, &mut group);
    }
    group
}

fn sample(wanted: &str) -> ConcertEvent {
    match samples().into_iter().find(|(name, _)| *name == wanted).unwrap().1.event {
        Event::Concert(event) => event,
        Event::Accounts(event) => panic!("{event:?}"),
    }
}

fn booked(user: &str, key: Option<u8>) -> ConcertEvent {
    let ConcertEvent::Booked { items, .. } = sample("booked") else { panic!("another sample") };
    let idempotency = key.map(|key| IdempotencyKey { key: [key; 16], request: [key + 1; 16] });
    ConcertEvent::Booked { user: UserId::new(user).unwrap(), items, terms: None, mail: false, idempotency }
}

fn cancelled(number: u64, by: &str) -> ConcertEvent {
    let (number, by) = (BookingNumber(number), UserId::new(by).unwrap());
    ConcertEvent::BookingCancelled { number, by, refund: 0, idempotency: None }
}

/// Takes records apart and holds them against what comes of putting them together again.
fn checked(first: u64, packed: &[u8]) -> Apart {
    let apart = apart(concert(), first, packed).unwrap();
    assert!(put_together(first, packed, &apart).as_deref() == Some(packed));
    apart
}

fn put_together(first: u64, packed: &[u8], apart: &Apart) -> Option<Vec<u8>> {
    let count = u32::try_from(cut(packed).count()).unwrap();
    together((concert(), first), count, u32::try_from(packed.len()).unwrap(), apart)
}

#[test]
fn what_is_random_stands_apart_and_is_not_said_twice() {
    let events =
        [booked(ZOE, Some(7)), booked("walk-in", None), cancelled(40, ZOE), cancelled(41, "walk-in")];
    let Apart { plain, random } = checked(40, &packed(40, &events));
    let (id, _) = short_id::pack(ZOE.as_bytes()).unwrap();
    assert_eq!(random, [id, [7; 16], [8; 16]].concat());
    let times = |text: &[u8]| plain.windows(text.len()).filter(|window| *window == text).count();
    assert_eq!((times(ZOE.as_bytes()), times(b"walk-in")), (0, 1));
}

#[test]
fn who_cancels_is_told_where_that_is_not_known_from_the_booking() {
    // Behind the lengths of the columns: the shapes.
    let whose = |event: ConcertEvent| {
        checked(40, &packed(40, &[booked(ZOE, None), event])).plain[COLUMNS + 1] & WHOSE
    };
    assert_eq!(whose(cancelled(40, ZOE)), OWNER);
    assert_eq!(whose(cancelled(40, YAN)), ID, "by somebody else");
    assert_eq!(whose(cancelled(40, "walk-in")), TEXT, "by somebody else");
    assert_eq!(whose(cancelled(39, ZOE)), AGAIN, "a booking of another block");
    assert_eq!(whose(cancelled(41, ZOE)), AGAIN, "itself");
    assert_eq!(whose(cancelled(u64::MAX, ZOE)), AGAIN, "no booking");
    assert_eq!(whose(sample("seats-offered")), NOBODY);
}

#[test]
fn who_was_named_before_and_what_was_asked_before_is_told_by_a_number() {
    let random = |events: &[ConcertEvent]| checked(40, &packed(40, events)).random.len() / ID_BYTES;
    assert_eq!(random(&[booked(ZOE, None), booked(ZOE, None), cancelled(7, ZOE)]), 1);
    assert_eq!(random(&[booked(ZOE, None), booked(YAN, None), booked(ZOE, None)]), 2);
    let with = |key: u8, request: u8| match booked(ZOE, None) {
        ConcertEvent::Booked { user, items, terms, mail, .. } => {
            let idempotency = Some(IdempotencyKey { key: [key; 16], request: [request; 16] });
            ConcertEvent::Booked { user, items, terms, mail, idempotency }
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(random(&[with(1, 9), with(2, 8), with(3, 9), with(4, 8)]), 1 + 4 + 2);
}

#[test]
fn records_of_every_kind_come_back() {
    let events: Vec<ConcertEvent> = samples()
        .into_iter()
        .filter_map(|(_, record)| match record.event {
            Event::Concert(event) => Some(event),
            Event::Accounts(_) => None,
        })
        .collect();
    for first in [1, 250, 70_000, u64::MAX - 1_000] {
        checked(first, &packed(first, &events));
    }
    checked(1, &[]);
}

#[test]
fn records_that_are_not_in_their_place_come_back() {
    let events = [booked(ZOE, Some(1)), cancelled(40, ZOE)];
    checked(7, &packed(40, &events));
    let mut accounts = Vec::new();
    for (_, record) in samples() {
        pack(&record, &mut accounts);
    }
    checked(40, &[packed(40, &events), accounts, packed(42, &events)].concat());
    for bytes in [&b""[..], b"\0", &[CONCERT], &[CONCERT, 253, 1]] {
        let strange = [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat();
        checked(40, &[packed(40, &events), strange, packed(43, &events)].concat());
    }
}

#[test]
fn numbers_that_are_written_longer_than_need_be_come_back() {
    let [number, name] = [40_u64, 22].map(|number| u8::try_from(number).unwrap());
    let whole = packed(41, &[cancelled(40, ZOE)]);
    let place = whole.windows(2).position(|window| *window == [number, name]).unwrap();
    let mut longer = whole.clone();
    longer.splice(place..=place, [251, number, 0]);
    longer[0] += 2;
    checked(41, &longer);
}

#[test]
fn records_that_are_cut_off_are_not_taken_apart() {
    let whole = packed(1, &[booked(ZOE, None)]);
    assert_eq!(apart(concert(), 1, &whole[..whole.len() - 1]), Err(WireError::CutOff));
}

#[test]
fn columns_that_are_not_what_is_said_are_not_put_together() {
    let records = packed(40, &[booked(ZOE, Some(7)), cancelled(40, ZOE)]);
    let whole = checked(40, &records);
    let with = |plain: Vec<u8>, random: Vec<u8>| put_together(40, &records, &Apart { plain, random });
    let Apart { plain, random } = &whole;
    for length in 0..plain.len() {
        assert_eq!(with(plain[..length].to_vec(), random.clone()), None, "{length} bytes");
    }
    for length in 0..random.len() {
        assert_eq!(with(plain.clone(), random[..length].to_vec()), None, "{length} random bytes");
    }
    assert_eq!(with([plain, &b"\0"[..]].concat(), random.clone()), None);
    assert_eq!(with(plain.clone(), [random, &b"\0"[..]].concat()), None);
    let length = u32::try_from(records.len()).unwrap();
    for (count, length) in [(1, length), (3, length), (2, length - 1), (2, length + 1), (2, 0)] {
        assert_eq!(together((concert(), 40), count, length, &whole), None, "{count} records, {length} bytes");
    }
    // Behind the lengths of the columns: the shapes. None has its highest bits but that of what is whole.
    assert_eq!(plain[COLUMNS], ID | KEY | EPOCH);
    for unknown in [1 << 6, 6] {
        let mut plain = plain.clone();
        plain[COLUMNS] |= unknown;
        assert_eq!(with(plain, random.clone()), None);
    }
}

#[test]
fn records_of_no_bytes_are_not_put_together() {
    let records = |count: u8| {
        let plain = [&[count, 0, 0, 0, count, 0, 0, 0], vec![WHOLE; count.into()].as_slice()].concat();
        let plain = [plain, vec![0; count.into()]].concat();
        together((concert(), 1), count.into(), 0, &Apart { plain, random: Vec::new() })
    };
    assert_eq!((records(0), records(1), records(200)), (Some(Vec::new()), None, None));
}

#[test]
fn columns_have_the_bytes_of_version_2_of_the_segment() {
    let events =
        [booked(ZOE, Some(7)), booked("walk-in", None), sample("seat-type-added"), cancelled(40, ZOE)];
    let Apart { plain, random } = checked(40, &[packed(40, &events), b"\x01\0\0\0?".to_vec()].concat());
    golden::check(&[plain, random].concat(), include_str!("../../../tests/golden/columns-v2.hex"));
}
