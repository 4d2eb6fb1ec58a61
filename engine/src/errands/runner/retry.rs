//! How often something is tried again.

use crate::box_office::BoxOffice;
use crate::concert::ConcertCommand;
use crate::ids::ConcertId;
use crate::machine::Refused;
use crate::time::Time;

/// Ever longer waits between tries, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    first: i64,
    longest: i64,
}

impl Pace {
    /// While the journal is closed or too much is under way.
    pub(super) const STORAGE: Self = Self { first: 50, longest: 5_000 };
    /// While the gateway cannot be reached.
    pub(super) const GATEWAY: Self = Self { first: 500, longest: 60_000 };
    /// While the gateway does not know how a payment ends: the buyer may take hours.
    pub(super) const OUTCOME: Self = Self { first: 5_000, longest: 600_000 };
    /// While the mail server cannot be reached.
    pub(super) const MAIL: Self = Self { first: 1_000, longest: 900_000 };
    /// After a bug of ours or of a library's.
    pub(super) const PANIC: Self = Self { first: 60_000, longest: 3_600_000 };
    /// What the gateway refuses, for somebody to look at.
    pub(super) const REFUSAL: Self = Self { first: 3_600_000, longest: 3_600_000 };

    /// When to try again after so many tries.
    pub(super) fn next(self, now: Time, tries: u32) -> Time {
        // Twenty doublings are beyond every longest wait.
        Time(now.0 + (self.first << tries.saturating_sub(1).min(20)).min(self.longest))
    }

    /// Waits after so many tries.
    pub(super) async fn wait(self, office: &BoxOffice, tries: u32) {
        office.clock().wait_until(self.next(office.now(), tries)).await;
    }
}

/// Has the concert record something, until it has. An outcome that is unknown is asked for again: recording twice is recording once.
pub(super) async fn record(office: &BoxOffice, concert: ConcertId, command: impl Fn() -> ConcertCommand) {
    for tries in 1.. {
        match office.command(concert, command()).await {
            Ok(_) => return,
            Err(Refused::Rejected { rejection, .. }) => {
                tracing::error!(%concert, %rejection, "what was done outside cannot be recorded");
                return;
            }
            Err(Refused::Overloaded | Refused::StorageUnavailable | Refused::OutcomeUnknown) => {
                Pace::STORAGE.wait(office, tries).await;
            }
        }
    }
}
