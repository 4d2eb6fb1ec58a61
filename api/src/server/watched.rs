//! A stream whose incoming bytes are watched as they pass, and waited for at the end.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::activity::Activity;
use super::bare;
use super::lengths::LengthWatch;

/// How long a client may go on sending what nobody reads. Closing at once would answer it with a reset, on which many
/// clients throw away the refusal that explains it.
const LINGER: Duration = Duration::from_secs(5);
const DISCARDED_BYTES: usize = 8 * 1_024;
/// What comes in several slices is written as one if it is so short: the system takes that faster, by more than it takes to copy so little.
const GATHERED_BYTES_MAX: usize = 1_024;

/// Passes everything on, notes on the connection's [`Activity`] what is to be known of it, and lingers when the connection is closed in
/// the middle of a request.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    lengths: LengthWatch,
    activity: Arc<Activity>,
    /// What is being written in place of a bare answer, and how much of it has been.
    instead: Option<(Vec<u8>, usize)>,
    /// Begins when our side is shut down.
    linger: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, lengths: LengthWatch::default(), activity, instead: None, linger: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        if this.lengths.contradict_in(&buffer.filled()[before..]) {
            this.activity.note_contradiction();
        }
        if !this.lengths.is_http1() {
            this.activity.note_http2();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.instead.is_none() {
            this.instead = bare::completed(bytes, this.lengths.is_within_body()).map(|answer| (answer, 0));
        }
        let Some((answer, written)) = &mut this.instead else {
            let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
            return this.activity.note_write(polled);
        };
        while *written < answer.len() {
            let polled = Pin::new(&mut this.stream).poll_write(context, &answer[*written..]);
            let count = ready!(this.activity.note_write(polled))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
        }
        this.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = slices.iter().find(|slice| !slice.is_empty());
        if let Some(first) = first
            && (self.instead.is_some() || bare::completed(first, false).is_some())
        {
            return self.poll_write(context, first);
        }
        let this = self.get_mut();
        let mut room = [0; GATHERED_BYTES_MAX];
        let polled = match gathered(slices, &mut room) {
            Some(bytes) => Pin::new(&mut this.stream).poll_write(context, bytes),
            None => Pin::new(&mut this.stream).poll_write_vectored(context, slices),
        };
        this.activity.note_write(polled)
    }

    /// Not over HTTP/2, whose answers of less than a kilobyte h2 then gathers and sends together. Otherwise it sends each of 256 bytes or
    /// more by itself.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored() && self.lengths.is_http1()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let linger = this.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        while this.lengths.is_within_message() && linger.as_mut().poll(context).is_pending() {
            let mut bytes = [0; DISCARDED_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut this.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => this.lengths.contradict_in(buffer.filled()),
                // The client has closed, or is gone.
                _ => break,
            };
        }
        Poll::Ready(Ok(()))
    }
}

/// The slices in one, if they are small.
fn gathered<'a>(slices: &[IoSlice<'_>], room: &'a mut [u8; GATHERED_BYTES_MAX]) -> Option<&'a [u8]> {
    let mut end = 0;
    for slice in slices {
        let begin = end;
        end += slice.len();
        room.get_mut(begin..end)?.copy_from_slice(slice);
    }
    Some(&room[..end])
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Remembers what it is told to write, and in how many slices.
    #[derive(Default)]
    struct Written {
        bytes: Vec<u8>,
        slices: Vec<usize>,
    }

    impl AsyncWrite for Written {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.bytes.extend(bytes);
            self.slices.push(1);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            for slice in slices {
                self.bytes.extend(&**slice);
            }
            self.slices.push(slices.len());
            Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
        }

        fn is_write_vectored(&self) -> bool {
            true
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncRead for Written {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_short_answer_is_written_as_one_slice_and_a_long_one_is_not_copied() {
        const HEAD: &str = "HTTP/1.1 200 OK\r\n\r\n";
        for (body_bytes, in_slices) in [
            (0, 1),
            (1, 1),
            (GATHERED_BYTES_MAX - HEAD.len(), 1),
            (GATHERED_BYTES_MAX - HEAD.len() + 1, 2),
            (100_000, 2),
        ] {
            let body = "x".repeat(body_bytes);
            let mut watched = Watched::new(Written::default(), Arc::default());
            let slices = [IoSlice::new(HEAD.as_bytes()), IoSlice::new(body.as_bytes())];
            let count = watched.write_vectored(&slices).await.unwrap();
            let answer = format!("{HEAD}{body}").into_bytes();
            assert_eq!(count, answer.len());
            assert_eq!(watched.stream.bytes, answer);
            assert_eq!(watched.stream.slices, [in_slices], "{body_bytes}");
        }
    }

    #[tokio::test]
    async fn small_answers_are_gathered_over_http2_and_sent_in_slices_over_http1() {
        for (bytes, in_slices) in [
            (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], false),
            (b"GET /livez HTTP/1.1\r\n", true),
            (b"", true),
        ] {
            // Slices are asked for of what is written to.
            let (client, server) = tokio::net::UnixStream::pair().unwrap();
            client.try_write(bytes).unwrap();
            drop(client);
            let mut watched = Watched::new(server, Arc::default());
            watched.read_to_end(&mut Vec::new()).await.unwrap();
            assert_eq!(watched.is_write_vectored(), in_slices, "{bytes:?}");
        }
    }
}
