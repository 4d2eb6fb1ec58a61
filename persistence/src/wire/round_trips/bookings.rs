//! What happens to bookings, payments and those who wait.

use boxoffice_engine::concert::{BookingTerms, ConcertEvent, Discount, Settlement};
use boxoffice_engine::money::MinorUnits;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::words::{booking, errand, hold, item, items, key, payment, seat_type, some_key, time, user};

pub(super) fn event() -> BoxedStrategy<ConcertEvent> {
    prop_oneof![booked(), ended(), held(), changed(), paid(), done(), aside(), waiting()].boxed()
}

pub(super) fn booked_at_its_price() -> BoxedStrategy<ConcertEvent> {
    (user(), items(), any::<bool>(), key())
        .prop_map(|(user, items, mail, idempotency)| ConcertEvent::Booked {
            user,
            items,
            terms: None,
            mail,
            idempotency,
        })
        .boxed()
}

fn booked() -> BoxedStrategy<ConcertEvent> {
    let discount = any::<(u16, MinorUnits)>().prop_map(|(code, amount)| Discount { code, amount });
    let terms = (option::of(hold()), option::of(discount))
        .prop_map(|(hold, discount)| Box::new(BookingTerms { hold, discount }));
    (user(), items(), option::of(terms), any::<bool>(), key())
        .prop_map(|(user, items, terms, mail, idempotency)| ConcertEvent::Booked {
            user,
            items,
            terms,
            mail,
            idempotency,
        })
        .boxed()
}

fn ended() -> BoxedStrategy<ConcertEvent> {
    let refund = prop_oneof![Just(0), any::<MinorUnits>()];
    let one = (booking(), user(), refund, key()).prop_map(|(number, by, refund, idempotency)| {
        ConcertEvent::BookingCancelled { number, by, refund, idempotency }
    });
    let all = booking().prop_map(|through| ConcertEvent::BookingsCancelled { through });
    let told = booking().prop_map(|through| ConcertEvent::ChangeAnnounced { through });
    prop_oneof![3 => one, 1 => all, 1 => told].boxed()
}

fn held() -> BoxedStrategy<ConcertEvent> {
    let extended = (booking(), user(), time(), key()).prop_map(|(number, by, expires_at, idempotency)| {
        ConcertEvent::HoldExtended { number, by, expires_at, idempotency }
    });
    let confirmed = (booking(), user(), key())
        .prop_map(|(number, by, idempotency)| ConcertEvent::HoldConfirmed { number, by, idempotency });
    let noted = (booking(), user(), some_key())
        .prop_map(|(number, by, idempotency)| ConcertEvent::KeyNoted { number, by, idempotency });
    prop_oneof![extended, confirmed, noted].boxed()
}

fn changed() -> BoxedStrategy<ConcertEvent> {
    let change = (booking(), user(), items(), any::<MinorUnits>(), option::of(time()), key());
    change
        .prop_map(|(number, by, items, discount, expires_at, idempotency)| match expires_at {
            None => ConcertEvent::BookingChanged { number, by, items, discount, idempotency },
            Some(expires_at) => {
                ConcertEvent::ChangePrepared { number, by, items, discount, expires_at, idempotency }
            }
        })
        .boxed()
}

fn paid() -> BoxedStrategy<ConcertEvent> {
    let started = (booking(), user(), any::<MinorUnits>(), ".*", ".*", key()).prop_map(
        |(booking, by, amount, gateway, method, idempotency)| ConcertEvent::PaymentStarted {
            booking,
            by,
            amount,
            gateway: gateway.into(),
            method: method.into(),
            idempotency,
        },
    );
    let submitted = (payment(), ".*", option::of(".*")).prop_map(|(payment, reference, client_secret)| {
        let client_secret = client_secret.map(Into::into);
        ConcertEvent::PaymentSubmitted { payment, reference: reference.into(), client_secret }
    });
    let declined = (".*", option::of(time()))
        .prop_map(|(reason, expires_at)| Settlement::Declined { reason: reason.into(), expires_at });
    let settlement = prop_oneof![
        declined,
        Just(Settlement::Confirmed),
        Just(Settlement::Retaken),
        Just(Settlement::ChangeMade),
        Just(Settlement::GivenBack),
    ];
    let settled = (payment(), option::of(".*"), settlement).prop_map(|(payment, reference, settlement)| {
        ConcertEvent::PaymentSettled { payment, reference: reference.map(Into::into), settlement }
    });
    prop_oneof![started, submitted, settled].boxed()
}

fn done() -> BoxedStrategy<ConcertEvent> {
    let refunded =
        (payment(), errand()).prop_map(|(payment, errand)| ConcertEvent::RefundMade { payment, errand });
    let mailed = vec(errand(), 0..100).prop_map(|errands| ConcertEvent::ErrandsDone { errands });
    prop_oneof![refunded, mailed].boxed()
}

fn aside() -> BoxedStrategy<ConcertEvent> {
    (user(), item(), any::<bool>())
        .prop_map(|(by, item, blocked)| {
            if blocked {
                ConcertEvent::SeatsBlocked { by, item }
            } else {
                ConcertEvent::SeatsReleased { by, item }
            }
        })
        .boxed()
}

fn waiting() -> BoxedStrategy<ConcertEvent> {
    let joined = (user(), seat_type(), any::<(u32, bool)>(), key()).prop_map(
        |(user, seat_type, (quantity, mail), idempotency)| ConcertEvent::WaitlistJoined {
            user,
            seat_type,
            quantity,
            mail,
            idempotency,
        },
    );
    let left = (any::<u64>(), user(), key())
        .prop_map(|(number, by, idempotency)| ConcertEvent::WaitlistLeft { number, by, idempotency });
    let offered = (any::<u64>(), items(), hold())
        .prop_map(|(waiter, items, hold)| ConcertEvent::SeatsOffered { waiter, items, hold });
    prop_oneof![joined, left, offered].boxed()
}
