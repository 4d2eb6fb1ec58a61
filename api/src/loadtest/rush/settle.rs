//! Sends a request until somebody knows what became of it, as a careful client does.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::watch;
use tokio::time::Instant;

use super::super::contract::Problem;
use super::super::http::{Answer, Call, Client, Lost};
use super::super::limits::RETRY_AFTER_SECONDS_MAX;
use super::super::tally::{Tally, no_answer};

/// The pause after the first request without an answer; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// Longest of these pauses.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The pause where a refusal to be repeated does not say how long.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);

/// What became of a request.
pub(in super::super) enum Settled {
    /// This is the answer. `problem` says why, where it is a refusal; `was_in_doubt`, whether an earlier try may have had an effect.
    Answered { answer: Answer, problem: Problem, was_in_doubt: bool },
    /// Nobody answered in time; `why` is a sentence. It may have had an effect if it is in doubt.
    Unsettled { is_in_doubt: bool, why: String },
}

/// Tries again: after `Retry-After` where the box office is busy, after a pause where the outcome is not known or the connection
/// is lost, always with the same key.
pub(in super::super) struct Settler {
    tally: Rc<RefCell<Tally>>,
    /// The end of the load.
    end: watch::Receiver<Instant>,
    /// How long after it the last try is made.
    grace: Duration,
    /// Whether somebody would not wait any longer.
    given_up: watch::Receiver<bool>,
}

/// What an answer means for who asked.
enum Meaning {
    Final,
    /// Nothing changed: ask again.
    Busy,
    /// Something may have changed: ask again.
    InDoubt,
}

/// How a request stands that has no final answer yet.
#[derive(Default)]
struct Doubt {
    /// Whether it may have had an effect. While it is under way, it may.
    is_in_doubt: bool,
    /// Why there was none, in a sentence.
    why: String,
}

impl Settler {
    pub(in super::super) fn new(
        tally: Rc<RefCell<Tally>>,
        end: watch::Receiver<Instant>,
        grace: Duration,
        given_up: watch::Receiver<bool>,
    ) -> Self {
        Self { tally, end, grace, given_up }
    }

    pub(in super::super) async fn settle(&self, client: &Client, call: &Call) -> Settled {
        let mut given_up = self.given_up.clone();
        let mut doubt = Doubt::default();
        tokio::select! {
            // Who is answered in the same moment is answered.
            biased;
            settled = self.try_on(client, call, &mut doubt) => settled,
            _ = given_up.wait_for(|is_given_up| *is_given_up) => {
                self.tally.borrow_mut().left();
                self.leave(doubt)
            }
        }
    }

    async fn try_on(&self, client: &Client, call: &Call, doubt: &mut Doubt) -> Settled {
        let mut pause = PAUSE_FIRST;
        loop {
            let was_in_doubt = std::mem::replace(&mut doubt.is_in_doubt, true);
            let sent = client.send(call).await;
            doubt.is_in_doubt = was_in_doubt;
            let wait = match sent {
                Ok(answer) => {
                    let problem = problem_of(&answer);
                    let (status, code) = (answer.status, &problem.code);
                    self.tally.borrow_mut().answer(status.as_u16(), code);
                    match meaning(status, code) {
                        Meaning::Final => return Settled::Answered { answer, problem, was_in_doubt },
                        Meaning::Busy => {}
                        Meaning::InDoubt => doubt.is_in_doubt = true,
                    }
                    doubt.why = format!("the box office answered with {} {code} to the end", status.as_u16());
                    let longest = Duration::from_secs(RETRY_AFTER_SECONDS_MAX);
                    answer.retry_after.unwrap_or(RETRY_AFTER_DEFAULT).min(longest)
                }
                Err(lost) => {
                    let (Lost::Unsent(why) | Lost::Unanswered(why)) = &lost;
                    self.tally.borrow_mut().lost(why);
                    doubt.is_in_doubt |= matches!(lost, Lost::Unanswered(_));
                    doubt.why = no_answer(why);
                    let longer = (pause * 2).min(PAUSE_MAX);
                    std::mem::replace(&mut pause, longer)
                }
            };
            if Instant::now() + wait > *self.end.borrow() + self.grace {
                return self.leave(std::mem::take(doubt));
            }
            tokio::time::sleep(wait).await;
        }
    }

    fn leave(&self, Doubt { is_in_doubt, why }: Doubt) -> Settled {
        self.tally.borrow_mut().unsettled += 1;
        Settled::Unsettled { is_in_doubt, why }
    }
}

/// What a refusal says; nothing where it is none, or none that can be read.
fn problem_of(answer: &Answer) -> Problem {
    if answer.status.is_success() {
        return Problem::default();
    }
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

fn meaning(status: StatusCode, code: &str) -> Meaning {
    match (status, code) {
        (StatusCode::SERVICE_UNAVAILABLE, "overloaded" | "storage_unavailable" | "not_ready")
        | (StatusCode::TOO_MANY_REQUESTS, _) => Meaning::Busy,
        _ if status.is_server_error() => Meaning::InDoubt,
        _ => Meaning::Final,
    }
}
