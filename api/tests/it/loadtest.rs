//! `boxoffice loadtest`: against the real box office, which must hold, and against one that lies, which must be found out.

mod dying;
mod liar;
mod refusing;

use serde_json::Value;

use crate::harness::{ADMIN_PASSWORD, BoxOffice, Ended, Setup};
use liar::Lie;

const SMALL: [&str; 12] = [
    "--buyers",
    "60",
    "--connections",
    "8",
    "--duration",
    "1",
    "--ramp",
    "0",
    "--cancels",
    "30",
    "--retries",
    "30",
];

/// Runs a load of a second, with these flags besides.
fn load(setup: &Setup, address: &str, more: &[&str]) -> Ended {
    let url = format!("http://{address}");
    let arguments = [&["loadtest", url.as_str()], SMALL.as_slice(), more].concat();
    setup.run(&arguments).ended()
}

/// The report of a load on a box office, which must hold.
#[track_caller]
fn held(office: &BoxOffice, more: &[&str]) -> Value {
    let json = office.setup().home().join("report.json");
    let file = json.to_str().expect("a path of the tests");
    let ended = load(office.setup(), &office.address(), &[&["--json", file], more].concat());
    assert_eq!(ended.status.code(), Some(0), "{}\n{:?}", ended.stdout, ended.stderr);
    assert!(ended.stdout.ends_with("every promise held\n"), "{}", ended.stdout);
    serde_json::from_slice(&std::fs::read(json).expect("the report is written")).expect("it is JSON")
}

#[track_caller]
fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("a number, not {value}"))
}

/// What was counted under a status.
fn answers(report: &Value, status: u64) -> u64 {
    let all = report["answers"].as_array().expect("answers");
    all.iter().filter(|answers| answers["status"] == status).map(|answers| number(&answers["count"])).sum()
}

/// How many cases were looked at for what breaks this name's promise.
#[track_caller]
fn checked(report: &Value, breach: &str) -> u64 {
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["breach"] == breach);
    number(&finding.unwrap_or_else(|| panic!("{breach} is not among {findings:?}"))["checked"])
}

/// Asserts that what the report says of its concerts is what the box office says of them.
#[track_caller]
fn agrees(office: &BoxOffice, report: &Value) {
    let admin = office.admin();
    for sold in report["concerts"].as_array().expect("concerts") {
        let path = format!("/concerts/{}", sold["id"].as_str().expect("an id"));
        let concert = admin.get(&path).is(200).json();
        assert_eq!(concert["status"], "closed", "nobody is to find what a load has made");
        // The close is an event, too.
        assert_eq!(number(&concert["sequence"]), number(&sold["events"]) + 1);
        let bookings = admin.lists(&format!("{path}/bookings?limit=100&status=confirmed"));
        assert_eq!(
            bookings.iter().map(|booking| number(&booking["quantity"])).sum::<u64>(),
            number(&sold["sold"])
        );
    }
}

#[test]
fn a_small_rush_for_numbered_seats_holds_to_the_last_seat() {
    let office = BoxOffice::open();
    let html = office.setup().home().join("report.html");
    let report = held(
        &office,
        &[
            "--concerts",
            "2",
            "--seats",
            "70",
            "--numbered",
            "--html",
            html.to_str().expect("a path of the tests"),
        ],
    );
    agrees(&office, &report);
    assert_eq!(number(&report["seatsSold"]), 140);
    for sold in report["concerts"].as_array().expect("concerts") {
        assert_eq!((&sold["sold"], &sold["soldOut"]), (&70.into(), &true.into()));
    }
    // Replays and what the last call sells are no bookings of the load.
    assert!(number(&report["bookings"]) <= answers(&report, 201), "{report}");
    assert!(
        number(&report["cancellations"]) > 0 && answers(&report, 204) > 0 && answers(&report, 409) > 0,
        "{report}"
    );
    for breach in
        ["lost_booking", "lost_cancellation", "seat_twice", "key_twice", "wrongly_refused", "sequence_gap"]
    {
        assert_ne!(checked(&report, breach), 0, "{breach}");
    }
    assert_eq!(checked(&report, "sold_out_inexactly"), 2);
    assert_eq!(
        report["answers"]
            .as_array()
            .map(|all| all.iter().filter(|one| number(&one["status"]) >= 500).count()),
        Some(0)
    );
    let page = std::fs::read_to_string(html).expect("the page is written");
    assert!(page.contains("<svg") && page.contains("Every promise held"), "{page}");
}

#[test]
fn an_open_loop_over_http2_holds() {
    let office = BoxOffice::open();
    let more = ["--http2", "--rate", "300", "--concerts", "3", "--seats", "1000", "--seed", "11"];
    let report = held(&office, &more);
    agrees(&office, &report);
    // A Poisson process of 300 in this second: five standard deviations are 87. Repeats come on top.
    let begun = number(&report["latencies"][1]["count"]) + number(&report["latencies"][2]["count"]);
    let arrivals = begun + number(&report["arrivalsNotBegun"]);
    assert!((213..=387).contains(&arrivals), "{report}");
    assert_eq!(report["plan"]["seed"], 11);
}

#[test]
fn without_a_secret_an_admin_logs_in_and_buyers_are_registered() {
    let office = BoxOffice::open();
    let elsewhere = office.setup().home().join("elsewhere");
    let setup = office.setup().clone().without("BOXOFFICE_JWT_SECRET");
    let setup = setup.variable("BOXOFFICE_LOADTEST_PASSWORD", ADMIN_PASSWORD);
    let directory = elsewhere.to_str().expect("a path of the tests");
    let more = [
        "--buyers",
        "16",
        "--concerts",
        "1",
        "--seats",
        "30",
        "--username",
        "admin",
        "--data-dir",
        directory,
    ];
    let url = format!("http://{}", office.address());
    let ended = setup.run(&[&["loadtest", url.as_str()], &SMALL[2..], &more].concat()).ended();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stdout.contains("16 buyers were registered one by one"), "{}", ended.stdout);
    // Their mails are events that nobody is told of.
    assert!(ended.stdout.contains("unchecked the sequences of a concert have no gap"), "{}", ended.stdout);
    assert!(ended.stdout.contains("30 seats sold in the end, 1 of 1 concerts sold out"), "{}", ended.stdout);
    assert!(!elsewhere.exists(), "a load makes no secret");
}

#[test]
fn a_load_that_cannot_run_says_why_and_ends_with_3() {
    let office = BoxOffice::open();
    let (here, nowhere) = (office.address(), "127.0.0.1:1".to_owned());
    let other_secret = "another secret, of more than thirty-two bytes";
    let without = office.setup().clone().without("BOXOFFICE_JWT_SECRET");
    let without = without.data_at(&office.setup().home().join("elsewhere"));
    let password = without.clone().variable("BOXOFFICE_LOADTEST_PASSWORD", "not the password");
    for (setup, address, more, words) in [
        (office.setup(), &nowhere, &[][..], "cannot be reached"),
        (
            &office.setup().clone().variable("BOXOFFICE_JWT_SECRET", other_secret),
            &here,
            &[],
            "--jwt-secret-file",
        ),
        (&without, &here, &[], "--username"),
        (&password, &here, &["--username", "admin"], "invalid_credentials"),
    ] {
        let ended = load(setup, address, more);
        assert_eq!(ended.status.code(), Some(3), "{words}: {ended:?}");
        assert!(ended.stderr.last().is_some_and(|line| line.contains(words)), "{words}: {ended:?}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let setup = Setup::new();
    for more in [
        &["--buyers", "1"][..],
        &["--rate", "0"],
        &["--cancels", "101"],
        &["--duration", "999999"],
        &["--ramp", "11"],
        &["--seats", "200000", "--numbered"],
        &["--username", "olga"],
    ] {
        let ended = setup.run(&[&["loadtest", "http://127.0.0.1:1"], more].concat()).ended();
        assert_eq!(ended.status.code(), Some(2), "{more:?}: {ended:?}");
    }
    assert_eq!(setup.run(&["loadtest", "https://127.0.0.1:1"]).ended().status.code(), Some(2));
}

#[test]
fn a_box_office_that_lies_is_found_out() {
    let flags = ["--concerts", "1", "--seats", "50", "--numbered"];
    for (lie, breach) in [
        (Lie::Nothing, None),
        (Lie::DoubleSeat, Some("seat_twice")),
        (Lie::LostBooking, Some("lost_booking")),
        (Lie::ForgottenKeys, Some("key_twice")),
        (Lie::LostCancellations, Some("lost_cancellation")),
    ] {
        let ended = load(&Setup::new(), &liar::open(lie), &flags);
        assert_eq!(
            ended.status.code(),
            Some(i32::from(breach.is_some())),
            "{lie:?}: {}\n{:?}",
            ended.stdout,
            ended.stderr
        );
        if let Some(breach) = breach {
            assert!(
                ended.stdout.contains(&format!("            {breach}: rush-")),
                "{lie:?}: {}",
                ended.stdout
            );
        }
    }
}
