//! One run of the box office: from a restored engine to the last answer.

use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use boxoffice_engine::accounts::AccountsCommand;
use boxoffice_engine::box_office::OpenError;
use boxoffice_engine::caller::Role;
use boxoffice_engine::concert::ConcertView;
use boxoffice_engine::deaths::Deaths;
use boxoffice_engine::errands::Outside;
use boxoffice_engine::journal::{Journal, Stream};
use boxoffice_engine::time::{Clock, SystemClock, Time};
use boxoffice_engine::{BoxOffice, Settings};
use futures_util::FutureExt;
use tokio::net::TcpSocket;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;

use crate::app::{App, Parts, random_user_id};
use crate::auth::passwords::Passwords;
use crate::auth::rate_limit::RateLimit;
use crate::auth::tokens::Tokens;
use crate::config::{Admin, Config, ConfigError, Gateway, JWT_SECRET_FILE_NAME, Secret};
use crate::demo::{self, Login};
use crate::gateway::{
    self,
    webhook::{WebhookEvent, Webhooks},
};
use crate::log::Log;
use crate::mail;
use crate::problem::Problem;
use crate::routes::bookings::BATCHES_MAX;
use crate::server::{self, Limits};
use crate::views::Views;

/// Connections that the system keeps waiting while all places are taken.
const BACKLOG: u32 = 1_024;

/// A run that did not begin, or ended badly; one line for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is not one to serve with.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error("{0}; hint: boxoffice verify --data-dir {1}")]
    Open(OpenError, String),
    /// The clock is behind what is in the store.
    #[error("{0}; hint: set the clock, or accept it with --accept-clock")]
    Clock(OpenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; hint: {}", hint_of_address(source.kind()))]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Something else that should not happen.
    #[error("{0}")]
    Other(String),
}

impl From<Problem> for ServeError {
    fn from(problem: Problem) -> Self {
        Self::Other(problem.detail().to_owned())
    }
}

/// Restores the office from `journal`, serves until SIGTERM or SIGINT, and lets go of the journal.
///
/// `fatal` is called when the journal cannot be trusted any more; it must end the process. Connections have these
/// `limits`. What whoever started it is to know is told in the `log`.
///
/// # Errors
/// Why it did not begin to serve.
pub async fn serve(
    config: &Config,
    journal: Arc<dyn Journal>,
    fatal: Arc<dyn Fn(&str) + Send + Sync>,
    accept_clock: bool,
    limits: Limits,
    log: &Arc<Log>,
) -> Result<(), ServeError> {
    let clock = Arc::new(SystemClock::start());
    let secret = config.jwt_secret_if_any()?;
    // Taken before anything is written, opened when everything is restored.
    let socket = take_address(config.listen)
        .map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let passwords = Passwords::new(config.password_threads)?;
    let demo = fill_demo(config, &*journal, &passwords, clock.now(), log).await?;
    let began = clock.now();
    let (unasked, mut told) = tokio::sync::mpsc::unbounded_channel::<WebhookEvent>();
    let outside = outside(config, Arc::clone(&clock) as Arc<dyn Clock>, unasked)?;
    let settings = Settings { clock, fatal, accept_clock, outside, deaths: Deaths::default() };
    let (office, found) = BoxOffice::open(journal, settings).await.map_err(|error| match error {
        OpenError::JournalAhead { .. } => ServeError::Clock(error),
        _ => ServeError::Open(error, config.data_dir.display().to_string()),
    })?;
    let listening = office.clone();
    tokio::spawn(async move {
        while let Some(event) = told.recv().await {
            match AssertUnwindSafe(event.record(&listening)).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(refused)) => tracing::warn!(%refused, "what the gateway told unasked is not recorded"),
                // The next is to be recorded all the same.
                Err(_panic) => tracing::error!("recording what the gateway told unasked has died"),
            }
        }
    });
    let milliseconds = office.now().0 - began.0;
    let restored = format!(
        "restored {} concerts, {} bookings and {} users from {} events in {milliseconds} ms",
        found.concerts, found.bookings, found.users, found.events
    );
    let mut news = vec![restored];
    if demo == Demo::StoreNotEmpty {
        news.push(format!(
            "the store in {} is not empty: the demo was not filled in; hint: another --data-dir makes a new one",
            config.data_dir.display()
        ));
    }
    let had_users = found.users > 0 && demo != Demo::FilledIn;
    let served = async {
        let secret = secret.map_or_else(|| make_secret(config, had_users), Ok)?;
        answer(config, &office, passwords, secret.reveal().as_bytes(), Entrance { socket, limits }, news, log)
            .await
    };
    let served = served.await;
    office.close().await;
    served
}

/// Says what would keep a box office from being served with this configuration, as far as neither its store nor its port need be opened
/// for that.
///
/// # Errors
/// What is wrong with the configuration.
pub fn check(config: &Config) -> Result<(), ConfigError> {
    config.jwt_secret_if_any()?;
    let (unasked, _told) = tokio::sync::mpsc::unbounded_channel();
    outside(config, Arc::new(SystemClock::start()), unasked).map(drop)
}

/// Whom a box office calls.
fn outside(
    config: &Config,
    clock: Arc<dyn Clock>,
    unasked: UnboundedSender<WebhookEvent>,
) -> Result<Outside, ConfigError> {
    let gateway = gateway::open(&config.gateway, Arc::clone(&clock), unasked)?;
    Ok(Outside { gateway, notifier: Some(mail::open(config, clock)?) })
}

/// Where requests come in, once it is opened.
struct Entrance {
    socket: TcpSocket,
    limits: Limits,
}

/// Serves a restored office until it is told to stop. `news` of the start are told when nothing can go wrong with it any more.
async fn answer(
    config: &Config,
    office: &BoxOffice,
    passwords: Passwords,
    secret: &[u8],
    entrance: Entrance,
    mut news: Vec<String>,
    log: &Arc<Log>,
) -> Result<(), ServeError> {
    if let Some(admin) = &config.admin {
        news.push(make_admin(office, &passwords, admin).await?);
    }
    let app = App::new(Parts {
        office: office.clone(),
        tokens: Tokens::new(secret),
        passwords,
        rate_limit: config.rate_limit.then(RateLimit::default),
        webhooks: Webhooks::new(&config.gateway),
        views: Views::default(),
        batches: Arc::new(Semaphore::new(BATCHES_MAX)),
    });
    let stopped = stop_signal(Arc::clone(log)).map_err(|error| ServeError::Other(error.to_string()))?;
    let Entrance { socket, limits } = entrance;
    let listener =
        socket.listen(BACKLOG).map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let address = listener.local_addr().map_err(|error| ServeError::Other(error.to_string()))?;
    for line in &news {
        log.say(line);
    }
    let asks_for_payment = |view: &Arc<ConcertView>| view.terms.payment_required;
    if config.gateway == Gateway::None && office.concerts().iter().any(asks_for_payment) {
        log.say(
            "there are concerts to be paid for, and no gateway: nothing is paid or refunded until there is one; see --gateway",
        );
    }
    log.say(&format!("the data is in {}", config.data_dir.display()));
    log.say(&format!("listening on http://{address}"));
    server::serve(listener, app.application(), limits, stopped).await;
    Ok(())
}

fn take_address(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// What to do about an address that cannot be listened on.
fn hint_of_address(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::AddrInUse => "another process listens there: stop that one, or use another --listen",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 are for the system: use a higher one with --listen, or allow it CAP_NET_BIND_SERVICE"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: --listen takes one that it has, or 0.0.0.0 or [::] for all of them"
        }
        _ => "see --listen",
    }
}

fn is_empty(journal: &dyn Journal) -> Result<bool, ServeError> {
    // Where there is a state there is something, and all of it need not be read to know.
    if journal.snapshot_at(Stream::Accounts).is_some() {
        return Ok(false);
    }
    let mut is_empty = true;
    let found = journal.start(&mut [&mut |_| is_empty = false]);
    found.map_err(|error| ServeError::Other(error.to_string()))?;
    Ok(is_empty)
}

/// What became of the wish for sample concerts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Demo {
    NotAskedFor,
    FilledIn,
    StoreNotEmpty,
}

async fn fill_demo(
    config: &Config,
    journal: &dyn Journal,
    passwords: &Passwords,
    now: Time,
    log: &Log,
) -> Result<Demo, ServeError> {
    if !config.demo {
        return Ok(Demo::NotAskedFor);
    }
    if !is_empty(journal)? {
        return Ok(Demo::StoreNotEmpty);
    }
    let logins = demo::fill(journal, passwords, now).await.map_err(ServeError::Other)?;
    say_logins(&logins, log);
    Ok(Demo::FilledIn)
}

/// Makes the secret of access tokens where there is none: at the first start, or because somebody has lost it.
fn make_secret(config: &Config, had_users: bool) -> Result<Secret, ConfigError> {
    let secret = config.jwt_secret()?;
    if had_users {
        tracing::warn!(
            "there is no {JWT_SECRET_FILE_NAME} in {}, and nobody gave one: a new one was made, and access tokens of before are \
             refused; hint: keep it with the store, or give it with BOXOFFICE_JWT_SECRET_FILE",
            config.data_dir.display()
        );
    }
    Ok(secret)
}

/// Makes the admin who is configured when there is none, and says whether it did.
async fn make_admin(office: &BoxOffice, passwords: &Passwords, admin: &Admin) -> Result<String, ServeError> {
    if office.has_admin() {
        return Ok("there is an admin already: BOXOFFICE_ADMIN_USERNAME, _EMAIL and _PASSWORD make only the first one, and were ignored".to_owned());
    }
    let command = AccountsCommand::Register {
        user: random_user_id()?,
        username: admin.username.clone(),
        email: admin.email.clone(),
        password_hash: passwords.hash(admin.password.reveal().to_owned()).await?,
        role: Role::Admin,
        session: None,
    };
    match office.change_accounts(command).await {
        Ok(_) => Ok(format!("the admin {} was made, with the password that was given", admin.username)),
        Err(refused) => {
            let problem = Problem::from(refused);
            let faults: Vec<_> =
                problem.errors().iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect();
            let why = if faults.is_empty() { problem.detail().to_owned() } else { faults.join(", ") };
            Err(ServeError::Other(format!(
                "the admin cannot be made: {why}; hint: see BOXOFFICE_ADMIN_USERNAME"
            )))
        }
    }
}

/// Ends with the first SIGTERM or SIGINT.
fn stop_signal(log: Arc<Log>) -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log.say("stopping: what is under way is answered first");
    })
}

fn say_logins(logins: &[Login], log: &Log) {
    if logins.is_empty() {
        return;
    }
    log.say("the demo was filled in; these may log in (shown this once):");
    for Login { username, password, role } in logins {
        log.say(&format!("  {:<10} password {password}  role {}", username, role.word()));
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn hint_about_an_address_depends_on_what_is_wrong_with_it() {
        let cases = [
            (Errno::ADDRINUSE, "another process listens there"),
            (Errno::ACCESS, "ports below 1024"),
            (Errno::ADDRNOTAVAIL, "this machine has no such address"),
            (Errno::AFNOSUPPORT, "see --listen"),
        ];
        for (errno, hint) in cases {
            let address = SocketAddr::from(([127, 0, 0, 1], 80));
            let told = ServeError::Listen { address, source: io::Error::from(errno) }.to_string();
            assert!(told.starts_with("cannot listen on 127.0.0.1:80: "), "{told}");
            assert!(told.contains(&format!("; hint: {hint}")), "{told}");
        }
    }
}
