//! The way to the writer.

use std::sync::Arc;
use std::sync::mpsc::{SendError, Sender};

use tokio::sync::oneshot;

use super::{AnyWork, Handed, JournalStatus, StatusBoard};
use crate::journal::Record;

/// Hands things to the writer. Clones hand to the same one.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    pub(crate) queue: Sender<Handed>,
    pub(crate) status: Arc<StatusBoard>,
}

impl WriterHandle {
    /// Whether the journal takes events.
    pub(crate) fn is_open(&self) -> bool {
        self.status.get() == JournalStatus::Open
    }

    pub(crate) fn hand_event(&self, record: Record, work: AnyWork) {
        self.hand(Handed::Event(record, work));
    }

    pub(crate) fn hand_reply(&self, work: AnyWork) {
        self.hand(Handed::Reply(work));
    }

    /// Waits until everything handed over so far is finished.
    pub(crate) async fn barrier(&self) {
        let (sender, passed) = oneshot::channel();
        self.hand(Handed::Barrier(sender));
        // A writer that is gone has finished, too.
        let _ = passed.await;
    }

    /// Says that the office cannot go on.
    pub(crate) fn fail(&self, why: &'static str) {
        self.hand(Handed::Fail(why));
    }

    /// Ends the writer once everything handed over so far is finished.
    pub(crate) fn stop(&self) {
        self.hand(Handed::Stop);
    }

    fn hand(&self, handed: Handed) {
        // A writer that is gone has written nothing of this.
        if let Err(SendError(Handed::Event(_, work) | Handed::Reply(work))) = self.queue.send(handed) {
            work.refuse();
        }
    }
}
