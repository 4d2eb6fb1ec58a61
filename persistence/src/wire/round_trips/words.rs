//! What several events are made of.

use boxoffice_engine::concert::{BookedItem, BookedItems, ErrandNumber, Hold};
use boxoffice_engine::idempotency::IdempotencyKey;
use boxoffice_engine::ids::{BookingNumber, PaymentNumber, SeatTypeNumber, UserId};
use boxoffice_engine::time::Time;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

pub(super) fn user() -> impl Strategy<Value = UserId> + Clone {
    "[a-zA-Z0-9._~-]{1,64}".prop_map(|text| UserId::new(&text).unwrap())
}

pub(super) fn key() -> impl Strategy<Value = Option<IdempotencyKey>> + Clone {
    option::of(some_key())
}

pub(super) fn some_key() -> impl Strategy<Value = IdempotencyKey> + Clone {
    any::<([u8; 16], [u8; 16])>().prop_map(|(key, request)| IdempotencyKey { key, request })
}

pub(super) fn time() -> impl Strategy<Value = Time> + Clone {
    any::<i64>().prop_map(Time)
}

pub(super) fn booking() -> impl Strategy<Value = BookingNumber> + Clone {
    any::<u64>().prop_map(BookingNumber)
}

pub(super) fn payment() -> impl Strategy<Value = PaymentNumber> + Clone {
    any::<u64>().prop_map(PaymentNumber)
}

pub(super) fn seat_type() -> impl Strategy<Value = SeatTypeNumber> + Clone {
    any::<u16>().prop_map(SeatTypeNumber)
}

pub(super) fn errand() -> impl Strategy<Value = ErrandNumber> + Clone {
    any::<(u64, u32)>().prop_map(|(sequence, index)| ErrandNumber { sequence, index })
}

pub(super) fn hold() -> impl Strategy<Value = Hold> + Clone {
    (time(), time(), any::<(bool, bool)>()).prop_map(|(expires_at, until_max, (is_offer, declined))| Hold {
        expires_at,
        until_max,
        is_offer,
        declined,
    })
}

pub(super) fn item() -> impl Strategy<Value = BookedItem> + Clone {
    (seat_type(), any::<(u32, i64)>(), vec(any::<u32>(), 0..50)).prop_map(
        |(seat_type, (quantity, unit_price), seats)| BookedItem {
            seat_type,
            quantity,
            unit_price,
            seats: seats.into(),
        },
    )
}

pub(super) fn items() -> impl Strategy<Value = BookedItems> + Clone {
    vec(item(), 0..5).prop_map(Into::into)
}
