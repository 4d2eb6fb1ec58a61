//! Mail servers that are taken, and what is wrong with the others.

use super::super::Config;
use super::*;

const PASSWORD: &str = "hunter22";
const FROM: (&str, &str) = ("BOXOFFICE_MAIL_FROM", "Box Office <tickets@example.com>");

fn load(variables: &[(&str, &str)]) -> Result<Config, String> {
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("boxoffice.toml");
    std::fs::write(&file, "").unwrap();
    Config::load([], variable, Some(&file)).map_err(|error| error.to_string())
}

#[test]
fn without_a_mail_server_mail_goes_to_the_log() {
    let config = load(&[]).unwrap();
    assert_eq!(config.mail_server, None);
    assert!(config.to_string().contains("# mail is told to the log: there is no smtp_url\n"), "{config}");
}

#[test]
fn mail_servers_are_named_by_url() {
    let cases = [
        ("smtps://mail.example", "mail.example", 465, Encryption::Tls, "smtps://mail.example:465"),
        ("smtps://Mail.Example:2465/", "mail.example", 2465, Encryption::Tls, "smtps://mail.example:2465"),
        ("smtp://mail.example", "mail.example", 587, Encryption::StartTls, "smtp://mail.example:587"),
        ("smtps://[2001:db8::1]", "2001:db8::1", 465, Encryption::Tls, "smtps://[2001:db8::1]:465"),
        ("smtp://localhost?tls=none", "localhost", 25, Encryption::None, "smtp://localhost:25?tls=none"),
        (
            "smtp://127.0.0.1:2525?tls=none",
            "127.0.0.1",
            2525,
            Encryption::None,
            "smtp://127.0.0.1:2525?tls=none",
        ),
        ("smtp://[::1]:25?tls=none", "::1", 25, Encryption::None, "smtp://[::1]:25?tls=none"),
    ];
    for (url, host, port, encryption, shown) in cases {
        let server = load(&[FROM, ("BOXOFFICE_SMTP_URL", url)]).unwrap().mail_server.unwrap();
        assert_eq!((&*server.host, server.port, server.encryption), (host, port, encryption), "{url}");
        assert_eq!(server.url(), shown);
        let again = load(&[FROM, ("BOXOFFICE_SMTP_URL", shown)]).unwrap().mail_server.unwrap();
        assert_eq!(again, server);
    }
}

#[test]
fn user_and_password_come_by_different_ways() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("password");
    std::fs::write(&path, format!("{PASSWORD}\n")).unwrap();
    let by_file = ("BOXOFFICE_SMTP_PASSWORD_FILE", path.to_str().unwrap());
    for password in [("BOXOFFICE_SMTP_PASSWORD", PASSWORD), by_file] {
        let url = ("BOXOFFICE_SMTP_URL", "smtps://ada+x%40example.com@mail.example");
        let config = load(&[FROM, url, password]).unwrap();
        let login = config.mail_server.clone().unwrap().login.unwrap();
        assert_eq!((&*login.username, login.password.reveal()), ("ada+x@example.com", PASSWORD));
        let shown = config.to_string();
        assert!(shown.contains("smtp_url = \"smtps://ada%2Bx%40example.com@mail.example:465\""), "{shown}");
        assert!(
            shown.contains("mail_from = ") && shown.contains("# smtp_password is given, not shown"),
            "{shown}"
        );
        assert!(!shown.contains(PASSWORD) && !format!("{config:?}").contains(PASSWORD));
    }
}

#[test]
fn bad_mail_settings_are_named_and_the_url_is_never_repeated() {
    let url = "BOXOFFICE_SMTP_URL";
    let good = (url, "smtps://mail.example");
    let password = ("BOXOFFICE_SMTP_PASSWORD", PASSWORD);
    let shape = "BOXOFFICE_SMTP_URL must be a URL";
    let plain = "BOXOFFICE_SMTP_URL must not say tls=none";
    let query = "BOXOFFICE_SMTP_URL must have no query";
    let host = "BOXOFFICE_SMTP_URL must name a host";
    let cases: [(&[(&str, &str)], &str); 22] = [
        (&[FROM, (url, "mail.example")], shape),
        (&[FROM, (url, "https://hunter22.example")], shape),
        (
            &[FROM, (url, "smtps://ada:hunter22@mail.example")],
            "BOXOFFICE_SMTP_URL must not contain a password",
        ),
        (&[FROM, (url, "smtps://ada:hunter22@mail.example:x")], shape),
        (&[FROM, (url, "smtp://mail.example?tls=none")], plain),
        (&[FROM, (url, "smtp://127.0.0.1.example?tls=none")], plain),
        (&[FROM, (url, "smtp://localhost.example?tls=none")], plain),
        (&[FROM, (url, "smtp://10.0.0.1?tls=none")], plain),
        (&[FROM, (url, "smtp://127.1?tls=none")], plain),
        (&[FROM, (url, "smtps://127.0.0.1?tls=none")], query),
        (&[FROM, (url, "smtp://127.0.0.1?tls=opportunistic")], query),
        (&[FROM, (url, "smtps://mail.example/inbox")], "BOXOFFICE_SMTP_URL must not have a path"),
        (&[FROM, (url, "smtps://mail.example:0")], "BOXOFFICE_SMTP_URL must have a port other than 0"),
        (&[FROM, (url, "smtps://bücher.example")], host),
        (&[FROM, (url, "smtps:")], "BOXOFFICE_SMTP_URL must"),
        (&[good], "a mail server needs BOXOFFICE_MAIL_FROM"),
        (
            &[good, ("BOXOFFICE_MAIL_FROM", "nobody")],
            "BOXOFFICE_MAIL_FROM is \"nobody\" and must be an address",
        ),
        (&[good, ("BOXOFFICE_MAIL_FROM", "a@bücher.example")], "must have an address of ASCII characters"),
        (&[FROM, (url, "smtps://ada@mail.example")], "the mail server's user needs BOXOFFICE_SMTP_PASSWORD"),
        (&[FROM, good, password], "BOXOFFICE_SMTP_PASSWORD is given, but no user in BOXOFFICE_SMTP_URL"),
        (&[password], "BOXOFFICE_SMTP_PASSWORD is given, but no mail server (hint: BOXOFFICE_SMTP_URL"),
        (&[FROM, good, ("BOXOFFICE_SMTP_CA_FILE", "/nowhere/ca.pem")], "/nowhere/ca.pem cannot be read"),
    ];
    for (variables, expected) in cases {
        let refused = load(variables).unwrap_err();
        assert!(refused.contains(expected), "{variables:?}: {refused}");
        assert!(!refused.contains(PASSWORD), "{refused}");
        assert_eq!(refused.matches("; ").count(), 0, "one fault: {refused}");
    }
}

#[test]
fn certificates_to_trust_must_be_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    for text in
        ["", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"]
    {
        std::fs::write(&path, text).unwrap();
        let file = ("BOXOFFICE_SMTP_CA_FILE", path.to_str().unwrap());
        let refused = load(&[FROM, ("BOXOFFICE_SMTP_URL", "smtps://mail.example"), file]).unwrap_err();
        assert!(refused.contains("ca.pem holds no certificate (as PEM)"), "{refused}");
    }
}
