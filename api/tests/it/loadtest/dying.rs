//! A box office that dies under the load, or answers nothing any more: that is said, nobody has to wait, and the report is written.

use serde_json::Value;

use crate::harness::{BoxOffice, Ended, Process};

/// A load that writes every form of its report, and is under way.
fn under_way(office: &BoxOffice, seconds: &str) -> Process {
    let url = format!("http://{}", office.address());
    let files = ["--html", "report.html", "--json", "report.json"];
    let flags = ["--buyers", "60", "--connections", "8", "--ramp", "0", "--concerts", "2", "--seed", "1"];
    let arguments = [&["loadtest", url.as_str(), "--duration", seconds], &flags[..], &files].concat();
    let mut load = office.setup().run(&arguments);
    assert!(load.hear(" done, ").is_some(), "it tells how it stands: {:?}", load.ended());
    load
}

#[track_caller]
fn hears(load: &mut Process, words: &str) -> String {
    match load.hear(words) {
        Some(line) => line,
        None => panic!("{words} is never said: {:?}", load.ended()),
    }
}

/// Asserts that every form of the report says that it could not be checked, with these words of the reason.
#[track_caller]
fn could_not_be_checked(office: &BoxOffice, ended: &Ended, words: &str) {
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    let last = ended.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("could not be checked: ") && last.contains(words), "{}", ended.stdout);
    assert!(ended.stdout.contains("seats sold in the end: not looked for"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("every promise held"), "{}", ended.stdout);
    let read = |file| std::fs::read_to_string(office.setup().home().join(file)).expect("it is written");
    let json: Value = serde_json::from_str(&read("report.json")).expect("it is JSON");
    assert_eq!(json["held"], false);
    assert!(json["unchecked"].as_str().is_some_and(|why| why.contains(words)), "{json}");
    assert!(json["bookings"].as_u64().is_some_and(|bookings| bookings > 0), "{json}");
    assert!(read("report.html").contains("Could not be checked"));
    assert!(ended.stderr.last().is_some_and(|line| line.contains(words)), "{ended:?}");
}

#[test]
fn a_box_office_that_dies_is_named_and_two_interrupts_end_the_load_and_the_wait() {
    let mut office = BoxOffice::open();
    let mut load = under_way(&office, "600");
    office.kill();
    let line = hears(&mut load, "(Ctrl-C ends the load)");
    assert!(line.contains("does not answer any more: ") && line.contains("refused"), "{line}");
    assert!(line.contains("hint: does it still run?"), "{line}");
    load.signal("INT");
    hears(&mut load, "it is asked again; Ctrl-C ends that");
    load.signal("INT");
    let ended = load.ended();
    could_not_be_checked(&office, &ended, "refused");
    let lines = ended.stderr.iter().filter(|line| line.contains("(Ctrl-C ends the load)")).count();
    assert_eq!(lines, 1, "what stays as it is is said once: {ended:?}");
}

#[test]
fn when_the_load_is_over_one_interrupt_ends_the_wait() {
    let mut office = BoxOffice::open();
    let mut load = under_way(&office, "4");
    office.kill();
    hears(&mut load, "it is asked again; Ctrl-C ends that");
    load.signal("INT");
    could_not_be_checked(&office, &load.ended(), "refused");
}

#[test]
fn an_interrupt_ends_the_check_of_a_box_office_that_answers_nothing() {
    let office = BoxOffice::open();
    let mut load = under_way(&office, "600");
    office.process.signal("STOP");
    load.signal("INT");
    hears(&mut load, "waits for what is not answered yet");
    load.signal("INT");
    hears(&mut load, "checks");
    load.signal("INT");
    could_not_be_checked(&office, &load.ended(), "ended by an interrupt");
}

#[test]
fn a_load_that_is_ended_early_tells_what_is_sold() {
    let office = BoxOffice::open();
    let url = format!("http://{}", office.address());
    let flags =
        ["--duration", "600", "--connections", "4", "--concerts", "1", "--seats", "1", "--cancels", "0"];
    let mut load = office.setup().run(&[&["loadtest", url.as_str()], &flags[..]].concat());
    hears(&mut load, " 0 seats left");
    load.signal("INT");
    let ended = load.ended();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stdout.contains("1 seats sold in the end, 1 of 1 concerts sold out"), "{}", ended.stdout);
}
