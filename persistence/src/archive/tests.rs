use std::collections::BTreeMap;
use std::fs;

use boxoffice_engine::concert::{BookedItem, ConcertEvent};
use boxoffice_engine::ids::{SeatTypeNumber, UserId};
use boxoffice_engine::journal::{Event, Record, Stream};
use boxoffice_engine::time::Time;

use super::*;
use crate::tampering::names_in;
use crate::wire;

mod crashes;
mod damage;
mod merging;

/// A record's bytes as the archive cuts them: their length, and then anything.
fn packed(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

/// So many records of a concert from a sequence on; each says which it is.
fn records(concert: u64, first_sequence: u64, count: u32) -> Vec<u8> {
    let sequences = first_sequence..first_sequence + u64::from(count);
    sequences.flat_map(|sequence| packed(format!("event {sequence} of {concert}").as_bytes())).collect()
}

/// An archive that grows, and beside it what must be in it: how many events of each concert.
struct Growing {
    dir: tempfile::TempDir,
    archive: Archive,
    ends: BTreeMap<u64, u32>,
}

impl Growing {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        Self { dir, archive, ends: BTreeMap::new() }
    }

    /// Adds a generation in which so much happened at some concerts.
    fn add(&mut self, concerts: &[(u64, u32)]) {
        let generation = self.archive.archived_through().map_or(0, |last| last + 1);
        let mut draft = self.archive.draft(generation).unwrap();
        for (concert, count) in concerts.iter().filter(|(_, count)| *count > 0) {
            let end = self.ends.entry(*concert).or_default();
            let first = u64::from(*end) + 1;
            draft
                .put(ConcertId::from_bits(*concert), first, *count, &records(*concert, first, *count))
                .unwrap();
            *end += count;
        }
        self.archive = draft.finish().unwrap();
    }

    fn merge_all(&mut self) {
        while let Some(merged) = self.archive.merge().unwrap() {
            self.archive = self.archive.merged(merged).unwrap();
        }
    }

    fn reopened(&self) -> Archive {
        Archive::open(self.dir.path()).unwrap()
    }

    /// Holds an archive against what must be in it.
    fn check(&self, archive: &Archive) {
        let concerts: Vec<ConcertId> = self.ends.keys().copied().map(ConcertId::from_bits).collect();
        assert_eq!(archive.concerts().unwrap(), concerts);
        for (concert, end) in &self.ends {
            assert!(
                read(archive, *concert) == records(*concert, 1, *end),
                "concert {concert} has {end} events"
            );
        }
        let mut seen: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        let visit = |concert: ConcertId, _, _, packed: &[u8]| {
            seen.entry(concert.bits()).or_default().extend_from_slice(packed);
        };
        archive.verify(visit, |damage| panic!("{damage}"));
        let expected = self.ends.iter().map(|(concert, end)| (*concert, records(*concert, 1, *end)));
        assert!(seen == expected.collect());
    }
}

/// Everything of a concert; that the blocks say what they hold is checked.
fn read(archive: &Archive, concert: u64) -> Vec<u8> {
    let (mut all, mut next) = (Vec::new(), 1);
    let mut visit = |first: u64, count: u32, packed: &[u8]| {
        assert_eq!(first, next);
        assert_eq!(wire::cut(packed).count(), usize::try_from(count).unwrap());
        next += u64::from(count);
        all.extend_from_slice(packed);
    };
    archive.read(ConcertId::from_bits(concert), &mut visit).unwrap();
    all
}

#[test]
fn an_empty_archive_has_nothing() {
    let growing = Growing::new();
    assert_eq!(growing.archive.archived_through(), None);
    growing.check(&growing.archive);
    assert_eq!(read(&growing.archive, 1), b"");
    assert!(growing.archive.merge().unwrap().is_none());
}

#[test]
fn what_happened_is_read_in_order_over_all_generations() {
    let mut growing = Growing::new();
    growing.add(&[(7, 3), (1, 1), (u64::MAX, 2)]);
    growing.add(&[]);
    growing.add(&[(1, 5), (3, 1)]);
    growing.add(&[(7, 1)]);
    assert_eq!(growing.archive.archived_through(), Some(3));
    assert_eq!(names_in(growing.dir.path()).len(), 4);
    growing.check(&growing.archive);
    growing.check(&growing.reopened());
    assert_eq!(read(&growing.archive, 2), b"", "nothing between others");
    assert_eq!(read(&growing.archive, 0), b"", "nothing before all");
}

#[test]
fn only_the_next_generation_is_taken() {
    let mut growing = Growing::new();
    growing.add(&[(1, 1)]);
    for generation in [0, 2] {
        let error = growing.archive.draft(generation).err().unwrap().to_string();
        assert_eq!(
            error,
            format!("a generation cannot be kept: it begins with generation {generation} instead of 1")
        );
    }
}

#[test]
fn a_draft_that_is_dropped_changes_nothing() {
    let mut growing = Growing::new();
    growing.add(&[(1, 1)]);
    let mut draft = growing.archive.draft(1).unwrap();
    draft.put(ConcertId::from_bits(1), 2, 1, &packed(b"lost")).unwrap();
    drop(draft);
    assert_eq!(names_in(growing.dir.path()), ["0000000000-0000000000", "0000000001-0000000001.new"]);
    growing.check(&growing.reopened());
    growing.archive.clean().unwrap();
    assert_eq!(names_in(growing.dir.path()), ["0000000000-0000000000"]);
}

#[test]
fn records_that_contradict_what_is_said_are_refused() {
    let growing = Growing::new();
    let one = ConcertId::from_bits(1);
    let mut draft = growing.archive.draft(0).unwrap();
    for (count, packed) in [(2, records(1, 1, 3)), (4, records(1, 1, 3)), (0, Vec::new()), (1, Vec::new())] {
        let error = draft.put(one, 1, count, &packed).unwrap_err().to_string();
        assert!(error.ends_with("it has another number of records than is said"), "{error}");
    }
    let three = records(1, 1, 3);
    let error = draft.put(one, 1, 3, &three[..three.len() - 1]).unwrap_err().to_string();
    assert!(error.ends_with("does not make sense: its last record is cut off"), "{error}");
    let mut draft = growing.archive.draft(0).unwrap();
    draft.put(one, 4, 2, &records(1, 4, 2)).unwrap();
    draft.put(one, 1, 2, &records(1, 1, 2)).unwrap();
    let error = draft.finish().unwrap_err().to_string();
    assert!(error.ends_with("it begins at event 4 of its concert instead of 3"), "{error}");
}

#[test]
fn records_of_any_length_come_back() {
    let mut growing = Growing::new();
    let long = |byte: u8, bytes: usize| packed(&vec![byte; bytes]);
    let aim = writer::BLOCK_BYTES_AIM;
    let all =
        [long(1, 10), long(2, 3 * aim), long(3, aim - 4), long(4, 1), long(5, aim / 2), long(6, aim / 2)];
    let one = ConcertId::from_bits(1);
    let mut draft = growing.archive.draft(0).unwrap();
    draft.put(one, 1, 6, &all.concat()).unwrap();
    growing.archive = draft.finish().unwrap();
    assert!(read(&growing.archive, 1) == all.concat());
    let mut blocks = Vec::new();
    growing.archive.read(one, &mut |first, count, _| blocks.push((first, count))).unwrap();
    assert_eq!(blocks, [(1, 1), (2, 1), (3, 1), (4, 2), (6, 1)], "no more than the aim, or one record alone");
    let mut draft = growing.archive.draft(1).unwrap();
    let error = draft.put(one, 7, 1, &long(7, 64 * aim)).unwrap_err().to_string();
    assert!(error.contains("it takes 67108868 bytes, more than the 67108864 that there can be"), "{error}");
}

#[test]
fn ten_thousand_concerts_are_archived_and_read() {
    let mut growing = Growing::new();
    for count in 1..=3 {
        let concerts: Vec<(u64, u32)> = (0..10_000).map(|concert| (concert * 77, count)).collect();
        growing.add(&concerts);
    }
    let archive = growing.reopened();
    assert_eq!(archive.concerts().unwrap().len(), 10_000);
    for concert in (0..10_000).step_by(101).map(|concert| concert * 77) {
        assert!(read(&archive, concert) == records(concert, 1, 6));
        assert_eq!(read(&archive, concert + 1), b"");
    }
    let mut events = 0;
    archive.verify(|_, _, count, _| events += count, |damage| panic!("{damage}"));
    assert_eq!(events, 60_000);
}

/// A thousand bookings by users of 11 random characters, a few milliseconds after one another.
fn bookings() -> Vec<u8> {
    let mut random = 88_172_645_463_325_252_u64;
    let mut draw = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) % below
    };
    let (mut group, mut time) = (Vec::new(), 1_795_000_000_000);
    for sequence in 2..1_002 {
        let user: String = (0..11)
            .map(|_| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(draw(36)).unwrap()]))
            .collect();
        time += i64::try_from(draw(40)).unwrap();
        let quantity = u32::try_from(draw(2) + 1).unwrap();
        let item =
            BookedItem { seat_type: SeatTypeNumber(1), quantity, unit_price: 9_950, seats: [][..].into() };
        let event = ConcertEvent::Booked {
            user: UserId::new(&user).unwrap(),
            items: [item].into_iter().collect(),
            terms: None,
            mail: false,
            idempotency: None,
        };
        let stream = Stream::Concert(ConcertId::from_bits(0x0123_4567_89ab_cdef));
        wire::pack(
            &Record { stream, sequence, epoch: 1, time: Time(time), event: Event::Concert(event) },
            &mut group,
        );
    }
    group
}

#[test]
fn a_booking_takes_at_most_40_bytes() {
    let growing = Growing::new();
    let mut draft = growing.archive.draft(0).unwrap();
    draft.put(ConcertId::from_bits(1), 2, 1_000, &bookings()).unwrap();
    draft.finish().unwrap();
    let bytes = fs::metadata(growing.dir.path().join("0000000000-0000000000")).unwrap().len();
    assert!(bytes <= 40 * 1_000, "{bytes} bytes for 1,000 bookings");
}
