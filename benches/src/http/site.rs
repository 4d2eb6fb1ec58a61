//! A box office in a process of its own, and what is asked of it: its paths and bodies, as the contract has them.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::auth::tokens::Tokens;
use boxoffice_engine::caller::{Caller, Role};
use boxoffice_engine::ids::UserId;
use boxoffice_engine::limits;
use boxoffice_engine::time::{Clock, SystemClock};
use tokio::runtime::Runtime;

use super::http1::Connection;
use super::server::{BOXOFFICE, SECRET};
use super::{Call, Calls, Server};
use crate::concerts::{Crowd, organizer};
use crate::office::runtime_of_caller;
use crate::overload::{REFUSALS_PATH, SLOWED};

/// Different batches.
const BATCHES: usize = 32;
/// Users that do not exist, for logins.
const STRANGERS: usize = 100;

/// What its store lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disk {
    /// The disk as it is, under `boxoffice serve` as it is.
    Real,
    /// The same under another program, a `boxoffice` of any build.
    RealUnder(PathBuf),
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
    crowd: Crowd,
}

/// What the server says of its refusals over one version of HTTP, in milliseconds.
#[derive(Clone, Debug)]
pub struct RefusalTimes {
    /// How many there were.
    pub count: u64,
    /// Median, 99th percentile and the longest, as the server words them.
    pub told: String,
}

impl Site {
    /// Opens one in `parent`, which lies on a real disk, with so many concerts, at which so many users book again and
    /// again.
    pub fn open(parent: &Path, disk: Disk, concerts: usize, users: usize) -> Self {
        let server = match disk {
            Disk::Real => Server::in_role(parent, BOXOFFICE, None),
            Disk::RealUnder(program) => Server::of_program(&program, parent),
            Disk::Slowed(delay) => Server::in_role(parent, SLOWED, Some(delay.as_millis().to_string())),
        };
        let (tokens, clock) = (Tokens::new(SECRET.as_bytes()), SystemClock::start());
        let mut site = Self {
            server,
            tokens,
            clock,
            runtime: runtime_of_caller(),
            concerts: Vec::new(),
            crowd: Crowd::of(users),
        };
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

    /// `GET` of the first concert.
    pub fn show_concert(&self) -> Arc<Calls> {
        Arc::new(Calls::new([Call::get(format!("/api/concerts/{}", self.concerts[0]))], 200))
    }

    /// `GET` of the first concert's seats.
    pub fn show_seats(&self) -> Arc<Calls> {
        Arc::new(Calls::new([Call::get(seats_of(&self.concerts[0]))], 200))
    }

    /// Bookings of one seat at the concerts with these numbers in turn, each by the next user.
    pub fn book(&self, concerts: Range<usize>) -> Arc<Calls> {
        let concerts = &self.concerts[concerts];
        let calls = self.crowd.people().iter().enumerate().map(|(number, user)| {
            let concert = &concerts[number % concerts.len()];
            let order = format!(r#"{{"concertId":"{concert}","seatTypeId":"{concert}-t1"}}"#);
            Call::post("/api/bookings", self.token(user, Role::Customer), order)
        });
        Arc::new(Calls::new(calls, 201))
    }

    /// Batches of `lines` bookings of one seat at the first concert.
    pub fn book_all(&self, lines: usize) -> Arc<Calls> {
        let Caller { user, role } = organizer();
        let concert = &self.concerts[0];
        let mut users = self.crowd.people().iter().cycle();
        let batches = (0..BATCHES).map(|_| {
            let line = |user: &UserId| {
                format!(
                    "{{\"userId\":\"{user}\",\"concertId\":\"{concert}\",\"seatTypeId\":\"{concert}-t1\"}}\n"
                )
            };
            let body: Vec<_> = users.by_ref().take(lines).map(line).collect();
            let batch = Call::post("/api/bookings/batch", self.token(&user, role), body.concat());
            batch.of("application/x-ndjson")
        });
        Arc::new(Calls::new(batches, 200))
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
            let seats = self.exchange(&Call::get(seats_of(concert)));
            let booked = seats.split("\"booked\":").nth(1).and_then(|rest| rest.split(',').next());
            booked.and_then(|text| text.parse::<u64>().ok()).ok_or(&seats).expect("the seats are told")
        });
        booked.sum()
    }

    /// What the server has measured since it was last asked: over HTTP/1.1, and over HTTP/2. Only one on a slowed disk measures.
    pub fn refusal_times(&self) -> [RefusalTimes; 2] {
        let told = self.exchange(&Call::get(REFUSALS_PATH));
        let mut lines = told.lines().map(|line| {
            let (count, times) = line.split_once(' ').expect("how many, and their times");
            RefusalTimes { count: count.parse().expect("a number"), told: times.replace(' ', ", ") }
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

fn seats_of(concert: &str) -> String {
    format!("/api/concerts/{concert}/seats")
}
