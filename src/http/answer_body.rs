//! The body of an answer over HTTP/2, which reports to its connection whether the client takes it.
//!
//! A client of HTTP/2 can stop taking an answer by its flow-control window while the socket stays writable, so the socket's
//! write timeout does not notice. hyper polls a body only when the window allows more bytes: a body that was polled and not
//! polled again waits for the client, unless it had no bytes to give.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

use crate::http::connections::OpenConnection;

/// An answer's body.
#[derive(Debug)]
pub struct AnswerBody {
    body: Body,
    connection: Arc<OpenConnection>,
    /// Whether it was last counted as waiting for the client.
    is_untaken: bool,
}

impl AnswerBody {
    /// The body that goes over `connection`.
    #[must_use]
    pub fn new(body: Body, connection: Arc<OpenConnection>) -> Self {
        connection.set_answering(true);
        connection.set_untaken(true);
        Self { body, connection, is_untaken: true }
    }

    fn set_untaken(&mut self, untaken: bool) {
        if self.is_untaken != untaken {
            self.is_untaken = untaken;
            self.connection.set_untaken(untaken);
        }
    }
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.set_untaken(false);
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        self.set_untaken(matches!(frame, Poll::Ready(Some(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.set_untaken(false);
        self.connection.set_answering(false);
    }
}
