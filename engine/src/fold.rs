//! Makes the states of streams from snapshots and records, with no office around.
//!
//! It is the one way in which a state comes back: at a start, after the death of an actor, and where a journal makes snapshots of
//! what it holds. So every snapshot that is made proves what the next start will do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::journal::{Event, Record, Snapshot, State, Stream};

/// What a stream's snapshot and records cannot be: the journal or the code is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{stream:?}: {what}")]
pub struct FoldError {
    /// Whose they are.
    pub stream: Stream,
    /// What is wrong with them.
    pub what: String,
}

/// A stream's state, brought forward record by record. After an error it is good for nothing.
#[derive(Clone, Debug)]
pub struct Fold {
    stream: Stream,
    epoch: u64,
    state: State,
    /// Whether anything may have become unsound since the whole state was known to be sound.
    may_be_unsound: bool,
}

impl Fold {
    /// A stream before its first record.
    pub fn absent(stream: Stream) -> Self {
        Self { stream, epoch: 0, state: State::absent(stream), may_be_unsound: false }
    }

    /// A stream as its snapshot has it.
    ///
    /// # Errors
    /// When the state is another stream's or at another sequence than the snapshot says, or breaks an invariant.
    pub fn begin(snapshot: Snapshot) -> Result<Self, FoldError> {
        let (stream, sequence) = (snapshot.stream, snapshot.sequence);
        let fold = Self::resume(snapshot)?;
        check(&fold.state).map_err(|what| {
            let what = format!("its snapshot of event {sequence}: {what}");
            FoldError { stream, what }
        })?;
        Ok(Self { may_be_unsound: false, ..fold })
    }

    /// A stream as its snapshot has it, for whoever asks [`check`](Self::check) once its records have happened, and believes nothing
    /// before: what a snapshot breaks is found then, together with what they break.
    ///
    /// # Errors
    /// When the state is another stream's or at another sequence than the snapshot says.
    pub fn resume(snapshot: Snapshot) -> Result<Self, FoldError> {
        let Snapshot { stream, sequence, epoch, state } = snapshot;
        let impossible = |what| FoldError { stream, what };
        if state.stream() != stream {
            return Err(impossible(format!("its snapshot holds the state of {:?}", state.stream())));
        }
        if state.sequence() != sequence {
            let found = state.sequence();
            return Err(impossible(format!("its snapshot of event {sequence} holds the state at {found}")));
        }
        Ok(Self { stream, epoch, state, may_be_unsound: true })
    }

    /// Lets the stream's next record happen.
    ///
    /// # Errors
    /// When it is not the next, is of another kind or another stream, or cannot have happened.
    pub fn take(&mut self, record: &Record) -> Result<(), FoldError> {
        let (stream, expected) = (self.stream, self.state.sequence() + 1);
        let impossible = |what: String| FoldError { stream, what };
        if record.stream != stream {
            return Err(impossible(format!("event {expected} is of {:?}", record.stream)));
        }
        if record.sequence != expected {
            return Err(impossible(format!("event {} stands where {expected} belongs", record.sequence)));
        }
        let Record { epoch, time, ref event, .. } = *record;
        // An event that cannot be applied panics; here that is a finding about the journal, not a bug of the caller.
        let happened = catch_unwind(AssertUnwindSafe(|| match (&mut self.state, event) {
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
        self.epoch = epoch;
        self.may_be_unsound = true;
        Ok(())
    }

    /// Checks every invariant of what the records made.
    ///
    /// # Errors
    /// The first that does not hold.
    pub fn check(&self) -> Result<(), FoldError> {
        if !self.may_be_unsound {
            // A snapshot was checked when it was begun from, and nothing is wrong with a stream that is absent.
            return Ok(());
        }
        check(&self.state).map_err(|what| FoldError { stream: self.stream, what })
    }

    /// The state as it is now.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The state as it is now, to begin from another time.
    pub fn into_snapshot(self) -> Snapshot {
        Snapshot {
            stream: self.stream,
            sequence: self.state.sequence(),
            epoch: self.epoch,
            state: self.state,
        }
    }
}

/// A state that makes its own check panic was not made by events, and is refused like any other.
fn check(state: &State) -> Result<(), String> {
    let checked = catch_unwind(AssertUnwindSafe(|| match state {
        State::Accounts(accounts) => accounts.check(),
        State::Concert(concert) => concert.check().map_err(|broken| broken.to_string()),
    }));
    checked.unwrap_or_else(|_| Err("the state points to what it does not have".to_owned()))
}
