//! Layers, refusals, and what is shown.

use super::*;

mod gateway;

type Variables<'a> = &'a [(&'a str, &'a str)];

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const ADMIN_USERNAME: (&str, &str) = ("BOXOFFICE_ADMIN_USERNAME", "root");
const ADMIN_EMAIL: (&str, &str) = ("BOXOFFICE_ADMIN_EMAIL", "root@example.com");

fn load(file: &str, variables: Variables<'_>, flags: &[(Setting, &str)]) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boxoffice.toml");
    std::fs::write(&path, file).unwrap();
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    let flags = flags.iter().map(|(setting, value)| (*setting, (*value).to_owned()));
    let shown =
        |error: ConfigError| error.to_string().replace(&format!("{}/", directory.path().display()), "");
    Config::load(flags, variable, Some(&path)).map_err(shown)
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = "listen = \"127.0.0.1:1\"";
    let variables = [("BOXOFFICE_LISTEN", "127.0.0.1:2")];
    let flags = [(Setting::Listen, "127.0.0.1:3")];
    let port = |config: Result<Config, String>| config.unwrap().listen.port();
    assert_eq!(port(load(file, &variables, &flags)), 3);
    assert_eq!(port(load(file, &variables, &[])), 2);
    assert_eq!(port(load(file, &[("BOXOFFICE_LISTEN", "")], &[])), 1);
    assert_eq!(load("", &[], &[]), Ok(Config::default()));
}

#[test]
fn everything_can_be_set() {
    let file = format!(
        "data_dir = \"/tmp/x\"\njwt_secret = \"{SECRET}\"\nadmin_username = \"root\"\nadmin_email = \"root@example.com\"\n\
         admin_password = \"password\"\ndemo = true\ngateway = \"none\"\nrate_limit = \"off\"\n\
         password_threads = 2\n\
         snapshot_bytes = 4096\nsnapshot_events = 100\nsnapshot_seconds = \"60\"\n"
    );
    let admin = Admin {
        username: "root".into(),
        email: "root@example.com".into(),
        password: Secret::new("password"),
    };
    let expected = Config {
        data_dir: "/tmp/x".into(),
        jwt_secret_given: Some(Secret::new(SECRET)),
        admin: Some(admin),
        demo: true,
        rate_limit: false,
        password_threads: 2,
        snapshot_bytes: 4096,
        snapshot_events: 100,
        snapshot_seconds: 60,
        ..Config::default()
    };
    assert_eq!(load(&file, &[], &[]), Ok(expected));
}

#[test]
fn bad_values_are_named_with_a_hint() {
    let cases: [(&str, Variables<'_>, &str); 18] = [
        (
            "",
            &[("BOXOFFICE_LISTEN", "3000")],
            "BOXOFFICE_LISTEN is \"3000\" and must be an IP address with a port (hint: 127.0.0.1:3000, or 0.0.0.0:3000 for everybody)",
        ),
        ("", &[("BOXOFFICE_DEMO", "yes")], "BOXOFFICE_DEMO is \"yes\" and must be true or false"),
        (
            "snapshot_bytes = 4095",
            &[],
            "snapshot_bytes in boxoffice.toml is \"4095\" and must be a number of bytes from 4096 to 1073741824",
        ),
        (
            "",
            &[("BOXOFFICE_SNAPSHOT_EVENTS", "99")],
            "BOXOFFICE_SNAPSHOT_EVENTS is \"99\" and must be a number of events from 100 to 1000000000",
        ),
        (
            "",
            &[("BOXOFFICE_SNAPSHOT_SECONDS", "0")],
            "BOXOFFICE_SNAPSHOT_SECONDS is \"0\" and must be a number of seconds from 1 to 86400",
        ),
        (
            "",
            &[("BOXOFFICE_PASSWORD_THREADS", "0")],
            "BOXOFFICE_PASSWORD_THREADS is \"0\" and must be a number of threads from 1 to 64",
        ),
        ("rate_limit = \"0\"", &[], "rate_limit in boxoffice.toml is \"0\" and must be on or off"),
        (
            "",
            &[("BOXOFFICE_GATEWAY", "paypal")],
            "BOXOFFICE_GATEWAY is \"paypal\" and must be none, simulated or stripe",
        ),
        (
            "",
            &[("BOXOFFICE_JWT_SECRET", "short")],
            "BOXOFFICE_JWT_SECRET must have at least 32 bytes, has 5 (hint: openssl rand -base64 32)",
        ),
        (
            "",
            &[("BOXOFFICE_JWT_SECRET", SECRET), ("BOXOFFICE_JWT_SECRET_FILE", "x")],
            "BOXOFFICE_JWT_SECRET and BOXOFFICE_JWT_SECRET_FILE are both given (hint: keep one of them)",
        ),
        (
            "",
            &[("BOXOFFICE_JWT_SECRET_FILE", "/nowhere/secret")],
            "BOXOFFICE_JWT_SECRET_FILE: /nowhere/secret cannot be read: No such file or directory (os error 2)",
        ),
        (
            "",
            &[("BOXOFFICE_ADMIN_PASSWORD", "password")],
            "an admin needs username, e-mail address and password: missing BOXOFFICE_ADMIN_USERNAME and BOXOFFICE_ADMIN_EMAIL",
        ),
        (
            "",
            &[ADMIN_USERNAME, ADMIN_EMAIL, ("BOXOFFICE_ADMIN_PASSWORD", "open se")],
            "BOXOFFICE_ADMIN_PASSWORD must have 8 to 128 characters",
        ),
        (
            "admin_password = \"open se\"",
            &[ADMIN_USERNAME, ADMIN_EMAIL],
            "admin_password in boxoffice.toml must have 8 to 128 characters",
        ),
        (
            "data_dir = \"\"",
            &[],
            "data_dir in boxoffice.toml is \"\" and must be the path of a directory (hint: ./data)",
        ),
        ("listen = 3000.5", &[], "listen in boxoffice.toml must be a text, a whole number or a boolean"),
        (
            "a = 1\nb = ",
            &[],
            "boxoffice.toml is not TOML: line 2: string values must be quoted, expected literal string",
        ),
        (
            "",
            &[("BOXOFFICE_DEMO", "1"), ("BOXOFFICE_RATE_LIMIT", "no")],
            "BOXOFFICE_DEMO is \"1\" and must be true or false; BOXOFFICE_RATE_LIMIT is \"no\" and must be on or off",
        ),
    ];
    for (file, variables, expected) in cases {
        assert_eq!(load(file, variables, &[]), Err(format!("bad configuration: {expected}")));
    }
    let unknown = load("lisen = \"x\"", &[], &[]).unwrap_err();
    assert!(
        unknown.starts_with(
            "bad configuration: boxoffice.toml has the unknown setting \"lisen\" (hint: known are listen,"
        ),
        "{unknown}"
    );
}

#[test]
fn file_that_is_written_in_another_way_is_refused_with_an_example() {
    let quotes = "(hint: texts stand in quotes, as in listen = \"127.0.0.1:3000\")";
    let section = "boxoffice.toml has the section \"server\", and settings stand in no section \
                   (hint: leave its name out, as in listen = \"127.0.0.1:3000\")";
    let cases = [
        (
            "demo = true\nlisten = 127.0.0.1:4208",
            format!("boxoffice.toml is not TOML: line 2: invalid float, expected nothing {quotes}"),
        ),
        (
            "jwt_secret = 0123-a-secret",
            format!("boxoffice.toml is not TOML: line 1: invalid date, expected month {quotes}"),
        ),
        // What is wrong with these is something else.
        ("demo = true\ndemo = true", "boxoffice.toml is not TOML: line 2: duplicate key".to_owned()),
        ("= 5", "boxoffice.toml is not TOML: line 1: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`".to_owned()),
        ("[server]\nlisten = \"127.0.0.1:1\"", section.to_owned()),
        ("[[server]]\nlisten = \"127.0.0.1:1\"", section.to_owned()),
        ("server.listen = \"127.0.0.1:1\"", section.to_owned()),
    ];
    for (file, expected) in cases {
        assert_eq!(load(file, &[], &[]), Err(format!("bad configuration: {expected}")));
    }
}

#[test]
fn empty_data_directory_is_none() {
    let refused = load("", &[], &[(Setting::DataDir, "")]).unwrap_err();
    assert_eq!(
        refused,
        "bad configuration: --data-dir is \"\" and must be the path of a directory (hint: ./data)"
    );
    // As of every variable: one that is empty counts as unset.
    assert_eq!(load("", &[("BOXOFFICE_DATA_DIR", "")], &[]), Ok(Config::default()));
}

#[test]
fn longest_and_shortest_password_of_an_admin_are_those_of_everybody() {
    for (characters, is_taken) in [(7, false), (8, true), (128, true), (129, false)] {
        let password = "é".repeat(characters);
        let variables = [ADMIN_USERNAME, ADMIN_EMAIL, ("BOXOFFICE_ADMIN_PASSWORD", password.as_str())];
        let loaded = load("", &variables, &[]);
        assert_eq!(loaded.is_ok(), is_taken, "{characters}: {loaded:?}");
    }
}

#[test]
fn file_that_was_asked_for_must_exist() {
    let refused = Config::load([], |_| None, Some(Path::new("/nowhere/boxoffice.toml"))).unwrap_err();
    assert!(refused.to_string().contains("/nowhere/boxoffice.toml cannot be read"), "{refused}");
}

#[test]
fn secret_may_come_from_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("secret");
    std::fs::write(&path, format!("{SECRET}\n")).unwrap();
    let path = path.to_str().unwrap();
    // The environment's file beats the secret of boxoffice.toml.
    let file = "jwt_secret = \"another secret of at least thirty-two bytes\"";
    let config = load(file, &[("BOXOFFICE_JWT_SECRET_FILE", path)], &[]).unwrap();
    assert_eq!(config.jwt_secret().unwrap().reveal(), SECRET);
}

#[test]
fn what_is_shown_is_a_configuration_without_secrets() {
    let variables = [
        ("BOXOFFICE_JWT_SECRET", SECRET),
        ("BOXOFFICE_ADMIN_USERNAME", "root"),
        ("BOXOFFICE_ADMIN_EMAIL", "root@example.com"),
        ("BOXOFFICE_ADMIN_PASSWORD", "hunter22"),
    ];
    let shown = load("", &variables, &[]).unwrap().to_string();
    assert!(!shown.contains(SECRET) && !shown.contains("hunter22"), "{shown}");
    assert!(
        shown.contains("listen = \"127.0.0.1:3000\"") && shown.contains("admin_username = \"root\""),
        "{shown}"
    );
    assert_eq!(load(&load("", &[], &[]).unwrap().to_string(), &[], &[]), Ok(Config::default()));
}
