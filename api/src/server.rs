//! The accept loop: from a listener to an application, within limits, until told to stop.
//!
//! It is ours because `axum::serve` has no limit on how long a head may take and waits for ever on idle streams. HTTP/1.1
//! and HTTP/2 (with prior knowledge) share the port.

mod activity;
mod bare;
mod bell;
mod connection;
mod head;
mod lengths;
mod streamed;
mod streams;
mod watched;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// Bytes of a request's line and headers that are accepted.
pub const HEAD_BYTES_MAX: u32 = 64 * 1024;
/// Requests that one HTTP/2 connection may have under way.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 256;

/// Pause after the system has refused to hand out a connection, mostly for want of file descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// The address that a request came from, as an extension of the request. What a client says about itself in headers counts
/// for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// What a connection may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time; further ones wait in the system's queue.
    pub connections_max: usize,
    /// How long the head of a request may take to arrive, on a new connection and on one that waits for its next request.
    pub head_read: Duration,
    /// How long an HTTP/2 connection that had a request may be without another, or without taking in more of an answer; how long any client
    /// may take in nothing.
    pub idle: Duration,
    /// How long requests under way may take once the server stops.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            head_read: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            drain: Duration::from_secs(10),
        }
    }
}

/// An application that answers every request.
pub trait Application: Clone + Send + Sync + 'static {
    /// The answer to this one, which came from `peer`.
    ///
    /// What can panic belongs into the future: there it takes its own request with it and nothing more. It is boxed, so that all that a connection keeps of a request stays small: that is cold when the next one comes, and a box is not.
    fn answer(&self, request: Request, peer: Peer) -> BoxFuture<'static, Response>;
}

impl Application for Router {
    fn answer(&self, mut request: Request, peer: Peer) -> BoxFuture<'static, Response> {
        request.extensions_mut().insert(peer);
        self.clone().oneshot(request).map(|answered| answered.unwrap_or_else(|never| match never {})).boxed()
    }
}

/// Serves until `shutdown` completes; then answers what is under way, closes what is idle, and returns after
/// [`Limits::drain`] at the latest.
pub async fn serve(
    listener: TcpListener,
    application: impl Application,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let (drain, draining) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let connection = connection::serve(stream, Peer(peer), application.clone(), limits, draining.clone());
        tokio::spawn(async move {
            connection.await;
            drop(place);
        });
    }
    // From here on new connections are refused by the system, not left to wait for nobody.
    drop(listener);
    // Nobody listens when there is no connection.
    let _ = drain.send(true);
    let everybody = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    // Connections end themselves within the drain time, so this cannot wait longer; it cannot fail, for nobody closes the semaphore.
    let _ = places.acquire_many(everybody).await;
}

/// The next connection, once there is a place for it; `None` when there was one but it has gone again.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) if is_of_one_connection(&error) => None,
        Err(error) => {
            tracing::warn!(%error, "no connection could be accepted");
            tokio::time::sleep(ACCEPT_RETRY).await;
            None
        }
    }
}

/// Whether the error says that a client went away before it was its turn.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
