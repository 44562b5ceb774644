//! The accept loop: accepts connections and serves HTTP/1.1 on each, all of it bounded in number and time.
//!
//! `axum::serve` is not used because it sets no timer: hyper's header timeout then has no effect, and a half-sent header
//! would hold a connection for ever.
//!
//! # Invariants
//!
//! There are at most [`Options::connections`](crate::http::options::Options::connections) sockets, including those that are being
//! closed. A connection ends when its client sends no head or body, or reads no answer, within the timeouts of the options. A
//! failing `accept` is retried. At shutdown requests in flight are completed within a time limit; new connections are not accepted.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::error_code::ErrorCode;
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::client_stream::ClientStream;
use crate::http::connections::OpenConnection;
use crate::http::fast_path::FastPath;
use crate::http::options::Options;
use crate::http::problem::ApiError;
use crate::http::request_metrics;
use crate::http::router::router;
use crate::http::write_timeout::WriteTimeout;
use crate::wire::json;
use crate::wire::problem::PROBLEM_JSON;

/// Longest head of a request in bytes, and most bytes read at a time: a full-width search, and what browsers add. Ten
/// thousand slow senders of heads hold 320 MB.
const HEAD_MAX: usize = 32 * 1024;
/// The wait before accepting again after the process has run out of file descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// Interval of the metrics recorder's maintenance.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves until `shutdown` completes, then completes the requests in flight.
///
/// # Errors
///
/// None; the failure of a connection ends only that connection.
pub async fn serve(listener: TcpListener, state: AppState, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    request_metrics::recorder();
    let options = state.options().clone();
    let state = Arc::new(state);
    let closing = watch::Sender::new(false);
    let told = ShutdownSignal::from_receiver(closing.subscribe());
    let mut hooks = JoinSet::new();
    if let Ok(filing) = state.filing() {
        hooks.spawn(Arc::clone(filing).deliver_webhooks(told.clone().wait()));
        hooks.spawn(Arc::clone(filing).run_erasures(told.clone().wait()));
        hooks.spawn(Arc::clone(filing).run_revocations(told.clone().wait()));
    }
    let front = FastPath::new(Arc::clone(&state), router(Arc::clone(&state), told));
    let connections = state.connections().clone();
    let graceful = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(upkeep());
    let mut shutdown = pin!(shutdown);
    loop {
        // The permit first: without one, new connections wait in the kernel's queue.
        let next = async {
            let place = connections.permit().await;
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next,
        };
        while tasks.try_join_next().is_some() {}
        let Some(entry) = connections.register(peer.ip(), options.trusted_proxies.contain(peer.ip().to_canonical()))
        else {
            let refused = ClientStream::new(stream, OpenConnection::detached(peer.ip()), place, options.linger);
            tasks.spawn(async move { refused.refuse(&too_many_connections()).await });
            continue;
        };
        let connection = Arc::clone(entry.connection());
        let stream = wrapped(stream, (Arc::clone(&connection), place), &options);
        let service = TowerToHyperService::new(front.on(Arc::clone(&connection)));
        let watched = graceful.watch(http1(&options).serve_connection(stream, service));
        tasks.spawn(async move {
            // Held until the connection ends, whatever its result.
            let _entry = entry;
            tokio::select! {
                ended = watched => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended");
                },
                () = connection.evicted() => tracing::debug!("a stalled connection was closed because the limit of connections is reached"),
            }
        });
    }
    drop(listener);
    closing.send_replace(true);
    if timeout(options.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time and were cut off");
    }
    tasks.shutdown().await;
    while hooks.join_next().await.is_some() {}
    Ok(())
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    retried(|| listener.accept()).await
}

/// What `accept` gives once it succeeds.
async fn retried<T, F: Future<Output = io::Result<T>>>(mut accept: impl FnMut() -> F) -> T {
    let mut has_failed = false;
    loop {
        match accept().await {
            Ok(accepted) => return accepted,
            // The client has disconnected, or the process or the system is out of file descriptors. Both are temporary.
            Err(error) => {
                if !has_failed {
                    tracing::warn!(%error, "cannot accept connections; trying again until it succeeds");
                }
                has_failed = true;
                sleep(EXHAUSTED).await;
            }
        }
    }
}

/// The answer to a connection beyond the limit of its client.
fn too_many_connections() -> Vec<u8> {
    let failure =
        ApiError::new(ErrorCode::TooManyConnections, "close some of your connections, or wait, and connect again");
    let body = json::pretty(&failure.problem());
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\nretry-after: 1\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}

fn wrapped(
    stream: TcpStream,
    (connection, place): (Arc<OpenConnection>, OwnedSemaphorePermit),
    options: &Options,
) -> TokioIo<WriteTimeout<ClientStream>> {
    // Answers are written at once, so Nagle's algorithm would only add latency.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    let stream = ClientStream::new(stream, connection, place, options.linger);
    TokioIo::new(WriteTimeout::new(stream, options.write_timeout, options.slowest))
}

fn http1(options: &Options) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.header_timeout).max_buf_size(HEAD_MAX);
    builder
}

async fn upkeep() {
    loop {
        sleep(UPKEEP).await;
        // On the blocking pool, to keep one of its threads alive: if the system starts no more threads, that one still runs the
        // queued reads.
        if let Err(error) = tokio::task::spawn_blocking(|| request_metrics::recorder().run_upkeep()).await {
            tracing::warn!(%error, "the upkeep of the metrics failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failing_accept_is_tried_again_after_a_pause_until_it_succeeds() {
        let (begun, attempts) = (Instant::now(), Cell::new(0));
        let accept = || {
            attempts.set(attempts.get() + 1);
            let out_of_descriptors = io::Error::from(rustix::io::Errno::MFILE);
            std::future::ready(if attempts.get() > 3 { Ok("a connection") } else { Err(out_of_descriptors) })
        };
        assert_eq!(retried(accept).await, "a connection");
        assert_eq!((attempts.get(), begun.elapsed()), (4, 3 * EXHAUSTED));
    }
}
