//! What hyper lets pass in a request's head, and we do not.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderValue, Request, Version};

use super::HEAD_BYTES_MAX;
use crate::problem::{Code, Problem};

/// What a header costs beside its name and value, as HTTP/1.1 writes it: `: ` and the line's end.
const HEADER_FRAME_BYTES: usize = 4;

/// Checks a head. `lengths_contradict` says that the connection has shown a head with both `Content-Length` and
/// `Transfer-Encoding`; hyper hides that by dropping the former.
///
/// # Errors
/// `malformed_request` or `headers_too_large`; the connection must be closed then.
pub(super) fn check<B>(request: &Request<B>, lengths_contradict: bool) -> Result<(), Problem> {
    let headers = request.headers();
    let lengths = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_FRAME_BYTES);
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if lengths.sum::<usize>() + target > HEAD_BYTES_MAX as usize {
        let detail = format!("the request's line and headers are longer than {HEAD_BYTES_MAX} bytes");
        return Err(Problem::new(Code::HeadersTooLarge, detail));
    }
    let malformed = |detail: &'static str| Err(Problem::new(Code::MalformedRequest, detail));
    let hosts = headers.get_all(HOST).iter().count();
    if hosts > 1 {
        return malformed("the request has several Host headers");
    }
    if request.version() == Version::HTTP_11 && hosts == 0 {
        return malformed("an HTTP/1.1 request needs a Host header");
    }
    if lengths_contradict && headers.contains_key(TRANSFER_ENCODING) {
        return malformed("the request has both Content-Length and Transfer-Encoding");
    }
    let mut encodings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    if encodings.next().is_some_and(|first| !is_chunked(first)) || encodings.next().is_some() {
        return malformed("the only Transfer-Encoding that is understood is chunked, once");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Head<'a> = &'a [(&'static str, &'a str)];

    #[test]
    fn heads_are_checked() {
        let long = "x".repeat(HEAD_BYTES_MAX as usize);
        let cases: [(Version, Head<'_>, bool, Option<Code>); 10] = [
            (Version::HTTP_11, &[("host", "a")], false, None),
            (Version::HTTP_11, &[], false, Some(Code::MalformedRequest)),
            (Version::HTTP_10, &[], false, None),
            (
                Version::HTTP_11,
                &[("host", "a"), ("transfer-encoding", "gzip, chunked")],
                false,
                Some(Code::MalformedRequest),
            ),
            (
                Version::HTTP_11,
                &[("host", "a"), ("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
                false,
                Some(Code::MalformedRequest),
            ),
            (Version::HTTP_2, &[], false, None),
            (Version::HTTP_11, &[("host", "a"), ("host", "b")], false, Some(Code::MalformedRequest)),
            (Version::HTTP_11, &[("host", "a"), ("x", &long)], false, Some(Code::HeadersTooLarge)),
            (Version::HTTP_11, &[("host", "a"), ("transfer-encoding", "chunked")], false, None),
            (
                Version::HTTP_11,
                &[("host", "a"), ("transfer-encoding", "chunked")],
                true,
                Some(Code::MalformedRequest),
            ),
        ];
        for (version, headers, contradict, code) in cases {
            let mut request = Request::builder().version(version).uri("/");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let checked = check(&request.body(()).unwrap(), contradict);
            assert_eq!(checked.err().map(|problem| problem.code()), code, "{headers:.40?}");
        }
    }
}
