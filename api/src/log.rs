//! What is told on stderr: the log, and what whoever started the program is to know.
//!
//! A thread of its own writes it. Whoever reads may be slow, or stuck, or gone: no request waits for them, and the box office does not
//! fail with them. What finds no room while they are slow is lost; how many lines that were is told when they go on.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::mem;
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

/// Bytes that wait for whoever reads.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// How long whoever reads is waited for at the end.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long to wait for room where the system does not say when there is some.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// Where lines are told. Lines of all threads come out in the order in which they were told.
#[derive(Default)]
pub struct Log {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

/// What has not been written yet.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Lines that found no room.
    lost: u64,
    /// Whether something is being written beside what waits.
    is_writing: bool,
}

impl Log {
    /// One that is written to stderr; panics are told there, too.
    ///
    /// # Errors
    /// Why there is no thread for it.
    pub fn to_stderr() -> io::Result<Arc<Self>> {
        let log = Self::to(io::stderr())?;
        let of_panics = Arc::clone(&log);
        panic::set_hook(Box::new(move |panic| {
            let thread = thread::current();
            let backtrace = Backtrace::capture();
            of_panics.say(&format!("thread '{}' {panic}", thread.name().unwrap_or("<unnamed>")));
            if backtrace.status() == BacktraceStatus::Captured {
                of_panics.say(&format!("{backtrace}"));
            }
            // The process may end with this one.
            of_panics.flush();
        }));
        Ok(log)
    }

    fn to(reader: impl Write + Send + 'static) -> io::Result<Arc<Self>> {
        let log = Arc::new(Self::default());
        let written = Arc::clone(&log);
        thread::Builder::new().name("log".to_owned()).spawn(move || written.write_to(reader))?;
        Ok(log)
    }

    /// Tells a line.
    pub fn say(&self, line: &str) {
        self.tell(&line_of(line), WAITING_BYTES_MAX);
    }

    /// Tells the last line, for which there is always room, and waits as [`flush`](Self::flush) does.
    pub fn say_at_the_end(&self, line: &str) {
        self.tell(&line_of(line), usize::MAX);
        self.flush();
    }

    /// Waits until everything is written, but only so long: whoever has not read by then does not read.
    pub fn flush(&self) {
        let is_left = |waiting: &mut Waiting| waiting.is_writing || waiting.is_left();
        let _ = self.changed.wait_while_for(&mut self.waiting(), is_left, LAST_WORDS);
    }

    fn tell(&self, line: &[u8], bytes_max: usize) {
        self.waiting().add(line, bytes_max);
        self.changed.notify_all();
    }

    fn write_to(&self, mut reader: impl Write) {
        // Lines of which nobody could be told yet that they are lost.
        let mut lost_untold = 0;
        loop {
            let mut waiting = self.waiting();
            self.changed.wait_while(&mut waiting, |waiting| !waiting.is_left());
            let Waiting { mut bytes, lost, .. } =
                mem::replace(&mut *waiting, Waiting { is_writing: true, ..Waiting::default() });
            drop(waiting);
            lost_untold += lost;
            let lines = bytes.len();
            if lost_untold > 0 {
                let told = format!(
                    "boxoffice: warning: {lost_untold} lines of the log are lost: whoever reads it was too slow\n"
                );
                bytes.extend(told.into_bytes());
            }
            let written = self.write_what_can_be(&mut reader, &bytes);
            if written == bytes.len() {
                lost_untold = 0;
            }
            let unwritten = bytes.get(written..lines).unwrap_or_default();
            lost_untold += memchr::memchr_iter(b'\n', unwritten).count() as u64;
            self.waiting().is_writing = false;
            self.changed.notify_all();
        }
    }

    /// Writes as much as can be written, and says how many bytes that are. There is nobody else to tell of what cannot.
    fn write_what_can_be(&self, reader: &mut impl Write, bytes: &[u8]) -> usize {
        let mut written = 0;
        while written < bytes.len() {
            match reader.write(&bytes[written..]) {
                Ok(0) => break,
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // A pipe that others made so, and that is full.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.changed.wait_for(&mut self.waiting(), TRY_AGAIN_AFTER);
                }
                Err(_) => break,
            }
        }
        written
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }
}

/// One line for each call, as `tracing` writes them.
impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.tell(line, WAITING_BYTES_MAX);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Waiting {
    fn add(&mut self, line: &[u8], bytes_max: usize) {
        if self.bytes.len().saturating_add(line.len()) > bytes_max {
            self.lost += 1;
        } else {
            self.bytes.extend_from_slice(line);
        }
    }

    fn is_left(&self) -> bool {
        !self.bytes.is_empty() || self.lost > 0
    }
}

fn line_of(text: &str) -> Vec<u8> {
    [text, "\n"].concat().into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Reads when it is told to, for as long as somebody may tell it so.
    struct Reader {
        goes_on: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.goes_on.recv().map_err(|_gone| io::Error::from(ErrorKind::BrokenPipe))?;
            self.read.send(bytes.to_vec()).map_err(|_gone| io::Error::from(ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log_with_reader() -> (Arc<Log>, Sender<()>, Receiver<Vec<u8>>) {
        let ((go_on, goes_on), (read, reads)) = (channel(), channel());
        (Log::to(Reader { goes_on, read }).unwrap(), go_on, reads)
    }

    #[test]
    fn a_stuck_reader_holds_up_nobody_and_is_told_what_was_lost() {
        let (log, go_on, reads) = log_with_reader();
        let line_of = |number: usize| format!("{number} {}", "x".repeat(1_000));
        let told = 5 * WAITING_BYTES_MAX / 1_000;
        for number in 0..told {
            log.say(&line_of(number));
        }
        log.say_at_the_end("the last line");

        (0..10).for_each(|_| go_on.send(()).unwrap());
        let (mut bytes, mut lines, mut next, mut lost, mut is_last_told) = (0, 0, 0, 0, false);
        while lines + lost < told || !is_last_told {
            let read = String::from_utf8(reads.recv().unwrap()).unwrap();
            bytes += read.len();
            for line in read.lines() {
                if let Some(warning) = line.strip_prefix("boxoffice: warning: ") {
                    let count =
                        warning.strip_suffix(" lines of the log are lost: whoever reads it was too slow");
                    lost += count.unwrap().parse::<usize>().unwrap();
                } else if line == "the last line" {
                    is_last_told = true;
                } else {
                    let number: usize = line.split(' ').next().unwrap().parse().unwrap();
                    assert!(number >= next && line == line_of(number), "{line}");
                    (next, lines) = (number + 1, lines + 1);
                }
            }
        }
        assert_eq!(lines + lost, told);
        assert!(bytes < 3 * WAITING_BYTES_MAX, "what waits is bounded: {bytes}");
    }

    #[test]
    fn what_could_not_be_written_is_counted_and_told_when_it_can() {
        struct Failing(Receiver<io::Result<usize>>, Sender<Vec<u8>>);
        impl Write for Failing {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let taken = self.0.recv().unwrap()?.min(bytes.len());
                self.1.send(bytes[..taken].to_vec()).unwrap();
                Ok(taken)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let ((answer, answers), (read, reads)) = (channel(), channel());
        let log = Log::to(Failing(answers, read)).unwrap();
        let full = || Err(ErrorKind::StorageFull.into());
        for (line, answers) in [
            ("lost, too", vec![full()]),
            (
                "in part",
                vec![Ok(3), Err(ErrorKind::WouldBlock.into()), Err(ErrorKind::Interrupted.into()), full()],
            ),
            ("whole", vec![Ok(1_000)]),
            ("at last", vec![Ok(1_000)]),
        ] {
            for told in answers {
                answer.send(told).unwrap();
            }
            log.say_at_the_end(line);
        }
        let read = String::from_utf8(reads.try_iter().collect::<Vec<_>>().concat()).unwrap();
        let warning = "boxoffice: warning: 2 lines of the log are lost: whoever reads it was too slow";
        assert_eq!(read, format!("in whole\n{warning}\nat last\n"));
    }

    #[test]
    fn a_reader_who_is_gone_is_not_waited_for() {
        let (log, go_on, reads) = log_with_reader();
        drop((go_on, reads));
        for _ in 0..3 {
            log.say("nobody hears this");
            log.flush();
            assert!(!log.waiting().is_left() && !log.waiting().is_writing);
        }
    }

    #[test]
    fn lines_come_in_the_order_in_which_they_were_told_and_are_written_when_it_is_flushed() {
        let (log, go_on, reads) = log_with_reader();
        for _ in 0..3 {
            go_on.send(()).unwrap();
        }
        log.say("first");
        (&*log).write_all(b"second\n").unwrap();
        log.say_at_the_end("third");
        assert_eq!(reads.try_iter().collect::<Vec<_>>().concat(), b"first\nsecond\nthird\n");
    }
}
