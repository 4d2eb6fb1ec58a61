//! What is wrong with an input, field by field.

use crate::limits::FAULTS_NAMED_MAX;

/// One bad field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer (RFC 6901) of the field, in the names of the HTTP contract; empty for the whole input.
    pub pointer: String,
    /// What is wrong with it: lower case, no final stop.
    pub detail: String,
}

/// The bad fields of one input, each named once, up to [`FAULTS_NAMED_MAX`]: an input can have more of them than anybody would read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a bad field. The first fault of a field stands; later ones are its echoes.
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        let pointer = pointer.into();
        if !self.is_full() && self.0.iter().all(|fault| fault.pointer != pointer) {
            self.0.push(Fault { pointer, detail: detail.into() });
        }
    }

    /// Notes what `checked` says is wrong, if anything.
    pub fn check(&mut self, pointer: impl Into<String>, checked: Result<(), String>) {
        if let Err(detail) = checked {
            self.add(pointer, detail);
        }
    }

    /// Adds all faults of `others` that name fields without a fault here.
    pub fn merge(&mut self, others: Faults) {
        for fault in others.0 {
            self.add(fault.pointer, fault.detail);
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether so many are named that no other will be.
    pub fn is_full(&self) -> bool {
        self.0.len() >= FAULTS_NAMED_MAX
    }

    /// The faults in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// The faults, when there are any.
    pub fn into_result(self) -> Result<(), Faults> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}
