use std::fs;

use boxoffice_engine::concert::{
    BookedItem, Booking, BookingStatus, Changed, Discount, ErrandNumber, Hold, Payment, PaymentStatus,
    Refund, Sale,
};
use boxoffice_engine::ids::{
    BookingId, BookingNumber, ConcertId, PaymentId, PaymentNumber, SeatTypeNumber, UserId,
};
use boxoffice_engine::journal::{EndedBookings, EndedQuery};
use boxoffice_engine::time::Time;

use super::*;
use crate::damage::Flaw;
use crate::new_file::crash;
use crate::tampering::names_in;
use crate::{golden, tampering, wire};

const USERS: u64 = 7;

fn user(number: u64) -> UserId {
    UserId::new(&format!("user-{number}")).unwrap()
}

/// A booking that ended; its number says all that it is.
fn ended(concert: u64, number: u64) -> EndedBooking {
    let is_expired = number.is_multiple_of(3);
    let status = if is_expired { BookingStatus::Expired } else { BookingStatus::Cancelled };
    let seats = (0..u32::try_from(number % 9).unwrap()).collect();
    let item = BookedItem { seat_type: SeatTypeNumber(2), quantity: 1, unit_price: 1_250, seats };
    let payments: Vec<Payment> = (1..=number % 4).map(|nth| payment(number, 10 * number + nth)).collect();
    let sale = (!number.is_multiple_of(5)).then(|| {
        Box::new(Sale {
            changed: Some(Changed { sequence: number + 9, at: Time(77_000) }),
            hold: is_expired.then_some(Hold {
                expires_at: Time(76_000),
                until_max: Time(99_000),
                is_offer: number.is_multiple_of(2),
                declined: false,
            }),
            discount: number.is_multiple_of(2).then_some(Discount { code: 3, amount: 250 }),
            payments: payments.iter().map(|payment| payment.number).collect(),
            paid: 40,
            pending: None,
        })
    });
    let payments = if sale.is_some() { payments } else { Vec::new() };
    // Several of a user's are of the same time; and where a concert is years later, all others of a segment are of the same age.
    let years = if concert == 2 { 400_000_000_000 } else { 0 };
    let created_at = Time(1_700_000_000_000 + years + i64::try_from(number / 4).unwrap());
    let mail = number.is_multiple_of(2);
    EndedBooking {
        concert: ConcertId::from_bits(concert),
        user: user(number % USERS),
        booking: Booking::apart(
            BookingNumber(number),
            [item].into_iter().collect(),
            status,
            mail,
            created_at,
            sale,
        ),
        payments,
    }
}

fn payment(booking: u64, number: u64) -> Payment {
    let status = match number % 2 {
        0 => PaymentStatus::Succeeded,
        _ => PaymentStatus::Failed("card_declined".into()),
    };
    let refund = Refund { errand: ErrandNumber { sequence: number + 1, index: 2 }, amount: 7, is_made: true };
    Payment {
        number: PaymentNumber(number),
        booking: BookingNumber(booking),
        amount: 1_250,
        for_change: number.is_multiple_of(3),
        gateway: "stripe".into(),
        method: "card".into(),
        refunds: [refund].into_iter().filter(|_| status == PaymentStatus::Succeeded).collect(),
        status,
        reference: Some("pi_1".into()),
        client_secret: number.is_multiple_of(3).then(|| "pi_1_secret".into()),
        created_at: Time(1_700_000_000_500),
    }
}

/// What was shed, as it grows, and beside it what must be found in it.
struct Growing {
    dir: tempfile::TempDir,
    ended: Ended,
    expected: EndedBookings,
    all: Vec<EndedBooking>,
}

impl Growing {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ended = Ended::open(dir.path()).unwrap();
        Self { dir, ended, expected: EndedBookings::default(), all: Vec::new() }
    }

    /// Adds a generation for which these were shed, concert by concert.
    fn add(&mut self, generation: u64, shed: &[EndedBooking]) {
        let mut draft = self.ended.draft(generation).unwrap().unwrap();
        for of_concert in shed.chunk_by(|one, next| one.concert == next.concert) {
            draft.put(of_concert).unwrap();
        }
        self.ended = draft.finish().unwrap();
        self.expected.extend(shed.iter().cloned());
        self.all.extend(shed.iter().cloned());
    }

    fn merge_all(&mut self, before: u64) {
        while let Some(merged) = self.ended.merge(before).unwrap() {
            self.ended = self.ended.merged(merged).unwrap();
        }
    }

    /// Everything that can be looked for is found, and nothing else.
    fn check(&self, ended: &Ended) {
        let ask = |query: EndedQuery| {
            assert_eq!(ended.find(&query).unwrap(), self.expected.find(&query), "{query:?}");
        };
        for known in &self.all {
            ask(EndedQuery::Booking(known.id()));
            let beside = BookingId { number: BookingNumber(known.booking.number.0 + 1), ..known.id() };
            ask(EndedQuery::Booking(beside));
            let payments = known.payments.iter().map(|payment| payment.number.0);
            for number in payments.chain([0]) {
                ask(EndedQuery::Payment(PaymentId { concert: known.concert, number: PaymentNumber(number) }));
            }
        }
        let statuses =
            [None, Some(BookingStatus::Cancelled), Some(BookingStatus::Expired), Some(BookingStatus::Held)];
        for status in statuses {
            for limit in [0, 1, 3, 1_000] {
                for concert in (0..4).chain([u64::MAX]).map(ConcertId::from_bits) {
                    for after in [None, Some(0), Some(1), Some(17), Some(400)] {
                        let after = after.map(BookingNumber);
                        ask(EndedQuery::At { concert, status, after, limit });
                    }
                }
                for number in 0..=USERS {
                    let user = user(number);
                    ask(EndedQuery::Of { user: user.clone(), status, after: None, limit });
                    for known in self.all.iter().step_by(61) {
                        let after = Some((known.booking.created_at(), known.id()));
                        ask(EndedQuery::Of { user: user.clone(), status, after, limit });
                    }
                }
            }
        }
        let sound = ended.verify(|_| (), |wrong| panic!("{wrong}"));
        assert_eq!(sound, ended.segments.iter().map(|segment| segment.bookings).sum::<u64>());
    }

    fn checked(&self) {
        self.check(&self.ended);
        self.check(&Ended::open(self.dir.path()).unwrap());
    }
}

/// Bookings of several concerts that were shed for a generation. Each generation sheds some of a concert again, as one does whose state
/// was made of its history.
fn shed_for(generation: u64) -> Vec<EndedBooking> {
    let of_concert = |concert: u64| {
        let first = 40 * generation.saturating_sub(concert % 2);
        (first + 1..first + 60)
            .step_by(usize::try_from(concert + 1).unwrap())
            .map(move |number| ended(concert, number))
    };
    (0..3).filter(|concert| !(generation + concert).is_multiple_of(4)).flat_map(of_concert).collect()
}

#[test]
fn nothing_is_found_where_nothing_was_shed() {
    let mut growing = Growing::new();
    growing.checked();
    assert!(!growing.ended.has_any());
    growing.add(0, &[]);
    growing.checked();
    assert!(!growing.ended.has_any());
    assert_eq!(growing.ended.through(), Some(0));
}

#[test]
fn what_was_shed_is_found_by_number_by_payment_by_user_and_by_concert_before_and_after_merging() {
    let mut growing = Growing::new();
    for generation in 0..9 {
        growing.add(generation, &shed_for(generation));
    }
    growing.checked();
    let files = names_in(growing.dir.path()).len();
    growing.merge_all(9);
    assert_eq!((files, names_in(growing.dir.path()).len()), (9, 2));
    growing.checked();
}

#[test]
fn many_bookings_lie_in_many_blocks_and_pages() {
    let mut growing = Growing::new();
    let many: Vec<_> = (1..1_600).map(|number| ended(1, number)).collect();
    growing.add(3, &many[..800]);
    growing.add(4, &many[700..]);
    growing.all = many.into_iter().step_by(97).collect();
    growing.checked();
}

#[test]
fn a_store_may_begin_to_shed_at_any_generation() {
    let mut growing = Growing::new();
    growing.add(12, &shed_for(1));
    growing.add(13, &shed_for(2));
    growing.checked();
    fs::remove_file(growing.dir.path().join("0000000012-0000000012")).unwrap();
    let Err(KeepError::Damaged(damage)) = Ended::open(growing.dir.path()) else {
        panic!("a generation is missing")
    };
    assert_eq!(damage.flaw, Flaw::Generation { expected: 12, found: 13 });
}

#[test]
fn a_generation_that_no_manifest_counts_on_is_shed_once_more_and_another_not() {
    let mut growing = Growing::new();
    growing.add(0, &shed_for(0));
    growing.add(1, &[ended(1, 300)]);
    let before = growing.ended.clone();
    growing.add(1, &shed_for(1));
    let found = before.find(&EndedQuery::Booking(ended(1, 300).id())).unwrap();
    assert_eq!(found, [ended(1, 300)], "whoever reads goes on with what they had");
    growing.expected = EndedBookings::default();
    growing.expected.extend([shed_for(0), shed_for(1)].concat());
    growing.checked();
    assert!(growing.ended.draft(0).unwrap().is_none(), "it is covered, and not the last");
    assert!(growing.ended.draft(3).unwrap().is_none(), "generation 2 is missing");
}

#[test]
fn a_generation_that_is_shed_during_a_merge_is_there_afterwards() {
    let mut growing = Growing::new();
    (0..8).for_each(|generation| growing.add(generation, &shed_for(generation)));
    let merged = growing.ended.merge(8).unwrap().unwrap();
    growing.add(8, &shed_for(8));
    growing.checked();
    growing.ended = growing.ended.merged(merged).unwrap();
    assert_eq!(names_in(growing.dir.path()).len(), 2);
    growing.checked();
}

#[test]
fn only_generations_that_count_are_merged() {
    let mut growing = Growing::new();
    for generation in 0..8 {
        growing.add(generation, &shed_for(generation));
    }
    assert!(growing.ended.merge(7).unwrap().is_none());
    assert!(growing.ended.merge(8).unwrap().is_some());
}

#[test]
fn a_crash_while_bookings_are_shed_leaves_them_or_not() {
    let mut growing = Growing::new();
    growing.add(0, &shed_for(0));
    let work = |dir: &Path| {
        let mut draft = Ended::open(dir)?.draft(1)?.expect("it is the next");
        draft.put(&[ended(9, 1)])?;
        draft.finish().map(drop)
    };
    let mut seen = Vec::new();
    crash::everywhere(growing.dir.path(), work, |dir, done| {
        let left = Ended::open(dir).unwrap();
        left.clean().unwrap();
        let through = left.through().unwrap();
        assert!(done.is_none() || through == 1);
        seen.push(through);
        work(dir).unwrap();
        let found = Ended::open(dir).unwrap().find(&EndedQuery::Booking(ended(9, 1).id())).unwrap();
        assert_eq!(found, [ended(9, 1)]);
    });
    assert!(seen.is_sorted() && seen[0] == 0 && seen.len() > 5, "{seen:?}");
}

#[test]
fn a_crash_while_segments_are_merged_loses_and_doubles_nothing() {
    let mut growing = Growing::new();
    (0..8).for_each(|generation| growing.add(generation, &shed_for(generation)));
    let work = |dir: &Path| -> Result<(), KeepError> {
        let ended = Ended::open(dir)?;
        let Some(merged) = ended.merge(8)? else { return Ok(()) };
        Ok(ended.merged(merged).map(drop)?)
    };
    growing.all.retain(|ended| ended.booking.number.0.is_multiple_of(29));
    crash::everywhere(growing.dir.path(), work, |dir, _| {
        let left = Ended::open(dir).unwrap();
        growing.check(&left);
        left.clean().unwrap();
        assert_eq!(names_in(dir).len(), left.segments.len(), "only what counts is left");
    });
}

#[test]
fn a_segment_has_the_bytes_of_version_2() {
    let mut growing = Growing::new();
    // Too little for zstd to find anything in it, so that another version of it writes the same.
    growing.add(5, &[ended(0x0123_4567_89ab_cdef, 4)]);
    let bytes = fs::read(growing.dir.path().join("0000000005-0000000005")).unwrap();
    golden::check(&bytes, include_str!("../../tests/golden/ended-v2.hex"));
}

#[test]
fn a_booking_has_the_bytes_of_version_1() {
    let golden = include_str!("../../tests/golden/ended-booking-v1.hex");
    let known = ended(0x0123_4567_89ab_cdef, 6);
    assert!(
        known.booking.hold().is_some() && known.booking.discount().is_some() && known.payments.len() == 2
    );
    let mut bytes = Vec::new();
    wire::pack_ended(&known, &mut bytes);
    golden::check(&bytes, golden);
    let read = wire::unpack_ended(&bytes, known.concert, known.booking.number, known.booking.status);
    assert_eq!(read, Ok(known));
}

#[test]
fn golden_bytes_are_found_as_the_same_bookings() {
    let bytes = golden::bytes(include_str!("../../tests/golden/ended-v2.hex"));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("0000000005-0000000005"), bytes).unwrap();
    let known = ended(0x0123_4567_89ab_cdef, 4);
    let found = Ended::open(dir.path()).unwrap().find(&EndedQuery::Booking(known.id())).unwrap();
    assert_eq!(found, [known]);
}

#[test]
fn every_flipped_bit_and_every_cut_is_seen() {
    let mut growing = Growing::new();
    growing.add(0, &[ended(1, 6), ended(2, 7)]);
    let path = growing.dir.path().join("0000000000-0000000000");
    let bytes = fs::read(&path).unwrap();
    let is_wrong = || match Ended::open(growing.dir.path()) {
        Ok(ended) => {
            let mut wrong = 0;
            ended.verify(|_| (), |_| wrong += 1);
            wrong > 0
        }
        Err(KeepError::Damaged(_)) => true,
        Err(error) => panic!("{error}"),
    };
    assert!(!is_wrong());
    for bit in 0..bytes.len() * 8 {
        tampering::flip(&path, bit);
        assert!(is_wrong(), "bit {bit}");
        tampering::flip(&path, bit);
    }
    for length in (0..bytes.len()).rev() {
        tampering::cut(&path, length);
        assert!(is_wrong(), "{length} bytes");
    }
}

#[test]
fn damage_never_reads_as_nothing() {
    let mut growing = Growing::new();
    growing.add(0, &[ended(1, 6), ended(2, 7)]);
    let path = growing.dir.path().join("0000000000-0000000000");
    let bytes = fs::read(&path).unwrap();
    let queries = |known: &EndedBooking| {
        let (user, concert) = (known.user.clone(), known.concert);
        [
            EndedQuery::Booking(known.id()),
            EndedQuery::Payment(PaymentId {
                concert,
                number: PaymentNumber(10 * known.booking.number.0 + 1),
            }),
            EndedQuery::Of { user, status: None, after: None, limit: 9 },
            EndedQuery::At { concert, status: None, after: None, limit: 9 },
        ]
    };
    for place in 0..bytes.len() {
        tampering::flip(&path, place * 8);
        // Where it opens at all, each of these tells of damage or finds what there was.
        if let Ok(damaged) = Ended::open(growing.dir.path()) {
            for query in [ended(1, 6), ended(2, 7)].iter().flat_map(queries) {
                if let Ok(found) = damaged.find(&query) {
                    assert_eq!(found, growing.expected.find(&query), "byte {place}: {query:?}");
                }
            }
        }
        tampering::flip(&path, place * 8);
    }
}
