//! Request bodies as they arrive: bounded in bytes and in time.

use std::borrow::Cow;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use crate::json::{self, Json};
use crate::problem::{Code, Problem};

/// Longest body of a request, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest body of a batch, in bytes.
pub const BATCH_BODY_BYTES_MAX: usize = 8 * BODY_BYTES_MAX;
/// How long a body may take to arrive.
pub const BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);

const JSON_TYPES: &[&str] = &["application/json"];

/// A request's body as JSON, of which nothing is known yet but that it is JSON.
#[derive(Debug)]
pub struct JsonBody(pub Json);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (Parts { headers, .. }, body) = request.into_parts();
        read_json(&headers, body).await.map(Self)
    }
}

/// Reads a whole body that is JSON.
///
/// # Errors
/// Those of [`read`], `unsupported_media_type`, and `malformed_json`.
pub async fn read_json(headers: &HeaderMap, body: Body) -> Result<Json, Refusal> {
    let bytes = read_as(headers, body, JSON_TYPES, BODY_BYTES_MAX).await?;
    Ok(Json::parse(&bytes)?)
}

/// The same where the body may be empty.
#[derive(Debug)]
pub struct OptionalJsonBody(pub Option<Json>);

impl<S: Sync> FromRequest<S> for OptionalJsonBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Refusal> {
        let (Parts { headers, .. }, body) = request.into_parts();
        let bytes = read(body, BODY_BYTES_MAX).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        require_content_type(&headers, JSON_TYPES)?;
        Ok(Self(Some(Json::parse(&bytes)?)))
    }
}

/// A request that says everything by its path. Some clients send an object without members with it, or `null`.
#[derive(Debug)]
pub struct NoBody;

impl<S: Sync> FromRequest<S> for NoBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match OptionalJsonBody::from_request(request, state).await? {
            OptionalJsonBody(None | Some(Json::Null)) => Ok(Self),
            OptionalJsonBody(Some(body)) => {
                json::read(body, |_| ()).finish()?;
                Ok(Self)
            }
        }
    }
}

/// A body that was refused.
#[derive(Debug)]
pub struct Refusal {
    problem: Problem,
    /// Whether part of the body is still to come, so that the connection is of no more use.
    closes: bool,
}

impl Refusal {
    fn closing(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { problem: Problem::new(code, detail), closes: true }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, closes: false }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if self.closes {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Reads the whole body of a batch, which is NDJSON.
///
/// # Errors
/// Those of [`read`], and `unsupported_media_type`.
pub async fn read_batch(request: Request) -> Result<Bytes, Refusal> {
    let (Parts { headers, .. }, body) = request.into_parts();
    read_as(&headers, body, &["application/x-ndjson", "application/ndjson"], BATCH_BODY_BYTES_MAX).await
}

async fn read_as(
    headers: &HeaderMap,
    body: Body,
    media_types: &[&str],
    bytes_max: usize,
) -> Result<Bytes, Refusal> {
    // The body is read even where its type is wrong: an answer to a sender in mid-sentence would be lost.
    let bytes = read(body, bytes_max).await?;
    require_content_type(headers, media_types)?;
    Ok(bytes)
}

fn require_content_type(headers: &HeaderMap, media_types: &[&str]) -> Result<(), Problem> {
    if media_types.iter().any(|media_type| has_content_type(headers, media_type)) {
        return Ok(());
    }
    Err(Problem::new(Code::UnsupportedMediaType, format!("the body must be sent as {}", media_types[0])))
}

/// Reads a whole body of at most `bytes_max`. A body that is announced to be too long is not waited for.
///
/// # Errors
/// `body_too_large`, `request_timeout`, or `malformed_request` where its framing is broken. The rest of the body is
/// the connection's to deal with, which lingers for it before it closes.
pub async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let mut collecting = pin!(collect(body, bytes_max));
    // Most bodies have come with their heads, and need no timer.
    if let Some(read) = collecting.as_mut().now_or_never() {
        return read;
    }
    let read = tokio::time::timeout(BODY_READ_TIMEOUT, collecting).await;
    read.unwrap_or_else(|_elapsed| {
        let seconds = BODY_READ_TIMEOUT.as_secs();
        Err(Refusal::closing(Code::RequestTimeout, format!("the body did not arrive within {seconds} s")))
    })
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, Refusal> {
    let broken =
        |_error| Refusal::closing(Code::MalformedRequest, "the body broke off or is not framed as HTTP says");
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(broken)?.into_data() else { continue };
        if whole.len() + part.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        // A small body comes in one piece, which is then used as it is; the next one needs room for all.
        whole = if whole.is_empty() {
            part
        } else {
            let mut joined = BytesMut::from(whole);
            joined.extend_from_slice(&part);
            joined.freeze()
        };
    }
    Ok(whole)
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::closing(Code::BodyTooLarge, format!("the body is longer than {bytes_max} bytes"))
}

/// Whether the body is said to be of this media type; parameters such as `charset` do not matter.
pub fn has_content_type(headers: &HeaderMap, media_type: &str) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    // As most say it, without the search for parameters.
    if value == media_type {
        return true;
    }
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(media_type)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::http::StatusCode;
    use hyper::body::{Frame, SizeHint};

    use super::*;

    async fn refused(content_type: Option<&str>, body: impl Into<Body>) -> (StatusCode, bool) {
        let mut request = Request::builder().method("POST");
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let refusal = JsonBody::from_request(request.body(body.into()).unwrap(), &()).await.unwrap_err();
        let response = refusal.into_response();
        (response.status(), response.headers().contains_key(CONNECTION))
    }

    #[tokio::test]
    async fn json_is_read() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8"] {
            let request =
                Request::builder().header(CONTENT_TYPE, content_type).body(Body::from("[1]")).unwrap();
            let JsonBody(json) = JsonBody::from_request(request, &()).await.unwrap();
            assert_eq!(json, Json::Array(vec![Json::Integer(1)]));
        }
    }

    #[tokio::test]
    async fn bodies_are_refused_by_type_size_and_syntax() {
        let long = || "x".repeat(BODY_BYTES_MAX + 1);
        let cases = [
            (None, "{}".to_owned(), 415),
            (Some("text/plain"), "{}".to_owned(), 415),
            (Some("application/jsonp"), "{}".to_owned(), 415),
            (Some("application/json"), String::new(), 400),
            (Some("application/json"), "{".to_owned(), 400),
            (Some("application/json"), long(), 413),
            (None, long(), 413),
        ];
        for (content_type, body, status) in cases {
            let refused = refused(content_type, body).await;
            assert_eq!(refused, (StatusCode::from_u16(status).unwrap(), status == 413), "{content_type:?}");
        }
    }

    #[tokio::test]
    async fn longest_body_is_read_whole_from_many_parts() {
        let text = "x".repeat(BODY_BYTES_MAX);
        let parts = text.as_bytes().chunks(10_000).map(Bytes::copy_from_slice).collect();
        let bytes = read(Body::new(Pieces { parts, ends: true }), BODY_BYTES_MAX).await.unwrap();
        assert_eq!(bytes, text.as_bytes());
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_never_ends_is_a_timeout_and_closes() {
        let parts = Pieces { parts: vec![Bytes::from_static(b"{")].into(), ends: false };
        let refused = refused(Some("application/json"), Body::new(parts)).await;
        assert_eq!(refused, (StatusCode::REQUEST_TIMEOUT, true));
    }

    /// A body that arrives in parts, and then ends or keeps one waiting.
    struct Pieces {
        parts: VecDeque<Bytes>,
        ends: bool,
    }

    impl HttpBody for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            match self.parts.pop_front() {
                Some(part) => Poll::Ready(Some(Ok(Frame::data(part)))),
                None if self.ends => Poll::Ready(None),
                None => Poll::Pending,
            }
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.parts.iter().map(|part| part.len() as u64).sum())
        }
    }
}
