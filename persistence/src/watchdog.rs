//! The watchdog of the writer: a dead I/O thread inside sled leaves `flush` waiting for ever, and a dying disk a sync.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// Longest time that one write may take, in seconds.
const WRITE_SECONDS_MAX: u32 = 10;
const TICK: Duration = Duration::from_secs(1);

/// Watches writes while it lives.
pub(crate) struct Watchdog {
    /// Odd while a write is under way. The writer only counts: waking a thread for every write would cost more than the write.
    beat: Arc<AtomicU64>,
    /// Why the process is to end, if somebody else has found that.
    end: Arc<OnceLock<String>>,
    /// Dropped with the watchdog, which ends its thread.
    _alive: mpsc::Sender<()>,
}

/// A write under way; it ends when this is dropped.
pub(crate) struct Watched<'a>(&'a AtomicU64);

impl Watchdog {
    /// Starts watching. `fatal` is called, once, when a write takes too long, or the watchdog is told to; it should end the process at once.
    pub(crate) fn start(fatal: impl FnOnce(&str) + Send + 'static) -> io::Result<Self> {
        let beat = Arc::new(AtomicU64::new(0));
        let (alive, ended) = mpsc::channel();
        let (seen, end) = (Arc::clone(&beat), Arc::new(OnceLock::<String>::new()));
        let told = Arc::clone(&end);
        thread::Builder::new().name("store-watchdog".to_owned()).spawn(move || {
            let mut patience = Patience::default();
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if let Some(why) = told.get() {
                    return fatal(why);
                }
                if patience.ends(seen.load(Ordering::Relaxed)) {
                    return fatal(&format!(
                        "a write to the store takes longer than {WRITE_SECONDS_MAX} seconds"
                    ));
                }
            }
        })?;
        Ok(Self { beat, end, _alive: alive })
    }

    /// Where a reason is put for which the process is to end, within a tick.
    pub(crate) fn end(&self) -> Arc<OnceLock<String>> {
        Arc::clone(&self.end)
    }

    /// Why the process is about to end, if it is.
    pub(crate) fn why_it_ends(&self) -> Option<&str> {
        self.end.get().map(String::as_str)
    }

    /// Says that a write begins.
    pub(crate) fn watch(&self) -> Watched<'_> {
        self.beat.fetch_add(1, Ordering::Relaxed);
        Watched(&self.beat)
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How long the same write has been seen, in ticks. Ticks, not times: a machine that slept is not a disk that hangs.
#[derive(Default)]
struct Patience {
    beat: u64,
    ticks: u32,
}

impl Patience {
    /// Whether this look at the beat is the one too many.
    fn ends(&mut self, beat: u64) -> bool {
        self.ticks = if beat == self.beat && beat % 2 == 1 { self.ticks + 1 } else { 0 };
        self.beat = beat;
        self.ticks >= WRITE_SECONDS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_and_the_same_write_ends_its_patience() {
        let mut patience = Patience::default();
        assert!((0..100).all(|_| !patience.ends(0)), "nothing is written");
        assert!((0..100).all(|write| !patience.ends(2 * write + 1)), "many writes, each soon over");
        assert!((0..10).all(|_| !patience.ends(777)), "one write, not yet too long");
        assert!(patience.ends(777));
    }

    #[test]
    fn a_write_is_odd_while_it_lasts() {
        let watchdog = Watchdog::start(|_| ()).unwrap();
        let beat = || watchdog.beat.load(Ordering::Relaxed);
        assert_eq!(beat(), 0);
        let watched = watchdog.watch();
        assert_eq!(beat(), 1);
        drop(watched);
        assert_eq!(beat(), 2);
    }
}
