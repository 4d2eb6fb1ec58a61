//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::body::{Body, HttpBody};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::activity::Activity;
use super::bell::Bell;
use super::streamed::streamed;
use super::streams::{Streams, StreamsHandle};
use super::watched::Watched;
use super::{Application, HEAD_BYTES_MAX, Limits, Peer, STREAMS_PER_CONNECTION_MAX, head};
use crate::middleware::Asked;

/// What hyper takes of a head before it gives up with a bare 431. It is more than [`HEAD_BYTES_MAX`], so that heads that are a little
/// too long get our answer.
const HEAD_BUFFER_BYTES: u32 = 2 * HEAD_BYTES_MAX;

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
        let answer = answer(request, peer, &application, &activity);
        answer.map(move |answer| Ok::<_, Infallible>(answer.map(|body| streamed(body, &under_way))))
    });
    let mut streams = Streams::default();
    let builder = builder(streams.handle());
    let mut connection = pin!(builder.serve_connection(stream, service));
    let mut ends = Bell::hang(async {
        tokio::select! {
            () = quiet_for_too_long(&activity, &limits) => false,
            _ = draining.wait_for(|draining| *draining) => true,
        }
    })
    .await;
    let is_draining = tokio::select! {
        // The connection first: the other hardly ever has anything to say.
        biased;
        () = drive(connection.as_mut(), &mut streams, &activity) => return,
        is_draining = &mut ends => is_draining,
    };
    // Who has been quiet for too long over HTTP/1.1 is owed nothing, and has no way to be told.
    if !is_draining && !activity.is_http2() {
        return;
    }
    drop(ends);
    connection.as_mut().graceful_shutdown();
    let mut ending = pin!(drive(connection, &mut streams, &activity));
    // A request that crossed our goodbye is answered like any other.
    while tokio::time::timeout(limits.drain, ending.as_mut()).await.is_err()
        && activity.quiet_until(&limits).is_none()
        && !*draining.borrow()
    {}
}

/// Drives a connection with what is under way on it. How it ends is the client's affair: errors here are its resets, timeouts and
/// garbage.
async fn drive<E>(
    mut connection: Pin<&mut impl Future<Output = Result<(), E>>>,
    streams: &mut Streams,
    activity: &Activity,
) {
    std::future::poll_fn(|context| {
        loop {
            // Over HTTP/1.1 there never are any, and to look for them would cost more than that: where they are is cold.
            if activity.is_http2() {
                // Answers first, so that all there are leave together.
                streams.poll_all(context);
            }
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            if !activity.is_http2() || !streams.has_new() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

fn answer<A: Application>(
    request: Request<Incoming>,
    peer: Peer,
    application: &A,
    activity: &Activity,
) -> impl Future<Output = Response> + use<A> {
    // Most requests have no body; an empty one of its own kind costs nothing.
    let request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
    let asked = Asked::of(&request);
    asked.answered_by(match head::check(&request, activity.lengths_contradict()) {
        Ok(()) => application.answer(request, peer),
        Err(problem) => {
            let mut response = problem.into_response();
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            future::ready(response).boxed()
        }
    })
}

/// Ends when the connection has been quiet for too long. It looks when that would be, not at every request, so that a request sets no
/// timer. hyper's own timer for heads would do that, and does not know of the time before the version is known.
async fn quiet_for_too_long(activity: &Activity, limits: &Limits) {
    loop {
        let (now, quiet_until) = (Instant::now(), activity.quiet_until(limits));
        if quiet_until.is_some_and(|end| end <= now) {
            return;
        }
        // What happens meanwhile may leave less time than there was.
        let look_again = now + limits.head_read;
        tokio::time::sleep_until(quiet_until.map_or(look_again, |end| end.min(look_again))).await;
    }
}

fn builder(streams: StreamsHandle) -> auto::Builder<StreamsHandle> {
    let mut builder = auto::Builder::new(streams);
    builder
        .http1()
        .max_buf_size(HEAD_BUFFER_BYTES as usize)
        .http2()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .max_header_list_size(HEAD_BUFFER_BYTES);
    builder
}
