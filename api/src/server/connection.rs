//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use std::task::Poll;

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::{self, Either};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::bell::Bell;
use super::head_timer::HeadTimer;
use super::streams::{Streams, StreamsHandle};
use super::watched::Watched;
use super::{Application, HEAD_BYTES_MAX, Limits, Peer, STREAMS_PER_CONNECTION_MAX, head};
use crate::middleware::around;

/// What hyper may buffer of a head before it gives up with a bare 431. It is more than [`HEAD_BYTES_MAX`], so that heads
/// that are a little too long get our answer.
const HEAD_BUFFER_BYTES: usize = 2 * HEAD_BYTES_MAX as usize;

/// What is known of a connection beside its bytes.
#[derive(Debug, Default)]
pub(super) struct Activity {
    requests_begun: AtomicU64,
    requests_ended: AtomicU64,
    /// Whether a head said both how long its body is and that its end will be marked.
    lengths_contradict: AtomicBool,
}

impl Activity {
    pub(super) fn note_contradiction(&self) {
        self.lengths_contradict.store(true, Ordering::Relaxed);
    }

    fn begin(self: &Arc<Self>) -> UnderWay {
        self.requests_begun.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// How many requests there have been, and whether all of them are answered.
    fn seen(&self) -> (u64, bool) {
        let begun = self.requests_begun.load(Ordering::Relaxed);
        (begun, begun == self.requests_ended.load(Ordering::Relaxed))
    }
}

/// A request under way; given up requests end, too.
struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.requests_ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Serves a connection until it ends, has been idle for too long, or the server drains.
pub(super) async fn serve(
    stream: TcpStream,
    peer: Peer,
    application: impl Application,
    limits: Limits,
    mut draining: watch::Receiver<bool>,
) {
    // Answers are written in one piece; waiting to fill a packet would only delay them. Without it, slower is all.
    let _ = stream.set_nodelay(true);
    let activity = Arc::new(Activity::default());
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let service = service_fn(|request: Request<Incoming>| {
        let under_way = activity.begin();
        answer(request, peer, application.clone(), &under_way.0).map(|answer| {
            drop(under_way);
            Ok::<_, Infallible>(answer)
        })
    });
    let mut streams = Streams::default();
    let builder = builder(&limits, streams.handle());
    let mut connection = pin!(builder.serve_connection(stream, service));
    let mut ends = Bell::hang(async {
        tokio::select! {
            () = idle(&activity, &limits) => {}
            _ = draining.wait_for(|draining| *draining) => {}
        }
    })
    .await;
    tokio::select! {
        // The connection first: the other hardly ever has anything to say.
        biased;
        () = drive(connection.as_mut(), &mut streams) => return,
        () = &mut ends => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(limits.drain, drive(connection, &mut streams)).await;
}

/// Drives a connection with what is under way on it. How it ends is the client's affair: errors here are its resets, timeouts and
/// garbage.
async fn drive<E>(mut connection: Pin<&mut impl Future<Output = Result<(), E>>>, streams: &mut Streams) {
    std::future::poll_fn(|context| {
        loop {
            // Answers first, so that all there are leave together.
            streams.poll_all(context);
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if !streams.has_new() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

fn answer<A: Application>(
    request: Request<Incoming>,
    peer: Peer,
    application: A,
    activity: &Activity,
) -> impl Future<Output = Response> + use<A> {
    // Most requests have no body; an empty one of its own kind costs nothing.
    let body = |body: Incoming| if body.is_end_stream() { Body::empty() } else { Body::new(body) };
    let lengths_contradict = activity.lengths_contradict.load(Ordering::Relaxed);
    around(request.map(body), move |request| match head::check(&request, lengths_contradict) {
        Ok(()) => Either::Left(application.answer(request, peer)),
        Err(problem) => {
            let mut response = problem.into_response();
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            Either::Right(future::ready(response))
        }
    })
}

/// Ends when the connection has sent no request at all for [`Limits::head_read`], or none for [`Limits::idle`] while none is
/// under way. It guards what hyper's own timer does not: the time before the version is known, HTTP/2's handshake and
/// its idle connections. It looks now and then rather than at every request, so that a request costs no timer.
async fn idle(activity: &Activity, limits: &Limits) {
    tokio::time::sleep(limits.head_read).await;
    let (mut before, _) = activity.seen();
    if before == 0 {
        return;
    }
    loop {
        tokio::time::sleep(limits.idle).await;
        let (now, all_answered) = activity.seen();
        if now == before && all_answered {
            return;
        }
        before = now;
    }
}

fn builder(limits: &Limits, streams: StreamsHandle) -> auto::Builder<StreamsHandle> {
    let mut builder = auto::Builder::new(streams);
    builder
        .http1()
        .timer(HeadTimer::default())
        .header_read_timeout(limits.head_read)
        .max_buf_size(HEAD_BUFFER_BYTES)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .keep_alive_interval(limits.idle)
        .keep_alive_timeout(limits.head_read);
    builder
}
