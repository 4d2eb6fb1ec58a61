//! Before the load: somebody who may make concerts, the concerts, and those who will want tickets.

use std::rc::Rc;

use boxoffice_engine::time::{Clock, SystemClock};
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::LoadtestError;
use super::contract::{ConcertShown, Problem, Session, new_concert};
use super::crowd::{Account, Crowd, Minter, bearer};
use super::history::{Concert, Told};
use super::http::{Answer, Call, Client, Lost};
use super::limits::BUYERS_REGISTERED_MAX;
use super::plan::{Login, Plan};
use super::progress::Progress;

/// How far ahead the concerts are, in seconds: nobody's load lasts until then.
const START_AHEAD_SECONDS: i64 = 30 * 86_400;

/// Somebody who may make concerts.
pub(super) enum Organizer {
    Minted(HeaderValue),
    /// Their tokens are good for a quarter of an hour, so they log in for each thing that they do.
    Account(Login),
}

impl Organizer {
    pub(super) async fn token(&self, client: &Client) -> Result<HeaderValue, LoadtestError> {
        match self {
            Self::Minted(token) => Ok(token.clone()),
            Self::Account(Login { username, password }) => {
                let login = serde_json::json!({ "username": username, "password": password.reveal() });
                let call = Call::post("/auth/login", login.to_string());
                let session = session(&answer(client, &call, StatusCode::OK, "the login").await?)?;
                bearer(&session.token)
            }
        }
    }
}

/// What a load begins with.
pub(super) struct Opening {
    pub(super) organizer: Organizer,
    pub(super) crowd: Crowd,
    pub(super) told: Vec<Told>,
    pub(super) notes: Vec<String>,
}

/// Prepares everything.
pub(super) async fn open(plan: &Plan, progress: &Progress) -> Result<Opening, LoadtestError> {
    let client = Client::new(Rc::new(plan.target.clone()), plan.is_http2);
    let clock = SystemClock::start();
    let id = uuid::Uuid::new_v4().simple().to_string();
    let run = format!("rush-{}", &id[..8]);
    let minter = || plan.secret.as_ref().map(|secret| Minter::new(secret, &run, &clock));
    let organizer = match (&plan.login, minter()) {
        (Some(login), _) => Organizer::Account(login.clone()),
        (None, Some(minter)) => Organizer::Minted(minter.organizer()?),
        (None, None) => {
            let why =
                "nobody can make concerts: there is no secret to mint tokens with, and no organizer's login";
            return Err(LoadtestError(format!("{why}; hint: --jwt-secret-file, --data-dir or --username")));
        }
    };
    let told = make_concerts(plan, &client, &organizer, &run, &clock).await?;
    let mut notes = Vec::new();
    let crowd = match minter() {
        Some(minter) => Crowd::minted(minter, plan.buyers),
        None => register(plan, &client, &run, progress, &mut notes).await?,
    };
    // A secret that is not this box office's would else make a load of refusals.
    let look = Call::get("/bookings/mybookings?limit=1", &crowd.token(0)?);
    answer(&client, &look, StatusCode::OK, "a buyer's token").await?;
    Ok(Opening { organizer, crowd, told, notes })
}

async fn make_concerts(
    plan: &Plan,
    client: &Client,
    organizer: &Organizer,
    run: &str,
    clock: &SystemClock,
) -> Result<Vec<Told>, LoadtestError> {
    let start = jiff::Timestamp::from_second(clock.now().seconds() + START_AHEAD_SECONDS);
    let start = start.map_err(|error| LoadtestError(format!("the clock is far off: {error}")))?.to_string();
    let token = organizer.token(client).await?;
    let mut told = Vec::new();
    for night in 1..=plan.concerts {
        let name = format!("{run}, night {night}");
        let body = new_concert(&name, &start, plan.seats, plan.is_numbered);
        let call = Call { token: Some(token.clone()), ..Call::post("/concerts", body) };
        let answer = answer(client, &call, StatusCode::CREATED, "a new concert").await?;
        let shown: ConcertShown = read(&answer, "a new concert")?;
        let [seat_type] = shown.seat_types.as_slice() else {
            let count = shown.seat_types.len();
            return Err(LoadtestError(format!("a new concert of one seat type was answered with {count}")));
        };
        told.push(Told::new(Concert {
            id: shown.id,
            name,
            seat_type: seat_type.id.clone(),
            seats: plan.seats,
            is_numbered: plan.is_numbered,
            sequence: shown.sequence,
        }));
    }
    Ok(told)
}

async fn register(
    plan: &Plan,
    client: &Client,
    run: &str,
    progress: &Progress,
    notes: &mut Vec<String>,
) -> Result<Crowd, LoadtestError> {
    let buyers = plan.buyers.min(BUYERS_REGISTERED_MAX);
    notes.push(format!(
        "without a secret to mint tokens with, {buyers} buyers were registered one by one; hint for a crowd: --jwt-secret-file"
    ));
    let password = uuid::Uuid::new_v4().to_string();
    let mut accounts = Vec::new();
    for buyer in 0..buyers {
        progress
            .shows(&format!("registers buyer {buyer} of {buyers}, which is slow: each is a password hash"));
        let username = format!("{run}-{buyer}");
        let account = serde_json::json!({
            "username": username, "email": format!("{username}@example.com"), "password": password,
        });
        let call = Call::post("/auth/register", account.to_string());
        let session = session(&answer(client, &call, StatusCode::CREATED, "a registration").await?)?;
        accounts.push(Account { id: session.user.id, token: bearer(&session.token)? });
    }
    Ok(Crowd::registered(accounts))
}

fn session(answer: &Answer) -> Result<Session, LoadtestError> {
    read(answer, "a login")
}

/// Reads the JSON of an answer.
pub(super) fn read<'a, T: serde::Deserialize<'a>>(
    answer: &'a Answer,
    what: &str,
) -> Result<T, LoadtestError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| LoadtestError(format!("the answer to {what} is not of the contract: {error}")))
}

/// An answer of this status, or why there is none.
async fn answer(
    client: &Client,
    call: &Call,
    expected: StatusCode,
    what: &str,
) -> Result<Answer, LoadtestError> {
    let answer = client.send(call).await.map_err(|lost| {
        let (Lost::Unsent(why) | Lost::Unanswered(why)) = lost;
        LoadtestError(format!("the box office cannot be reached: {why}; hint: does it listen there?"))
    })?;
    if answer.status == expected { Ok(answer) } else { Err(refused(&answer, what)) }
}

/// Why something that a load cannot do without was refused, with what to do about it.
pub(super) fn refused(answer: &Answer, what: &str) -> LoadtestError {
    let Problem { code, detail, .. } = serde_json::from_slice(&answer.body).unwrap_or_default();
    // Every refusal of a box office has a code.
    if code.is_empty() {
        let hint = "hint: is that a box office?";
        return LoadtestError(format!("{what} was answered with {}; {hint}", answer.status.as_u16()));
    }
    let hint = match answer.status {
        StatusCode::UNAUTHORIZED => {
            "; hint: is it that box office's secret (--jwt-secret-file), or that account's password?"
        }
        StatusCode::FORBIDDEN => "; hint: concerts are made by organizers and admins",
        StatusCode::TOO_MANY_REQUESTS => "; hint: start the box office with BOXOFFICE_RATE_LIMIT=off",
        StatusCode::NOT_FOUND => "; hint: is it a box office that listens there?",
        _ => "",
    };
    LoadtestError(format!("{what} was answered with {} {code} ({detail}){hint}", answer.status.as_u16()))
}
