//! Clients over HTTP, of Boxoffice and of whoever has the same contract: one request at a time on a connection, many together on one of
//! HTTP/2, or many bookings in one request.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;

use super::load::{Answer, Client, Order};
use super::passes::Passes;
use crate::concerts::Crowd;
use crate::http::{Call, Connection, http2};

/// Stands for a token in a request that is made before the clock runs.
const ANY_TOKEN: &str = "ANY-TOKEN";

/// What stands before the status of a line of a batch's answer.
static STATUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"status\":"));

/// A server, and what to say to it.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) passes: Arc<Passes>,
    pub(super) crowd: Arc<Crowd>,
    /// By the number of the concert.
    wishes: Vec<Wish>,
}

/// A booking at one concert, but for whose it is.
struct Wish {
    /// What stands in a request of HTTP/1.1 before the token, and behind it.
    before: Vec<u8>,
    after: Vec<u8>,
    /// The head of HTTP/2, to which a token is added, and the body.
    head: Vec<u8>,
    body: String,
    /// What stands in a line of a batch behind the user.
    line: String,
}

impl Door {
    /// The door at this address, to concerts with these ids.
    pub(super) fn new(
        address: SocketAddr,
        concerts: impl IntoIterator<Item = String>,
        passes: Arc<Passes>,
        crowd: Arc<Crowd>,
    ) -> Self {
        Self { address, passes, crowd, wishes: concerts.into_iter().map(|id| Wish::at(&id)).collect() }
    }

    /// Calls the server once, for the organizer.
    pub(super) async fn exchange(&self, calls: &[Call]) -> Vec<String> {
        let mut connection = Connection::to(self.address).await;
        let mut answers = Vec::new();
        for call in calls {
            connection.send(&call.to_http1()).await;
            let head = connection.read_head().await;
            answers.push(connection.read_body(&head).await);
        }
        answers
    }
}

impl Wish {
    fn at(concert: &str) -> Self {
        let fields = format!(r#""concertId":"{concert}","seatTypeId":"{concert}-t1"}}"#);
        let mut call = Call::post("/api/bookings", ANY_TOKEN, format!("{{{fields}"));
        let http1 = call.to_http1();
        let place = memchr::memmem::find(&http1, ANY_TOKEN.as_bytes()).expect("the request has a token");
        call.token = None;
        Self {
            before: http1[..place].to_vec(),
            after: http1[place + ANY_TOKEN.len()..].to_vec(),
            head: http2::head(&call),
            body: call.body,
            line: format!(",{fields}\n"),
        }
    }
}

/// How clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 without TLS.
    H2c,
    /// Batches, over HTTP/1.1.
    Batch,
}

/// One client, whichever way it goes.
pub(super) enum HttpClient {
    /// A connection of HTTP/1.1.
    Http1 { connection: Connection, door: Arc<Door>, request: Vec<u8> },
    /// A connection of HTTP/2, with a stream for each of the orders that are placed together.
    H2c { connection: http2::Connection, door: Arc<Door> },
    /// A connection of HTTP/1.1, for batches.
    Batch { connection: Connection, door: Arc<Door> },
}

impl HttpClient {
    /// So many clients, each with a connection of its own.
    pub(super) async fn connected(way: Way, door: &Arc<Door>, clients: usize) -> Vec<Self> {
        let mut connected = Vec::new();
        for _ in 0..clients {
            let door = Arc::clone(door);
            connected.push(match way {
                Way::Http1 => {
                    let connection = Connection::to(door.address).await;
                    Self::Http1 { connection, door, request: Vec::new() }
                }
                Way::H2c => {
                    let connection = http2::Connection::to(door.address).await;
                    Self::H2c { connection, door }
                }
                Way::Batch => {
                    let connection = Connection::to(door.address).await;
                    Self::Batch { connection, door }
                }
            });
        }
        connected
    }
}

impl Client for HttpClient {
    async fn book(&mut self, orders: &[Order], answers: &mut Vec<Answer>) -> Result<(), String> {
        match self {
            Self::Http1 { connection, door, request } => {
                for order in orders {
                    answers.push(over_http1(connection, door, request, *order).await?);
                }
                Ok(())
            }
            Self::H2c { connection, door } => over_http2(connection, door, orders, answers).await,
            Self::Batch { connection, door } => in_a_batch(connection, door, orders, answers).await,
        }
    }
}

async fn over_http1(
    connection: &mut Connection,
    door: &Door,
    request: &mut Vec<u8>,
    order: Order,
) -> Result<Answer, String> {
    let wish = &door.wishes[order.concert];
    request.clear();
    for part in [&wish.before[..], door.passes.of(order.person)?.as_bytes(), &wish.after] {
        request.extend_from_slice(part);
    }
    connection.send(request).await;
    let head = connection.read_head().await;
    if head.status == 201 {
        connection.skip_body(&head).await;
        return Ok(Answer::Booked);
    }
    answer_of(head.status, connection.read_body(&head).await.as_bytes())
}

async fn over_http2(
    connection: &mut http2::Connection,
    door: &Door,
    orders: &[Order],
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let mut streams = Vec::with_capacity(orders.len());
    for order in orders {
        let wish = &door.wishes[order.concert];
        let mut token = Vec::new();
        http2::push_field(&mut token, "authorization", &format!("Bearer {}", door.passes.of(order.person)?));
        streams.push(connection.ask(&[&wish.head, &token], wish.body.as_bytes()));
    }
    let first = answers.len();
    answers.resize(first + orders.len(), Answer::SoldOut);
    for _ in orders {
        let http2::Answer { stream, status, body, .. } = connection.answer().await;
        let place = streams.binary_search(&stream).map_err(|_| format!("nobody asked on stream {stream}"))?;
        answers[first + place] = answer_of(status, &body)?;
    }
    Ok(())
}

async fn in_a_batch(
    connection: &mut Connection,
    door: &Door,
    orders: &[Order],
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let mut body = String::new();
    for order in orders {
        let user = order.user(&door.crowd)?;
        let line = &door.wishes[order.concert].line;
        write!(body, "{{\"userId\":\"{user}\"{line}").expect("a string takes whatever is written to it");
    }
    let batch = Call::post("/api/bookings/batch", &*door.passes.organizer, body).of("application/x-ndjson");
    connection.send(&batch.to_http1()).await;
    let head = connection.read_head().await;
    if head.status != 200 {
        return Err(format!("a batch was answered with {}: {}", head.status, connection.said()));
    }
    let mut strange = Ok(());
    let lines = |chunk: &[u8]| {
        for line in chunk.split_inclusive(|byte| *byte == b'\n') {
            match line_answer(line) {
                Ok(answer) => answers.push(answer),
                Err(error) => strange = Err(error),
            }
        }
    };
    connection.read_chunks(&head, lines).await;
    strange
}

/// The answer in a line of a batch's.
fn line_answer(line: &[u8]) -> Result<Answer, String> {
    let status = STATUS.find(line).and_then(|place| line.get(place + STATUS.needle().len()..)?.get(..3));
    let status = status.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let strange = || format!("a line of a batch was answered with {:?}", String::from_utf8_lossy(line));
    answer_of(status.ok_or_else(strange)?, line)
}

/// The answer in a status and a body.
fn answer_of(status: u16, body: &[u8]) -> Result<Answer, String> {
    let says = |code: &str| memchr::memmem::find(body, code.as_bytes()).is_some();
    match status {
        201 => Ok(Answer::Booked),
        409 if says("\"sold_out\"") => Ok(Answer::SoldOut),
        409 if says("\"already_booked\"") => Ok(Answer::AlreadyBooked),
        _ => Err(format!("a booking was answered with {status}: {:?}", String::from_utf8_lossy(body))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_from_statuses_and_codes() {
        let cases: [(u16, &[u8], Option<Answer>); 5] = [
            (201, b"{}", Some(Answer::Booked)),
            (409, br#"{"status":409,"code":"sold_out"}"#, Some(Answer::SoldOut)),
            (409, br#"{"status":409,"code":"already_booked"}"#, Some(Answer::AlreadyBooked)),
            (409, br#"{"status":409,"code":"sales_closed"}"#, None),
            (503, br#"{"status":503,"code":"overloaded"}"#, None),
        ];
        for (status, body, expected) in cases {
            assert_eq!(answer_of(status, body).ok(), expected, "{status}");
        }
    }

    #[test]
    fn a_line_is_answered_by_its_own_status() {
        let refused = br#"{"line":2,"status":409,"error":{"status":409,"code":"sold_out"}}"#;
        assert_eq!(line_answer(br#"{"line":201,"status":201,"booking":{}}"#), Ok(Answer::Booked));
        assert_eq!(line_answer(refused), Ok(Answer::SoldOut));
        for strange in [&br#"{"line":201}"#[..], br#"{"status":2"#, b""] {
            assert!(line_answer(strange).is_err(), "{strange:?}");
        }
    }
}
