//! `boxoffice` on the command line.

use crate::harness::{BoxOffice, Ended, Setup, concert, files_below};

fn run(setup: &Setup, arguments: &[&str]) -> Ended {
    setup.run(arguments).ended()
}

#[test]
fn the_version_is_the_one_of_the_package() {
    let ended = run(&Setup::bare(), &["--version"]).cleanly();
    assert_eq!(ended.stdout.trim(), format!("boxoffice {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_help_names_every_command_and_every_setting() {
    let setup = Setup::bare();
    let help = run(&setup, &["--help"]).cleanly().stdout;
    for word in [
        "serve",
        "config",
        "verify",
        "loadtest",
        "--demo",
        "boxoffice.toml",
        "BOXOFFICE_LISTEN",
        "BOXOFFICE_DATA_DIR",
        "BOXOFFICE_JWT_SECRET",
        "BOXOFFICE_ADMIN_USERNAME",
        "BOXOFFICE_ADMIN_EMAIL",
        "BOXOFFICE_ADMIN_PASSWORD",
        "BOXOFFICE_DEMO",
        "BOXOFFICE_GATEWAY",
        "BOXOFFICE_RATE_LIMIT",
        "BOXOFFICE_SMTP_URL",
        "BOXOFFICE_SMTP_PASSWORD",
        "BOXOFFICE_MAIL_FROM",
    ] {
        assert!(help.contains(word), "{word} is missing:\n{help}");
    }
    for command in ["serve", "config", "verify", "loadtest"].map(|command| [command, "--help"]) {
        assert!(run(&setup, &command).cleanly().stdout.contains("Usage: boxoffice"), "{command:?}");
    }
    assert!(!setup.data().exists(), "asking opens nothing");
}

#[test]
fn an_unknown_command_or_flag_is_refused() {
    let setup = Setup::bare();
    for arguments in [&["sell"][..], &["serve", "--colour"], &["serve", "--listen"], &["config", "burn"], &[]]
    {
        let ended = run(&setup, arguments);
        assert!(ended.status.code().is_some_and(|code| code != 0), "{arguments:?}: {ended:?}");
    }
    assert!(!setup.data().exists());
}

#[test]
fn verify_finds_a_sound_store_sound_and_leaves_it_as_it_is() {
    let mut office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    office.customer("carl").has_booked(&made, 1);
    for kills in [false, true] {
        if kills {
            office.kill();
        } else {
            office.close();
        }
        let before = files_below(office.setup().data());
        run(office.setup(), &["verify"]).cleanly();
        assert_eq!(files_below(office.setup().data()), before);
        office.reopen();
    }
}

#[test]
fn verify_of_what_is_no_store_says_so_and_makes_none() {
    let setup = Setup::bare();
    let ended = run(&setup, &["verify"]);
    assert!(!ended.refusal().is_empty());
    assert!(!setup.data().exists());
}
