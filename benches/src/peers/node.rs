//! The stack that people build by hand: Node with express in front of the same Redis.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;

use super::contenders::Peer;
use super::facts::Stored;
use super::http_clients::{Door, HttpClient, Way};
use super::passes::Passes;
use super::process::{Program, Server, free_port};
use super::redis::Redis;
use crate::concerts::Crowd;
use crate::http::SECRET;

/// The program, by its name on the path.
pub(super) const PROGRAM: &str = "node";
/// How a booking can be made in Redis from there, in the words of `server.js`.
pub(super) const WAYS: [&str; 3] = ["script", "pipelined", "lock"];

/// The server, and the Redis behind it.
pub(super) struct Node {
    server: Server,
    redis: Redis,
    door: Arc<Door>,
}

impl Node {
    /// Starts it in front of a Redis in which so many concerts are on sale. `stack` is where its program is, with what that needs.
    pub(super) async fn start(
        stack: &Path,
        redis: Redis,
        concerts: usize,
        (workers, way): (usize, usize),
        passes: Arc<Passes>,
        crowd: Arc<Crowd>,
    ) -> Result<Self, String> {
        let port = free_port()?;
        let mut server = Server::start(Program {
            file: Path::new(PROGRAM),
            arguments: vec![stack.join("server.js").display().to_string()],
            environment: vec![
                ("NODE_ENV", "production".to_owned()),
                ("PORT", port.to_string()),
                ("REDIS_PORT", redis.port().to_string()),
                ("JWT_SECRET", SECRET.to_owned()),
                ("WORKERS", workers.to_string()),
                ("BOOKING", WAYS[way].to_owned()),
            ],
            user: None,
            log: redis.directory().join("node.log"),
        })?;
        server.listens(port).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let concerts = (0..concerts).map(|concert| concert.to_string());
        Ok(Self { server, redis, door: Arc::new(Door::new(address, concerts, passes, crowd)) })
    }
}

impl Peer for Node {
    type Client = HttpClient;

    async fn clients(&mut self, clients: usize) -> Result<Vec<HttpClient>, String> {
        Ok(HttpClient::connected(Way::Http1, &self.door, clients).await)
    }

    async fn remaining(&mut self) -> Result<usize, String> {
        self.redis.remaining().await
    }

    async fn crashed(self, people: usize) -> Result<Stored, String> {
        self.server.end(Signal::KILL)?;
        self.redis.crashed(people).await
    }
}
