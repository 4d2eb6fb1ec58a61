//! hyper's own answers to what never became a request: they have a status and nothing else. Here they get what every answer has.

use axum::http::StatusCode;

use super::HEAD_BYTES_MAX;
use crate::middleware::refuse_without_request;
use crate::problem::{Code, Problem};

/// The complete answer in place of a bare one, or nothing where `bytes` are something else. An answer of ours with such a status
/// always has a body. Whether the request's own body `is_awaited` tells what hyper found too large.
pub(super) fn completed(bytes: &[u8], is_awaited: bool) -> Option<Vec<u8>> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 4")?;
    let is_bare = || memchr::memmem::find(bytes, b"content-length: 0\r\n").is_some();
    let problem = match rest.get(..3)? {
        b"00 " if is_bare() => {
            Problem::new(Code::MalformedRequest, "this is not HTTP, or its lengths contradict each other")
        }
        b"31 " if is_bare() && is_awaited => {
            Problem::new(Code::BodyTooLarge, "no body may be as long as this one is said to be")
        }
        b"14 " | b"31 " if is_bare() => {
            let detail =
                format!("the request's line and headers are too many or longer than {HEAD_BYTES_MAX} bytes");
            Problem::new(Code::HeadersTooLarge, detail)
        }
        _ => return None,
    };
    let body = problem.to_json();
    let response = refuse_without_request(problem);
    let mut answer = status_line(response.status());
    for (name, value) in response.headers() {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer
        .extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    answer.extend_from_slice(&body);
    Some(answer)
}

fn status_line(status: StatusCode) -> Vec<u8> {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_completed() {
        let too_large = Some("431 Request Header Fields Too Large");
        for (bytes, is_awaited, status) in [
            (
                "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
                false,
                Some("400 Bad Request"),
            ),
            ("HTTP/1.1 414 URI Too Long\r\ncontent-length: 0\r\n\r\n", false, too_large),
            ("HTTP/1.1 431 X\r\ncontent-length: 0\r\n\r\n", false, too_large),
            ("HTTP/1.1 431 X\r\ncontent-length: 0\r\n\r\n", true, Some("413 Payload Too Large")),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 7\r\n\r\n{\"a\":1}", false, None),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", false, None),
            ("HTTP/1.1 204 No Content\r\n\r\n", false, None),
            ("", false, None),
        ] {
            let completed =
                completed(bytes.as_bytes(), is_awaited).map(|answer| String::from_utf8(answer).unwrap());
            assert_eq!(completed.is_some(), status.is_some(), "{bytes:?}");
            if let (Some(answer), Some(status)) = (completed, status) {
                assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
                assert!(
                    answer.contains("x-request-id: ") && answer.contains("application/problem+json"),
                    "{answer}"
                );
            }
        }
    }
}
