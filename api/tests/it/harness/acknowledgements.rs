//! What a crowd is told, counted: that is how disasters are timed.

use std::sync::mpsc::{Receiver, TryRecvError};

use super::process::HANG;

/// One for each call of a crowd that was acknowledged.
pub(crate) struct Acknowledgements(Receiver<()>);

impl Acknowledgements {
    pub(super) fn new(received: Receiver<()>) -> Self {
        Self(received)
    }

    /// Waits until so many more calls were acknowledged, from now on.
    #[track_caller]
    pub(crate) fn after(&self, acknowledgements: usize) {
        self.0.try_iter().for_each(drop);
        for _ in 0..acknowledgements {
            self.0.recv_timeout(HANG).expect("the crowd is served");
        }
    }

    /// Waits until something is so. Says whether it was seen before so many more calls were acknowledged.
    #[track_caller]
    pub(crate) fn until(&self, acknowledgements_max: usize, is_so: impl Fn() -> bool) -> bool {
        let mut acknowledged = 0;
        while !is_so() {
            match self.0.try_recv() {
                Ok(()) => acknowledged += 1,
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                Err(TryRecvError::Disconnected) => panic!("the crowd is not served any more"),
            }
            if acknowledged > acknowledgements_max {
                return false;
            }
        }
        true
    }
}
