//! A box office with many concerts, in a process of its own, and what it is asked for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::auth::tokens::Tokens;
use boxoffice_engine::caller::Role;
use boxoffice_engine::ids::UserId;
use boxoffice_engine::limits;
use boxoffice_engine::time::{Clock, SystemClock};
use tokio::runtime::{Builder, Runtime};

use super::timed;
use crate::concerts::{Crowd, organizer};
use crate::http::{BOXOFFICE_ROLE, Call, Calls, Connection, SECRET, Server};

/// Users who book at each concert, again and again.
const USERS: usize = 2_000;
/// Users that do not exist, for logins.
const STRANGERS: usize = 100;

/// What its store lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    /// The disk as it is, under `boxoffice serve` as it is.
    Real,
    /// One that takes so much longer for each commit group, under a server that times its refusals.
    Slowed(Duration),
}

/// A box office whose concerts are never sold out.
pub struct Site {
    server: Server,
    tokens: Tokens,
    clock: SystemClock,
    runtime: Runtime,
    concerts: Vec<String>,
}

/// What the server says of its refusals over one version of HTTP, in milliseconds.
#[derive(Clone, Debug)]
pub struct RefusalTimes {
    /// How many there were.
    pub count: u64,
    /// Median, 99th percentile and the longest, as the server words them.
    pub told: String,
    /// The 99th percentile.
    pub p99_ms: f64,
}

impl Site {
    /// Opens one in `parent`, which lies on a real disk, with so many concerts.
    pub fn open(parent: &Path, disk: Disk, concerts: usize) -> Self {
        let server = match disk {
            Disk::Real => Server::in_role(parent, BOXOFFICE_ROLE, None),
            Disk::Slowed(delay) => {
                Server::in_role(parent, super::SLOWED, Some(delay.as_millis().to_string()))
            }
        };
        let runtime = Builder::new_current_thread().enable_all().build().expect("threads can be started");
        let (tokens, clock) = (Tokens::new(SECRET.as_bytes()), SystemClock::start());
        let mut site = Self { server, tokens, clock, runtime, concerts: Vec::new() };
        let organizer = organizer();
        let token = site.token(&organizer.user, organizer.role);
        for number in 0..concerts {
            let concert = format!(
                r#"{{"name":"Night {number}","venue":"The Stadium","startTime":"2040-06-01T20:00:00Z","maxTicketsPerUser":{},
                "seatTypes":[{{"name":"Standing","price":120,"totalSeats":{}}}]}}"#,
                limits::TICKETS_PER_USER_MAX,
                limits::TOTAL_SEATS_MAX
            );
            let made = site.exchange(&Call::post("/api/concerts", &token, concert));
            let id = made.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
            site.concerts.push(id.ok_or(&made).expect("a concert is made").to_owned());
        }
        site
    }

    /// The server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Bookings of one seat at the concerts with these numbers in turn, each by the next of many users.
    pub fn book(&self, concerts: std::ops::Range<usize>) -> Arc<Calls> {
        let crowd = Crowd::of(USERS);
        let concerts = &self.concerts[concerts];
        let calls = crowd.people().iter().enumerate().map(|(number, user)| {
            let concert = &concerts[number % concerts.len()];
            let order = format!(r#"{{"concertId":"{concert}","seatTypeId":"{concert}-t1"}}"#);
            Call::post("/api/bookings", self.token(user, Role::Customer), order)
        });
        Arc::new(Calls::new(calls, 201))
    }

    /// Logins of users who do not exist, each worth a hash all the same.
    pub fn log_in(&self) -> Arc<Calls> {
        let calls = (0..STRANGERS).map(|number| {
            let login = format!(r#"{{"username":"stranger{number}","password":"open sesame"}}"#);
            Call { token: None, ..Call::post("/api/auth/login", "", login) }
        });
        Arc::new(Calls::new(calls, 401))
    }

    /// Seats that readers see booked, of all concerts together.
    pub fn booked(&self) -> u64 {
        let concerts = self.concerts.iter();
        let booked = concerts.map(|concert| {
            let seats = self.exchange(&Call::get(format!("/api/concerts/{concert}/seats")));
            let booked = seats.split("\"booked\":").nth(1).and_then(|rest| rest.split(',').next());
            booked.and_then(|text| text.parse::<u64>().ok()).ok_or(&seats).expect("the seats are told")
        });
        booked.sum()
    }

    /// What the server has measured since it was last asked: over HTTP/1.1, and over HTTP/2. Only one on a slowed disk measures.
    pub fn refusal_times(&self) -> [RefusalTimes; 2] {
        let told = self.exchange(&Call::get(timed::PATH));
        let mut lines = told.lines().map(|line| {
            let (count, times) = line.split_once(' ').expect("how many, and their times");
            let p99 = times.split(' ').nth(1).and_then(|text| text.parse().ok());
            RefusalTimes {
                count: count.parse().expect("a number"),
                told: times.replace(' ', ", "),
                p99_ms: p99.expect("a number"),
            }
        });
        [(); 2].map(|()| lines.next().expect("a line for each version"))
    }

    /// Ends it by `kill -9`, and says how many bookings its store holds.
    pub fn killed(self) -> u64 {
        self.server.killed() as u64
    }

    fn token(&self, user: &UserId, role: Role) -> String {
        self.tokens.issue(user, role, self.clock.now()).expect("a token can be signed").token
    }

    /// Sends one request, and gives the body of the answer.
    fn exchange(&self, call: &Call) -> String {
        self.runtime.block_on(async {
            let mut connection = Connection::to(self.server.address()).await;
            connection.send(&call.to_http1()).await;
            let head = connection.read_head().await;
            connection.read_body(&head).await
        })
    }
}
