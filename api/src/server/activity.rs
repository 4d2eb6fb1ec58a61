//! What goes on on a connection, as far as it decides how long the connection may stay.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::time::Instant;

use super::Limits;

/// What a client has to take in of answers over HTTP/2 within [`Limits::idle`]. What HTTP/2 says by itself is less, or as dear as requests.
const PROGRESS_BYTES: usize = 64 * 1_024;

/// What is known of a connection beside its bytes. It is noted at every request, so noting costs next to nothing, and no timer.
#[derive(Debug)]
pub(super) struct Activity {
    since: Instant,
    begun: AtomicU64,
    ended: AtomicU64,
    /// When something was last done for the client, in milliseconds since the connection began.
    served_at: AtomicU64,
    /// Bytes that were written over HTTP/2 since then.
    bytes_since: AtomicUsize,
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
            begun: AtomicU64::default(),
            ended: AtomicU64::default(),
            served_at: AtomicU64::default(),
            bytes_since: AtomicUsize::default(),
            is_clogged: AtomicBool::default(),
            is_http2: AtomicBool::default(),
            lengths_contradict: AtomicBool::default(),
        }
    }
}

/// A request, or a part of its answer, that the client waits for; what is given up ends, too.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Activity>);

impl UnderWay {
    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self(activity) = self;
        activity.ended.fetch_add(1, Ordering::Relaxed);
        // Over HTTP/1.1 the answer is written at once, and noted then.
        if activity.is_http2() {
            activity.note_service();
        }
    }
}

impl Activity {
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::Relaxed);
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
        let was_clogged = self.is_clogged.load(Ordering::Relaxed);
        if was_clogged != written.is_pending() {
            self.is_clogged.store(!was_clogged, Ordering::Relaxed);
            self.note_service();
        } else if let Poll::Ready(Ok(bytes)) = &written {
            self.note_bytes(*bytes);
        }
        written
    }

    fn note_bytes(&self, bytes: usize) {
        let bytes = self.bytes_since.load(Ordering::Relaxed).saturating_add(bytes);
        let is_progress = bytes >= PROGRESS_BYTES && self.begun.load(Ordering::Relaxed) > 0;
        if is_progress || !self.is_http2() {
            self.note_service();
        } else {
            self.bytes_since.store(bytes, Ordering::Relaxed);
        }
    }

    fn note_service(&self) {
        let milliseconds = self.since.elapsed().as_millis();
        self.served_at.store(u64::try_from(milliseconds).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.bytes_since.store(0, Ordering::Relaxed);
    }

    /// When the connection has been quiet for too long, unless something happens before; nothing while the client waits for us.
    ///
    /// Without a request at all, and over HTTP/1.1 after each answer, the head of the next one has [`Limits::head_read`] to arrive. Over
    /// HTTP/2, and for a client to take in more of an answer, it is [`Limits::idle`].
    pub(super) fn quiet_until(&self, limits: &Limits) -> Option<Instant> {
        let is_clogged = self.is_clogged.load(Ordering::Relaxed);
        let begun = self.begun.load(Ordering::Relaxed);
        // A client that takes in nothing waits for nothing: hyper does not even go on with what it asked besides.
        if !is_clogged && begun != self.ended.load(Ordering::Relaxed) {
            return None;
        }
        let quiet = if is_clogged || self.is_http2() && begun > 0 { limits.idle } else { limits.head_read };
        Some(self.since + Duration::from_millis(self.served_at.load(Ordering::Relaxed)) + quiet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds that are left.
    fn left(activity: &Activity) -> Option<u64> {
        let end = activity.quiet_until(&Limits::default());
        end.map(|end| (end - Instant::now()).as_secs())
    }

    /// Seconds for a head, and for what may last.
    fn limits() -> (u64, u64) {
        let Limits { head_read, idle, .. } = Limits::default();
        (head_read.as_secs(), idle.as_secs())
    }

    async fn passes(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    fn written(activity: &Activity, bytes: usize) {
        assert!(activity.note_write(Poll::Ready(Ok(bytes))).is_ready());
    }

    fn clogged(activity: &Activity) {
        assert!(activity.note_write(Poll::Pending).is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn how_long_a_connection_may_be_quiet_depends_on_what_is_awaited() {
        let (head, idle) = limits();
        let activity = Arc::new(Activity::default());
        assert_eq!(left(&activity), Some(head), "the first head");
        passes(4).await;
        assert_eq!(left(&activity), Some(head - 4));
        let request = activity.begin();
        assert_eq!(left(&activity), None, "a request is under way");
        passes(100).await;
        drop(request);
        written(&activity, 1);
        assert_eq!(left(&activity), Some(head), "the next head");
        passes(1).await;
        clogged(&activity);
        assert_eq!(left(&activity), Some(idle), "the client takes its time");
        passes(1).await;
        let request = activity.begin();
        clogged(&activity);
        assert_eq!(left(&activity), Some(idle - 1), "it has taken in nothing, whatever else it asks");
        drop(request);
        written(&activity, 1);
        assert_eq!(left(&activity), Some(head));
    }

    #[tokio::test(start_paused = true)]
    async fn over_http2_only_requests_and_much_of_an_answer_keep_a_connection() {
        let (head, idle) = limits();
        let activity = Arc::new(Activity::default());
        activity.note_http2();
        assert_eq!(left(&activity), Some(head), "the first request");
        passes(1).await;
        written(&activity, PROGRESS_BYTES);
        assert_eq!(left(&activity), Some(head - 1), "no answer to anything");
        drop(activity.begin());
        assert_eq!(left(&activity), Some(idle));
        passes(1).await;
        written(&activity, PROGRESS_BYTES - 1);
        assert_eq!(left(&activity), Some(idle - 1), "too little");
        written(&activity, 1);
        assert_eq!(left(&activity), Some(idle));
        passes(1).await;
        written(&activity, PROGRESS_BYTES - 1);
        assert_eq!(left(&activity), Some(idle - 1), "it counts anew");
    }
}
