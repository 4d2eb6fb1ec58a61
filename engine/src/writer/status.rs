//! Whether the journal takes events.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use tokio::sync::watch;

/// How the journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum JournalStatus {
    /// It takes events.
    Open,
    /// There is no room; it is asked again and again.
    Full,
    /// It cannot be trusted any more: the process must end.
    Failed,
}

/// The status, to be read by everyone at the cost of one load, and to be waited for.
pub(crate) struct StatusBoard {
    now: AtomicU8,
    /// How often it was opened. What was read from the journal at another opening may not be what it shows now.
    openings: AtomicU64,
    changes: watch::Sender<JournalStatus>,
}

impl StatusBoard {
    pub(crate) fn open() -> Self {
        Self {
            now: AtomicU8::new(JournalStatus::Open as u8),
            openings: AtomicU64::new(1),
            changes: watch::Sender::new(JournalStatus::Open),
        }
    }

    pub(crate) fn get(&self) -> JournalStatus {
        match self.now.load(Ordering::Acquire) {
            0 => JournalStatus::Open,
            1 => JournalStatus::Full,
            _ => JournalStatus::Failed,
        }
    }

    /// The number of the present opening; nothing while the journal is closed.
    pub(crate) fn opening(&self) -> Option<u64> {
        let opening = self.openings.load(Ordering::Acquire);
        (self.get() == JournalStatus::Open).then_some(opening)
    }

    /// Changes it, by the writer alone. What has failed stays so.
    pub(crate) fn set(&self, status: JournalStatus) {
        if self.get() == JournalStatus::Failed {
            return;
        }
        if status == JournalStatus::Open {
            self.openings.fetch_add(1, Ordering::AcqRel);
        }
        self.now.store(status as u8, Ordering::Release);
        self.changes.send_replace(status);
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<JournalStatus> {
        self.changes.subscribe()
    }
}
