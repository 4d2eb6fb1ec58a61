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
use super::super::tally::Tally;

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
    /// Nobody answered in time. It may have had an effect if it is in doubt.
    Unsettled { is_in_doubt: bool },
}

/// Tries again: after `Retry-After` where the box office is busy, after a pause where the outcome is not known or the connection
/// is lost, always with the same key.
pub(in super::super) struct Settler {
    tally: Rc<RefCell<Tally>>,
    /// The end of the load.
    end: watch::Receiver<Instant>,
    /// How long after it the last try is made.
    grace: Duration,
}

/// What an answer means for who asked.
enum Meaning {
    Final,
    /// Nothing changed: ask again.
    Busy,
    /// Something may have changed: ask again.
    InDoubt,
}

impl Settler {
    pub(in super::super) fn new(
        tally: Rc<RefCell<Tally>>,
        end: watch::Receiver<Instant>,
        grace: Duration,
    ) -> Self {
        Self { tally, end, grace }
    }

    pub(in super::super) async fn settle(&self, client: &Client, call: &Call) -> Settled {
        let mut is_in_doubt = false;
        let mut pause = PAUSE_FIRST;
        loop {
            let wait = match client.send(call).await {
                Ok(answer) => {
                    let problem = problem_of(&answer);
                    self.tally.borrow_mut().answer(answer.status.as_u16(), &problem.code);
                    match meaning(answer.status, &problem.code) {
                        Meaning::Final => {
                            return Settled::Answered { answer, problem, was_in_doubt: is_in_doubt };
                        }
                        Meaning::Busy => {}
                        Meaning::InDoubt => is_in_doubt = true,
                    }
                    let longest = Duration::from_secs(RETRY_AFTER_SECONDS_MAX);
                    answer.retry_after.unwrap_or(RETRY_AFTER_DEFAULT).min(longest)
                }
                Err(lost) => {
                    let (Lost::Unsent(why) | Lost::Unanswered(why)) = &lost;
                    self.tally.borrow_mut().lost(why);
                    is_in_doubt |= matches!(lost, Lost::Unanswered(_));
                    let longer = (pause * 2).min(PAUSE_MAX);
                    std::mem::replace(&mut pause, longer)
                }
            };
            if Instant::now() + wait > *self.end.borrow() + self.grace {
                self.tally.borrow_mut().unsettled += 1;
                return Settled::Unsettled { is_in_doubt };
            }
            tokio::time::sleep(wait).await;
        }
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
