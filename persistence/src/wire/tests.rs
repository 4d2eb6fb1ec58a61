use boxoffice_engine::journal::Event;

use super::samples::samples;
use super::*;

/// One line per sample: its name and the bytes of its record in hex.
const GOLDEN: &str = include_str!("../../tests/golden/records-v1.hex");

fn packed(record: &Record) -> Vec<u8> {
    let mut group = Vec::new();
    pack(record, &mut group);
    group
}

fn unpacked(group: &[u8]) -> Result<Vec<Record>, WireError> {
    unpack(group).map(|packed| packed?.record()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[test]
fn records_have_the_bytes_of_version_1() {
    let line = |(name, record): &(&str, Record)| format!("{name} {}\n", hex(&packed(record)));
    let lines = samples().iter().map(line).collect::<Vec<_>>().concat();
    assert_eq!(
        lines, GOLDEN,
        "these bytes lie in stores: a change needs a new version, and this one must stay readable"
    );
}

#[test]
fn golden_bytes_are_read_as_the_same_records() {
    assert_eq!(GOLDEN.lines().count(), samples().len());
    for ((name, record), line) in samples().iter().zip(GOLDEN.lines()) {
        let digits = line.split_once(' ').unwrap().1.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let group: Vec<u8> = digits.chunks(2).map(byte).collect();
        assert_eq!(unpacked(&group).as_deref(), Ok(std::slice::from_ref(record)), "{name}");
    }
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
fn bytes_that_belong_to_nothing_are_an_error() {
    for (name, record) in samples() {
        let mut group = packed(&record);
        group.push(0);
        group[0] += 1;
        assert_eq!(unpacked(&group), Err(WireError::LeftOver), "{name}");
    }
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

#[test]
fn values_that_do_not_exist_are_refused() {
    let (_, mut record) = samples().into_iter().find(|(name, _)| *name == "concert-created-full").unwrap();
    let group = packed(&record);
    let spoiled = |from: &[u8], to: &[u8]| {
        let at = group.windows(from.len()).position(|window| window == from).unwrap();
        let mut group = group.clone();
        group[at..at + to.len()].copy_from_slice(to);
        unpacked(&group).err()
    };
    assert_eq!(spoiled(b"JPY", b"ZZZ"), Some(WireError::Value("currency")));
    assert_eq!(spoiled(b"organizer-1", b"organizer 1"), Some(WireError::Value("user id")));
    record.event = Event::Concert(boxoffice_engine::concert::ConcertEvent::TimePassed);
    assert_eq!(unpacked(&packed(&record)), Ok(vec![record]));
}
