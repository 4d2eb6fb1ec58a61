//! What is wrong from the beginning is said at once, and what to do about it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use super::load;
use crate::harness::{BoxOffice, Setup};

/// A server that is no box office: it answers everything with this.
fn another_server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let asked = BufReader::new(stream.try_clone().expect("a handle")).lines();
            asked.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
            // A client that is gone needs no answer.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn another_kind_of_server_is_not_taken_for_a_box_office() {
    for (answer, status) in [
        ("HTTP/1.1 501 Unsupported method\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 501),
        ("HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>", 200),
    ] {
        let ended = load(&Setup::new(), &another_server(answer), &[]);
        assert_eq!(ended.status.code(), Some(3), "{ended:?}");
        let words = format!("a new concert was answered with {status}; hint: is that a box office?");
        assert!(ended.stderr.last().is_some_and(|line| line.ends_with(&words)), "{ended:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_refused_before_the_load() {
    let setup = Setup::new();
    let nowhere = setup.home().join("nope").join("report").display().to_string();
    for flag in ["--html", "--json"] {
        // Nobody listens there: it is not even asked.
        let ended = load(&setup, "127.0.0.1:1", &[flag, &nowhere]);
        assert_eq!(ended.status.code(), Some(3), "{ended:?}");
        let line = ended.refusal();
        assert!(
            line.contains(&format!("{nowhere} cannot be written: ")) && line.contains("hint: "),
            "{line}"
        );
    }
}

#[test]
fn the_text_is_told_even_where_a_file_turns_out_to_be_full() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        println!("skipped: there is no {}", full.display());
        return;
    }
    let office = BoxOffice::open();
    let more = ["--concerts", "1", "--seats", "30", "--html", "/dev/full", "--json", "report.json"];
    let ended = load(office.setup(), &office.address(), &more);
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(ended.stdout.ends_with("every promise held\n"), "{ended:?}");
    assert!(
        ended.stderr.last().is_some_and(|line| line.contains("/dev/full cannot be written")),
        "{ended:?}"
    );
    assert!(office.setup().home().join("report.json").exists(), "the other file is written");
}

#[test]
fn every_file_that_the_readme_of_the_scenarios_runs_is_named_from_the_root() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = root.join("benches/loadtests/README.md");
    let text = std::fs::read_to_string(readme).expect("the README can be read");
    let commands = text.split("```").nth(1).expect("a block of commands");
    let files: Vec<_> = commands.split_whitespace().filter(|word| word.contains("rush.")).collect();
    assert_eq!(files.len(), 2, "{commands}");
    for file in files {
        assert!(root.join(file).exists(), "{file}");
    }
}
