use std::fs;

use boxoffice_engine::ids::ConcertId;
use boxoffice_engine::time::Time;

use super::*;
use crate::chain::Tip;
use crate::tampering::names_in;

mod crashes;
mod damage;
mod disk;

fn concert(bits: u64) -> Stream {
    Stream::Concert(ConcertId::from_bits(bits))
}

fn tail(generation: u64) -> Tail {
    Tail { generation, tip: Tip { frames: 10 * generation, records: 100 * generation, ..Tip::default() } }
}

/// A state that says whose and of when it is, of some length that differs.
fn state(stream: Stream, generation: u64) -> Vec<u8> {
    let own = format!("{stream:?} after generation {generation}; ");
    own.repeat(1 + usize::try_from(generation % 7).unwrap()).into_bytes()
}

/// A sketch, as every third concert has one.
fn sketch(stream: Stream, generation: u64) -> Option<Vec<u8>> {
    let Stream::Concert(concert) = stream else { return None };
    concert.bits().is_multiple_of(3).then(|| format!("{concert} at {generation}").into_bytes())
}

fn put(draft: &mut Draft<'_>, stream: Stream, generation: u64) {
    let time = Time(i64::try_from(generation).unwrap());
    let (state, sketch) = (state(stream, generation), sketch(stream, generation));
    draft.put(stream, generation + 1, 1, time, sketch.as_deref(), &state).unwrap();
}

/// Takes the snapshot behind a generation, in which these streams changed.
fn take(snapshots: &Snapshots, generation: u64, streams: &[Stream]) -> Result<Snapshots, KeepError> {
    let mut draft = snapshots.draft()?;
    for stream in streams {
        let (state, sketch) = (state(*stream, generation), sketch(*stream, generation));
        draft.put(*stream, generation + 1, 1, Time(0), sketch.as_deref(), &state)?;
    }
    draft.commit(tail(generation))
}

/// A directory with a snapshot for each list of streams.
fn taken(generations: &[&[Stream]]) -> (tempfile::TempDir, Snapshots) {
    let dir = tempfile::tempdir().unwrap();
    let mut snapshots = Snapshots::open(dir.path()).unwrap();
    for (generation, streams) in (0..).zip(generations) {
        snapshots = take(&snapshots, generation, streams).unwrap();
    }
    (dir, snapshots)
}

/// Whether the newest snapshot has the state and the sketch that a stream had behind this generation.
fn check(snapshots: &Snapshots, stream: Stream, generation: u64) {
    let (entry, bytes) = snapshots.read(stream).unwrap().unwrap();
    assert_eq!((entry.stream, entry.sequence), (stream, generation + 1));
    assert_eq!(bytes, state(stream, generation));
    assert_eq!(read_sketch(snapshots, stream), Ok(sketch(stream, generation)));
}

/// The sketch that a stream has in the newest snapshot.
fn read_sketch(snapshots: &Snapshots, stream: Stream) -> Result<Option<Vec<u8>>, Damage> {
    let entry = snapshots.newest().unwrap().entries.get(stream).unwrap();
    snapshots.read_sketch(&entry, &mut Decompressor::new())
}

#[test]
fn an_empty_directory_has_no_snapshots() {
    let (dir, snapshots) = taken(&[]);
    assert!(snapshots.newest().is_none() && snapshots.before().is_none() && snapshots.wrong().is_empty());
    assert_eq!(snapshots.read(Stream::Accounts), Ok(None));
    snapshots.clean().unwrap();
    assert_eq!(names_in(dir.path()), Vec::<String>::new());
    let beneath = dir.path().join("deeper/snapshots");
    assert!(Snapshots::open(&beneath).unwrap().newest().is_none(), "a directory is made where there is none");
}

#[test]
fn what_is_put_is_read_before_and_after_a_restart() {
    let (dir, _) = taken(&[]);
    let empty = Snapshots::open(dir.path()).unwrap();
    let mut draft = empty.draft().unwrap();
    for stream in [concert(7), Stream::Accounts, concert(3)] {
        put(&mut draft, stream, 5);
    }
    let committed = draft.commit(tail(6)).unwrap();
    for snapshots in [&committed, &Snapshots::open(dir.path()).unwrap()] {
        let newest = snapshots.newest().unwrap();
        assert_eq!(newest.tail, tail(6));
        let streams: Vec<Stream> = newest.entries.iter().map(|entry| entry.stream).collect();
        assert_eq!(streams, [Stream::Accounts, concert(3), concert(7)]);
        for stream in streams {
            let (entry, bytes) = snapshots.read(stream).unwrap().unwrap();
            assert_eq!((entry.sequence, entry.epoch, entry.time), (6, 1, Time(5)));
            assert_eq!(bytes, state(stream, 5));
            assert_eq!(read_sketch(snapshots, stream), Ok(sketch(stream, 5)));
        }
        assert_eq!(snapshots.read(concert(4)), Ok(None));
    }
}

#[test]
fn streams_that_are_not_put_keep_their_states() {
    let (dir, snapshots) = taken(&[&[concert(1), concert(2)], &[concert(2)], &[concert(3)], &[]]);
    for snapshots in [&snapshots, &Snapshots::open(dir.path()).unwrap()] {
        assert_eq!(snapshots.newest().unwrap().tail, tail(3));
        assert_eq!(snapshots.before().unwrap().tail, tail(2));
        check(snapshots, concert(1), 0);
        check(snapshots, concert(2), 1);
        check(snapshots, concert(3), 2);
    }
    assert!(
        !dir.path().join("states-0000000003").exists(),
        "a snapshot in which nothing changed has no states"
    );
}

#[test]
fn the_snapshot_before_has_the_states_of_its_time() {
    let (_dir, snapshots) = taken(&[&[concert(1)], &[concert(1)], &[concert(1)]]);
    check(&snapshots, concert(1), 2);
    check(&snapshots.fall_back().unwrap(), concert(1), 1);
}

#[test]
fn snapshots_can_be_read_as_long_as_somebody_has_them() {
    let (dir, snapshots) = taken(&[&[concert(1), concert(3)]]);
    let mut later = snapshots.clone();
    for generation in 1..4 {
        later = take(&later, generation, &[concert(1), concert(3)]).unwrap();
        later.clean().unwrap();
    }
    assert!(!dir.path().join("states-0000000000").exists());
    check(&snapshots, concert(1), 0);
    check(&snapshots, concert(3), 0);
    check(&later.fall_back().unwrap(), concert(3), 2);
}

#[test]
fn of_two_states_of_a_stream_the_later_counts() {
    let (_dir, empty) = taken(&[]);
    let mut draft = empty.draft().unwrap();
    put(&mut draft, concert(1), 4);
    put(&mut draft, concert(1), 5);
    check(&draft.commit(tail(0)).unwrap(), concert(1), 5);
}

#[test]
fn a_draft_that_is_dropped_changes_nothing() {
    let (dir, snapshots) = taken(&[&[concert(1)]]);
    let mut draft = snapshots.draft().unwrap();
    put(&mut draft, concert(1), 9);
    drop(draft);
    let again = Snapshots::open(dir.path()).unwrap();
    check(&again, concert(1), 0);
    assert!(dir.path().join("states-0000000001.new").exists());
    again.clean().unwrap();
    assert_eq!(names_in(dir.path()), ["manifest-0000000000", "states-0000000000"]);
}

#[test]
fn what_is_too_long_or_goes_back_is_refused() {
    let (_dir, snapshots) = taken(&[&[concert(1)], &[]]);
    let mut draft = snapshots.draft().unwrap();
    let sketch = vec![0; usize::try_from(SKETCH_BYTES_MAX).unwrap() + 1];
    assert!(draft.put(concert(1), 1, 1, Time(0), Some(&sketch[1..]), b"").is_ok());
    let error = draft.put(concert(1), 1, 1, Time(0), Some(&sketch), b"").unwrap_err().to_string();
    assert!(error.ends_with("it takes 67108865 bytes, more than the 67108864 that there can be"), "{error}");
    let error = draft.commit(tail(0)).unwrap_err().to_string();
    assert_eq!(error, "a tail cannot be kept: it begins with generation 0 instead of 1");
}

#[test]
fn ten_thousand_concerts_are_opened_and_read() {
    let (dir, empty) = taken(&[]);
    let mut draft = empty.draft().unwrap();
    (0..10_000).for_each(|bits| put(&mut draft, concert(bits), bits));
    draft.commit(tail(0)).unwrap();
    let snapshots = take(&Snapshots::open(dir.path()).unwrap(), 1, &[concert(5_000)]).unwrap();
    assert_eq!(snapshots.newest().unwrap().entries.len(), 10_000);
    (0..10_000).filter(|bits| *bits != 5_000).for_each(|bits| check(&snapshots, concert(bits), bits));
    check(&snapshots, concert(5_000), 1);
}
