//! What the report says, in each of its forms.

use std::time::Duration;

use serde_json::Value;

use super::super::findings::{Findings, Promise};
use super::super::history::{self, Books, Counts, Told};
use super::super::plan::Target;
use super::*;

const HOSTILE: &str = "<script>alert(1)</script>";

fn plan() -> Plan {
    Plan {
        target: Target::parse("http://127.0.0.1:3000").unwrap(),
        buyers: 20_000,
        concerts: 1,
        seats: 1_000,
        is_numbered: false,
        connections: 8,
        is_http2: false,
        rate: Some(2_500.0),
        duration_seconds: 10,
        ramp_seconds: 1,
        cancels_percent: 10,
        retries_percent: 5,
        seed: 7,
        login: None,
        secret: None,
        html: None,
        json: None,
    }
}

fn measured() -> Measured {
    let latencies = Latencies {
        what: "all",
        count: 30_000,
        mean: 1.5,
        p50: 1.0,
        p90: 2.0,
        p99: 12.34,
        p999: 99.0,
        max: 250.0,
    };
    let point = |second, booked, refused, left| Point {
        second,
        booked,
        refused,
        left,
        p50: 1.0,
        p99: 10.0,
        max: 100.0,
        ..Point::default()
    };
    Measured {
        elapsed: Duration::from_secs(10),
        cpu: Duration::from_secs(4),
        latencies: vec![latencies],
        points: vec![point(0.1, 400, 0, 600), point(0.2, 500, 20, 0), point(0.3, 0, 0, 0)],
        answers: vec![(201, String::new(), 900), (409, "sold_out".to_owned(), 29_100)],
        losses: vec![],
        unsettled: 0,
        arrivals_not_begun: 0,
    }
}

fn concerts(name: &str) -> Vec<(Told, Books)> {
    let concert = history::Concert {
        id: "c".to_owned(),
        name: name.to_owned(),
        seat_type: "c-t1".to_owned(),
        seats: 1_000,
        is_numbered: false,
        sequence: 1,
    };
    let books = Books {
        sequence: 1_234,
        sequence_of_seats: 1_234,
        remaining: 0,
        counts: Counts { total: 1_000, booked: 1_000, ..Counts::default() },
        seat_map: Vec::new(),
        bookings: Vec::new(),
    };
    vec![(Told { is_sold_out: true, ..Told::new(concert) }, books)]
}

fn report(measured: &Measured, findings: &Findings) -> Report {
    report_on(measured, checked("Rush", findings))
}

fn report_on(measured: &Measured, checked: Checked) -> Report {
    Report::new(&plan(), measured, checked)
}

fn checked(name: &str, findings: &Findings) -> Checked {
    Checked { concerts: concerts(name), findings: findings.clone(), ..Checked::default() }
}

fn broken() -> Findings {
    let mut findings = Findings::default();
    findings.breaks(Promise::SeatsOnce, format!("{HOSTILE}: seat A-1 is of two bookings"));
    findings
}

#[test]
fn the_text_tells_rates_latencies_answers_and_what_was_checked() {
    let mut findings = Findings::default();
    findings.looks_at(Promise::BookingsKept, 1_900);
    let text = report(&measured(), &findings).to_string();
    for words in [
        "20,000 buyers, 1 concerts of 1,000 seats",
        "open loop of 2500 arrivals a second, 8 connections of HTTP/1.1, 8 requests at a time, seed 7",
        "30,000 done in 10.0 s, 3,000 a second",
        "900 bookings, 0 cancellations; 1,000 seats sold in the end, 1 of 1 concerts sold out",
        "to make this load took 40 % of a processor",
        "12.3",
        "409 sold_out                     29,100",
        "held      every acknowledged booking is there (1,900)",
        "unchecked what is sold out is sold to the last seat",
        "every promise held",
    ] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    assert!(!text.contains("note:"), "{text}");
}

#[test]
fn a_broken_promise_is_named_in_every_form() {
    let report = report(&measured(), &broken());
    assert!(!report.held);
    let text = report.to_string();
    assert!(text.contains("BROKEN    no seat was anybody's twice, at any moment"), "{text}");
    assert!(text.contains("seat_twice: <script>") && text.contains("1 of 13 promises are broken"), "{text}");
    let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let broken: Vec<_> = findings.iter().filter(|finding| finding["broken"] == 1).collect();
    assert_eq!((broken.len(), &broken[0]["breach"]), (1, &"seat_twice".into()));
    assert_eq!(json["held"], false);
    let html = report.html().unwrap();
    assert!(html.contains("Promises are broken") && html.contains("seat A-1 is of two bookings"), "{html}");
}

#[test]
fn what_could_not_be_checked_is_said_in_every_form_and_no_promise_is_said_to_hold() {
    let why = "the box office does not answer any more: connection refused";
    let report = report_on(&measured(), Checked { unchecked: Some(why.to_owned()), ..Checked::default() });
    let text = report.to_string();
    assert!(text.ends_with(&format!("\ncould not be checked: {why}\n")), "{text}");
    assert!(text.contains("900 bookings, 0 cancellations; seats sold in the end: not looked for"), "{text}");
    let html = report.html().unwrap();
    assert!(html.contains("Could not be checked") && html.contains(why), "{html}");
    assert!(html.contains("<b>?</b><span>of 1,000 seats sold in the end"), "{html}");
    for form in [&text, &html] {
        assert!(!form.contains("very promise held") && !form.contains("romises are broken"), "{form}");
    }
    let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!((&json["held"], &json["unchecked"]), (&false.into(), &why.into()));
    assert_eq!(json["seatsSold"], Value::Null);
}

#[test]
fn what_is_broken_stays_broken_where_not_all_could_be_checked() {
    let why = "it was ended by an interrupt";
    let checked = Checked { unchecked: Some(why.to_owned()), ..checked("Rush", &broken()) };
    let text = report_on(&measured(), checked).to_string();
    let words = format!("could not be checked: {why}\n1 of 13 promises are broken\n");
    assert!(text.ends_with(&words), "{text}");
}

#[test]
fn a_concert_without_a_seat_left_is_sold_out_whether_or_not_somebody_was_refused_the_last() {
    let mut checked = checked("Rush", &Findings::default());
    checked.concerts[0].0.is_sold_out = false;
    let report = report_on(&measured(), checked);
    let text = report.to_string();
    assert!(text.contains("1,000 seats sold in the end, 1 of 1 concerts sold out"), "{text}");
    let json: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(json["concerts"][0]["soldOut"], true);
}

#[test]
fn the_json_has_figures_and_curves() {
    let json: Value =
        serde_json::from_str(&report(&measured(), &Findings::default()).json().unwrap()).unwrap();
    assert_eq!(
        (&json["held"], &json["done"], &json["donePerSecond"]),
        (&true.into(), &30_000.into(), &3_000.0.into())
    );
    assert_eq!(json["latencies"][0]["p99"], 12.34);
    assert_eq!(json["answers"][1], serde_json::json!({"status": 409, "code": "sold_out", "count": 29_100}));
    assert_eq!(json["points"].as_array().unwrap().len(), 3);
    assert_eq!((&json["points"][1]["refused"], &json["points"][1]["left"]), (&20.into(), &0.into()));
    assert_eq!((&json["concerts"][0]["soldOut"], &json["plan"]["rate"]), (&true.into(), &2_500.0.into()));
}

#[test]
fn the_page_loads_nothing_runs_nothing_and_shows_text_as_text() {
    let hostile = || HOSTILE.to_owned();
    let checked =
        Checked { notes: vec![hostile()], unchecked: Some(hostile()), ..checked(HOSTILE, &broken()) };
    let page = report_on(&measured(), checked).html().unwrap();
    for loads in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert_eq!(page.matches("http").count(), 2, "only the target, in the title and on top");
    assert!(page.contains("prefers-color-scheme: dark"));
    assert_eq!(page.matches("<svg").count(), 3);
}

#[test]
fn curves_are_drawn_inside_their_pictures_even_of_nothing() {
    let mut silent = measured();
    silent.points.clear();
    for measured in [measured(), silent] {
        let page = report(&measured, &Findings::default()).html().unwrap();
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
        for points in page.split("points=\"").skip(1) {
            let points = points.split('"').next().unwrap();
            for number in points.split([' ', ',']).filter(|number| !number.is_empty()) {
                let number: f64 = number.parse().unwrap();
                assert!((0.0..=900.0).contains(&number), "{points}");
            }
        }
    }
}

#[test]
fn the_curve_of_the_seats_left_falls_from_above_to_the_floor() {
    let svg = curves::seats_left(&measured().points, 1_000);
    let points = svg.split("area left\" points=\"").nth(1).unwrap().split('"').next().unwrap();
    let heights: Vec<f64> =
        points.split_whitespace().map(|point| point.split_once(',').unwrap().1.parse().unwrap()).collect();
    // 220 units for 1,000 seats above the floor at 232: 600, 0 and 0 of them are left.
    assert_eq!(heights, [232.0, 100.0, 232.0, 232.0, 232.0]);
}

#[test]
fn what_makes_figures_mean_less_is_noted() {
    let mut measured = measured();
    measured.cpu = Duration::from_secs(99) / 10;
    (measured.arrivals_not_begun, measured.unsettled) = (12, 5);
    measured.answers.extend([(429, "rate_limited".to_owned(), 3), (401, "invalid_token".to_owned(), 4)]);
    let notes = report(&measured, &Findings::default()).notes;
    let words =
        ["99 % of a processor", "12 arrivals", "5 requests", "BOXOFFICE_RATE_LIMIT=off", "401 invalid_token"];
    assert_eq!(notes.len(), words.len(), "{notes:?}");
    for (note, words) in notes.iter().zip(words) {
        assert!(note.contains(words), "{note}");
    }
}

#[test]
fn numbers_are_easy_to_read() {
    for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(count), text);
    }
    for (value, text) in [(0.0, "0.00"), (1.234, "1.23"), (12.34, "12.3"), (1_234.5, "1234")] {
        assert_eq!(milliseconds(value), text);
    }
}
