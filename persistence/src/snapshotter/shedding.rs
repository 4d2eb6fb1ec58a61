//! What a snapshot takes out of the states that it renews, and keeps beside them.

use boxoffice_engine::fold::{Fold, FoldError};
use boxoffice_engine::journal::{Snapshot, Stream};

use crate::damage::KeepError;
use crate::ended::{Draft, Ended};

/// Bookings that one snapshot takes out of states at most: what finds them again is sorted in memory, 16 bytes each. The others leave
/// with a later one that renews their concert.
const BOOKINGS_SHED_MAX: usize = 1_000_000;

/// The shedding of one snapshot.
pub(super) struct Shedding {
    before: Ended,
    /// Nothing where nothing can be shed.
    draft: Option<Draft>,
    /// Bookings that may still leave.
    left: usize,
    /// Streams whose states have no settled booking any more, and the sequences of these states.
    whole: Vec<(Stream, u64)>,
}

impl Shedding {
    pub(super) fn begin(ended: &Ended, generation: u64) -> Result<Self, KeepError> {
        let draft = ended.draft(generation)?;
        Ok(Self { before: ended.clone(), draft, left: BOOKINGS_SHED_MAX, whole: Vec::new() })
    }

    /// Takes what is settled out of a state, as far as that may leave, and proves that it is sound.
    pub(super) fn shed(&mut self, fold: &mut Fold) -> Result<(), ShedError> {
        let Some(draft) = &mut self.draft else { return Ok(fold.check()?) };
        let shed = fold.shed(self.left)?;
        self.left -= shed.len();
        if self.left > 0 {
            let Snapshot { stream, sequence, .. } = *fold.snapshot();
            self.whole.push((stream, sequence));
        }
        if !shed.is_empty() {
            draft.put(&shed)?;
        }
        Ok(())
    }

    /// Makes what was shed durable.
    pub(super) fn finish(self) -> Result<(Ended, Vec<(Stream, u64)>), KeepError> {
        match self.draft {
            Some(draft) => Ok((draft.finish()?, self.whole)),
            None => Ok((self.before, Vec::new())),
        }
    }
}

/// Why a state could not shed anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShedError {
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error(transparent)]
    Unsound(#[from] FoldError),
}
