//! Makes the states of streams from snapshots and records, with no office around.
//!
//! It is the one way in which a state comes back: at a start, after the death of an actor, and where a journal makes snapshots of
//! what it holds. So a snapshot that is made of the one before proves what the next start will do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::concert::EndedBooking;
use crate::journal::{Event, Record, Snapshot, State, Stream};

/// What a stream's snapshot and records cannot be: the journal or the code is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{stream}: {what}")]
pub struct FoldError {
    /// Whose they are.
    pub stream: Stream,
    /// What is wrong with them.
    pub what: String,
}

/// What is wrong with a state that panics when it is looked at as a whole.
const POINTS_NOWHERE: &str = "the state points to what it does not have";

/// A stream's state, brought forward record by record. After an error it is good for nothing.
#[derive(Clone, Debug)]
pub struct Fold {
    reached: Snapshot,
    /// Whether anything happened to the state since the whole of it was known to be sound.
    is_touched: bool,
}

impl Fold {
    /// A stream before its first record.
    pub fn absent(stream: Stream) -> Self {
        let reached = Snapshot { stream, sequence: 0, epoch: 0, state: State::absent(stream) };
        Self { reached, is_touched: false }
    }

    /// A stream as its snapshot has it.
    ///
    /// # Errors
    /// When the state is another stream's or at another sequence than the snapshot says, or breaks an invariant.
    pub fn begin(snapshot: Snapshot) -> Result<Self, FoldError> {
        let Snapshot { stream, sequence, ref state, .. } = snapshot;
        let impossible = |what| FoldError { stream, what };
        if state.stream() != stream {
            return Err(impossible(format!("its snapshot holds the state of {}", state.stream())));
        }
        if state.sequence() != sequence {
            let found = state.sequence();
            return Err(impossible(format!("its snapshot of event {sequence} holds the state at {found}")));
        }
        check(state).map_err(|what| impossible(format!("its snapshot of event {sequence}: {what}")))?;
        Ok(Self { reached: snapshot, is_touched: false })
    }

    /// Lets the stream's next record happen.
    ///
    /// # Errors
    /// When it is not the next, is of another kind or another stream, or cannot have happened.
    pub fn take(&mut self, record: &Record) -> Result<(), FoldError> {
        let (stream, expected) = (self.reached.stream, self.reached.sequence + 1);
        let impossible = |what: String| FoldError { stream, what };
        if record.stream != stream {
            return Err(impossible(format!("event {expected} is of {}", record.stream)));
        }
        if record.sequence != expected {
            return Err(impossible(format!("event {} stands where {expected} belongs", record.sequence)));
        }
        let Record { epoch, time, ref event, .. } = *record;
        // An event that cannot be applied panics; here that is a finding about the journal, not a bug of the caller.
        let happened = catch_unwind(AssertUnwindSafe(|| match (&mut self.reached.state, event) {
            (State::Accounts(accounts), Event::Accounts(event)) => {
                accounts.apply(event, time);
                Ok(())
            }
            (State::Concert(concert), Event::Concert(event)) => {
                concert.apply(event, time);
                concert.check_after(event).map_err(|broken| format!("event {expected}: {broken}"))
            }
            _ => Err(format!("event {expected} is of another kind")),
        }));
        happened
            .unwrap_or_else(|_| Err(format!("event {expected} cannot have happened")))
            .map_err(impossible)?;
        self.reached.sequence = self.reached.state.sequence();
        self.reached.epoch = epoch;
        self.is_touched = true;
        Ok(())
    }

    /// Takes at most so many settled bookings out of the state, and checks what became of it. What was wrong before is wrong without them, so
    /// it need not be checked before as well.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn shed(&mut self, most: usize) -> Result<Vec<EndedBooking>, FoldError> {
        let stream = self.reached.stream;
        let shed = catch_unwind(AssertUnwindSafe(|| self.reached.state.shed(most)));
        let shed = shed.map_err(|_| FoldError { stream, what: POINTS_NOWHERE.to_owned() })?;
        self.is_touched |= !shed.is_empty();
        self.check()?;
        Ok(shed)
    }

    /// Checks every invariant of what became of the state, unless nothing did since it was checked.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&mut self) -> Result<(), FoldError> {
        if self.is_touched {
            let stream = self.reached.stream;
            check(&self.reached.state).map_err(|what| FoldError { stream, what })?;
            self.is_touched = false;
        }
        Ok(())
    }

    /// Whose state it is.
    pub fn stream(&self) -> Stream {
        self.reached.stream
    }

    /// The state as it is now.
    pub fn state(&self) -> &State {
        &self.reached.state
    }

    /// The state as it is now, to begin from another time.
    pub fn snapshot(&self) -> &Snapshot {
        &self.reached
    }

    /// The same, where this fold goes on no more.
    pub fn into_snapshot(self) -> Snapshot {
        self.reached
    }
}

/// A state that makes its own check panic was not made by events, and is refused like any other.
fn check(state: &State) -> Result<(), String> {
    let checked = catch_unwind(AssertUnwindSafe(|| match state {
        State::Accounts(accounts) => accounts.check(),
        State::Concert(concert) => concert.check().map_err(|broken| broken.to_string()),
    }));
    checked.unwrap_or_else(|_| Err(POINTS_NOWHERE.to_owned()))
}
