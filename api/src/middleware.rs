//! What every answer has, whoever gave it: a request id, the security headers, a problem in place of a panic.

use std::any::Any;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;

use crate::problem::{Cause, Code, Problem};

/// Carries the id by which a request is found again in the log.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const REQUEST_ID_BYTES_MAX: usize = 128;
/// Numbers of requests that a thread takes at a time.
const NUMBERS_TAKEN: u64 = 1_024;
/// Of 64 bits.
const HEX_DIGITS: usize = 16;

/// What every answer gets: an answer of the API is nothing to run or frame. (Browsers that know `X-Frame-Options` know the policy.)
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Gives a router the answers for what it does not know: 404 and, with `Allow`, 405.
pub fn with_fallbacks<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(|| async { Problem::new(Code::NotFound, "there is nothing at this path") })
        .method_not_allowed_fallback(|method: Method| async move {
            Problem::new(
                Code::MethodNotAllowed,
                format!("{method} is not for this path; see the Allow header"),
            )
        })
}

/// What is remembered of a request for its answer.
pub struct Asked {
    id: HeaderValue,
    is_public: bool,
    depends_on_token: bool,
    method: Method,
    uri: Uri,
}

impl Asked {
    /// What is to be remembered of this one.
    pub fn of<B>(request: &Request<B>) -> Self {
        Self {
            id: request_id(request.headers()),
            is_public: is_public(request),
            depends_on_token: depends_on_token(request),
            method: request.method().clone(),
            uri: request.uri().clone(),
        }
    }

    /// The answer that `answering` gives, with what every answer has. A panicking handler takes its own request with it, nothing more.
    ///
    /// Made of combinators, because an `async fn` has room for what it awaits twice, before and while it does, and all of that is copied.
    pub fn answered_by(self, answering: impl Future<Output = Response>) -> impl Future<Output = Response> {
        AssertUnwindSafe(answering).catch_unwind().map(|answered| self.complete(answered))
    }

    fn complete(self, answered: Result<Response, Box<dyn Any + Send>>) -> Response {
        let Self { id, is_public, depends_on_token, method, uri } = self;
        let mut response = answered.unwrap_or_else(|panic| {
            Problem::internal(format!("panic: {}", panic_text(panic.as_ref()))).into_response()
        });
        // A 503 is how overload is meant to be answered; a line for each would make it worse.
        if response.status().is_server_error() && response.status().as_u16() != 503 {
            let cause = response.extensions().get::<Cause>().map_or("", |cause| &*cause.0);
            let request_id = id.to_str().unwrap_or_default();
            tracing::error!(request_id, %method, path = uri.path(), status = response.status().as_u16(), cause, "request failed");
        }
        if depends_on_token {
            // Beside what the route may have said of the like.
            response.headers_mut().append(VARY, HeaderValue::from_static("Authorization"));
        }
        complete(response.headers_mut(), id, is_public);
        response
    }
}

/// The refusal of what never became a request, complete as every other answer.
pub fn refuse_without_request(problem: Problem) -> Response {
    let mut response = problem.into_response();
    complete(response.headers_mut(), new_request_id(), false);
    response
}

/// Who shows a token, or changes something, gets an answer of their own, a refusal too: nobody on the way may keep it. Everything
/// else is public, and kept only to be asked about again.
fn complete(headers: &mut HeaderMap, mut id: HeaderValue, is_public: bool) {
    // All of them at once: a map that grows by the way is made anew.
    headers.reserve(HEADERS.len() + 2);
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(if is_public { "no-cache" } else { "no-store" }));
    // Over HTTP/2 what is not sensitive gets a place in the connection's table, and every id would drive out a header that comes again.
    id.set_sensitive(true);
    headers.insert(X_REQUEST_ID, id);
}

/// Whether the answer is for everybody: nothing is changed, and no token is shown.
fn is_public<B>(request: &Request<B>) -> bool {
    request.method().is_safe() && !request.headers().contains_key(AUTHORIZATION)
}

/// Whether whoever keeps the answer has to ask again for another token. Of a concert, managers see drafts and hidden seat types; of
/// what is one user's, others see a refusal.
fn depends_on_token<B>(request: &Request<B>) -> bool {
    request.method().is_safe() && request.uri().path().starts_with("/api/")
}

/// The id that the client gave, if it is harmless in a log, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:/+=@".contains(byte);
    let given = headers.get(X_REQUEST_ID).filter(|value| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&value.len()) && value.as_bytes().iter().all(harmless)
    });
    given.cloned().unwrap_or_else(new_request_id)
}

/// Random bits of the process and a number: unique, and much cheaper than random bits of the request.
fn new_request_id() -> HeaderValue {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| uuid::Uuid::new_v4().as_u64_pair().0);
    // By hand: the machinery of formats takes as long as a tenth of the whole answer.
    let mut id = [b'-'; 2 * HEX_DIGITS + 1];
    write_hex(*PROCESS, &mut id[..HEX_DIGITS]);
    write_hex(next_number(), &mut id[HEX_DIGITS + 1..]);
    HeaderValue::from_bytes(&id).unwrap_or(HeaderValue::from_static("none"))
}

/// A number that was not given before. Each thread takes some at a time: who counts together waits for each other.
fn next_number() -> u64 {
    static TAKEN: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static NEXT: Cell<u64> = const { Cell::new(0) };
    }
    let next = match NEXT.get() {
        next if next % NUMBERS_TAKEN == 0 => TAKEN.fetch_add(NUMBERS_TAKEN, Ordering::Relaxed),
        next => next,
    };
    NEXT.set(next + 1);
    next
}

/// Writes the last digits of a number.
fn write_hex(mut number: u64, digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number % 16) as usize];
        number /= 16;
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn answer(request: axum::http::request::Builder) -> Response {
        let router =
            Router::new().route("/page", get(|| async {}).post(|| async {})).route("/panic", get(panicking));
        let router: Router = with_fallbacks(router);
        let request = request.body(Body::empty()).unwrap();
        Asked::of(&request).answered_by(async { router.oneshot(request).await.unwrap() }).await
    }

    async fn panicking() -> &'static str {
        panic!("secret of the house")
    }

    async fn code(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        problem["code"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn every_answer_has_the_headers() {
        for path in ["/page", "/panic", "/nowhere"] {
            let response = answer(Request::get(path)).await;
            for (name, _) in HEADERS {
                assert!(response.headers().contains_key(&name), "{path} {name}");
            }
            assert!(response.headers().contains_key(X_REQUEST_ID), "{path}");
        }
    }

    #[tokio::test]
    async fn what_is_one_users_own_is_not_stored() {
        let cases = [
            (Request::get("/page"), "no-cache"),
            (Request::get("/page").header(AUTHORIZATION, "Bearer x"), "no-store"),
            (Request::post("/page"), "no-store"),
            (Request::delete("/page"), "no-store"),
        ];
        for (request, expected) in cases {
            assert_eq!(answer(request).await.headers()[CACHE_CONTROL], expected);
        }
    }

    #[tokio::test]
    async fn what_the_api_shows_depends_on_the_token() {
        let of_its_own = || axum::response::AppendHeaders([(VARY, "Accept-Encoding")]);
        let router: Router = Router::new()
            .route("/api/page", get(|| async {}).post(|| async {}))
            .route("/api/packed", get(move || async move { of_its_own() }))
            .route("/page", get(|| async {}));
        for (request, expected) in [
            (Request::get("/api/page"), ["Authorization"].as_slice()),
            (Request::get("/api/page").header(AUTHORIZATION, "Bearer x"), &["Authorization"]),
            (Request::get("/api/nowhere"), &["Authorization"]),
            (Request::get("/api/packed"), &["Accept-Encoding", "Authorization"]),
            (Request::post("/api/page"), &[]),
            (Request::get("/page"), &[]),
        ] {
            let (router, request) = (router.clone(), request.body(Body::empty()).unwrap());
            let asked = Asked::of(&request);
            let response = asked.answered_by(async { router.oneshot(request).await.unwrap() }).await;
            let varies: Vec<_> = response.headers().get_all(VARY).iter().collect();
            assert_eq!(varies, expected);
        }
    }

    #[tokio::test]
    async fn request_id_is_echoed_only_if_harmless() {
        let long = "x".repeat(REQUEST_ID_BYTES_MAX + 1);
        for (given, echoed) in
            [("a-1:b", true), ("", false), ("a b", false), ("<b>", false), (long.as_str(), false)]
        {
            let response = answer(Request::get("/page").header(X_REQUEST_ID, given)).await;
            assert_eq!(response.headers()[X_REQUEST_ID] == given, echoed, "{given:?}");
        }
        let made = [answer(Request::get("/page")).await, answer(Request::get("/page")).await];
        assert_ne!(made[0].headers()[X_REQUEST_ID], made[1].headers()[X_REQUEST_ID]);
    }

    #[test]
    fn numbers_are_given_once() {
        const EACH: usize = 5_000;
        let numbers = || (0..EACH).map(|_| next_number()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(numbers)).collect();
        let given: HashSet<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(given.len(), 4 * EACH);
    }

    #[tokio::test]
    async fn panic_is_a_500_without_internals() {
        let response = answer(Request::get("/panic")).await;
        assert_eq!(response.status().as_u16(), 500);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
    }

    #[tokio::test]
    async fn unknown_path_and_wrong_method_are_problems() {
        let response = answer(Request::get("/nowhere")).await;
        assert_eq!(response.status().as_u16(), 404);
        assert_eq!(code(response).await, "not_found");
        let response = answer(Request::delete("/page")).await;
        assert_eq!(response.status().as_u16(), 405);
        assert_eq!(response.headers()["allow"], "GET,HEAD,POST");
        assert_eq!(code(response).await, "method_not_allowed");
    }
}
