//! Where mail goes: to a mail server, when one is named.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use lettre::transport::smtp::client::Certificate;
use url::{Host, Url};

use super::reader::Reader;
use super::sources::Found;
use super::{Secret, Setting, is_loopback};

/// What a certificate in a text file begins with.
const PEM_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The mail server, and as whom to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Its name, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// As whom to log in, if at all.
    pub login: Option<MailLogin>,
    /// Whom the mail is from: an address of ASCII characters, perhaps with a name.
    pub from: Mailbox,
    /// Who may vouch for the server, besides whom the system trusts.
    pub authority: Option<Authority>,
}

/// A name and a password for the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailLogin {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
}

/// Certificates to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The file that they come from.
    pub path: PathBuf,
    /// The certificates, as PEM.
    pub pem: String,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// From its beginning: `smtps://`.
    Tls,
    /// With `STARTTLS`, which the server must offer: `smtp://`.
    StartTls,
    /// Not at all: `smtp://...?tls=none`, within this machine only.
    None,
}

impl MailServer {
    /// The server as it is configured, without its password.
    pub fn url(&self) -> String {
        let (scheme, query) = match self.encryption {
            Encryption::Tls => ("smtps", ""),
            Encryption::StartTls => ("smtp", ""),
            Encryption::None => ("smtp", "?tls=none"),
        };
        let user = self.login.as_ref().map(|login| {
            let encoded: String = form_urlencoded::byte_serialize(login.username.as_bytes()).collect();
            format!("{}@", encoded.replace('+', "%20"))
        });
        let (user, port) = (user.unwrap_or_default(), self.port);
        if self.host.contains(':') {
            format!("{scheme}://{user}[{}]:{port}{query}", self.host)
        } else {
            format!("{scheme}://{user}{}:{port}{query}", self.host)
        }
    }
}

impl Reader<'_> {
    /// The mail server, if one is named; a setting that means nothing without one is a fault.
    pub(super) fn mail_server(&mut self) -> Option<MailServer> {
        let faults_before = self.faults.len();
        let url = self.smtp_url();
        let password = self.secret(Setting::SmtpPassword, Setting::SmtpPasswordFile);
        let authority = self.authority();
        let from = self.value(Setting::MailFrom, mailbox);
        if self.sources.get(Setting::SmtpUrl).is_none() {
            let given = [
                password.as_ref().map(|(_, place)| place.as_str()),
                authority.as_ref().and(self.place(Setting::SmtpCaFile)),
                from.as_ref().and(self.place(Setting::MailFrom)),
            ];
            let given: Vec<String> = given.into_iter().flatten().map(str::to_owned).collect();
            for place in given {
                self.faults.push(format!(
                    "{place} is given, but no mail server (hint: BOXOFFICE_SMTP_URL, such as smtps://user@mail.example:465)"
                ));
            }
            return None;
        }
        let SmtpUrl { host, port, encryption, username } = url?;
        let login = match (username, password) {
            (None, None) => None,
            (Some(username), Some((password, place))) => {
                if password.reveal().is_empty() {
                    self.faults.push(format!("{place} is empty"));
                }
                Some(MailLogin { username, password })
            }
            (Some(_), None) => {
                // A password file that cannot be read has been complained about already.
                if self.faults.len() == faults_before {
                    self.faults.push("the mail server's user needs BOXOFFICE_SMTP_PASSWORD".to_owned());
                }
                None
            }
            (None, Some((_, place))) => {
                let hint = "hint: smtps://user@mail.example:465";
                self.faults.push(format!("{place} is given, but no user in BOXOFFICE_SMTP_URL ({hint})"));
                None
            }
        };
        if self.sources.get(Setting::MailFrom).is_none() {
            let hint = "hint: Box Office <tickets@example.com>";
            self.faults.push(format!("a mail server needs BOXOFFICE_MAIL_FROM, whom mail is from ({hint})"));
        }
        Some(MailServer { host, port, encryption, login, from: from?, authority })
    }

    /// The URL's value is never repeated: somebody may have put a password into it.
    fn smtp_url(&mut self) -> Option<SmtpUrl> {
        let Found { value, place, .. } = self.sources.get(Setting::SmtpUrl)?;
        match SmtpUrl::read(value) {
            Ok(url) => Some(url),
            Err(fault) => {
                self.faults.push(format!("{place} {fault}"));
                None
            }
        }
    }

    fn authority(&mut self) -> Option<Authority> {
        let Found { value, place, .. } = self.sources.get(Setting::SmtpCaFile)?;
        let path = Path::new(value);
        let read = std::fs::read_to_string(path)
            .map_err(|error| format!("{place}: {} cannot be read: {error}", path.display()))
            .and_then(|pem| {
                if pem.contains(PEM_CERTIFICATE) && Certificate::from_pem(pem.as_bytes()).is_ok() {
                    Ok(Authority { path: path.to_owned(), pem })
                } else {
                    Err(format!("{place}: {} holds no certificate (as PEM)", path.display()))
                }
            });
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    fn place(&self, setting: Setting) -> Option<&str> {
        self.sources.get(setting).map(|found| found.place.as_str())
    }
}

/// What `BOXOFFICE_SMTP_URL` says.
#[derive(Debug, PartialEq, Eq)]
struct SmtpUrl {
    host: String,
    port: u16,
    encryption: Encryption,
    username: Option<String>,
}

impl SmtpUrl {
    fn read(text: &str) -> Result<Self, &'static str> {
        let shape = "must be a URL (hint: smtps://user@mail.example:465, or smtp://... for STARTTLS)";
        let url = Url::parse(text).map_err(|_| shape)?;
        if url.password().is_some() {
            return Err("must not contain a password (hint: BOXOFFICE_SMTP_PASSWORD)");
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("must not have a path (hint: smtps://user@mail.example:465)");
        }
        let (encryption, default_port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Encryption::Tls, 465),
            ("smtp", None) => (Encryption::StartTls, 587),
            ("smtp", Some("tls=none")) => (Encryption::None, 25),
            ("smtp" | "smtps", _) => return Err("must have no query but ?tls=none, with smtp:// only"),
            _ => return Err(shape),
        };
        let host =
            host(&url).ok_or("must name a host of ASCII letters, digits, '-' and '.', or an address")?;
        if encryption == Encryption::None && !is_loopback(&host) {
            return Err("must not say tls=none of a host other than localhost, 127.0.0.1 or [::1]");
        }
        let port = url.port().unwrap_or(default_port);
        if port == 0 {
            return Err("must have a port other than 0");
        }
        let username = percent_decoded(url.username()).ok_or(
            "must have a user of characters that are written as UTF-8, none of them a control character",
        )?;
        Ok(Self { host, port, encryption, username: (!username.is_empty()).then_some(username) })
    }
}

fn host(url: &Url) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    match url.host()? {
        Host::Domain(name) => {
            (!name.is_empty() && name.bytes().all(plain)).then(|| name.to_ascii_lowercase())
        }
        Host::Ipv4(address) => Some(address.to_string()),
        Host::Ipv6(address) => Some(address.to_string()),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    // In a query a plus is a space; here it is a plus.
    let pair = format!("user={}", text.replace('+', "%2B"));
    let (_, user) = form_urlencoded::parse(pair.as_bytes()).next()?;
    let is_text = !user.chars().any(|character| character.is_control() || character == '\u{fffd}');
    is_text.then(|| user.into_owned())
}

fn mailbox(text: &str) -> Result<Mailbox, &'static str> {
    let fault = "must be an address, or a name with one (hint: Box Office <tickets@example.com>)";
    let mailbox: Mailbox = text.parse().map_err(|_| fault)?;
    let address: &str = mailbox.email.as_ref();
    if !address.is_ascii() {
        return Err("must have an address of ASCII characters (hint: write the domain as xn--...)");
    }
    let name = mailbox.name.as_deref().unwrap_or_default();
    if name.chars().any(char::is_control) { Err(fault) } else { Ok(mailbox) }
}

#[cfg(test)]
mod tests;
