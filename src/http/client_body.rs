//! The body of a request, which reports its state to its connection.
//!
//! It reports when it waits for the client, so that stalled connections can be detected, and whether it was read to its end: after
//! an early answer the connection must close.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use crate::http::connections::OpenConnection;

/// A request's body.
#[derive(Debug)]
pub struct ClientBody {
    incoming: Incoming,
    connection: Arc<OpenConnection>,
    /// Whether it was last counted as waiting for the client.
    is_awaited: bool,
    is_over: bool,
}

impl ClientBody {
    /// The body that comes over `connection`.
    #[must_use]
    pub const fn new(incoming: Incoming, connection: Arc<OpenConnection>) -> Self {
        Self { incoming, connection, is_awaited: false, is_over: false }
    }

    fn set_awaited(&mut self, awaited: bool) {
        if self.is_awaited != awaited {
            self.is_awaited = awaited;
            self.connection.set_awaits_body(awaited);
        }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        self.set_awaited(frame.is_pending());
        self.is_over |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for ClientBody {
    fn drop(&mut self) {
        self.set_awaited(false);
        if !self.is_over && !self.incoming.is_end_stream() {
            self.connection.set_unread();
        }
    }
}
