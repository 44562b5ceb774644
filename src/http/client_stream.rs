//! The socket of one connection: reports activity, and closes in two steps.
//!
//! A socket that is closed while bytes of the client are unread makes the kernel reset the connection, and a client that is
//! still sending then never sees the answer. So the server first shuts down its own direction only, and then discards what
//! still comes, for a limited time (as RFC 9112 section 9.6 says). That serves each answer that is sent before the whole
//! request was read, those of the HTTP parser too.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::http::listener::Socket;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep, timeout};

use crate::http::connections::OpenConnection;

/// A read of fewer bytes is small.
const SMALL: usize = 256;
/// Small reads of one head that are not delayed.
const SMALL_READS: u32 = 8;
/// By how much each further small read of the head is delayed. A client that sends a head in single bytes would otherwise make
/// the parser run once for each.
const READ_DELAY: Duration = Duration::from_millis(100);
/// Bytes discarded in one go.
const DISCARDED: usize = 16 * 1024;

/// How long the server discards what a client still sends after an early answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linger {
    /// In total.
    pub total: Duration,
    /// Without a byte from the client.
    pub idle: Duration,
}

/// An accepted socket.
#[derive(Debug)]
pub struct ClientStream {
    /// `None` while it is being closed.
    stream: Option<Socket>,
    connection: Arc<OpenConnection>,
    /// Kept until the socket is closed.
    place: Option<OwnedSemaphorePermit>,
    linger: Linger,
    head: SlowHead,
    /// The client has closed its direction, or the connection has failed: there is nothing to discard.
    is_over: bool,
}

impl ClientStream {
    /// The socket of `connection`, which gives `place` back once it is closed.
    #[must_use]
    pub const fn new(
        stream: Socket,
        connection: Arc<OpenConnection>,
        place: OwnedSemaphorePermit,
        linger: Linger,
    ) -> Self {
        Self { stream: Some(stream), connection, place: Some(place), linger, head: SlowHead::NEW, is_over: false }
    }

    /// Answers `text` without reading a request, and closes.
    pub async fn refuse(mut self, text: &[u8]) {
        if let Some(stream) = &mut self.stream
            && timeout(self.linger.idle, stream.write_all(text)).await.is_err()
        {
            self.is_over = true;
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut Socket>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn note<T>(&mut self, done: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &done {
            Poll::Pending => {}
            Poll::Ready(Ok(_)) => self.connection.touch(),
            Poll::Ready(Err(_)) => self.is_over = true,
        }
        done
    }
}

/// Delays reads of a head that comes in many small parts.
#[derive(Debug)]
struct SlowHead {
    /// The number of the request whose head is read.
    request: usize,
    small_reads: u32,
    delay: Option<Pin<Box<Sleep>>>,
}

impl SlowHead {
    const NEW: Self = Self { request: 0, small_reads: 0, delay: None };

    /// Waits for the end of the delay, if there is one.
    fn poll_delay(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(delay) = &mut self.delay {
            ready!(delay.as_mut().poll(cx));
            self.delay = None;
        }
        Poll::Ready(())
    }

    /// Counts a read of `count` bytes. `awaited` is the number of the request whose head is awaited, if one is.
    fn count_read(&mut self, count: usize, awaited: Option<usize>) {
        let Some(request) = awaited else { return };
        if self.request != request {
            (self.request, self.small_reads) = (request, 0);
        }
        if count < SMALL {
            self.small_reads += 1;
            if self.small_reads > SMALL_READS {
                self.delay = Some(Box::pin(sleep(READ_DELAY)));
            }
        }
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        let is_over = self.is_over || self.connection.is_evicted();
        let (Some(stream), false, Ok(runtime)) = (self.stream.take(), is_over, Handle::try_current()) else {
            return;
        };
        let (place, linger) = (self.place.take(), self.linger);
        runtime.spawn(async move {
            // The result does not matter: the answer was sent.
            let _ = timeout(linger.total, discard(stream, linger.idle)).await;
            drop(place);
        });
    }
}

/// Shuts down the server's direction and reads until the client closes its own, or sends nothing for `idle`.
async fn discard(mut stream: Socket, idle: Duration) -> io::Result<()> {
    stream.shutdown().await?;
    let mut discarded = vec![0; DISCARDED];
    while timeout(idle, stream.read(&mut discarded)).await.map_err(|_| io::ErrorKind::TimedOut)?? > 0 {}
    Ok(())
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.head.poll_delay(cx));
        let before = buffer.filled().len();
        let read = self.stream()?.poll_read(cx, buffer);
        ready!(self.note(read))?;
        if buffer.filled().len() == before && buffer.remaining() > 0 {
            self.is_over = true;
        }
        let (count, awaited) = (buffer.filled().len() - before, self.connection.awaited_head());
        self.head.count_read(count, awaited);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(cx, slices);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_head_in_many_small_parts_is_read_with_delays_and_no_other_is() {
        let mut head = SlowHead::NEW;
        let is_delayed = |head: &mut SlowHead| poll_fn(|cx| head.poll_delay(cx)).now_or_never().is_none();
        // Requests of one small read each.
        for request in 0..100 {
            head.count_read(80, Some(request));
            assert!(!is_delayed(&mut head));
        }
        // A body, or bytes of HTTP/2.
        for _ in 0..100 {
            head.count_read(1, None);
            assert!(!is_delayed(&mut head));
        }
        for part in 1..=SMALL_READS + 3 {
            head.count_read(1, Some(100));
            assert_eq!(is_delayed(&mut head), part > SMALL_READS, "part {part}");
            tokio::time::advance(READ_DELAY).await;
            assert!(!is_delayed(&mut head));
        }
        // A large part is not delayed, and the next head begins anew.
        head.count_read(SMALL, Some(100));
        assert!(!is_delayed(&mut head));
        head.count_read(1, Some(101));
        assert!(!is_delayed(&mut head));
    }
}
