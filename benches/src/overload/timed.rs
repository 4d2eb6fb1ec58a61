//! How long refusals take in the server itself: from the request as it is handed to the application until its answer, to the last
//! byte, is with the connection, which writes it before it does anything else.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{StatusCode, Version};
use axum::response::Response;
use boxoffice_api::server::{Application, Peer};
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

use super::counts::Latencies;
use crate::Stopwatch;

/// Where the server tells what it has measured since it was last asked.
pub(crate) const PATH: &str = "/refusals";

/// An application whose refusals for overload are timed.
#[derive(Clone)]
pub(super) struct Timed<A> {
    application: A,
    refusals: Arc<Mutex<Refusals>>,
}

/// Over HTTP/1.1 and over HTTP/2.
struct Refusals([Latencies; 2]);

impl<A> Timed<A> {
    pub(super) fn new(application: A) -> Self {
        Self { application, refusals: Arc::new(Mutex::new(Refusals::none())) }
    }
}

impl Refusals {
    fn none() -> Self {
        Self([(); 2].map(|()| Latencies::none()))
    }

    /// A line for each version: how many, and the median, the 99th percentile and the longest in milliseconds.
    fn tell(&mut self) -> String {
        let Self(measured) = std::mem::replace(self, Self::none());
        let lines = measured.iter().map(|times| {
            let [median, p99, longest] = [0.5, 0.99, 1.0].map(|part| times.quantile_ms(part));
            format!("{} {median:.3} {p99:.3} {longest:.3}\n", times.count())
        });
        lines.collect()
    }
}

impl<A: Application> Application for Timed<A> {
    fn answer(&self, request: Request, peer: Peer) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        let Self { application, refusals } = self.clone();
        Box::pin(async move {
            if request.uri().path() == PATH {
                let told = refusals.lock().tell();
                return Response::new(Body::from(told));
            }
            let begun = Stopwatch::start();
            let version = usize::from(request.version() == Version::HTTP_2);
            let response = application.answer(request, peer).await;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                return response;
            }
            response.map(|body| Body::new(Told { body, begun, version, refusals }))
        })
    }
}

/// The body of a refusal; the connection lets go of it when it has all of it.
struct Told {
    body: Body,
    begun: Stopwatch,
    version: usize,
    refusals: Arc<Mutex<Refusals>>,
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        self.refusals.lock().0[self.version].record(took);
    }
}
