//! A little box office that keeps its promises or, if it is told so, breaks one of them. It knows no more of the contract than a
//! load test asks for: numbered concerts of one seat type.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// What it does wrong, once or as often as it can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    Nothing,
    /// The tenth booking gets a seat that is somebody else's.
    DoubleSeat,
    /// The tenth booking is acknowledged and forgotten.
    LostBooking,
    /// A key that is sent again books again.
    ForgottenKeys,
    /// Cancellations are acknowledged and not made.
    LostCancellations,
}

const LIMIT: usize = 4;
/// The place of the tenth booking.
const TENTH: usize = 9;

struct Office {
    lie: Lie,
    concerts: Vec<Concert>,
}

struct Concert {
    sequence: u64,
    /// By label, whether it is booked.
    seats: BTreeMap<String, bool>,
    /// As they are shown, in the order of their making; none where one was forgotten.
    bookings: Vec<Option<Value>>,
    /// By user and key, the place of the booking.
    keys: HashMap<(String, String), usize>,
    cancelled_with: HashSet<(usize, String)>,
}

struct Request {
    method: String,
    path: String,
    user: String,
    key: String,
    body: Value,
}

struct Reply {
    status: u16,
    is_replay: bool,
    body: Value,
}

/// Opens it: where it listens. Its threads end with the process of the tests.
pub(crate) fn open(lie: Lie) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let office = Arc::new(Mutex::new(Office { lie, concerts: Vec::new() }));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let office = Arc::clone(&office);
            thread::spawn(move || while answer(&stream, &office).is_some() {});
        }
    });
    address
}

fn answer(stream: &TcpStream, office: &Mutex<Office>) -> Option<()> {
    let request = read(stream)?;
    let reply = office.lock().decide(&request);
    let body = if reply.status == 204 { String::new() } else { reply.body.to_string() };
    let replayed = if reply.is_replay { "idempotency-replayed: true\r\n" } else { "" };
    let head = format!("HTTP/1.1 {} Told\r\ncontent-length: {}\r\n{replayed}\r\n", reply.status, body.len());
    let mut stream = stream;
    stream.write_all((head + &body).as_bytes()).ok()
}

fn read(stream: &TcpStream) -> Option<Request> {
    // One request at a time: nothing of the next one is in this buffer.
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let header = |name: &str| {
        let found = lines.iter().filter_map(|line| line.split_once(": ")).find(|(known, _)| *known == name);
        found.map_or(String::new(), |(_, value)| value.to_owned())
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let claims = header("authorization")
        .split('.')
        .nth(1)
        .map(|claims| URL_SAFE_NO_PAD.decode(claims).expect("base64url"));
    let claims: Value = claims.map_or(Value::Null, |claims| serde_json::from_slice(&claims).expect("claims"));
    let mut words = lines[0].split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        path: words.next()?.strip_prefix("/api")?.to_owned(),
        user: claims["sub"].as_str().unwrap_or_default().to_owned(),
        key: header("idempotency-key"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

fn told(status: u16, body: Value) -> Reply {
    Reply { status, is_replay: false, body }
}

impl Office {
    fn decide(&mut self, request: &Request) -> Reply {
        let path = request.path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let place =
            |id: &str| id.split('-').next().and_then(|id| id.strip_prefix('c')?.parse::<usize>().ok());
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["concerts"]) => self.make(&request.body),
            ("GET", ["bookings", "mybookings"]) => told(200, json!([])),
            ("POST", ["bookings"]) => {
                let concert = place(request.body["concertId"].as_str().expect("an id")).expect("its place");
                self.concerts[concert].book(concert, request, self.lie)
            }
            (_, [collection, id, rest @ ..]) => {
                let concert = place(id).expect("its place");
                self.concerts[concert].show(concert, (collection, id, rest), request, self.lie)
            }
            other => panic!("{other:?} is asked"),
        }
    }

    fn make(&mut self, body: &Value) -> Reply {
        let rows = body["seatTypes"][0]["rows"].as_array().expect("rows");
        let labels = rows.iter().flat_map(|row| {
            let (label, seats) =
                (row["label"].as_str().expect("a label"), row["seats"].as_u64().expect("seats"));
            (1..=seats).map(move |number| (format!("{label}-{number}"), false))
        });
        self.concerts.push(Concert {
            sequence: 1,
            seats: labels.collect(),
            bookings: Vec::new(),
            keys: HashMap::new(),
            cancelled_with: HashSet::new(),
        });
        let place = self.concerts.len() - 1;
        told(201, self.concerts[place].shown(place))
    }
}

impl Concert {
    fn free(&self) -> usize {
        self.seats.values().filter(|is_booked| !**is_booked).count()
    }

    fn shown(&self, place: usize) -> Value {
        let seat_type = json!({"id": format!("c{place}-t1"), "remaining": self.free()});
        json!({"id": format!("c{place}"), "sequence": self.sequence, "seatTypes": [seat_type]})
    }

    fn refused(&self, code: &str, more: &Value) -> Reply {
        let mut body = json!({"code": code, "sequence": self.sequence});
        let members = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(members);
        told(409, body)
    }

    fn book(&mut self, place: usize, request: &Request, lie: Lie) -> Reply {
        let key = (request.user.clone(), request.key.clone());
        if let Some(known) = self.keys.get(&key).filter(|_| lie != Lie::ForgottenKeys) {
            let body = self.bookings[*known].clone().unwrap_or_default();
            return Reply { status: 201, is_replay: true, body };
        }
        let chosen = request.body["seats"][0].as_str();
        let wanted = usize::try_from(request.body["quantity"].as_u64().unwrap_or(1)).expect("few");
        let mine = |booking: &&Value| booking["userId"] == *request.user && booking["status"] == "confirmed";
        let tickets = self.bookings.iter().flatten().filter(mine);
        let tickets: u64 = tickets.map(|booking| booking["quantity"].as_u64().expect("a quantity")).sum();
        if usize::try_from(tickets).expect("few") + wanted > LIMIT {
            return self.refused("already_booked", &json!({}));
        }
        let is_double = lie == Lie::DoubleSeat && self.bookings.len() == TENTH;
        let mut seats: Vec<String> = match chosen {
            Some(seat) if self.seats[seat] => return self.refused("seat_taken", &json!({"seat": seat})),
            Some(seat) => vec![seat.to_owned()],
            None => self
                .seats
                .iter()
                .filter(|(_, is_booked)| !**is_booked)
                .map(|(label, _)| label.clone())
                .take(wanted)
                .collect(),
        };
        if seats.len() < wanted {
            return self.refused("sold_out", &json!({"available": seats.len()}));
        }
        if is_double {
            let taken = self.seats.iter().find(|(_, is_booked)| **is_booked).expect("ten are booked");
            seats[0] = taken.0.clone();
        }
        for seat in &seats {
            self.seats.insert(seat.clone(), true);
        }
        self.sequence += 1;
        let number = self.bookings.len();
        let booking = json!({
            "id": format!("c{place}-{number}"), "concertId": format!("c{place}"), "userId": request.user,
            "items": [{"seatTypeId": format!("c{place}-t1"), "seats": seats}], "quantity": wanted,
            "status": "confirmed", "sequence": self.sequence,
        });
        let is_lost = lie == Lie::LostBooking && number == TENTH;
        self.bookings.push(Some(booking.clone()).filter(|_| !is_lost));
        self.keys.insert(key, number);
        told(201, booking)
    }

    fn show(&mut self, place: usize, path: (&str, &str, &[&str]), request: &Request, lie: Lie) -> Reply {
        let number = |id: &str| id.split('-').nth(1).and_then(|number| number.parse::<usize>().ok());
        match path {
            ("concerts", _, [] | ["close"]) => told(200, self.shown(place)),
            ("concerts", _, ["bookings"]) => told(200, self.bookings.iter().flatten().cloned().collect()),
            ("concerts", _, ["seats"]) => told(200, self.seat_map()),
            ("bookings", id, []) => {
                let number = number(id).expect("a number");
                match &self.bookings[number] {
                    None => told(404, json!({"code": "booking_not_found"})),
                    Some(booking) if request.method == "GET" => told(200, booking.clone()),
                    Some(_) => self.cancel(number, request, lie),
                }
            }
            other => panic!("{other:?} is asked"),
        }
    }

    fn cancel(&mut self, number: usize, request: &Request, lie: Lie) -> Reply {
        let is_replay = !self.cancelled_with.insert((number, request.key.clone()));
        if !is_replay && lie != Lie::LostCancellations {
            self.sequence += 1;
            let booking = self.bookings[number].as_mut().expect("it is there");
            booking["status"] = "cancelled".into();
            booking["sequence"] = self.sequence.into();
            for seat in booking["items"][0]["seats"].as_array().expect("seats") {
                self.seats.insert(seat.as_str().expect("a label").to_owned(), false);
            }
        }
        Reply { status: 204, is_replay, body: Value::Null }
    }

    fn seat_map(&self) -> Value {
        let status = |is_booked: bool| if is_booked { "booked" } else { "available" };
        let seats =
            self.seats.iter().map(|(label, is_booked)| json!({"label": label, "status": status(*is_booked)}));
        let (total, free) = (self.seats.len(), self.free());
        let counts = json!({
            "totalSeats": total, "available": free, "held": 0, "booked": total - free, "blocked": 0,
            "seats": seats.collect::<Vec<_>>(),
        });
        json!({"sequence": self.sequence, "seatTypes": [counts]})
    }
}
