//! Whether the machine behind a desk sleeps, and how it is woken.
//!
//! A machine that sleeps has no keeper and takes no memory beyond what readers see. Whoever asks it something wakes it and waits.
//! Falling asleep takes the keeper away first and looks then whether anybody came in meanwhile; who came in before that look keeps
//! the machine awake, who comes after it finds no keeper and wakes it. So no request is lost between the two.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use crate::journal::Stream;

/// The sleep of one machine.
pub(crate) struct Sleep {
    is_asleep: AtomicBool,
    ended: Notify,
    /// To whoever wakes machines.
    line: UnboundedSender<Stream>,
}

impl Sleep {
    pub(crate) fn new(line: UnboundedSender<Stream>) -> Self {
        Self { is_asleep: AtomicBool::new(false), ended: Notify::new(), line }
    }

    pub(crate) fn is_asleep(&self) -> bool {
        self.is_asleep.load(Ordering::SeqCst)
    }

    pub(crate) fn begin(&self) {
        self.is_asleep.store(true, Ordering::SeqCst);
    }

    /// The machine has its keeper again, or will not get one.
    pub(crate) fn end(&self) {
        if self.is_asleep.swap(false, Ordering::SeqCst) {
            self.ended.notify_waiters();
        }
    }

    /// Has the machine woken, and waits until its sleep has ended.
    pub(super) async fn wake(&self, stream: Stream) {
        let ended = self.ended.notified();
        tokio::pin!(ended);
        // From here on an end is not missed.
        ended.as_mut().enable();
        // An office that is closing ends every sleep first.
        if self.is_asleep() && self.line.send(stream).is_ok() {
            ended.await;
        }
    }
}
