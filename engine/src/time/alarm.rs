//! What rings when its time has come.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{Clock, Time};

/// Rings once, by a task of its own. Dropped, it does not ring any more.
pub(crate) struct Alarm(JoinHandle<()>);

impl Alarm {
    /// An alarm that rings when `time` has come by this clock.
    pub(crate) fn set(clock: Arc<dyn Clock>, time: Time, ring: impl FnOnce() + Send + 'static) -> Self {
        Self(tokio::spawn(async move {
            clock.wait_until(time).await;
            ring();
        }))
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.abort();
    }
}
