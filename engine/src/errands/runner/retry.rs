//! How often something is tried again.

use crate::box_office::BoxOffice;
use crate::concert::{ConcertCommand, ErrandNumber};
use crate::ids::ConcertId;
use crate::machine::Refused;

/// Ever longer waits between tries.
pub(super) struct Pace {
    next_milliseconds: i64,
    longest_milliseconds: i64,
}

impl Pace {
    /// While the journal is closed or too much is under way.
    pub(super) fn of_storage() -> Self {
        Self { next_milliseconds: 50, longest_milliseconds: 5_000 }
    }

    /// While the gateway cannot be reached.
    pub(super) fn of_gateway() -> Self {
        Self { next_milliseconds: 500, longest_milliseconds: 60_000 }
    }

    /// While the gateway does not know how a payment ends: the buyer may take hours.
    pub(super) fn of_outcome() -> Self {
        Self { next_milliseconds: 5_000, longest_milliseconds: 600_000 }
    }

    /// While the mail server cannot be reached.
    pub(super) fn of_mail() -> Self {
        Self { next_milliseconds: 1_000, longest_milliseconds: 900_000 }
    }

    /// What the gateway refuses, for somebody to look at.
    pub(super) fn of_refusal() -> Self {
        Self { next_milliseconds: 3_600_000, longest_milliseconds: 3_600_000 }
    }

    /// Waits, and longer the next time.
    pub(super) async fn wait(&mut self, office: &BoxOffice) {
        let until = crate::time::Time(office.now().0 + self.next_milliseconds);
        self.next_milliseconds = (self.next_milliseconds * 2).min(self.longest_milliseconds);
        while office.now() < until {
            office.clock().sleep_until(until).await;
        }
    }
}

impl From<Vec<ErrandNumber>> for ConcertCommand {
    fn from(errands: Vec<ErrandNumber>) -> Self {
        Self::RecordErrands(errands)
    }
}

/// Has the concert record something, until it has. An outcome that is unknown is asked for again: recording twice is recording once.
pub(super) async fn record(office: &BoxOffice, concert: ConcertId, command: impl Fn() -> ConcertCommand) {
    let mut pace = Pace::of_storage();
    loop {
        match office.command(concert, command()).await {
            Ok(_) => return,
            Err(Refused::Rejected { rejection, .. }) => {
                tracing::error!(%concert, %rejection, "what was done outside cannot be recorded");
                return;
            }
            Err(Refused::Overloaded | Refused::StorageUnavailable | Refused::OutcomeUnknown) => {
                pace.wait(office).await;
            }
        }
    }
}
