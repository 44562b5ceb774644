//! The accept loops: accept connections on all listeners and serve HTTP/1.1 or HTTP/2 on each, all of it bounded in number and
//! time.
//!
//! `axum::serve` is not used because it sets no timer: hyper's header timeout then has no effect, and a half-sent header
//! would hold a connection for ever.
//!
//! HTTP/2 is served over TLS to clients that choose it by ALPN; everything else is HTTP/1.1.
//!
//! # Invariants
//!
//! There are at most [`Options::connections`](crate::http::options::Options::connections) sockets, including those that are being
//! closed. A connection ends when its client does not complete the TLS handshake, sends no head or body, or reads no answer,
//! within the timeouts of the options. A failing `accept` is retried. At shutdown requests in flight are completed within a time
//! limit; new connections are not accepted.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::error_code::ErrorCode;
use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::client_stream::ClientStream;
use crate::http::connections::{Connections, Entry, OpenConnection};
use crate::http::fast_path::{EntryLimits, FastPath};
use crate::http::listener::{Listener, Socket};
use crate::http::node_description::NodeDescription;
use crate::http::options::Options;
use crate::http::problem::ApiError;
use crate::http::request_metrics;
use crate::http::router::router;
use crate::http::tls::{HTTP_2, TlsIdentity};
use crate::http::write_timeout::WriteTimeout;
use crate::wire::json;
use crate::wire::problem::PROBLEM_JSON;

/// Longest head of a request in bytes, and most bytes read at a time: a full-width search, and what browsers add. Ten
/// thousand slow senders of heads hold 320 MB.
const HEAD_MAX: usize = 32 * 1024;
/// Most requests at a time on one connection of HTTP/2.
const STREAMS: u32 = 64;
/// Longest head of a request of HTTP/2, as its specification counts: names, values and 32 bytes a field.
const HEAD_MAX_HTTP2: u32 = 16 * 1024;
/// Most bytes of a body that a client of HTTP/2 may send before a handler reads them: of one request, and of all of a connection.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 128 * 1024;
/// Most bytes of one answer that wait for the client of a stream of HTTP/2.
const STREAM_BUFFER: usize = 64 * 1024;
/// The wait before accepting again after the process has run out of file descriptors.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// Interval of the metrics recorder's maintenance.
const UPKEEP: Duration = Duration::from_secs(5);
/// Sizes on the disk are measured once in this many rounds of maintenance: once a minute.
const MEASURE_EVERY: u64 = 12;
/// How long a client without requests has to take part in the closing of its connection.
const CLOSING: Duration = Duration::from_secs(2);
/// Interval at which a connection of HTTP/2 is checked for an idle or stalled client.
const STALL_CHECK: Duration = Duration::from_secs(1);

/// What all accept loops share.
#[derive(Clone)]
struct Server {
    front: FastPath,
    connections: Connections,
    options: Arc<Options>,
    closing: watch::Receiver<bool>,
}

/// Serves a node until `shutdown` completes, then completes the requests in flight.
///
/// # Errors
///
/// None; the failure of a connection ends only that connection.
pub async fn serve(
    listeners: Vec<Listener>,
    state: impl Into<Arc<AppState>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    request_metrics::recorder();
    let state: Arc<AppState> = state.into();
    let description = state.description().clone();
    let closing = watch::Sender::new(false);
    let told = ShutdownSignal::from_receiver(closing.subscribe());
    let mut background = JoinSet::new();
    if let Ok(filing) = state.filing() {
        background.spawn(Arc::clone(filing).deliver_webhooks(told.clone().wait()));
        background.spawn(Arc::clone(filing).run_erasures(told.clone().wait()));
        background.spawn(Arc::clone(filing).run_revocations(told.clone().wait()));
    }
    let server = Server {
        connections: state.connections().clone(),
        options: Arc::new(state.options().clone()),
        front: FastPath::new(Arc::clone(&state), router(state, told)),
        closing: closing.subscribe(),
    };
    server.accept_until(shutdown, listeners, &closing, description).await;
    while let Some(ended) = background.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a background task of the filing service failed");
        }
    }
    Ok(())
}

/// Serves a router without a node until `shutdown` completes, then completes the requests in flight. `router` gets the signal that ends
/// requests which wait for events.
pub async fn serve_router(
    listeners: Vec<Listener>,
    router: impl FnOnce(ShutdownSignal) -> Router,
    limits: EntryLimits,
    description: NodeDescription,
    shutdown: impl Future<Output = ()>,
) {
    request_metrics::recorder();
    let closing = watch::Sender::new(false);
    let router = router(ShutdownSignal::from_receiver(closing.subscribe()));
    let server = Server {
        connections: limits.connections().clone(),
        options: Arc::new(limits.options().clone()),
        front: FastPath::before(Arc::new(limits), router),
        closing: closing.subscribe(),
    };
    server.accept_until(shutdown, listeners, &closing, description).await;
}

impl Server {
    /// Accepts connections until `shutdown` completes, then completes the requests in flight.
    async fn accept_until(
        self,
        shutdown: impl Future<Output = ()>,
        listeners: Vec<Listener>,
        closing: &watch::Sender<bool>,
        description: NodeDescription,
    ) {
        let upkeep = tokio::spawn(upkeep(description));
        let mut loops: JoinSet<JoinSet<()>> = JoinSet::new();
        for listener in listeners {
            loops.spawn(self.clone().accept_all(listener));
        }
        tokio::select! {
            biased;
            () = shutdown => {}
            // An accept loop ends at the shutdown only.
            Some(Err(error)) = loops.join_next() => tracing::error!(%error, "an accept loop ended; the node stops"),
        }
        closing.send_replace(true);
        let mut open = Vec::new();
        while let Some(ended) = loops.join_next().await {
            open.extend(ended);
        }
        let ended = async {
            for connections in &mut open {
                while connections.join_next().await.is_some() {}
            }
        };
        if timeout(self.options.shutdown, ended).await.is_err() {
            tracing::warn!("some requests did not finish in time and were cut off");
        }
        for mut connections in open {
            connections.shutdown().await;
        }
        upkeep.abort();
    }

    /// Accepts connections until the shutdown. Returns those that are open then.
    async fn accept_all(self, listener: Listener) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let acceptor = listener.tls().map(TlsIdentity::acceptor);
        let mut closing = self.closing.clone();
        let mut closed = pin!(closing.wait_for(|closing| *closing));
        loop {
            // The permit first: without one, new connections wait in the kernel's queue.
            let next = async {
                let place = self.connections.permit().await;
                (place, retried(|| listener.accept()).await)
            };
            let (place, (socket, peer)) = tokio::select! {
                biased;
                _ = &mut closed => return tasks,
                next = next => next,
            };
            while tasks.try_join_next().is_some() {}
            let is_proxy = self.options.trusted_proxies.contain(peer.to_canonical());
            if listener.is_for_proxies_only() && !is_proxy {
                tasks.spawn(self.clone().refuse(socket, peer, place, &TLS_REQUIRED));
                continue;
            }
            let has_shared_address = is_proxy || listener.is_unix();
            if !has_shared_address && self.connections.is_blocked(peer) {
                metrics::counter!("tiezheng_connections_refused_total", "code" => "blocked").increment(1);
                continue;
            }
            let Some(entry) = self.connections.register(peer, acceptor.is_some(), is_proxy) else {
                if !has_shared_address {
                    self.connections.count_rejection(peer);
                }
                // Without a handshake nothing can be said to a client of TLS.
                if acceptor.is_some() {
                    TOO_MANY_CONNECTIONS.count();
                } else {
                    tasks.spawn(self.clone().refuse(socket, peer, place, &TOO_MANY_CONNECTIONS));
                }
                continue;
            };
            if has_shared_address {
                entry.connection().set_shared_address();
            }
            tasks.spawn(self.clone().serve_socket(socket, acceptor.clone(), entry, place));
        }
    }

    /// Answers an error without reading a request, and closes.
    async fn refuse(self, socket: Socket, peer: IpAddr, place: OwnedSemaphorePermit, refusal: &'static Refusal) {
        refusal.count();
        tracing::debug!(%peer, code = refusal.code.as_str(), "a connection was refused");
        let stream = ClientStream::new(socket, OpenConnection::detached(peer), place, self.options.linger);
        stream.refuse(&refusal.answer()).await;
    }

    /// Serves one connection until it ends.
    async fn serve_socket(
        self,
        socket: Socket,
        acceptor: Option<TlsAcceptor>,
        entry: Entry,
        place: OwnedSemaphorePermit,
    ) {
        // The entry is held until the connection ends, whatever its result.
        let connection = entry.connection();
        let options = &self.options;
        let stream = ClientStream::new(socket, Arc::clone(connection), place, options.linger);
        let stream = WriteTimeout::new(stream, options.write_timeout, options.slowest);
        let served = async {
            let Some(acceptor) = acceptor else { return self.serve_http1(TokioIo::new(stream), connection).await };
            let stream = match timeout(options.header_timeout, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(error)) => {
                    metrics::counter!("tiezheng_tls_handshakes_failed_total").increment(1);
                    return tracing::debug!(%error, "a TLS handshake failed");
                }
                Err(_) => {
                    metrics::counter!("tiezheng_tls_handshakes_failed_total").increment(1);
                    return tracing::debug!("a TLS handshake was not completed in time");
                }
            };
            if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
                connection.set_http2();
                self.serve_http2(TokioIo::new(stream), connection).await;
            } else {
                self.serve_http1(TokioIo::new(stream), connection).await;
            }
        };
        tokio::select! {
            () = served => {}
            () = connection.evicted() => tracing::debug!("a stalled connection was closed because the limit of connections is reached"),
        }
    }

    async fn serve_http1(&self, io: impl Read + Write + Unpin + Send + 'static, connection: &Arc<OpenConnection>) {
        let service = TowerToHyperService::new(self.front.on(Arc::clone(connection)));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.options.header_timeout).max_buf_size(HEAD_MAX);
        self.run_connection(builder.serve_connection(io, service), connection, std::future::pending()).await;
    }

    async fn serve_http2(&self, io: impl Read + Write + Unpin + Send + 'static, connection: &Arc<OpenConnection>) {
        let service = TowerToHyperService::new(self.front.on(Arc::clone(connection)));
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).max_send_buf_size(STREAM_BUFFER);
        builder.max_header_list_size(HEAD_MAX_HTTP2);
        builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
        let conn = builder.serve_connection(io, service);
        tokio::select! {
            () = self.run_connection(conn, connection, idle(connection, self.options.header_timeout)) => {}
            () = stalled(connection, self.options.write_timeout) => tracing::debug!("a client took no bytes of its answers in time"),
        }
    }

    /// Runs a connection until it ends. Requests in flight are completed at the shutdown, or when `end` completes.
    async fn run_connection<C>(&self, conn: C, connection: &OpenConnection, end: impl Future<Output = ()>)
    where
        C: GracefulConnection,
        C::Error: std::fmt::Display,
    {
        let mut conn = pin!(conn);
        let mut closing = self.closing.clone();
        let ending = async {
            tokio::select! {
                _ = closing.wait_for(|closing| *closing) => {}
                () = end => {}
            }
        };
        let ended = tokio::select! {
            biased;
            ended = conn.as_mut() => ended,
            () = ending => {
                conn.as_mut().graceful_shutdown();
                // A client of HTTP/2 has to answer before the connection is closed. Requests in flight have their time.
                let cut_off = async {
                    sleep(CLOSING).await;
                    idle(connection, CLOSING).await;
                };
                tokio::select! {
                    ended = conn => ended,
                    () = cut_off => return tracing::debug!("a client did not take part in closing its connection"),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended");
        }
    }
}

/// Completes when a connection of HTTP/2 has had no request for `limit`. HTTP/1.1 has hyper's header timeout for that.
async fn idle(connection: &OpenConnection, limit: Duration) {
    let mut checks = interval(STALL_CHECK.min(limit));
    while connection.idle() < limit {
        checks.tick().await;
    }
}

/// Completes when the client of a connection of HTTP/2 has taken no bytes of its answers for `limit`.
async fn stalled(connection: &OpenConnection, limit: Duration) {
    let mut checks = interval(STALL_CHECK.min(limit));
    while connection.untaken() < limit {
        checks.tick().await;
    }
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

/// An answer that is sent without reading a request.
struct Refusal {
    code: ErrorCode,
    status: &'static str,
    detail: &'static str,
}

/// To a connection beyond the limit of its client.
static TOO_MANY_CONNECTIONS: Refusal = Refusal {
    code: ErrorCode::TooManyConnections,
    status: "503 Service Unavailable\r\nretry-after: 1",
    detail: "close some of your connections, or wait, and connect again",
};

/// To a peer that may not use plain HTTP.
static TLS_REQUIRED: Refusal = Refusal {
    code: ErrorCode::TlsRequired,
    status: "403 Forbidden",
    detail: "this port serves the operator's reverse proxies only; use the node's https address",
};

impl Refusal {
    fn count(&self) {
        metrics::counter!("tiezheng_connections_refused_total", "code" => self.code.as_str()).increment(1);
    }

    fn answer(&self) -> Vec<u8> {
        let body = json::pretty(&ApiError::new(self.code, self.detail).problem());
        let head = format!(
            "HTTP/1.1 {}\r\ncontent-type: {PROBLEM_JSON}\r\ncache-control: no-store\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            self.status,
            body.len()
        );
        (head + &body).into_bytes()
    }
}

async fn upkeep(description: NodeDescription) {
    let description = Arc::new(description);
    for round in 0_u64.. {
        let description = Arc::clone(&description);
        // On the blocking pool, to keep one of its threads alive: if the system starts no more threads, that one still runs the
        // queued reads.
        let done = tokio::task::spawn_blocking(move || {
            request_metrics::recorder().run_upkeep();
            if round.is_multiple_of(MEASURE_EVERY) {
                description.measure_files();
            }
        });
        if let Err(error) = done.await {
            tracing::warn!(%error, "the upkeep of the metrics failed");
        }
        sleep(UPKEEP).await;
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
