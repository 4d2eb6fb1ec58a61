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
fn a_snapshot_makes_no_store_where_there_is_none() {
    let setup = Setup::bare().file("something.txt", "else");
    for data in [setup.home().to_owned(), setup.data().to_owned()] {
        let setup = setup.clone().data_at(&data);
        for command in ["snapshot", "verify"] {
            let ended = run(&setup, &[command]);
            assert!(ended.refusal().contains("there is no store in"), "{command}: {ended:?}");
        }
        assert_eq!(setup.home().read_dir().expect("a directory").count(), 1, "nothing is made");
    }
}

#[test]
fn what_keeps_a_box_office_from_starting_is_told_by_config_check() {
    let setup = Setup::bare();
    std::fs::create_dir(setup.data()).expect("a directory");
    std::fs::write(setup.data().join("jwt-secret"), "short").expect("a file");
    let (checked, served) = (run(&setup, &["config", "check"]), setup.refused());
    assert_eq!(checked.refusal(), served.refusal());
    assert_eq!((checked.status.code(), served.status.code()), (Some(2), Some(2)));
}

#[test]
fn too_few_open_files_are_told_before_anything_is_made() {
    let setup = Setup::bare();
    let refused = setup.run_after("ulimit -n 64", &["serve"]).ended();
    assert!(
        refused.refusal().contains("may have 64 files open, and needs 256 at least; hint: ulimit -n"),
        "{refused:?}"
    );
    assert_eq!(refused.status.code(), Some(1));
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
