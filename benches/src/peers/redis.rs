//! Redis, as durable as it can be: every write is on the disk before it is answered, and a script keeps the facts.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::contenders::Peer;
use super::facts::Stored;
use super::load::{Answer, Client, Order};
use super::process::{Program, Server, free_port};
use super::resp::{self, Reply};
use crate::concerts::Crowd;

/// The program, by its name on the path.
pub(super) const PROGRAM: &str = "redis-server";
/// What books one seat; the stack in front of Redis uses the same.
const BOOK: &str = include_str!("../../peers/book.lua");
const FACTS: &str = include_str!("../../peers/facts.lua");
/// Bytes of replies that are read at once, at most.
const READ_BYTES: usize = 64 * 1_024;

/// A Redis of our own, on a directory of its own.
#[derive(Debug)]
pub(super) struct Redis {
    server: Server,
    port: u16,
    directory: PathBuf,
    io_threads: usize,
    crowd: Arc<Crowd>,
}

impl Redis {
    /// Starts it on this directory, and on what is there.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) async fn start(
        directory: &Path,
        io_threads: usize,
        crowd: Arc<Crowd>,
    ) -> Result<Self, String> {
        let port = free_port()?;
        let server = Self::spawn(directory, port, io_threads)?;
        let mut redis = Self { server, port, directory: directory.to_owned(), io_threads, crowd };
        redis.answers().await?;
        Ok(redis)
    }

    fn spawn(directory: &Path, port: u16, io_threads: usize) -> Result<Server, String> {
        let settings = [
            ("--port", port.to_string()),
            ("--bind", Ipv4Addr::LOCALHOST.to_string()),
            ("--dir", directory.display().to_string()),
            ("--appendonly", "yes".to_owned()),
            ("--appendfsync", "always".to_owned()),
            // Neither snapshots nor rewritten logs beside the load: both would only cost.
            ("--save", String::new()),
            ("--auto-aof-rewrite-percentage", "0".to_owned()),
            ("--io-threads", io_threads.to_string()),
            // It means nothing to a single thread.
            ("--io-threads-do-reads", "yes".to_owned()),
        ];
        Server::start(Program {
            file: Path::new(PROGRAM),
            arguments: settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect(),
            environment: Vec::new(),
            user: None,
            log: directory.join("log"),
        })
    }

    /// Waits until it has read what it stored before.
    async fn answers(&mut self) -> Result<(), String> {
        self.server.listens(self.port).await?;
        let mut connection = Connection::open(self.port).await?;
        while let Reply::Error(words) = connection.ask(&[b"PING"]).await? {
            if !words.starts_with("LOADING") {
                return Err(format!("redis refuses a ping: {words}"));
            }
            self.server.look_again().await?;
        }
        Ok(())
    }

    /// Where everything of it lies.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Puts concerts on sale, with so many seats each.
    ///
    /// # Errors
    /// When Redis refuses.
    pub(super) async fn put_on_sale(&self, concerts: usize, capacity: usize) -> Result<(), String> {
        let mut connection = Connection::open(self.port).await?;
        let capacity = capacity.to_string();
        for concert in 0..concerts {
            let key = concert_key(concert);
            let fields = [b"HSET", key.as_bytes(), b"remaining", capacity.as_bytes(), b"sequence", b"0"];
            let reply = connection.ask(&fields).await?;
            if reply != Reply::Integer(2) {
                return Err(format!("redis does not put {key} on sale: {reply:?}"));
            }
        }
        Ok(())
    }

    /// Counts everything that is stored.
    ///
    /// # Errors
    /// When Redis does not tell.
    pub(super) async fn stored(&self) -> Result<Stored, String> {
        let reply = Connection::open(self.port).await?.ask(&[b"EVAL", FACTS.as_bytes(), b"0"]).await?;
        let strange = || format!("redis does not tell what it stored: {reply:?}");
        let Reply::List(counts) = &reply else { return Err(strange()) };
        let count = |reply: &Reply| match reply {
            Reply::Integer(count) => usize::try_from(*count).ok(),
            _ => None,
        };
        let counts: Option<Vec<_>> = counts.iter().map(count).collect();
        let Some(&[remaining, bookings, buyers, listed, sequences]) = counts.as_deref() else {
            return Err(strange());
        };
        Ok(Stored { remaining, bookings, buyers, listed, sequences })
    }
}

impl Peer for Redis {
    type Client = RedisClient;

    async fn clients(&mut self, clients: usize) -> Result<Vec<RedisClient>, String> {
        let mut connected = Vec::new();
        for _ in 0..clients {
            let mut connection = Connection::open(self.port).await?;
            let Reply::Text(script) = connection.ask(&[b"SCRIPT", b"LOAD", BOOK.as_bytes()]).await? else {
                return Err("redis does not take the script".to_owned());
            };
            connected.push(RedisClient { connection, script, crowd: Arc::clone(&self.crowd) });
        }
        Ok(connected)
    }

    async fn remaining(&mut self) -> Result<usize, String> {
        Ok(self.stored().await?.remaining)
    }

    async fn crashed(self, _people: usize) -> Result<Stored, String> {
        self.server.end(Signal::KILL)?;
        Self::start(&self.directory, self.io_threads, self.crowd).await?.stored().await
    }
}

/// One connection that books, one order or several at a time.
#[derive(Debug)]
pub(super) struct RedisClient {
    connection: Connection,
    /// The hash by which the script is called.
    script: String,
    crowd: Arc<Crowd>,
}

impl Client for RedisClient {
    async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
        let Self { connection, script, crowd } = self;
        for order in orders {
            let user = order.user(crowd)?;
            let key = concert_key(order.concert);
            connection.say(&[b"EVALSHA", script.as_bytes(), b"1", key.as_bytes(), user.as_str().as_bytes()]);
        }
        connection.flush().await?;
        for _ in orders {
            answers.push(match connection.hear().await? {
                Reply::Integer(1..) => Answer::Booked,
                Reply::Integer(0) => Answer::SoldOut,
                Reply::Integer(-1) => Answer::AlreadyBooked,
                other => return Err(format!("redis answered a booking with {other:?}")),
            });
        }
        Ok(())
    }
}

fn concert_key(concert: usize) -> String {
    format!("concert:{concert}")
}

/// A connection, and the bytes that wait on it either way.
#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    heard: Vec<u8>,
    /// How many bytes of `heard` were read.
    read: usize,
}

impl Connection {
    async fn open(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| lost(&error))?;
        stream.set_nodelay(true).map_err(|error| lost(&error))?;
        Ok(Self { stream, out: Vec::new(), heard: Vec::with_capacity(READ_BYTES), read: 0 })
    }

    async fn ask(&mut self, command: &[&[u8]]) -> Result<Reply, String> {
        self.say(command);
        self.flush().await?;
        self.hear().await
    }

    fn say(&mut self, command: &[&[u8]]) {
        resp::write(command, &mut self.out);
    }

    async fn flush(&mut self) -> Result<(), String> {
        self.stream.write_all(&self.out).await.map_err(|error| lost(&error))?;
        self.out.clear();
        Ok(())
    }

    async fn hear(&mut self) -> Result<Reply, String> {
        loop {
            if let Some((reply, length)) = resp::read(&self.heard[self.read..])? {
                self.read += length;
                return Ok(reply);
            }
            self.heard.drain(..self.read);
            self.read = 0;
            if self.stream.read_buf(&mut self.heard).await.map_err(|error| lost(&error))? == 0 {
                return Err("redis closed a connection".to_owned());
            }
        }
    }
}

fn lost(error: &std::io::Error) -> String {
    format!("the connection to redis: {error}")
}
