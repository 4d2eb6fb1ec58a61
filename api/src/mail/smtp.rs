//! Mail through a mail server.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use boxoffice_engine::errands::Call;
use boxoffice_engine::errands::notifier::{Mail, Notifier, NotifierError};
use boxoffice_engine::time::{Clock, Time};
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::message::Outgoing;
use super::session::{Line, Server, Session, Step};
use crate::config::{ConfigError, Encryption, MailServer};

/// Connections to the mail server, at most.
const CONNECTIONS_MAX: usize = 2;
/// How long the server may take for one answer, in seconds.
const REPLY_SECONDS_MAX: i64 = 10;
/// How long one mail may take in all, its waiting for a connection included, in seconds.
const SEND_SECONDS_MAX: i64 = 30;
/// How long a connection that nobody needs may be used for the next mail, in seconds; an older one is closed when that is sent. Servers hang up
/// after a minute or more.
const IDLE_SECONDS_MAX: i64 = 30;

/// Sends mail over SMTP.
///
/// A mail is sent once its server has said so; when the connection breaks just before that, the mail may have arrived although it
/// counts as not sent. Its repeat has the same `Message-ID`.
#[derive(Clone)]
pub struct SmtpNotifier(Arc<Office>);

/// What all mails share.
struct Office {
    server: Server,
    from: Mailbox,
    clock: Arc<dyn Clock>,
    places: Semaphore,
    /// Connections that wait for the next mail, and since when.
    idle: Mutex<Vec<(Time, Session)>>,
}

impl SmtpNotifier {
    /// A notifier that sends through `server`; it connects with the first mail.
    ///
    /// # Errors
    /// When the certificates to trust cannot be used.
    pub fn new(server: &MailServer, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let line = match server.encryption {
            Encryption::Tls => Line::Tls(tls(server)?),
            Encryption::StartTls => Line::StartTls(tls(server)?),
            Encryption::None => Line::Loopback,
        };
        let login = server
            .login
            .as_ref()
            .map(|login| Credentials::new(login.username.clone(), login.password.reveal().to_owned()));
        Ok(Self(Arc::new(Office {
            server: Server {
                host: server.host.clone(),
                port: server.port,
                line,
                login,
                // This machine's own name is often none that the world knows; the sender's is.
                hello: ClientId::Domain(server.from.email.domain().to_owned()),
            },
            from: server.from.clone(),
            clock,
            places: Semaphore::new(CONNECTIONS_MAX),
            idle: Mutex::default(),
        })))
    }
}

/// Where the mail goes; never the login.
impl fmt::Debug for SmtpNotifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Server { host, port, .. } = &self.0.server;
        f.debug_struct("SmtpNotifier").field("host", host).field("port", port).finish_non_exhaustive()
    }
}

impl Notifier for SmtpNotifier {
    fn send(&self, mail: Arc<Mail>) -> Call<Result<(), NotifierError>> {
        let office = Arc::clone(&self.0);
        Box::pin(async move { office.send(&mail).await })
    }
}

impl Office {
    async fn send(&self, mail: &Mail) -> Result<(), NotifierError> {
        let now = self.clock.now();
        let outgoing = Outgoing::of(mail, &self.from, now)?;
        let patience = Patience { clock: &*self.clock, end: now.plus_seconds(SEND_SECONDS_MAX) };
        let place = patience.wait(patience.end, self.places.acquire()).await;
        let Some(Ok(_place)) = place else { return Err(Step::Place.timed_out()) };
        let mut session = self.session(&patience).await?;
        session.hand_over(&outgoing, &patience).await?;
        self.idle.lock().push((self.clock.now(), session));
        Ok(())
    }

    /// A connection that was left over and still works, or a new one.
    async fn session(&self, patience: &Patience<'_>) -> Result<Session, NotifierError> {
        let fresh_since = self.clock.now().plus_seconds(-IDLE_SECONDS_MAX);
        let left_over = {
            let mut idle = self.idle.lock();
            idle.retain(|(since, _)| *since >= fresh_since);
            idle.pop()
        };
        if let Some((_, mut session)) = left_over
            && session.is_alive(patience).await
        {
            return Ok(session);
        }
        Session::open(&self.server, patience).await
    }
}

/// How long one mail is waited for.
pub(super) struct Patience<'a> {
    clock: &'a dyn Clock,
    end: Time,
}

impl Patience<'_> {
    /// The answer of a step, if it comes in time.
    pub(super) async fn reply<T>(
        &self,
        step: Step,
        call: impl Future<Output = Result<T, NotifierError>>,
    ) -> Result<T, NotifierError> {
        let deadline = self.end.min(self.clock.now().plus_seconds(REPLY_SECONDS_MAX));
        self.wait(deadline, call).await.unwrap_or_else(|| Err(step.timed_out()))
    }

    async fn wait<T>(&self, deadline: Time, call: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            // An answer that is there counts, however late it is looked at.
            biased;
            done = call => Some(done),
            () = self.clock.wait_until(deadline) => None,
        }
    }
}

fn tls(server: &MailServer) -> Result<TlsParameters, ConfigError> {
    let unusable =
        |error: &dyn fmt::Display| ConfigError::of(format!("TLS for mail cannot be set up: {error}"));
    let mut tls = TlsParameters::builder(server.host.clone());
    if let Some(authority) = &server.authority {
        tls = tls.add_root_certificate(
            Certificate::from_pem(authority.pem.as_bytes()).map_err(|error| unusable(&error))?,
        );
    }
    tls.build().map_err(|error| unusable(&error))
}
