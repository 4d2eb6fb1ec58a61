//! What goes on on a connection, as far as it decides how long the connection may stay.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// A shorter piece is no answer: what HTTP/2 says by itself keeps no connection.
const ANSWER_BYTES_MIN: usize = 64;

/// What is known of a connection beside its bytes. It is noted at every request, so noting costs next to nothing, and no timer.
#[derive(Debug)]
pub(super) struct Activity {
    since: Instant,
    requests_begun: AtomicU64,
    requests_ended: AtomicU64,
    /// When a piece of an answer was written last, in milliseconds since the connection began.
    written_at: AtomicU64,
    /// Whether the client has to take in what was written before anything more can be.
    is_clogged: AtomicBool,
    is_http2: AtomicBool,
    /// Whether a head said both how long its body is and that its end will be marked.
    lengths_contradict: AtomicBool,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            requests_begun: AtomicU64::default(),
            requests_ended: AtomicU64::default(),
            written_at: AtomicU64::default(),
            is_clogged: AtomicBool::default(),
            is_http2: AtomicBool::default(),
            lengths_contradict: AtomicBool::default(),
        }
    }
}

/// A request under way; given up requests end, too.
pub(super) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.requests_ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.requests_begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    pub(super) fn note_contradiction(&self) {
        self.lengths_contradict.store(true, Ordering::Relaxed);
    }

    pub(super) fn lengths_contradict(&self) -> bool {
        self.lengths_contradict.load(Ordering::Relaxed)
    }

    pub(super) fn note_http2(&self) {
        self.is_http2.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_http2(&self) -> bool {
        self.is_http2.load(Ordering::Relaxed)
    }

    /// Notes what came of writing, and gives it back.
    pub(super) fn note_write(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            // Time runs from when it got clogged.
            Poll::Pending if self.is_clogged.swap(true, Ordering::Relaxed) => {}
            Poll::Pending => self.note_time(),
            Poll::Ready(Ok(bytes)) => {
                self.is_clogged.store(false, Ordering::Relaxed);
                if *bytes >= ANSWER_BYTES_MIN {
                    self.note_time();
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn note_time(&self) {
        let milliseconds = self.since.elapsed().as_millis();
        self.written_at.store(u64::try_from(milliseconds).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// When the connection has been quiet for too long, unless something happens before; nothing while a request is under way.
    ///
    /// Without a request at all, and over HTTP/1.1 after each answer, the head of the next one has [`Limits::head_read`] to arrive. Over
    /// HTTP/2, and for a client to take in more of an answer, it is [`Limits::idle`].
    pub(super) fn quiet_until(&self, limits: &Limits) -> Option<Instant> {
        let begun = self.requests_begun.load(Ordering::Relaxed);
        if begun != self.requests_ended.load(Ordering::Relaxed) {
            return None;
        }
        let is_lasting = self.is_http2() && begun > 0 || self.is_clogged.load(Ordering::Relaxed);
        let quiet = if is_lasting { limits.idle } else { limits.head_read };
        Some(self.since + Duration::from_millis(self.written_at.load(Ordering::Relaxed)) + quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn how_long_a_connection_may_be_quiet_depends_on_what_is_awaited() {
        let limits = Limits::default();
        let (head, idle) = (limits.head_read.as_secs(), limits.idle.as_secs());
        let passes = |seconds| tokio::time::advance(Duration::from_secs(seconds));
        let activity = Arc::new(Activity::default());
        let left = || activity.quiet_until(&limits).map(|end| (end - Instant::now()).as_secs());
        assert_eq!(left(), Some(head), "the first head");
        passes(4).await;
        assert_eq!(left(), Some(head - 4));
        let request = activity.begin();
        assert_eq!(left(), None, "a request is under way");
        passes(100).await;
        drop(request);
        let answer = || activity.note_write(Poll::Ready(Ok(ANSWER_BYTES_MIN)));
        assert!(answer().is_ready());
        assert_eq!(left(), Some(head), "the next head");
        passes(1).await;
        assert!(activity.note_write(Poll::Ready(Ok(ANSWER_BYTES_MIN - 1))).is_ready());
        assert_eq!(left(), Some(head - 1), "that was no answer");
        assert!(activity.note_write(Poll::Pending).is_pending());
        assert_eq!(left(), Some(idle), "the client takes its time");
        passes(1).await;
        assert!(activity.note_write(Poll::Pending).is_pending());
        assert_eq!(left(), Some(idle - 1), "it has taken in nothing");
        assert!(answer().is_ready());
        assert_eq!(left(), Some(head));
        activity.note_http2();
        assert_eq!(left(), Some(idle), "the next request over HTTP/2");
    }

    #[tokio::test(start_paused = true)]
    async fn over_http2_the_first_request_is_awaited_as_long_as_a_head() {
        let (limits, activity) = (Limits::default(), Activity::default());
        activity.note_http2();
        assert_eq!(activity.quiet_until(&limits), Some(Instant::now() + limits.head_read));
    }
}
