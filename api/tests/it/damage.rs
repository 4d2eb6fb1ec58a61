//! Damage: a store that was harmed from outside starts whole or not at all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::harness::{
    BoxOffice, Client, Concert, Crowd, Files, Setup, concert, files_below, rounds, seed, with, write_below,
};

/// A killed store: its files, and everything that it had acknowledged.
struct Killed {
    files: Files,
    concerts: Vec<Concert>,
    shown: Vec<Value>,
}

fn shown(admin: &Client, concerts: &[Concert]) -> Vec<Value> {
    let mut all = vec![json!(admin.lists("/users?limit=100")), json!(admin.lists("/concerts?limit=100"))];
    for concert in concerts {
        all.push(admin.get(&concert.path("")).is(200).json());
        all.push(admin.get(&concert.path("/seats")).is(200).json());
        all.push(json!(admin.lists(&concert.path("/bookings?limit=100"))));
    }
    all
}

fn killed_store(seed: u64) -> Killed {
    let mut office = BoxOffice::open();
    let olga = office.organizer("olga");
    let concerts = ["Night", "Day", "Dusk"].map(|name| {
        let seats = json!([{"name": "Standing", "price": 5, "totalSeats": 10_000}]);
        olga.creates(&with(concert(name), &json!({"seatTypes": seats, "maxTicketsPerUser": 4})))
    });
    for name in ["ada", "bob"] {
        office.guest().registers(name, "open sesame");
    }
    let crowd = Crowd::to(&office, &concerts, 4, "fan", seed);
    crowd.acknowledged.after(400);
    crowd.leaves();
    let shown = shown(&office.admin(), &concerts);
    office.kill();
    Killed { files: files_below(office.setup().data()), concerts: concerts.into(), shown }
}

/// Harms one file at a random place, and says how.
fn harm(files: &mut Files, rng: &mut Rng) -> String {
    let harmed: Vec<PathBuf> =
        files.iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(path, _)| path.clone()).collect();
    let path = &harmed[rng.usize(..harmed.len())];
    let bytes = files.get_mut(path).expect("the file");
    // Most of a file may never have been written to; harm there would show nothing.
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(bytes.len(), |last| last + 1);
    let place = rng.usize(..written);
    match rng.u8(..4) {
        0 => bytes.truncate(place),
        1 => {
            let end = bytes.len().min(place + rng.usize(1..5_000));
            bytes[place..end].fill(0);
            return format!("{place}..{end} of {} zeroed", path.display());
        }
        2 => {
            let bit = rng.u8(..8);
            bytes[place] ^= 1 << bit;
            return format!("bit {bit} of byte {place} of {} flipped", path.display());
        }
        _ => {
            let length = rng.usize(1..64).min(bytes.len() - place);
            bytes[place..place + length].iter_mut().for_each(|byte| *byte = rng.u8(..));
            return format!("{length} bytes at {place} of {} overwritten", path.display());
        }
    }
    format!("{} cut to {place} bytes", path.display())
}

/// Starts a store that was harmed: it is whole, or it is refused in one line.
#[track_caller]
fn is_whole_or_refused(store: &Killed, harmed: &Files, how: &str) -> bool {
    let setup = Setup::new();
    write_below(setup.data(), harmed);
    match setup.try_open() {
        Ok(mut office) => {
            let now = shown(&office.admin(), &store.concerts);
            for (now, before) in now.iter().zip(&store.shown) {
                assert_eq!(now, before, "it started with less, after {how}");
            }
            office.close();
            true
        }
        Err(ended) => {
            let line = ended.refusal();
            assert!(
                line.contains("boxoffice verify"),
                "the line says how to look closer, after {how}: {line}"
            );
            setup.refused().refusal();
            let looked = setup.run(&["verify"]).ended();
            let said = format!("{looked:?}");
            assert!(
                looked.status.code().is_some_and(|code| code != 0),
                "verify sees it, too, after {how}: {said}"
            );
            assert!(!said.contains("panicked"), "after {how}: {said}");
            false
        }
    }
}

#[test]
fn a_store_that_was_not_harmed_starts_whole() {
    let store = killed_store(seed("a_store_that_was_not_harmed_starts_whole"));
    assert!(is_whole_or_refused(&store, &store.files, "nothing"));
}

#[test]
fn a_store_that_was_harmed_starts_whole_or_is_refused_in_one_line() {
    let seed = seed("a_store_that_was_harmed_starts_whole_or_is_refused_in_one_line");
    let mut rng = Rng::with_seed(seed);
    let store = killed_store(rng.u64(..));
    let mut whole = 0;
    let trials = rounds("BOXOFFICE_DAMAGE_TRIALS", 12);
    for trial in 0..trials {
        let mut harmed = store.files.clone();
        let how = format!("trial {trial} of seed {seed}: {}", harm(&mut harmed, &mut rng));
        println!("{how}");
        whole += usize::from(is_whole_or_refused(&store, &harmed, &how));
    }
    println!("{whole} of {trials} started whole, the others were refused");
}

#[test]
fn a_store_that_lacks_a_part_starts_whole_or_is_refused_in_one_line() {
    let store = killed_store(seed("a_store_that_lacks_a_part_starts_whole_or_is_refused_in_one_line"));
    let top = |path: &Path| PathBuf::from(path.iter().next().expect("a path has a part"));
    let parts: BTreeSet<_> = store.files.keys().flat_map(|path| [path.clone(), top(path)]).collect();
    for part in parts {
        let mut harmed = store.files.clone();
        harmed.retain(|path, _| !path.starts_with(&part));
        is_whole_or_refused(&store, &harmed, &format!("{} was removed", part.display()));
    }
}
