//! Ctrl-C: the first ends the load, and each further one whatever is waited for then.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::LoadtestError;

/// The interrupts of this process. None is lost between two that are waited for.
pub(super) struct Interrupts(Signal);

impl Interrupts {
    /// From now on an interrupt ends the process no more.
    pub(super) fn listen() -> Result<Self, LoadtestError> {
        let listening = signal(SignalKind::interrupt());
        listening.map(Self).map_err(|error| LoadtestError(format!("cannot listen for signals: {error}")))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// What comes of something, unless an interrupt ends it first.
    pub(super) async fn may_end<T>(
        &mut self,
        waited_for: impl Future<Output = Result<T, LoadtestError>>,
    ) -> Result<T, LoadtestError> {
        tokio::select! {
            done = waited_for => done,
            () = self.next() => Err(LoadtestError("it was ended by an interrupt".to_owned())),
        }
    }
}
