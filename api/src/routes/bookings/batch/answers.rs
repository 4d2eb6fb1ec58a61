//! The answers to a batch on their way out: in the order of the lines, each as soon as it and those before it are final.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use boxoffice_engine::box_office::{BatchAnswers, Booked};
use hyper::body::Frame;
use tokio::sync::OwnedSemaphorePermit;

use crate::problem::Problem;
use crate::respond::JsonText;
use crate::wire::{Outcome, push_outcome};

/// Bytes that are put together before they are sent, while there are more.
const FRAME_BYTES: usize = 32 * 1024;
/// Room for a frame: mostly the line that fills it fits, too.
const ROOM_BYTES: usize = FRAME_BYTES + 1_024;

/// The lines of a batch with what is known of their answers.
pub(super) struct Answers {
    lines: Vec<Line>,
    /// Those before it are written.
    next: usize,
    out: JsonText,
    /// Held as long as there is something to be told.
    _permit: OwnedSemaphorePermit,
}

struct Line {
    number: usize,
    outcome: Option<Outcome>,
}

impl Answers {
    /// No answers yet to lines with these numbers.
    pub(super) fn to(numbers: impl Iterator<Item = usize>, permit: OwnedSemaphorePermit) -> Self {
        let lines = numbers.map(|number| Line { number, outcome: None }).collect();
        Self { lines, next: 0, out: JsonText::with_capacity(ROOM_BYTES), _permit: permit }
    }

    /// Answers the line at this place, which asks for nothing that the engine could be asked for.
    pub(super) fn refuse(&mut self, place: usize, problem: Problem) {
        self.lines[place].outcome = Some(Err(Box::new(problem)));
    }

    /// A body of these answers and those that come from the engine.
    pub(super) fn of(self, coming: BatchAnswers) -> Body {
        Body::new(Telling { answers: self, coming, came: Vec::new() })
    }

    /// Writes what comes next, as far as it is known and fits a frame.
    fn write(&mut self) {
        while self.out.bytes().len() < FRAME_BYTES
            && let Some(line) = self.lines.get_mut(self.next)
            && let Some(outcome) = line.outcome.take()
        {
            push_outcome(&mut self.out, line.number, &outcome);
            self.next += 1;
        }
    }

    fn take_frame(&mut self) -> Bytes {
        let room = if self.are_written() { 0 } else { ROOM_BYTES };
        std::mem::replace(&mut self.out, JsonText::with_capacity(room)).into_bytes().into()
    }

    fn are_written(&self) -> bool {
        self.next == self.lines.len()
    }
}

/// Whoever stops listening undoes nothing: what was asked for is decided all the same.
struct Telling {
    answers: Answers,
    coming: BatchAnswers,
    came: Vec<(usize, Booked)>,
}

impl HttpBody for Telling {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self { answers, coming, came } = &mut *self;
        loop {
            answers.write();
            let waits = answers.out.bytes().len() < FRAME_BYTES && !answers.are_written();
            match waits.then(|| coming.poll_take(context, came)) {
                Some(Poll::Ready(0)) => {
                    return Poll::Ready(Some(Err(io::Error::other("a line was never answered"))));
                }
                Some(Poll::Ready(_)) => {
                    for (place, booked) in came.drain(..) {
                        answers.lines[place].outcome =
                            Some(booked.map_err(|refused| Box::new(refused.into())));
                    }
                }
                Some(Poll::Pending) if answers.out.bytes().is_empty() => return Poll::Pending,
                None if answers.out.bytes().is_empty() => return Poll::Ready(None),
                // What is known is told before the rest is waited for.
                Some(Poll::Pending) | None => {
                    return Poll::Ready(Some(Ok(Frame::data(answers.take_frame()))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.answers.are_written() && self.answers.out.bytes().is_empty()
    }
}
