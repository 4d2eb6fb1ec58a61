//! What the box office is told at its start, and what it does not put up with.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::harness::{ADMIN_PASSWORD, BoxOffice, SECRET, Setup, concert};

#[test]
fn a_bad_configuration_is_refused_in_one_line_that_names_it() {
    let password_file = "BOXOFFICE_ADMIN_PASSWORD_FILE";
    for (variable, value) in [
        ("BOXOFFICE_LISTEN", "everywhere"),
        ("BOXOFFICE_LISTEN", "127.0.0.1:99999"),
        ("BOXOFFICE_JWT_SECRET", "thirty-one-bytes-are-not-enough"),
        ("BOXOFFICE_JWT_SECRET_FILE", "/nonexistent/secret"),
        ("BOXOFFICE_ADMIN_PASSWORD", "open se"),
        ("BOXOFFICE_ADMIN_USERNAME", "the admin"),
        ("BOXOFFICE_ADMIN_EMAIL", "nobody"),
        (password_file, "/nonexistent/password"),
        ("BOXOFFICE_DEMO", "perhaps"),
        ("BOXOFFICE_GATEWAY", "piggy_bank"),
        ("BOXOFFICE_RATE_LIMIT", "sometimes"),
        ("BOXOFFICE_PASSWORD_THREADS", "0"),
        ("BOXOFFICE_SMTP_URL", "smtp://mail.example?tls=none"),
        ("BOXOFFICE_SMTP_PASSWORD", "open se"),
        ("BOXOFFICE_MAIL_FROM", "the box office"),
    ] {
        let setup = Setup::new().variable(variable, value);
        let setup = if variable == password_file { setup.without("BOXOFFICE_ADMIN_PASSWORD") } else { setup };
        let setup =
            if variable.ends_with("SECRET_FILE") { setup.without("BOXOFFICE_JWT_SECRET") } else { setup };
        for arguments in [["serve"].as_slice(), &["config", "check"]] {
            let ended = setup.run(arguments).ended();
            assert!(ended.refusal().contains(variable), "{variable}={value}, {arguments:?}: {ended:?}");
            for secret in [SECRET, ADMIN_PASSWORD, "thirty-one-bytes-are-not-enough", "open se"] {
                assert!(!ended.refusal().contains(secret), "a secret is told nobody: {ended:?}");
            }
        }
        assert!(!setup.data().exists(), "{variable}: nothing is made before the configuration is good");
    }
}

#[test]
fn a_log_filter_that_cannot_be_understood_is_warned_of() {
    let mut office = Setup::new().variable("RUST_LOG", "boxoffice=debg").open();
    let warning = &office.process.heard()[0];
    assert!(warning.starts_with("boxoffice: warning: RUST_LOG is passed over"), "{warning}");
    let mut office = Setup::new().variable("RUST_LOG", "").open();
    assert!(!office.process.heard().iter().any(|line| line.contains("RUST_LOG")), "that is one not set");
}

#[test]
fn a_setting_that_there_is_not_is_named_with_the_one_that_was_meant() {
    let setup = Setup::new()
        .variable("BOXOFFICE_LISTN", "x")
        .variable("BOXOFFICE_ADMIN_PASSWD", "a secret")
        .variable("BOXOFFICE_REQUIRE_LOOP", "1")
        .variable("BOXOFFICE_LOADTEST_PASSWORD", "another secret");
    let warnings = [
        "boxoffice: warning: the environment has the unknown setting BOXOFFICE_ADMIN_PASSWD (hint: is BOXOFFICE_ADMIN_PASSWORD meant?)",
        "boxoffice: warning: the environment has the unknown setting BOXOFFICE_LISTN (hint: is BOXOFFICE_LISTEN meant?)",
    ];
    let checked = setup.run(&["config", "check"]).ended().cleanly();
    assert_eq!(checked.stderr, warnings);
    let mut office = setup.open();
    assert_eq!(office.process.heard()[..2], warnings);

    // It may be why there is a refusal, which is one line all the same.
    let refused = setup.without("BOXOFFICE_ADMIN_PASSWORD").refused();
    for words in [
        "missing BOXOFFICE_ADMIN_PASSWORD;",
        "BOXOFFICE_ADMIN_PASSWD (hint: is BOXOFFICE_ADMIN_PASSWORD meant?)",
    ] {
        assert!(refused.refusal().contains(words), "{words}: {refused:?}");
    }
    assert!(!format!("{refused:?}").contains("a secret"), "{refused:?}");
}

#[test]
fn an_empty_data_directory_is_refused_before_anything_is_made() {
    let setup = Setup::bare();
    for command in [&["serve"][..], &["config", "check"], &["verify"], &["snapshot"]] {
        let ended = setup.run(&[command, &["--data-dir", ""]].concat()).ended();
        assert!(ended.refusal().contains("--data-dir is \"\""), "{command:?}: {ended:?}");
        assert_eq!(ended.status.code(), Some(2), "{command:?}: {ended:?}");
        assert_eq!(setup.home().read_dir().expect("a directory").count(), 0, "{command:?}");
    }
}

#[test]
fn a_bad_settings_file_is_refused_in_one_line() {
    for text in ["listen = ", "colour = \"red\"", "listen = 5", "[listen]\nport = 1", "listen = \"nowhere\""]
    {
        let setup = Setup::new().without("BOXOFFICE_LISTEN").file("boxoffice.toml", text);
        let ended = setup.run(&["config", "check"]).ended();
        assert!(ended.refusal().contains("boxoffice.toml"), "{text}: {ended:?}");
        assert!(setup.refused().refusal().contains("boxoffice.toml"));
    }
}

#[test]
fn a_flag_beats_the_environment_and_that_the_file_and_that_the_default() {
    let listens = |setup: &Setup, arguments: &[&str]| {
        let arguments = [&["config", "check"], arguments].concat();
        let told = setup.run(&arguments).ended().cleanly().stdout;
        let line = told.lines().find(|line| line.starts_with("listen")).expect("the address is told");
        line.split('"').nth(1).expect("an address").to_owned()
    };
    let setup = Setup::new().without("BOXOFFICE_LISTEN");
    assert_eq!(listens(&setup, &[]), "127.0.0.1:3000");
    let setup = setup.file("boxoffice.toml", "listen = \"127.0.0.1:3001\"");
    assert_eq!(listens(&setup, &[]), "127.0.0.1:3001");
    let setup = setup.variable("BOXOFFICE_LISTEN", "127.0.0.1:3002");
    assert_eq!(listens(&setup, &[]), "127.0.0.1:3002");
    assert_eq!(listens(&setup, &["--listen", "127.0.0.1:3003"]), "127.0.0.1:3003");
}

#[test]
fn a_good_configuration_is_told_without_its_secrets() {
    let setup = Setup::new();
    let ended = setup.run(&["config", "check"]).ended().cleanly();
    for word in ["127.0.0.1:0", "admin@boxoffice.example", setup.data().to_str().expect("a path")] {
        assert!(ended.stdout.contains(word), "{word}: {ended:?}");
    }
    let told = format!("{ended:?}");
    assert!(!told.contains(SECRET) && !told.contains(ADMIN_PASSWORD));
    assert!(!setup.data().exists(), "checking makes nothing");
}

#[test]
fn secrets_may_come_from_files() {
    let setup = Setup::new().without("BOXOFFICE_JWT_SECRET").without("BOXOFFICE_ADMIN_PASSWORD");
    let (secret, password) = (setup.home().join("secret"), setup.home().join("password"));
    let path = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
    let setup = setup
        .file("secret", &format!("{SECRET}\n"))
        .file("password", &format!("{ADMIN_PASSWORD}\n"))
        .variable("BOXOFFICE_JWT_SECRET_FILE", &path(&secret))
        .variable("BOXOFFICE_ADMIN_PASSWORD_FILE", &path(&password));
    let office = setup.open();
    office.guest().logs_in("admin", ADMIN_PASSWORD).is(200);
    office.organizer("olga").creates(&concert("Night"));
}

#[test]
fn a_secret_that_nobody_gave_is_made_once_for_its_owner_alone() {
    let mut office = Setup::new().without("BOXOFFICE_JWT_SECRET").open();
    let admin = office.guest().with_session(&office.guest().logs_in("admin", ADMIN_PASSWORD).is(200).json());
    let secrets = || {
        let entries = office.setup().data().read_dir().expect("the data directory");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.to_string_lossy().contains("secret")).collect::<Vec<_>>()
    };
    let kept = secrets();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let mode = kept[0].metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = std::fs::read(&kept[0]).expect("a secret");
    assert!(secret.len() >= 32);

    office.restart();
    assert_eq!(std::fs::read(&kept[0]).expect("a secret"), secret);
    admin.get("/users").is(200);
    assert!(office.process.heard().iter().all(|line| !line.contains("jwt-secret")));

    office.close();
    std::fs::remove_file(&kept[0]).expect("a secret");
    office.reopen();
    let warned = office.process.heard().iter().any(|line| {
        line.contains("WARN there is no jwt-secret in")
            && line.contains("access tokens of before are refused")
    });
    assert!(warned, "{:?}", office.process.heard());
    admin.get("/users").refused(401, "invalid_token");
    office.restart();
    assert!(office.process.heard().iter().all(|line| !line.contains("jwt-secret")), "it is said once");
    let elsewhere = Setup::new().without("BOXOFFICE_JWT_SECRET").open();
    let elsewhere = elsewhere.guest().with_token(&admin.id, admin.token.as_deref().expect("a token"));
    elsewhere.get("/users").refused(401, "invalid_token");
}

#[test]
fn the_admin_is_made_once_and_keeps_a_password_of_their_own() {
    let mut office = BoxOffice::open();
    let made = "the admin admin was made, with the password that was given";
    let ignored = "there is an admin already: BOXOFFICE_ADMIN_USERNAME, _EMAIL and _PASSWORD make only the first one, and were ignored";
    let told = |office: &mut BoxOffice| -> Vec<String> {
        let heard = office.process.heard();
        heard.iter().filter(|line| [made, ignored].contains(&line.as_str())).cloned().collect()
    };
    assert_eq!(told(&mut office), [made]);
    assert!(!office.process.heard().iter().any(|line| line.contains(ADMIN_PASSWORD)));
    let guest = office.guest();
    let admin = guest.with_session(&guest.logs_in("admin", ADMIN_PASSWORD).is(200).json());
    let change = serde_json::json!({"currentPassword": ADMIN_PASSWORD, "newPassword": "changed by hand"});
    admin.patch("/auth/profile", &change).is(200);
    office.restart();
    assert_eq!(told(&mut office), [ignored]);
    guest.logs_in("admin", "changed by hand").is(200);
    guest.logs_in("admin", ADMIN_PASSWORD).refused(401, "invalid_credentials");
    assert_eq!(office.admin().lists("/users").len(), 1);
}

#[test]
fn an_address_in_use_is_refused_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let ended = Setup::new().variable("BOXOFFICE_LISTEN", &address).refused();
    assert!(ended.refusal().contains(&address), "{ended:?}");
    assert!(ended.refusal().contains("another process listens there"), "{ended:?}");
    // Kept for documentation: no machine has it.
    let ended = Setup::new().variable("BOXOFFICE_LISTEN", "192.0.2.1:3000").refused();
    assert!(ended.refusal().contains("this machine has no such address"), "{ended:?}");
}

#[test]
fn a_data_directory_that_is_none_is_refused_in_one_line() {
    let setup = Setup::new().file("data", "a file is no directory");
    let path = setup.data().to_str().expect("a path").to_owned();
    for command in ["serve", "snapshot", "verify"] {
        let ended = setup.run(&[command]).ended();
        assert!(ended.refusal().contains(&format!("{path} is no directory; hint: ")), "{ended:?}");
    }
    let ended = setup.clone().data_at(&setup.data().join("below")).refused();
    assert!(ended.refusal().contains("a part of that path is a file"), "{ended:?}");
    assert_eq!(std::fs::read(setup.data()).expect("the file"), b"a file is no directory");
}

#[test]
fn a_data_directory_in_use_is_refused_in_one_line_and_its_user_goes_on() {
    let office = BoxOffice::open();
    let made = office.organizer("olga").creates(&concert("Night"));
    for _ in 0..3 {
        let ended = office.setup().refused();
        assert!(ended.refusal().contains(office.setup().data().to_str().expect("a path")), "{ended:?}");
    }
    office.customer("carl").has_booked(&made, 1);
}

#[test]
fn it_allows_itself_as_many_open_files_as_its_connections_need() {
    let mut process = Setup::new().run_after("ulimit -S -n 256", &["serve"]);
    process.hear("listening on http://").expect("it opens");
    let limits = process.told_by_system("limits");
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("Linux tells it");
    let mut files = files.split_whitespace().map(|number| number.parse().unwrap_or(u64::MAX));
    let (allowed, allowed_on_demand) = (files.next(), files.next());
    assert!(allowed > Some(10_000) || allowed == allowed_on_demand, "{limits}");
}
