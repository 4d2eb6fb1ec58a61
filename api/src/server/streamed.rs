//! Answers that are made while they are sent: whoever waits for the next part of one waits for us.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::activity::{Activity, UnderWay};

/// A body that is noted on the activity while its next part is awaited. Not while it could be had: then the client is awaited.
struct Streamed {
    body: Body,
    activity: Arc<Activity>,
    awaited: Option<UnderWay>,
}

/// The body of an answer to a request that was under way until now. Of what is not made while it is sent the length is known.
pub(super) fn streamed(body: Body, answered: &UnderWay) -> Body {
    if body.size_hint().exact().is_some() {
        return body;
    }
    Body::new(Streamed { body, activity: Arc::clone(answered.activity()), awaited: None })
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, activity, awaited } = &mut *self;
        let polled = Pin::new(body).poll_frame(context);
        if polled.is_ready() {
            *awaited = None;
        } else {
            awaited.get_or_insert_with(|| activity.begin());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
