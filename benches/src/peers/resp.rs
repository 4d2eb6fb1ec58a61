//! The protocol of Redis, as far as it is spoken here.

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A refusal, in the server's words.
    Error(String),
    /// Nothing, where something was asked for.
    Nothing,
    /// Several replies.
    List(Vec<Reply>),
}

/// Appends a command.
pub(super) fn write(command: &[&[u8]], to: &mut Vec<u8>) {
    write_head(b'*', command.len(), to);
    for part in command {
        write_head(b'$', part.len(), to);
        to.extend_from_slice(part);
        to.extend_from_slice(b"\r\n");
    }
}

fn write_head(kind: u8, count: usize, to: &mut Vec<u8>) {
    to.push(kind);
    to.extend_from_slice(count.to_string().as_bytes());
    to.extend_from_slice(b"\r\n");
}

/// The first reply in these bytes, and how many bytes it takes; nothing, while it is incomplete.
///
/// # Errors
/// What is no reply.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Reply, usize)>, String> {
    let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else { return Ok(None) };
    let head = &bytes[..end];
    let rest = end + 2;
    let strange = || format!("{:?} is no reply of Redis", String::from_utf8_lossy(head));
    let text = || head.get(1..).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(strange);
    let number = || text()?.parse::<i64>().map_err(|_| strange());
    let reply = match head.first() {
        Some(b':') => Reply::Integer(number()?),
        Some(b'+') => Reply::Text(text()?.to_owned()),
        Some(b'-') => Reply::Error(text()?.to_owned()),
        Some(b'$') => {
            return read_text(&bytes[rest..], number()?)
                .map(|text| text.map(|(text, length)| (text, rest + length)));
        }
        Some(b'*') => return read_list(bytes, rest, number()?),
        _ => return Err(strange()),
    };
    Ok(Some((reply, rest)))
}

fn read_text(bytes: &[u8], length: i64) -> Result<Option<(Reply, usize)>, String> {
    let Ok(length) = usize::try_from(length) else { return Ok(Some((Reply::Nothing, 0))) };
    let (Some(text), Some(_)) = (bytes.get(..length), bytes.get(length..length + 2)) else { return Ok(None) };
    let text = std::str::from_utf8(text).map_err(|error| format!("a reply of Redis is no text: {error}"))?;
    Ok(Some((Reply::Text(text.to_owned()), length + 2)))
}

fn read_list(bytes: &[u8], mut at: usize, length: i64) -> Result<Option<(Reply, usize)>, String> {
    let mut replies = Vec::new();
    for _ in 0..length {
        let Some((reply, length)) = read(&bytes[at..])? else { return Ok(None) };
        replies.push(reply);
        at += length;
    }
    Ok(Some((Reply::List(replies), at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_written_with_the_lengths_of_its_parts() {
        let mut bytes = Vec::new();
        write(&[b"GET", b"a\r\nb"], &mut bytes);
        assert_eq!(bytes, b"*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n");
    }

    #[test]
    fn replies_are_read_one_after_the_other() {
        let text = |text: &str| Reply::Text(text.to_owned());
        let cases: [(&[u8], Reply); 7] = [
            (b":-12\r\n", Reply::Integer(-12)),
            (b"+OK\r\n", text("OK")),
            (b"-ERR no\r\n", Reply::Error("ERR no".to_owned())),
            (b"$4\r\na\r\nb\r\n", text("a\r\nb")),
            (b"$-1\r\n", Reply::Nothing),
            (b"*0\r\n", Reply::List(Vec::new())),
            (b"*2\r\n:1\r\n$1\r\nx\r\n", Reply::List(vec![Reply::Integer(1), text("x")])),
        ];
        for (bytes, expected) in cases {
            let followed = [bytes, b":9\r\n"].concat();
            assert_eq!(read(&followed), Ok(Some((expected, bytes.len()))));
            for cut in 0..bytes.len() {
                assert_eq!(
                    read(&bytes[..cut]),
                    Ok(None),
                    "the first {cut} bytes of {bytes:?} are no reply yet"
                );
            }
        }
    }

    #[test]
    fn what_is_no_reply_is_told() {
        for strange in [&b"HTTP/1.1 400\r\n"[..], b":x\r\n", b"\r\n", b"*1\r\n?\r\n"] {
            assert!(read(strange).is_err(), "{strange:?}");
        }
    }
}
