//! Boxoffice as it is run: a process of its own that speaks HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::Signal;

use super::contenders::Peer;
use super::facts::Stored;
use super::http_clients::{Door, HttpClient, Way};
use super::passes::Passes;
use super::process::{Program, Server};
use super::sale::{self, Sale};
use crate::concerts::Crowd;
use crate::http::{BOXOFFICE_ROLE, Call, LISTENING};
use crate::office;

/// A box office that serves.
pub(super) struct Served {
    directory: PathBuf,
    way: Way,
    server: Server,
    sale: Sale,
    door: Arc<Door>,
}

impl Served {
    /// Puts concerts on sale in a new store in this directory, and starts a server on it: this very executable in that role, so that it
    /// is built as the bench is.
    pub(super) async fn start(
        directory: PathBuf,
        way: Way,
        (concerts, capacity): (usize, usize),
        passes: Arc<Passes>,
        crowd: Arc<Crowd>,
    ) -> Result<Self, String> {
        let office = sale::open(&directory).await;
        let sale = Sale::begin(&office, concerts, capacity).await?;
        office::close(office).await;
        let itself = std::env::current_exe().map_err(|error| format!("no executable: {error}"))?;
        let mut server = Server::start(Program {
            file: &itself,
            arguments: vec![BOXOFFICE_ROLE.to_owned(), directory.display().to_string()],
            environment: Vec::new(),
            user: None,
            log: directory.with_extension("log"),
        })?;
        let address = address(&mut server).await?;
        let concerts = sale.concerts.iter().map(ToString::to_string);
        let door = Arc::new(Door::new(address, concerts, passes, crowd));
        Ok(Self { directory, way, server, sale, door })
    }
}

/// Waits until it says where it listens.
async fn address(server: &mut Server) -> Result<SocketAddr, String> {
    loop {
        let said = server.said();
        let address = said.lines().find_map(|line| Some(line.split_once(LISTENING)?.1));
        if let Some(address) = address {
            return address.parse().map_err(|_| format!("{address:?} is no address"));
        }
        server.look_again().await?;
    }
}

impl Peer for Served {
    type Client = HttpClient;

    async fn clients(&mut self, clients: usize) -> Result<Vec<HttpClient>, String> {
        Ok(HttpClient::connected(self.way, &self.door, clients).await)
    }

    async fn remaining(&mut self) -> Result<usize, String> {
        let seats = self.sale.concerts.iter().map(|id| Call::get(format!("/api/concerts/{id}/seats")));
        let answers = self.door.exchange(&seats.collect::<Vec<_>>()).await;
        let available = |answer: &String| {
            let number = answer.split_once("\"available\":")?.1.split_once(',')?.0;
            number.parse::<usize>().ok()
        };
        let told = |answer| available(answer).ok_or_else(|| format!("no seats are told in {answer:?}"));
        answers.iter().map(told).sum()
    }

    async fn crashed(self, people: usize) -> Result<Stored, String> {
        self.server.end(Signal::KILL)?;
        let office = sale::open(&self.directory).await;
        let stored = self.sale.stored(&office, people, &self.door.crowd).await;
        office::close(office).await;
        stored
    }
}
