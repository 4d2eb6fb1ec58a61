//! One conversation with a mail server: step by step, because the same answer means different things at different steps.
//!
//! lettre's own transport tells no step, has no bound on how long an answer may take, and puts a connection whose answer was given
//! up back into its pool, where the late answer is taken for the next command's. So its connection is used here, not its transport.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;

use boxoffice_engine::errands::notifier::NotifierError;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Category;
use tokio::net::TcpStream;

use super::message::Outgoing;
use super::smtp::Patience;

/// Characters of a server's words that are repeated.
const QUOTED_CHARS_MAX: usize = 200;

/// Where the server is, and what it has to be told.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) line: Line,
    pub(super) login: Option<Credentials>,
    pub(super) hello: ClientId,
}

/// How the connection is kept from being read or changed by others.
pub(super) enum Line {
    /// TLS from its beginning.
    Tls(TlsParameters),
    /// TLS after `STARTTLS`, or nothing.
    StartTls(TlsParameters),
    /// Not at all: it does not leave this machine.
    Loopback,
}

/// A connection that mail can be handed over on. Whoever drops it ends it.
pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    /// Connects, encrypts and logs in.
    pub(super) async fn open(server: &Server, patience: &Patience<'_>) -> Result<Self, NotifierError> {
        // Boxed: a TLS handshake is large, and every mail that waits for its turn would carry the room for it.
        let mut connection = patience.reply(Step::Connect, Box::pin(connect(server))).await?;
        if let Line::StartTls(tls) = &server.line {
            // An error where the server does not offer it: nothing is ever said in plain text instead.
            let encrypt = Box::pin(connection.starttls(tls.clone(), &server.hello));
            patience.reply(Step::Encrypt, told(Step::Encrypt, encrypt)).await?;
        }
        if let Some(login) = &server.login {
            let log_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], login);
            patience.reply(Step::LogIn, told(Step::LogIn, log_in)).await?;
        }
        Ok(Self(connection))
    }

    /// Whether the server still answers.
    pub(super) async fn is_alive(&mut self, patience: &Patience<'_>) -> bool {
        patience.reply(Step::Connect, told(Step::Connect, self.0.command(Noop))).await.is_ok()
    }

    /// Hands one mail over. After an error the session is no longer to be used.
    pub(super) async fn hand_over(
        &mut self,
        mail: &Outgoing,
        patience: &Patience<'_>,
    ) -> Result<(), NotifierError> {
        let parameters = self.parameters(mail)?;
        let sender = self.0.command(Mail::new(Some(mail.sender.clone()), parameters));
        patience.reply(Step::Sender, told(Step::Sender, sender)).await?;
        let recipient = self.0.command(Rcpt::new(mail.recipient.clone(), Vec::new()));
        patience.reply(Step::Recipient, told(Step::Recipient, recipient)).await?;
        patience.reply(Step::Content, told(Step::Content, self.0.command(Data))).await?;
        patience.reply(Step::Content, told(Step::Content, self.0.message(&mail.bytes))).await?;
        Ok(())
    }

    /// What the server has to be told about an address beyond ASCII.
    fn parameters(&self, mail: &Outgoing) -> Result<Vec<MailParameter>, NotifierError> {
        let recipient: &str = mail.recipient.as_ref();
        if recipient.is_ascii() {
            return Ok(Vec::new());
        }
        let info = self.0.server_info();
        if info.supports_feature(Extension::SmtpUtfEight) && info.supports_feature(Extension::EightBitMime) {
            return Ok(vec![
                MailParameter::SmtpUtfEight,
                MailParameter::Body(MailBodyParameter::EightBitMime),
            ]);
        }
        Err(NotifierError::Refused("the mail server takes no address beyond ASCII".to_owned()))
    }
}

async fn connect(server: &Server) -> Result<AsyncSmtpConnection, NotifierError> {
    let Server { host, port, line, hello, .. } = server;
    let tls = match line {
        Line::Tls(tls) => Some(tls.clone()),
        Line::StartTls(_) => None,
        Line::Loopback => {
            let stream = connect_loopback(host, *port).await.map_err(|error| Step::Connect.failed(&error))?;
            let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello);
            return told(Step::Connect, greeted).await;
        }
    };
    let address = (host.as_str(), *port);
    told(Step::Connect, AsyncSmtpConnection::connect_tokio1(address, None, hello, tls, None)).await
}

/// The only connection that stays in plain text. `localhost` is only a name: what it stands for is looked at, too.
async fn connect_loopback(host: &str, port: u16) -> io::Result<TcpStream> {
    let addresses = tokio::net::lookup_host((host, port)).await?;
    let loopback: Vec<SocketAddr> = addresses.filter(|address| address.ip().is_loopback()).collect();
    if loopback.is_empty() {
        return Err(io::Error::other("it is not on this machine, and TLS is off"));
    }
    TcpStream::connect(&*loopback).await
}

async fn told<T>(step: Step, call: impl Future<Output = Result<T, Error>>) -> Result<T, NotifierError> {
    call.await.map_err(|error| step.refused(&error))
}

/// What the server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Place,
    Connect,
    Encrypt,
    LogIn,
    Sender,
    Recipient,
    Content,
}

impl Step {
    fn words(self) -> &'static str {
        match self {
            Self::Place => "the mail server is busy",
            Self::Connect => "the mail server cannot be reached",
            Self::Encrypt => "the mail server does not encrypt",
            Self::LogIn => "the mail server refuses the login",
            Self::Sender => "the mail server refuses the sender",
            Self::Recipient => "the mail server refuses the address",
            Self::Content => "the mail server refuses the mail",
        }
    }

    /// The step that got no answer in time.
    pub(super) fn timed_out(self) -> NotifierError {
        NotifierError::Temporary(format!("{}: no answer in time", self.words()))
    }

    fn failed(self, error: &io::Error) -> NotifierError {
        NotifierError::Temporary(format!("{}: {error}", self.words()))
    }

    /// What an error at this step means. Only what is said about the address or the mail itself is for good: all else is about us
    /// and the server, and can be mended.
    fn refused(self, error: &Error) -> NotifierError {
        let text = format!("{}: {}", self.words(), self.quoted(error));
        let is_about_the_mail = matches!(self, Self::Recipient | Self::Content);
        // 53x wants another login, wherever it comes.
        let is_about_the_login = error.status().is_some_and(|code| code.category == Category::Unspecified3);
        if error.is_permanent() && is_about_the_mail && !is_about_the_login {
            NotifierError::Refused(text)
        } else {
            NotifierError::Temporary(text)
        }
    }

    /// What can be told of an answer. Where the server was told something that is not for the log (a login, an address), it may
    /// repeat that: then its words are left out, and its codes must do.
    fn quoted(self, error: &Error) -> String {
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        let repeats = matches!(self, Self::LogIn | Self::Recipient | Self::Content);
        let quoted = match error.status() {
            Some(code) if repeats => {
                let enhanced = words.split_whitespace().next().filter(|word| is_enhanced_status(word));
                enhanced.map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}"))
            }
            Some(code) => format!("{code} {words}"),
            None if repeats && error.is_response() => "its answer is not SMTP".to_owned(),
            None => error.to_string(),
        };
        let printable = |character: char| if character.is_control() { ' ' } else { character };
        quoted.chars().take(QUOTED_CHARS_MAX).map(printable).collect()
    }
}

/// Whether it is a code of RFC 3463, such as `5.1.1`.
fn is_enhanced_status(word: &str) -> bool {
    let number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    word.split('.').count() == 3 && word.split('.').all(number)
}
