//! What organizers do: concerts, their seat types, maps and codes.

use std::sync::Arc;

use boxoffice_engine::accounts::AccountsEvent;
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::{
    CancellationTerms, CodeText, ConcertEvent, Details, DetailsChange, Layout, LocalTime, NewConcert,
    NewSeatType, PromoCode, Reduction, SeatMap, SeatPosition, SeatRow, SeatTypeChange,
};
use boxoffice_engine::money::Currency;
use boxoffice_engine::time::Time;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::words::{key, seat_type, time, user};

pub(super) fn event() -> BoxedStrategy<ConcertEvent> {
    let created = (user(), new_concert(), key()).prop_map(|(organizer, concert, idempotency)| {
        ConcertEvent::Created { organizer, concert: Box::new(concert), idempotency }
    });
    let details = (user(), details_change())
        .prop_map(|(by, change)| ConcertEvent::DetailsChanged { by, change: Box::new(change) });
    let added =
        (user(), new_seat_type()).prop_map(|(by, seat_type)| ConcertEvent::SeatTypeAdded { by, seat_type });
    let changed = (user(), seat_type(), option::of(".*"), any::<(Option<i64>, Option<u32>)>()).prop_map(
        |(by, number, name, (price, total_seats))| {
            let change = SeatTypeChange { name, price, total_seats };
            ConcertEvent::SeatTypeChanged { by, number, change }
        },
    );
    let code =
        (user(), promo_code()).prop_map(|(by, code)| ConcertEvent::CodeAdded { by, code: Box::new(code) });
    let withdrawn = (user(), any::<u16>()).prop_map(|(by, code)| ConcertEvent::CodeWithdrawn { by, code });
    prop_oneof![created, details, added, changed, code, withdrawn].boxed()
}

pub(super) fn accounts_event() -> BoxedStrategy<AccountsEvent> {
    (user(), ".*", ".*", ".*")
        .prop_map(|(user, username, email, password_hash)| {
            let (role, session) = (Role::Organizer, None);
            AccountsEvent::UserRegistered { user, username, email, password_hash, role, session }
        })
        .boxed()
}

fn local_time() -> impl Strategy<Value = LocalTime> {
    (time(), any::<i32>()).prop_map(|(time, offset_seconds)| LocalTime { time, offset_seconds })
}

fn cancellation() -> impl Strategy<Value = CancellationTerms> {
    any::<(u32, i64, u32)>().prop_map(|(deadline_hours, fee_fixed, fee_basis_points)| CancellationTerms {
        deadline_hours,
        fee_fixed,
        fee_basis_points,
    })
}

fn details_change() -> BoxedStrategy<DetailsChange> {
    let texts = (option::of(".*"), option::of(".*"), option::of(".*"), option::of(".*"));
    let times = any::<(Option<Option<i64>>, Option<Option<i64>>)>();
    let rules = (option::of(cancellation()), any::<(Option<u32>, Option<bool>)>());
    (texts, option::of(local_time()), times, rules)
        .prop_map(|(texts, start, (opens, closes), rules)| {
            let (name, description, genre, venue) = texts;
            let (cancellation, (tickets_per_user_max, forbids_orphan_seats)) = rules;
            DetailsChange {
                name,
                description,
                genre,
                venue,
                start,
                sales_open_at: opens.map(|time| time.map(Time)),
                sales_close_at: closes.map(|time| time.map(Time)),
                tickets_per_user_max,
                cancellation,
                forbids_orphan_seats,
            }
        })
        .boxed()
}

fn details() -> BoxedStrategy<Details> {
    let texts = (".*", ".*", ".*", ".*");
    let times = (local_time(), option::of(time()), option::of(time()));
    (texts, times, cancellation(), any::<(u32, bool)>())
        .prop_map(|(texts, times, cancellation, rules)| {
            let (name, description, genre, venue) = texts;
            let (start, sales_open_at, sales_close_at) = times;
            let (tickets_per_user_max, forbids_orphan_seats) = rules;
            Details {
                name,
                description,
                genre,
                venue,
                start,
                sales_open_at,
                sales_close_at,
                tickets_per_user_max,
                cancellation,
                forbids_orphan_seats,
            }
        })
        .boxed()
}

/// Often one that the first generation of variants can say.
fn new_concert() -> BoxedStrategy<NewConcert> {
    let seconds = (any::<u32>(), prop_oneof![Just(3_600), any::<u32>()]);
    let currency = prop::sample::select(vec!["USD", "EUR", "JPY", "KWD"])
        .prop_map(|code| Currency::from_code(code).unwrap());
    (details(), currency, any::<(bool, bool)>(), seconds, vec(new_seat_type(), 0..4))
        .prop_map(
            |(details, currency, (payment_required, draft), (hold_seconds, offer_seconds), seat_types)| {
                NewConcert {
                    details,
                    currency,
                    payment_required,
                    hold_seconds,
                    offer_seconds,
                    draft,
                    seat_types,
                }
            },
        )
        .boxed()
}

fn new_seat_type() -> BoxedStrategy<NewSeatType> {
    let admission = any::<u32>().prop_map(|total_seats| Layout::GeneralAdmission { total_seats });
    let numbered = vec(seat_row(), 0..20).prop_map(|rows| Layout::Numbered(Arc::new(SeatMap::new(rows))));
    (".*", any::<(i64, bool)>(), prop_oneof![2 => admission, 1 => numbered])
        .prop_map(|(name, (price, hidden), layout)| NewSeatType { name, price, layout, hidden })
        .boxed()
}

/// So few seats that a map has all of them.
fn seat_row() -> BoxedStrategy<SeatRow> {
    let drawn = vec(any::<(i32, i32)>().prop_map(|(x, y)| SeatPosition { x, y }), 0..50);
    let seats = prop_oneof![(0..=5_000_u32).prop_map(|seats| (seats, Vec::new())), drawn.prop_map(all_drawn)];
    (option::of(".*"), ".*", seats)
        .prop_map(|(section, label, (seats, positions))| SeatRow { section, label, seats, positions })
        .boxed()
}

fn all_drawn(positions: Vec<SeatPosition>) -> (u32, Vec<SeatPosition>) {
    (u32::try_from(positions.len()).unwrap(), positions)
}

fn promo_code() -> BoxedStrategy<PromoCode> {
    let reduction = prop_oneof![
        Just(Reduction::Nothing),
        any::<u32>().prop_map(Reduction::BasisPoints),
        any::<i64>().prop_map(Reduction::Amount),
    ];
    let bounds = (any::<Option<u32>>(), option::of(time()), vec(seat_type(), 0..50), any::<bool>());
    ("[A-Za-z0-9._-]{1,40}", reduction, bounds)
        .prop_map(|(text, reduction, (uses_max, valid_until, opens, withdrawn))| PromoCode {
            text: CodeText::new(&text).unwrap(),
            reduction,
            uses_max,
            valid_until,
            opens,
            withdrawn,
        })
        .boxed()
}
