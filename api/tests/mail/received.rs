//! A mail as it arrived.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A mail, taken apart.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) recipient: String,
    pub(crate) tls: bool,
    pub(crate) head: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Received {
    #[track_caller]
    pub(crate) fn read(message: &Value) -> Self {
        let content = message["content"].as_str().expect("a content").replace("\r\n", "\n");
        let (head, body) = content.split_once("\n\n").expect("a head and a body");
        let head = head.replace("\n ", " ");
        let boundary = head.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let boundary = format!("--{}", boundary.expect("parts"));
        let parts: Vec<_> = body.split(&boundary).map(str::trim_start).collect();
        let [_, text, html, end] = parts.as_slice() else { panic!("two parts: {body}") };
        assert_eq!(end.trim(), "--");
        Self {
            recipient: message["recipient"].as_str().expect("a recipient").to_owned(),
            tls: message["tls"] == true,
            head,
            text: part(text, "text/plain"),
            html: part(html, "text/html"),
        }
    }

    /// The value of a header that stands there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let values: Vec<_> =
            self.head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect();
        assert_eq!(values.len(), 1, "{name}: {}", self.head);
        values[0]
    }
}

/// The text of a part of this type.
#[track_caller]
fn part(part: &str, kind: &str) -> String {
    let (head, body) = part.split_once("\n\n").expect("a head and a body");
    assert!(head.contains(&format!("Content-Type: {kind}; charset=utf-8")), "{head}");
    if head.contains("quoted-printable") {
        unquoted(body)
    } else if head.contains("base64") {
        let bytes = STANDARD.decode(body.replace('\n', "")).expect("base64");
        String::from_utf8(bytes).expect("UTF-8").replace("\r\n", "\n")
    } else {
        assert!(head.contains("7bit"), "{head}");
        body.to_owned()
    }
}

fn unquoted(body: &str) -> String {
    let body = body.replace("=\n", "");
    let mut parts = body.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).expect("two hex digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}
