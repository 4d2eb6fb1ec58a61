//! Whatever the engine can say comes back as it was said.

use boxoffice_engine::concert::ConcertEvent;
use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::columns::{self, Apart};
use super::samples::samples;
use super::{CONFIG, LENGTH_BYTES, PackedRecord, WireStream, decode_head, pack, quick, unpack};

mod bookings;
mod concerts;
mod words;

fn event() -> impl Strategy<Value = Event> {
    let concerts = prop_oneof![concerts::event(), bookings::event()].prop_map(Event::Concert);
    prop_oneof![9 => concerts, 1 => concerts::accounts_event().prop_map(Event::Accounts)]
}

fn record() -> impl Strategy<Value = Record> {
    (any::<(Option<u64>, u64, u64, i64)>(), event()).prop_map(|((concert, sequence, epoch, time), event)| {
        let stream = concert.map_or(Stream::Accounts, |bits| Stream::Concert(ConcertId::from_bits(bits)));
        Record { stream, sequence, epoch, time: Time(time), event }
    })
}

fn booked_at_its_price() -> impl Strategy<Value = Record> {
    (record(), bookings::booked_at_its_price())
        .prop_map(|(record, event)| Record { event: Event::Concert(event), ..record })
}

/// What a mutation puts in the place of some bytes: a few others, or the beginning of a large number as bincode writes it.
fn replacement() -> impl Strategy<Value = Vec<u8>> {
    let number = (251..=254_u8, any::<u64>());
    let number = number.prop_map(|(tag, number)| [&[tag], number.to_le_bytes().as_slice()].concat());
    prop_oneof![4 => vec(any::<u8>(), 0..4), 1 => number]
}

/// Where, how many bytes go, and what comes instead.
fn mutation() -> impl Strategy<Value = (Index, usize, Vec<u8>)> {
    (any::<Index>(), 0..4_usize, replacement())
}

proptest! {
    #[test]
    fn a_group_of_any_records_comes_back(records in vec(record(), 0..20)) {
        let mut group = Vec::new();
        for record in &records {
            pack(record, &mut group);
        }
        let back: Vec<Record> = unpack(&group).map(|packed| packed.unwrap().record().unwrap()).collect();
        prop_assert_eq!(back, records);
    }

    #[test]
    fn records_that_were_taken_apart_come_back(
        first in any::<u64>(),
        records in vec((record(), any::<(bool, bool)>()), 0..20),
        mutations in vec(mutation(), 0..3),
    ) {
        let concert = ConcertId::from_bits(7);
        let mut group = Vec::new();
        for (place, (mut record, (in_place, is_late))) in (0..).zip(records) {
            if in_place {
                (record.stream, record.sequence) = (Stream::Concert(concert), first.wrapping_add(place));
            }
            record.epoch %= if is_late { u64::MAX } else { 3 };
            pack(&record, &mut group);
        }
        let apart = columns::apart(concert, first, &group).unwrap();
        let (count, length) = (unpack(&group).count(), group.len());
        let (count, length) = (u32::try_from(count).unwrap(), u32::try_from(length).unwrap());
        let together = |apart: &Apart| columns::together((concert, first), count, length, apart);
        prop_assert_eq!(together(&apart), Some(group));
        // Columns that changed a little are put together to anything or nothing. A panic is what would fail here.
        let Apart { mut plain, random } = apart;
        for (place, gone, instead) in mutations {
            let start = place.index(plain.len() + 1);
            plain.splice(start..(start + gone).min(plain.len()), instead);
        }
        let changed = together(&Apart { plain, random });
        prop_assert!(changed.is_none_or(|changed| changed.len() as u64 == u64::from(length)));
    }

    #[test]
    fn the_short_way_reads_what_the_long_one_does(
        record in prop_oneof![record(), booked_at_its_price()],
        mutations in vec(mutation(), 0..3),
    ) {
        let mut group = Vec::new();
        pack(&record, &mut group);
        let mut bytes = group.split_off(LENGTH_BYTES);
        for (place, gone, instead) in mutations {
            let start = place.index(bytes.len() + 1);
            bytes.splice(start..(start + gone).min(bytes.len()), instead);
        }
        if let Some(stream) = quick::stream(&bytes) {
            let decoded = bincode::decode_from_slice::<WireStream, _>(&bytes, CONFIG);
            prop_assert_eq!(decoded.ok().map(|(stream, _)| Stream::from(stream)), Some(stream));
        }
        let Some((head, read)) = quick::head(&bytes) else { return Ok(()) };
        prop_assert_eq!(decode_head(&bytes), Ok((head, read)));
        let packed = PackedRecord { head, bytes: &bytes, payload: &bytes[read..] };
        let plain = quick::plain_booking(packed.payload, |event| event);
        for event in [plain, quick::booking(packed.payload)].into_iter().flatten() {
            prop_assert_eq!(packed.decode(), Ok(event));
        }
    }

    #[test]
    fn bookings_at_their_price_take_the_short_way(mut record in booked_at_its_price()) {
        let Event::Concert(ConcertEvent::Booked { items, .. }) = &mut record.event else { unreachable!() };
        // Those of more seat types than concerts have take the long way.
        items.iter_mut().for_each(|item| item.seat_type.0 %= 251);
        let is_plain = matches!(&items[..], [item] if item.seats.is_empty());
        let mut group = Vec::new();
        pack(&record, &mut group);
        for packed in unpack(&group) {
            let payload = packed.unwrap().payload;
            prop_assert_eq!(quick::plain_booking(payload, |_| ()).is_some(), is_plain);
            prop_assert!(quick::booking(payload).is_some());
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..300)) {
        // Whether they mean anything does not matter; a panic is what would fail here.
        unpack(&bytes).for_each(|packed| drop(packed.and_then(|packed| packed.record())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn records_that_changed_a_little_are_read_without_a_panic(
        sample in any::<Index>(),
        mutations in vec(mutation(), 1..4),
    ) {
        let samples = samples();
        let mut group = Vec::new();
        pack(&sample.get(&samples).1, &mut group);
        let mut record = group.split_off(LENGTH_BYTES);
        for (at, gone, come) in mutations {
            let at = at.index(record.len() + 1);
            let end = record.len().min(at + gone);
            record.splice(at..end, come);
        }
        let length = u32::try_from(record.len()).unwrap();
        let group = [length.to_le_bytes().as_slice(), &record].concat();
        for record in unpack(&group).filter_map(|packed| packed.and_then(|packed| packed.record()).ok()) {
            // What can be read can be written and read again, and is then the same.
            let mut again = Vec::new();
            pack(&record, &mut again);
            let back = unpack(&again).next().unwrap().and_then(|packed| packed.record());
            prop_assert_eq!(back, Ok(record));
        }
    }
}
