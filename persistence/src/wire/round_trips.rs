//! Whatever the engine can say comes back as it was said.

use boxoffice_engine::accounts::AccountsEvent;
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{BookedItem, ConcertEvent, DetailsChange, LocalTime, SeatTypeChange};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, ConcertId, SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{pack, unpack};

fn user() -> impl Strategy<Value = UserId> {
    "[a-zA-Z0-9._~-]{1,64}".prop_map(|text| UserId::new(&text).unwrap())
}

fn key() -> impl Strategy<Value = Option<IdempotencyKey>> {
    option::of(any::<([u8; 16], [u8; 16])>().prop_map(|(key, request)| IdempotencyKey { key, request }))
}

fn item() -> impl Strategy<Value = BookedItem> {
    (any::<(u16, u32, i64)>(), vec(any::<u32>(), 0..50)).prop_map(
        |((number, quantity, unit_price), seats)| BookedItem {
            seat_type: SeatTypeNumber(number),
            quantity,
            unit_price,
            seats,
        },
    )
}

fn details_change() -> impl Strategy<Value = DetailsChange> {
    let times = any::<(Option<Option<i64>>, Option<Option<i64>>, Option<(i64, i32)>)>();
    (option::of(".*"), option::of(".*"), times).prop_map(|(name, description, (opens, closes, start))| {
        DetailsChange {
            name,
            description,
            start: start.map(|(time, offset_seconds)| LocalTime { time: Time(time), offset_seconds }),
            sales_open_at: opens.map(|time| time.map(Time)),
            sales_close_at: closes.map(|time| time.map(Time)),
            ..DetailsChange::default()
        }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let booked = (user(), vec(item(), 0..5), key()).prop_map(|(user, items, idempotency)| {
        Event::Concert(ConcertEvent::Booked { user, items: items.into_iter().collect(), idempotency })
    });
    let cancelled = (any::<u64>(), user(), key()).prop_map(|(number, by, idempotency)| {
        Event::Concert(ConcertEvent::BookingCancelled { number: BookingNumber(number), by, idempotency })
    });
    let details = (user(), details_change()).prop_map(|(by, change)| {
        Event::Concert(ConcertEvent::DetailsChanged { by, change: Box::new(change) })
    });
    let seat_type = (user(), option::of(".*"), any::<(u16, Option<i64>, Option<u32>)>()).prop_map(
        |(by, name, (number, price, total_seats))| {
            let change = SeatTypeChange { name, price, total_seats };
            Event::Concert(ConcertEvent::SeatTypeChanged { by, number: SeatTypeNumber(number), change })
        },
    );
    let registered = (user(), ".*", ".*", ".*").prop_map(|(user, username, email, password_hash)| {
        let (role, session) = (Role::Organizer, None);
        Event::Accounts(AccountsEvent::UserRegistered { user, username, email, password_hash, role, session })
    });
    prop_oneof![booked, cancelled, details, seat_type, registered]
}

fn record() -> impl Strategy<Value = Record> {
    (any::<(Option<u64>, u64, u64, i64)>(), event()).prop_map(|((concert, sequence, epoch, time), event)| {
        let stream = concert.map_or(Stream::Accounts, |bits| Stream::Concert(ConcertId::from_bits(bits)));
        Record { stream, sequence, epoch, time: Time(time), event }
    })
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
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..300)) {
        // Whether they mean anything does not matter; a panic is what would fail here.
        unpack(&bytes).for_each(|packed| drop(packed.and_then(|packed| packed.record())));
    }
}
