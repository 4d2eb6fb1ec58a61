//! What is asked of the box office: its paths and bodies, as the contract has them.

use std::sync::Arc;
use std::time::Duration;

use boxoffice_api::auth::tokens::Tokens;
use boxoffice_engine::caller::Role;
use boxoffice_engine::ids::UserId;
use boxoffice_engine::limits;
use boxoffice_engine::time::{Clock, SystemClock};

use super::http1::Connection;
use super::server::SECRET;
use super::{Call, Calls, Load, Server};
use crate::concerts::{Crowd, organizer};

/// Users who book, each with a token of their own, again and again.
const USERS: usize = 10_000;
/// Different batches. Together they have more lines than there are users.
const BATCHES: usize = 32;

/// A box office with a concert on sale, and the requests that are made of it.
pub struct Shop {
    /// The server.
    pub server: Server,
    concert: String,
    seat_type: String,
    crowd: Crowd,
    tokens: Tokens,
    clock: SystemClock,
}

impl Shop {
    /// Opens one in `parent`, with a concert that is never sold out.
    pub fn open(parent: &std::path::Path) -> Self {
        let server = Server::boxoffice(parent);
        let mut shop = Self {
            server,
            concert: String::new(),
            seat_type: String::new(),
            crowd: Crowd::of(USERS),
            tokens: Tokens::new(SECRET.as_bytes()),
            clock: SystemClock::start(),
        };
        let concert = format!(
            r#"{{"name":"The Rush","venue":"The Stadium","startTime":"2040-06-01T20:00:00Z","maxTicketsPerUser":{},
            "seatTypes":[{{"name":"Standing","price":120,"totalSeats":{}}}]}}"#,
            limits::TICKETS_PER_USER_MAX,
            limits::TOTAL_SEATS_MAX
        );
        let organizer = organizer();
        let made =
            shop.exchange(&Call::post("/api/concerts", shop.token(&organizer.user, organizer.role), concert));
        let id = made.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next());
        id.ok_or(&made).expect("a concert is made").clone_into(&mut shop.concert);
        shop.seat_type = format!("{}-t1", shop.concert);
        shop
    }

    /// `GET` of the concert.
    pub fn show_concert(&self) -> Arc<Calls> {
        Arc::new(Calls::new([Call::get(format!("/api/concerts/{}", self.concert))], 200))
    }

    /// `GET` of the concert's seats.
    pub fn show_seats(&self) -> Arc<Calls> {
        Arc::new(Calls::new([Call::get(format!("/api/concerts/{}/seats", self.concert))], 200))
    }

    /// Bookings of one seat, each by the next of many users.
    pub fn book(&self) -> Arc<Calls> {
        let calls = self.crowd.people().iter().map(|user| {
            let order = format!(r#"{{"concertId":"{}","seatTypeId":"{}"}}"#, self.concert, self.seat_type);
            Call::post("/api/bookings", self.token(user, Role::Customer), order)
        });
        Arc::new(Calls::new(calls, 201))
    }

    /// Batches of `lines` such bookings.
    pub fn book_all(&self, lines: usize) -> Arc<Calls> {
        let organizer = organizer();
        let mut users = self.crowd.people().iter().cycle();
        let batches = (0..BATCHES).map(|_| {
            let line = |user: &UserId| {
                format!(
                    "{{\"userId\":\"{user}\",\"concertId\":\"{}\",\"seatTypeId\":\"{}\"}}\n",
                    self.concert, self.seat_type
                )
            };
            let body: Vec<_> = users.by_ref().take(lines).map(line).collect();
            let token = self.token(&organizer.user, organizer.role);
            Call::post("/api/bookings/batch", token, body.concat()).of("application/x-ndjson")
        });
        Arc::new(Calls::new(batches, 200))
    }

    /// So many connections for so long.
    pub fn load(&self, connections: usize, time: Duration) -> Load {
        Load { address: self.server.address(), connections, time }
    }

    /// Seats that readers see booked.
    pub fn booked(&self) -> u64 {
        let seats = self.exchange(&Call::get(format!("/api/concerts/{}/seats", self.concert)));
        let booked = seats.split("\"booked\":").nth(1).and_then(|rest| rest.split(',').next());
        booked.and_then(|text| text.parse().ok()).ok_or(&seats).expect("the seats are told")
    }

    fn token(&self, user: &UserId, role: Role) -> String {
        self.tokens.issue(user, role, self.clock.now()).expect("a token can be signed").token
    }

    /// Sends one request, and gives the whole answer.
    fn exchange(&self, call: &Call) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("threads can be started").block_on(async {
            let mut connection = Connection::to(self.server.address()).await;
            connection.send(&call.to_http1()).await;
            let head = connection.read_head().await;
            connection.read_body(&head).await
        })
    }
}
