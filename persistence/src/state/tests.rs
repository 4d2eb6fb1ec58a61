use std::panic::{AssertUnwindSafe, catch_unwind};

use boxoffice_engine::concert::{
    Booking, BookingStatus, Concert, ConcertEvent, ErrandNumber, Lane, PaymentStatus, SeatStatus, Stage,
};
use boxoffice_engine::fold::Fold;
use boxoffice_engine::ids::{ConcertId, PaymentNumber, SeatTypeNumber};
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::samples::samples;
use super::*;
use crate::golden;

const GOLDEN: [&str; 2] = [
    include_str!("../../tests/golden/state-v2-concert.hex"),
    include_str!("../../tests/golden/state-v1-accounts.hex"),
];

const WHAT_TO_DO: &str = "these bytes lie in stores. A concert's state in another form needs the next CONCERT_VERSION and a new \
    golden file: old ones are then made again from their concerts' histories. The accounts' needs the next ACCOUNTS_VERSION, a new \
    golden file beside the old one, and a decoder that still reads the old one";

fn the_concert(snapshot: &Snapshot) -> &Concert {
    let State::Concert(concert) = &snapshot.state else { unreachable!("it is a concert's") };
    concert
}

#[test]
fn states_have_the_bytes_of_their_versions() {
    for ((name, snapshot), golden) in samples().iter().zip(GOLDEN) {
        assert_eq!(golden::hex(&encode(snapshot)), golden.trim_end(), "{name}: {WHAT_TO_DO}");
    }
}

#[test]
fn golden_bytes_are_read_as_the_same_states() {
    for ((name, snapshot), golden) in samples().iter().zip(GOLDEN) {
        assert_eq!(decode(&golden::bytes(golden)).as_ref(), Ok(snapshot), "{name}: {WHAT_TO_DO}");
    }
}

#[test]
fn the_sample_concert_has_everything() {
    let [(_, snapshot), _] = samples();
    let concert = the_concert(&snapshot);
    let statuses = concert.bookings().iter().map(|booking| booking.status);
    let statuses: std::collections::HashSet<_> = statuses.collect();
    for status in
        [BookingStatus::Held, BookingStatus::Confirmed, BookingStatus::Cancelled, BookingStatus::Expired]
    {
        assert!(statuses.contains(&status), "{status:?}");
    }
    let paid =
        |wanted: fn(&PaymentStatus) -> bool| concert.payments().iter().any(|payment| wanted(&payment.status));
    assert!(paid(|status| matches!(status, PaymentStatus::Processing)));
    assert!(paid(|status| matches!(status, PaymentStatus::Succeeded)));
    assert!(paid(|status| matches!(status, PaymentStatus::Failed(_))));
    let refunds: Vec<_> = concert.payments().iter().flat_map(|payment| &payment.refunds).collect();
    assert!(refunds.iter().any(|refund| refund.is_made) && refunds.iter().any(|refund| !refund.is_made));
    assert!(concert.bookings().iter().any(|booking| booking.pending().is_some()));
    assert!(concert.bookings().iter().any(|booking| booking.hold().is_some_and(|hold| hold.is_offer)));
    assert!(concert.wishes().count() == 1 && concert.terms().codes.len() == 2);
    for lane in [Lane::Money, Lane::Mail] {
        assert!(concert.owed().after(lane, ErrandNumber::default()).count() > 0, "{lane:?}");
    }
    let hall = SeatTypeNumber(1);
    let map = concert.terms().seat_types[hall.index()].layout.map().unwrap();
    let seats: Vec<SeatStatus> = concert.seating(hall).unwrap().statuses(map).collect();
    for status in [SeatStatus::Available, SeatStatus::Held, SeatStatus::Booked, SeatStatus::Blocked] {
        assert!(seats.contains(&status), "{status:?}");
    }
    let warned = concert.bookings().iter().filter_map(Booking::expires_at).min();
    assert!(concert.next_due() < warned, "somebody is to be warned first");
}

#[test]
fn a_state_of_another_version_is_told_from_damage() {
    for (name, snapshot) in samples() {
        let mut bytes = encode(&snapshot);
        for version in [0, 9, u16::MAX] {
            bytes[..VERSION_BYTES].copy_from_slice(&version.to_le_bytes());
            assert_eq!(decode(&bytes), Err(StateError::OtherVersion(version)), "{name}");
            assert_eq!(decode(&bytes[..=VERSION_BYTES]), Err(StateError::OtherVersion(version)), "{name}");
        }
    }
    assert_eq!(decode(&[1, 0, 2, 0]), Err(StateError::Kind(2)));
}

#[test]
fn a_state_that_is_cut_is_refused() {
    for (name, snapshot) in samples() {
        let whole = encode(&snapshot);
        for length in 0..whole.len() {
            let read = decode(&whole[..length]);
            assert!(matches!(read, Err(StateError::Form(_))), "{name} cut to {length} bytes: {read:?}");
        }
        let longer = [whole, vec![0; 3]].concat();
        assert_eq!(decode(&longer), Err(StateError::LeftOver(3)), "{name}");
    }
}

#[test]
fn no_claimed_length_is_believed() {
    // As bincode writes these numbers; where a length stands they claim more elements than any memory holds.
    let claims =
        [u64::MAX, u64::MAX / 2, 1 << 40].map(|length| [&[253], length.to_le_bytes().as_slice()].concat());
    let mut refused = 0;
    for (_, snapshot) in samples() {
        let whole = encode(&snapshot);
        for (at, claim) in
            (VERSION_BYTES + 1..whole.len()).flat_map(|at| claims.iter().map(move |claim| (at, claim)))
        {
            let bytes = [&whole[..at], claim.as_slice(), &whole[at + 1..]].concat();
            refused += usize::from(is_survived(&bytes).is_err());
        }
    }
    assert!(
        refused > 1_000,
        "most places of a state cannot hold such a number, yet only {refused} were refused"
    );
}

#[test]
fn a_broken_state_is_not_begun_from() {
    let [(_, snapshot), _] = samples();
    let sound = encode(&snapshot);
    let captured = the_concert(&snapshot).ledger().captured;
    let zigzag = |amount: i64| [&[252][..], &u32::try_from(2 * amount).unwrap().to_le_bytes()].concat();
    let (captured, more) = (zigzag(captured), zigzag(captured + 1));
    let at = sound.windows(5).rposition(|bytes| bytes == captured).unwrap();
    let bytes = [&sound[..at], &more, &sound[at + 5..]].concat();
    let error = Fold::begin(decode(&bytes).unwrap()).unwrap_err();
    assert!(error.to_string().contains("does not balance"), "{error}");
}

#[test]
fn what_is_wrong_with_a_state_is_wrong_without_what_it_sheds() {
    let sound = encode(&with_something_settled());
    let (mut wrong, mut missed) = (0, Vec::new());
    for (at, bit) in (VERSION_BYTES + 1..sound.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1 << bit;
        let Ok(read) = decode(&bytes) else { continue };
        let concert = the_concert(&read);
        if !is_sound(concert) {
            wrong += 1;
            let shed = || {
                let mut concert = concert.clone();
                concert.shed(&concert.settled(usize::MAX));
                concert
            };
            let left = catch_unwind(AssertUnwindSafe(shed));
            if left.is_ok_and(|left| is_sound(&left)) {
                missed.push((at, bit, concert.check()));
            }
        }
    }
    assert!(wrong > 1_000, "most of a state cannot be otherwise, yet only {wrong} were wrong");
    assert!(missed.is_empty(), "{} of {wrong}: {missed:#?}", missed.len());
}

/// The sample a few days later, when one of its bookings is settled.
fn with_something_settled() -> Snapshot {
    let [(_, snapshot), _] = samples();
    let Snapshot { stream, sequence, epoch, .. } = snapshot;
    let errand = ErrandNumber { sequence: 22, index: 0 };
    let refunded = ConcertEvent::RefundMade { payment: PaymentNumber(20), errand };
    let time = Time(snapshot.state.time().0 + 300_000_000);
    let mut fold = Fold::begin(snapshot).unwrap();
    for (sequence, event) in (sequence + 1..).zip([refunded, ConcertEvent::TimePassed]) {
        fold.take(&Record { stream, sequence, epoch, time, event: Event::Concert(event) }).unwrap();
    }
    let snapshot = fold.into_snapshot();
    assert_ne!(the_concert(&snapshot).settled(usize::MAX), []);
    snapshot
}

fn is_sound(concert: &Concert) -> bool {
    catch_unwind(AssertUnwindSafe(|| concert.check().is_ok())).unwrap_or(false)
}

#[test]
fn a_state_that_says_another_sequence_is_not_begun_from() {
    let id = ConcertId::from_bits(3);
    let state = State::Concert(Box::new(Concert::absent(id)));
    let snapshot = Snapshot { stream: Stream::Concert(id), sequence: 4, epoch: 1, state };
    let back = decode(&encode(&snapshot)).unwrap();
    assert_eq!((back.sequence, the_concert(&back).stage()), (4, Stage::Absent));
    assert!(Fold::begin(back).is_err());
}

/// Reads what may be no state: it is refused, or is a state that can be begun from or not, and is written as it was read.
fn is_survived(bytes: &[u8]) -> Result<(), StateError> {
    let snapshot = decode(bytes)?;
    let again = encode(&snapshot);
    assert_eq!(decode(&again).as_ref(), Ok(&snapshot));
    // Whether it is sound does not matter here; a panic that gets out is what would fail.
    drop(Fold::begin(snapshot));
    Ok(())
}

/// What a mutation puts in the place of some bytes: a few others, or the beginning of a large number as bincode writes it.
fn replacement() -> impl Strategy<Value = Vec<u8>> {
    let number = (251..=254_u8, any::<u64>());
    let number = number.prop_map(|(tag, number)| [&[tag], number.to_le_bytes().as_slice()].concat());
    prop_oneof![4 => vec(any::<u8>(), 0..4), 1 => number]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn states_that_changed_a_little_are_read_without_a_panic(
        sample in 0..2_usize,
        mutations in vec((any::<Index>(), 0..4_usize, replacement()), 1..4),
        flips in vec((any::<Index>(), 0..8_u8), 0..3),
    ) {
        let mut bytes = encode(&samples()[sample].1);
        for (at, gone, come) in mutations {
            let at = at.index(bytes.len() + 1);
            let end = bytes.len().min(at + gone);
            bytes.splice(at..end, come);
        }
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        drop(is_survived(&bytes));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(kind in 0..2_u8, bytes in vec(any::<u8>(), 0..300)) {
        drop(is_survived(&[&[1, 0, kind], bytes.as_slice()].concat()));
    }
}
