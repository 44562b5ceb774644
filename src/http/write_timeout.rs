//! The write timeout: a connection fails if its client reads nothing from it, or too slowly.
//!
//! hyper limits the time to receive a request head but not to send an answer. Without this limit a client that does not read would
//! hold its connection, and the answer in memory, forever.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream whose writes fail after the server has waited too long for the client.
#[derive(Debug)]
pub struct WriteTimeout<S> {
    stream: S,
    limit: Duration,
    /// Lowest rate at which the client must read, in bytes per second.
    slowest: u64,
    /// Time waited for the client, less the time allowed for the bytes that it has read.
    waited: Duration,
    /// The timer of a pending write.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> WriteTimeout<S> {
    /// Limits the waiting time of writes to `limit`, and a second more per `slowest` bytes that the client reads.
    pub const fn new(stream: S, limit: Duration, slowest: u64) -> Self {
        Self { stream, limit, slowest, waited: Duration::ZERO, waiting: None }
    }

    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        done: Poll<io::Result<T>>,
        bytes: fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match &done {
            Poll::Ready(Ok(value)) => {
                if let Some((since, _)) = self.waiting.take() {
                    self.waited = self.waited.saturating_add(since.elapsed());
                }
                if !self.waited.is_zero() {
                    let bytes = u64::try_from(bytes(value)).unwrap_or(u64::MAX);
                    let made_good = bytes.saturating_mul(1_000) / self.slowest.max(1);
                    self.waited = self.waited.saturating_sub(Duration::from_millis(made_good));
                }
                done
            }
            Poll::Ready(Err(_)) => done,
            Poll::Pending => {
                let left = self.limit.saturating_sub(self.waited);
                let (_, timer) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes its answers too slowly")))
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written, |bytes| *bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.bounded(cx, written, |bytes| *bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(cx, flushed, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.bounded(cx, shut, |()| 0)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_write_that_nobody_takes_fails() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let mut stream = WriteTimeout::new(ours, Duration::from_millis(20), 1);
        stream.write_all(b"1234").await.unwrap();
        assert_eq!(stream.write_all(b"5").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Once they take something, writing goes on.
        let mut taken = [0; 4];
        theirs.read_exact(&mut taken).await.unwrap();
        stream.waiting = None;
        stream.write_all(b"5678").await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_takes_a_byte_now_and_then_is_given_up() {
        let (ours, _theirs) = tokio::io::duplex(4);
        let mut stream = WriteTimeout::new(ours, Duration::from_hours(1), 1);
        // What it takes makes good for the wait, and no more than that.
        stream.waited = Duration::from_secs(10);
        stream.write_all(b"1234").await.unwrap();
        assert_eq!(stream.waited, Duration::from_secs(6));
        stream.waited = Duration::from_hours(1);
        assert_eq!(stream.write_all(b"5").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
