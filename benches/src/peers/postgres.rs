//! PostgreSQL, with a stored function that keeps the facts in one transaction, durable before it is answered.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::Signal;
use tokio_postgres::error::SqlState;
use tokio_postgres::{NoTls, Statement};

use super::contenders::Peer;
use super::facts::Stored;
use super::load::{Answer, Client, Order};
use super::process::{Program, Server, as_user, free_port, output};
use crate::concerts::Crowd;

/// Where Debian puts the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";
const SCHEMA: &str = include_str!("../../peers/schema.sql");
const COUNT: &str = "select (select sum(remaining)::bigint from concerts), (select count(*) from bookings), \
    (select count(*) from (select distinct user_id, concert from bookings) buyers), \
    (select sum(length)::bigint from (select distinct user_id from bookings) users, \
    lateral (select count(*) length from bookings list where list.user_id = users.user_id) lists), \
    (select sum(sequence)::bigint from concerts)";

/// A cluster of our own, on a directory of its own. It is kept from one load to the next: a new one has to make the files of its log
/// first, which costs it a third of its pace.
#[derive(Debug)]
pub(super) struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    /// PostgreSQL refuses to run as root.
    user: Option<&'static str>,
}

impl Cluster {
    /// Where the programs are, if they are installed: of the newest version that is.
    pub(super) fn programs() -> Option<PathBuf> {
        let versions = std::fs::read_dir(VERSIONS).ok()?.filter_map(Result::ok);
        let programs = versions.map(|version| version.path().join("bin"));
        programs
            .filter(|programs| programs.join("initdb").is_file())
            .max_by_key(|programs| version_in(programs))
    }

    /// Makes a cluster in a directory that does not exist yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn create(programs: PathBuf, directory: PathBuf) -> Result<Self, String> {
        let user = rustix::process::geteuid().is_root().then_some("postgres");
        std::fs::create_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        if let Some(user) = user {
            output(std::process::Command::new("chown").arg(user).arg(&directory))?;
        }
        let cluster = Self { programs, directory, user };
        let mut initdb = as_user(user, &[]);
        initdb.arg(cluster.programs.join("initdb")).arg("-D").arg(cluster.data());
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        output(&mut initdb)?;
        Ok(cluster)
    }

    /// What it says of its version.
    ///
    /// # Errors
    /// When it says nothing.
    pub(super) fn version(&self) -> Result<String, String> {
        output(std::process::Command::new(self.programs.join("postgres")).arg("--version"))
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Starts it, and waits until it has recovered.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) async fn start(
        &self,
        commit_delay_us: usize,
        crowd: Arc<Crowd>,
    ) -> Result<Postgres<'_>, String> {
        let port = free_port()?;
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            "max_connections=100".to_owned(),
            "fsync=on".to_owned(),
            "synchronous_commit=on".to_owned(),
            format!("commit_delay={commit_delay_us}"),
            // Room and no replicas: whatever is not durability is made cheap.
            "shared_buffers=1GB".to_owned(),
            "wal_level=minimal".to_owned(),
            "max_wal_senders=0".to_owned(),
            "min_wal_size=1GB".to_owned(),
            "max_wal_size=8GB".to_owned(),
            "checkpoint_timeout=30min".to_owned(),
            "jit=off".to_owned(),
        ];
        let data = self.data().display().to_string();
        let arguments = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]);
        let server = Server::start(Program {
            file: &self.programs.join("postgres"),
            arguments: ["-D".to_owned(), data].into_iter().chain(arguments).collect(),
            environment: Vec::new(),
            user: self.user,
            log: self.directory.with_extension("log"),
        })?;
        let mut postgres = Postgres { cluster: self, server, port, commit_delay_us, crowd };
        postgres.server.listens(port).await?;
        while let Err(error) = postgres.try_connect().await {
            if error.code() != Some(&SqlState::CANNOT_CONNECT_NOW) {
                return Err(refused(&error));
            }
            postgres.server.look_again().await?;
        }
        Ok(postgres)
    }
}

/// The major version in a path like `/usr/lib/postgresql/15/bin`.
fn version_in(programs: &Path) -> Option<u32> {
    programs.parent()?.file_name()?.to_str()?.parse().ok()
}

/// A running PostgreSQL.
#[derive(Debug)]
pub(super) struct Postgres<'a> {
    cluster: &'a Cluster,
    server: Server,
    port: u16,
    commit_delay_us: usize,
    crowd: Arc<Crowd>,
}

impl Postgres<'_> {
    async fn try_connect(&self) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
        let host = Ipv4Addr::LOCALHOST;
        let settings = format!("host={host} port={} user=postgres dbname=postgres", self.port);
        let (client, connection) = tokio_postgres::connect(&settings, NoTls).await?;
        // It ends with its client; what went wrong is told to whoever asked something.
        drop(tokio::spawn(connection));
        Ok(client)
    }

    async fn connect(&self) -> Result<tokio_postgres::Client, String> {
        self.try_connect().await.map_err(|error| refused(&error))
    }

    /// Puts concerts on sale, with so many seats each, and nothing else.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub(super) async fn put_on_sale(&self, concerts: usize, capacity: usize) -> Result<(), String> {
        let client = self.connect().await?;
        let concerts = format!(
            "{SCHEMA} insert into concerts select id, {capacity}, 0 from generate_series(0, {concerts} - 1) id;"
        );
        client.batch_execute(&concerts).await.map_err(|error| refused(&error))?;
        client.batch_execute("analyze").await.map_err(|error| refused(&error))?;
        client.batch_execute("checkpoint").await.map_err(|error| refused(&error))
    }

    async fn stored(&self) -> Result<Stored, String> {
        let row = self.connect().await?.query_one(COUNT, &[]).await.map_err(|error| refused(&error))?;
        let count = |column: usize| {
            let count: i64 = row.try_get(column).map_err(|error| refused(&error))?;
            usize::try_from(count).map_err(|_| format!("postgresql counts {count} in column {column}"))
        };
        Ok(Stored {
            remaining: count(0)?,
            bookings: count(1)?,
            buyers: count(2)?,
            listed: count(3)?,
            sequences: count(4)?,
        })
    }
}

impl Peer for Postgres<'_> {
    type Client = PostgresClient;

    async fn clients(&mut self, clients: usize) -> Result<Vec<PostgresClient>, String> {
        let mut connected = Vec::new();
        for _ in 0..clients {
            let client = self.connect().await?;
            let book = client.prepare("select book($1, $2)").await.map_err(|error| refused(&error))?;
            connected.push(PostgresClient { client, book, crowd: Arc::clone(&self.crowd) });
        }
        Ok(connected)
    }

    async fn remaining(&mut self) -> Result<usize, String> {
        Ok(self.stored().await?.remaining)
    }

    async fn crashed(self, _people: usize) -> Result<Stored, String> {
        // Not `KILL`: then its processes would outlive it for a moment, and keep the next one from starting.
        self.server.end(Signal::QUIT)?;
        let again = self.cluster.start(self.commit_delay_us, self.crowd).await?;
        let stored = again.stored().await;
        // With care: the next one finds a cluster that has nothing to recover.
        again.server.end(Signal::INT)?;
        stored
    }
}

/// One connection that books.
pub(super) struct PostgresClient {
    client: tokio_postgres::Client,
    book: Statement,
    crowd: Arc<Crowd>,
}

impl Client for PostgresClient {
    async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
        for order in orders {
            let user = order.user(&self.crowd)?;
            let concert = i32::try_from(order.concert)
                .map_err(|_| format!("{} is no concert's number", order.concert))?;
            let booked = self.client.query_one(&self.book, &[&concert, &user.as_str()]).await;
            answers.push(match booked.and_then(|row| row.try_get::<_, i64>(0)) {
                Ok(1..) => Answer::Booked,
                Ok(0) => Answer::SoldOut,
                Ok(other) => return Err(format!("postgresql answered a booking with {other}")),
                Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Answer::AlreadyBooked,
                Err(error) => return Err(refused(&error)),
            });
        }
        Ok(())
    }
}

fn refused(error: &tokio_postgres::Error) -> String {
    let words = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    format!("postgresql: {words}")
}
