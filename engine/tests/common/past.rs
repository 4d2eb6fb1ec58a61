//! Everything that happened to a machine, and every way in which it comes back from that.

use boxoffice_engine::fold::Fold;
use boxoffice_engine::journal::{Event, Record, Snapshot, State, Stream};
use boxoffice_engine::time::Time;
use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A past, beside a machine that lived through all of it without a restart.
pub(crate) struct Past {
    unbroken: State,
    records: Vec<Record>,
    snapshot: Snapshot,
}

impl Past {
    pub(crate) fn new(stream: Stream) -> Self {
        let snapshot = Fold::absent(stream).into_snapshot();
        Self { unbroken: State::absent(stream), records: Vec::new(), snapshot }
    }

    /// The next thing that happens. Whatever it leads to can be kept.
    pub(crate) fn happen(&mut self, event: Event, time: Time) -> Result<(), TestCaseError> {
        match (&mut self.unbroken, &event) {
            (State::Accounts(accounts), Event::Accounts(event)) => drop(accounts.apply(event, time)),
            (State::Concert(concert), Event::Concert(event)) => drop(concert.apply(event, time)),
            (state, event) => unreachable!("{event:?} does not happen to {:?}", state.stream()),
        }
        let (stream, sequence) = (self.snapshot.stream, self.records.len() as u64 + 1);
        prop_assert_eq!(self.unbroken.sequence(), sequence, "the sequence has no gap");
        self.records.push(Record { stream, sequence, epoch: 1, time, event });
        kept(&self.unbroken).map(drop)
    }

    /// The next restart begins here: at what the snapshot before and the records after it come to.
    pub(crate) fn take_snapshot(&mut self) -> Result<(), TestCaseError> {
        self.snapshot = self.since(self.snapshot.clone())?;
        self.snapshot.state = kept(&self.snapshot.state)?;
        Ok(())
    }

    /// What a restart brings back: the same from the newest snapshot and from nothing but records, bit for bit.
    pub(crate) fn restarted(&self) -> Result<State, TestCaseError> {
        let state = self.since(self.snapshot.clone())?.state;
        let replayed = self.since(Fold::absent(self.snapshot.stream).into_snapshot())?.state;
        prop_assert_eq!(&state, &replayed, "a snapshot stands for its records");
        prop_assert!(
            bytes_of(&state) == bytes_of(&replayed),
            "a snapshot stands for its records, bit for bit"
        );
        Ok(state)
    }

    fn since(&self, snapshot: Snapshot) -> Result<Snapshot, TestCaseError> {
        let failed = |error| TestCaseError::fail(format!("{error}"));
        let seen = usize::try_from(snapshot.sequence).expect("a short past");
        let mut fold = Fold::begin(snapshot).map_err(failed)?;
        for record in &self.records[seen..] {
            fold.take(record).map_err(failed)?;
        }
        fold.check().map_err(failed)?;
        prop_assert_eq!(fold.state(), &self.unbroken, "nothing is lost and nothing is added");
        prop_assert!(bytes_of(fold.state()) == bytes_of(&self.unbroken), "the same state has the same bytes");
        Ok(fold.into_snapshot())
    }
}

/// A state that was written and read again: what it was.
fn kept(state: &State) -> Result<State, TestCaseError> {
    let written = bytes_of(state);
    let back = match state {
        State::Accounts(_) => State::Accounts(read(&written)?),
        State::Concert(_) => State::Concert(read(&written)?),
    };
    prop_assert_eq!(&back, state, "what was read is what was written");
    prop_assert!(bytes_of(&back) == written, "and it is written again as it was");
    Ok(back)
}

fn bytes_of(state: &State) -> Vec<u8> {
    match state {
        State::Accounts(accounts) => bytes(accounts),
        State::Concert(concert) => bytes(concert),
    }
}

fn bytes<T: Serialize>(state: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(state, bincode::config::standard()).expect("every state can be written")
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, TestCaseError> {
    let read = bincode::serde::decode_from_slice(bytes, bincode::config::standard());
    let (state, length) = read.map_err(|error| TestCaseError::fail(format!("{error}")))?;
    prop_assert_eq!(length, bytes.len(), "all that was written is read");
    Ok(state)
}
