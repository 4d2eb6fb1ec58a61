//! Tells the runner that a concert owes something new.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc::UnboundedSender;

use crate::ids::ConcertId;

/// The bell of one concert. However often it rings before it is heard, the runner hears it once, so what waits in its line is
/// bounded by the number of concerts.
pub(crate) struct Bell {
    concert: ConcertId,
    /// Made when it rings first: most concerts sleep, and never ring.
    is_ringing: OnceLock<Arc<AtomicBool>>,
    line: UnboundedSender<Rung>,
}

/// A bell that rings. It is heard through this and not through the concert's desk: a keeper rings before its desk can be found.
pub(crate) struct Rung {
    pub(crate) concert: ConcertId,
    is_ringing: Arc<AtomicBool>,
}

impl Bell {
    pub(crate) fn new(concert: ConcertId, line: UnboundedSender<Rung>) -> Self {
        Self { concert, is_ringing: OnceLock::new(), line }
    }

    pub(crate) fn ring(&self) {
        let is_ringing = self.is_ringing.get_or_init(Arc::default);
        if !is_ringing.swap(true, Ordering::AcqRel) {
            // An office without a runner owes what it owes until it has one.
            let _ = self.line.send(Rung { concert: self.concert, is_ringing: Arc::clone(is_ringing) });
        }
    }
}

impl Rung {
    /// Heard: what is owed by now will be found.
    pub(crate) fn hear(&self) {
        self.is_ringing.store(false, Ordering::Release);
    }
}
