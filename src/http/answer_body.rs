//! The body of an answer that is sent piece by piece: of HTTP/2, and streamed ones of HTTP/1.1.
//!
//! It keeps the request counted as being processed until its end, and reports whether it waits for the client. A client of
//! HTTP/2 can stop taking an answer by its flow-control window while the socket stays writable, so the socket's write timeout does
//! not notice. hyper takes the next piece of a body once the window allows a byte of it, so a piece that was not followed by another
//! poll waits for the client. Pieces are small: what hyper holds of an answer that nobody takes is one of them.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};

use crate::http::connections::RequestGuard;

/// Most bytes of a piece.
const PIECE: usize = 16 * 1024;

/// An answer's body.
#[derive(Debug)]
pub struct AnswerBody {
    body: Body,
    /// What is left of the last frame of `body`.
    rest: Bytes,
    request: RequestGuard,
    /// Its number among all answers of the process.
    number: u64,
    /// Whether it was last counted as waiting for the client.
    is_untaken: bool,
}

impl AnswerBody {
    /// The body of the answer to `request`.
    #[must_use]
    pub fn new(body: Body, request: RequestGuard) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        request.connection().set_untaken(number, true);
        Self { body, rest: Bytes::new(), request, number, is_untaken: true }
    }

    fn set_untaken(&mut self, untaken: bool) {
        if self.is_untaken != untaken {
            self.is_untaken = untaken;
            self.request.connection().set_untaken(self.number, untaken);
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
        // A frame without bytes is not the end of the body: the next one is asked for.
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.set_untaken(true);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper.saturating_add(rest));
        }
        whole
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.set_untaken(false);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use hyper::body::Body as _;

    use super::*;
    use crate::http::connections::OpenConnection;

    fn next(body: &mut AnswerBody) -> Option<usize> {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).now_or_never().flatten();
        frame.map(|frame| frame.unwrap().into_data().unwrap().len())
    }

    #[tokio::test]
    async fn a_frame_without_bytes_does_not_end_the_answer() {
        let connection = OpenConnection::detached(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let frames = ["", "one", "", "", "two", ""].map(|text| Ok::<_, std::io::Error>(Bytes::from(text)));
        let body = Body::from_stream(futures_util::stream::iter(frames));
        let mut body = AnswerBody::new(body, connection.begin_request());
        assert_eq!([next(&mut body), next(&mut body), next(&mut body)], [Some(3), Some(3), None]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_goes_out_in_pieces_and_waits_for_its_client_in_between() {
        let connection = OpenConnection::detached(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let whole = vec![7; 2 * PIECE + 1];
        let mut body = AnswerBody::new(Body::from(whole), connection.begin_request());
        assert_eq!(body.size_hint().exact(), Some(2 * PIECE as u64 + 1));
        let minute = Duration::from_mins(1);
        for (length, left) in [(PIECE, PIECE + 1), (PIECE, 1), (1, 0)] {
            assert_eq!(next(&mut body), Some(length));
            assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(left as u64), left == 0));
            tokio::time::advance(minute).await;
            assert_eq!((connection.untaken(), connection.idle()), (minute, Duration::ZERO));
        }
        assert_eq!(next(&mut body), None);
        assert_eq!(connection.untaken(), Duration::ZERO);
        drop(body);
        tokio::time::advance(minute).await;
        assert_eq!(connection.idle(), minute);
    }
}
