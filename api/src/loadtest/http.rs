//! A client: one request, one answer, or why there is none.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::{http1, http2};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LINK, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::limits::{ANSWER_BYTES_MAX, ANSWER_SECONDS_MAX};
use super::plan::Target;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Below the contract's base, with its query.
    pub(super) path: String,
    pub(super) token: Option<HeaderValue>,
    pub(super) key: Option<HeaderValue>,
    /// JSON, or nothing.
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn get(path: impl Into<String>, token: &HeaderValue) -> Self {
        let (method, path, token) = (Method::GET, path.into(), Some(token.clone()));
        Self { method, path, token, key: None, body: Bytes::new() }
    }

    pub(super) fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, path: path.into(), token: None, key: None, body: body.into() }
    }

    /// For this one, under this key.
    pub(super) fn by(self, token: &HeaderValue, key: &HeaderValue) -> Self {
        Self { token: Some(token.clone()), key: Some(key.clone()), ..self }
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Whether it is said to be the answer to an earlier request with the same key.
    pub(super) is_replay: bool,
    pub(super) retry_after: Option<Duration>,
    /// The path of the next page of a list.
    pub(super) next_page: Option<String>,
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Nothing was sent.
    Unsent(String),
    /// Nobody knows what became of the request.
    Unanswered(String),
}

/// Somebody's line to the box office. It is made when it is needed, and again when it breaks.
#[derive(Clone)]
pub(super) struct Client {
    target: Rc<Target>,
    line: Line,
}

#[derive(Clone)]
enum Line {
    /// One request at a time. It is never shared: the lock is always free.
    Http1(Rc<Mutex<Option<http1::SendRequest<Full<Bytes>>>>>),
    /// Many at a time: whoever sends takes a handle.
    Http2(Rc<Mutex<Option<http2::SendRequest<Full<Bytes>>>>>),
}

impl Client {
    /// A line of its own. With HTTP/2, its clones share one connection.
    pub(super) fn new(target: Rc<Target>, is_http2: bool) -> Self {
        let line = if is_http2 { Line::Http2(Rc::default()) } else { Line::Http1(Rc::default()) };
        Self { target, line }
    }

    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Lost> {
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        let late = || Lost::Unanswered(format!("no answer within {ANSWER_SECONDS_MAX} s"));
        match &self.line {
            Line::Http1(line) => {
                let mut line = line.lock().await;
                // An idle line may have been closed from the other side.
                let mut kept = line.take();
                if let Some(sender) = &mut kept
                    && sender.ready().await.is_err()
                {
                    kept = None;
                }
                let mut sender = match kept {
                    Some(sender) => sender,
                    None => self.connect_http1().await?,
                };
                let request = self.request(call, false)?;
                let exchange = async {
                    read(sender.send_request(request).await.map_err(|error| unanswered(&error))?).await
                };
                let answer = timeout(limit, exchange).await.map_err(|_| late())??;
                // Only a line on which all was read to its end is good for another request.
                *line = Some(sender);
                Ok(answer)
            }
            Line::Http2(line) => {
                let mut sender = self.handle(line).await?;
                let request = self.request(call, true)?;
                let exchange = async {
                    read(sender.send_request(request).await.map_err(|error| unanswered(&error))?).await
                };
                timeout(limit, exchange).await.map_err(|_| late())?
            }
        }
    }

    async fn handle(
        &self,
        line: &Mutex<Option<http2::SendRequest<Full<Bytes>>>>,
    ) -> Result<http2::SendRequest<Full<Bytes>>, Lost> {
        let mut line = line.lock().await;
        if let Some(sender) = line.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok(sender.clone());
        }
        let made = http2::handshake(TokioExecutor::new(), self.connect().await?).await;
        let (sender, connection) = made.map_err(|error| unsent(&error))?;
        // Whoever waits for an answer is told when the connection breaks.
        tokio::spawn(async { drop(connection.await) });
        Ok(line.insert(sender).clone())
    }

    async fn connect_http1(&self) -> Result<http1::SendRequest<Full<Bytes>>, Lost> {
        let (sender, connection) =
            http1::handshake(self.connect().await?).await.map_err(|error| unsent(&error))?;
        tokio::spawn(async { drop(connection.await) });
        Ok(sender)
    }

    async fn connect(&self) -> Result<TokioIo<TcpStream>, Lost> {
        let limit = Duration::from_secs(ANSWER_SECONDS_MAX);
        let stream = timeout(limit, TcpStream::connect(&self.target.authority)).await;
        let stream = stream.map_err(|_| Lost::Unsent(format!("no connection within {ANSWER_SECONDS_MAX} s")));
        let stream = stream?.map_err(|error| Lost::Unsent(format!("no connection: {error}")))?;
        stream.set_nodelay(true).map_err(|error| Lost::Unsent(error.to_string()))?;
        Ok(TokioIo::new(stream))
    }

    fn request(&self, call: &Call, is_http2: bool) -> Result<Request<Full<Bytes>>, Lost> {
        let Target { authority, base, .. } = &*self.target;
        let path = &call.path;
        let request = Request::builder().method(call.method.clone());
        let request = if is_http2 {
            request.uri(format!("http://{authority}{base}{path}"))
        } else {
            request.uri(format!("{base}{path}")).header(HOST, authority)
        };
        let request = request.body(Full::new(call.body.clone()));
        let mut request = request.map_err(|error| Lost::Unsent(error.to_string()))?;
        let headers = request.headers_mut();
        if !call.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if let Some(token) = &call.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        if let Some(key) = &call.key {
            headers.insert("idempotency-key", key.clone());
        }
        Ok(request)
    }

    /// The path below the contract's base of a link that was answered.
    pub(super) fn below_base<'a>(&self, link: &'a str) -> Option<&'a str> {
        let path =
            link.strip_prefix("http://").map_or(link, |rest| rest.find('/').map_or("", |at| &rest[at..]));
        path.strip_prefix(self.target.base.as_str())
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> Result<Answer, Lost> {
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let body = body.map_err(|error| Lost::Unanswered(format!("the answer broke off: {error}")))?.to_bytes();
    let text = |headers: &HeaderMap, name| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let retry_after = parts.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer {
        status: parts.status,
        is_replay: parts.headers.get("idempotency-replayed").is_some_and(|value| value == "true"),
        retry_after: retry_after.map(Duration::from_secs),
        next_page: text(&parts.headers, LINK).as_deref().and_then(next_of),
        body,
    })
}

/// The target of the link to the next page.
fn next_of(links: &str) -> Option<String> {
    let (target, rest) = links.split_once('<')?.1.split_once('>')?;
    let own = rest.split('<').next().unwrap_or(rest);
    if own.contains("rel=\"next\"") { Some(target.to_owned()) } else { next_of(rest) }
}

fn unsent(error: &hyper::Error) -> Lost {
    Lost::Unsent(format!("no connection: {error}"))
}

fn unanswered(error: &hyper::Error) -> Lost {
    Lost::Unanswered(format!("the connection broke: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (links, next) in [
            ("</api/x?cursor=a>; rel=\"next\"", Some("/api/x?cursor=a")),
            ("</a>; rel=\"prev\", </b>; rel=\"next\"", Some("/b")),
            ("</a>; rel=\"prev\"", None),
            ("", None),
        ] {
            assert_eq!(next_of(links).as_deref(), next, "{links}");
        }
    }

    #[test]
    fn a_link_is_followed_below_the_base_only() {
        let target = Target::parse("http://127.0.0.1:3000").unwrap();
        let client = Client::new(Rc::new(target), false);
        for (link, path) in [
            ("/api/concerts/c/bookings?cursor=a", Some("/concerts/c/bookings?cursor=a")),
            ("http://127.0.0.1:3000/api/x", Some("/x")),
            ("/other", None),
            ("http://127.0.0.1:3000", None),
        ] {
            assert_eq!(client.below_base(link), path, "{link}");
        }
    }
}
