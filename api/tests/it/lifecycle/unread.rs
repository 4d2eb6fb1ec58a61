//! Whoever reads what a box office says may be stuck, or gone.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{BoxOffice, Setup, concert, with};

/// Opens a box office that logs all it can, with a reader who has read up to the line that says where it listens.
fn opens_with_reader() -> (BoxOffice, BufReader<File>) {
    let setup = Setup::new().variable("RUST_LOG", "trace");
    let pipe = setup.home().join("stderr");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo exists").success());
    let process = setup.run_after(&format!("exec 2>'{}'", pipe.display()), &["serve"]);
    let mut reader = BufReader::new(File::open(&pipe).expect("the pipe can be read"));
    let mut line = String::new();
    while !line.contains("listening on http://") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).expect("the pipe has text"), 0, "it opens");
    }
    (BoxOffice::listening(setup, process, &line), reader)
}

/// Makes the box office say far more than a pipe and its own buffer take: some kilobytes for each booking, of which one is returned.
fn sells_amid_chatter(office: &BoxOffice) -> Value {
    let olga = office.organizer("olga");
    let standing = json!([{"name": "Standing", "price": 5, "totalSeats": 10_000}]);
    let made = olga.creates(&with(concert("Night"), &json!({"seatTypes": standing})));
    for number in 0..1_000 {
        office.customer(&format!("fan{number}")).has_booked(&made, 1);
    }
    office.customer("ada").has_booked(&made, 1)
}

fn stops_and_has_kept(mut office: BoxOffice, booking: &Value) {
    office.restart();
    assert_eq!(office.customer("ada").sees_booking(booking), *booking);
}

#[test]
fn a_stuck_reader_of_the_log_stops_nothing() {
    let (office, reader) = opens_with_reader();
    let booking = sells_amid_chatter(&office);
    stops_and_has_kept(office, &booking);
    drop(reader);
}

#[test]
fn a_reader_of_the_log_who_comes_back_is_told_how_much_was_lost() {
    let (mut office, reader) = opens_with_reader();
    sells_amid_chatter(&office);
    let lost = reader.lines().map_while(Result::ok).find(|line| line.contains("lines of the log are lost"));
    assert!(lost.is_some());
    office.kill();
}

#[test]
fn a_log_that_nobody_reads_any_more_stops_nothing() {
    let (office, reader) = opens_with_reader();
    drop(reader);
    let booking = sells_amid_chatter(&office);
    stops_and_has_kept(office, &booking);
}
