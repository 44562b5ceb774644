//! The accept loop: connections in, requests to the router, each bounded in time.
//!
//! Our own, because `axum::serve` sets no timer and hyper's header timeout is then inert: a half-sent header would hold a
//! connection for ever.
//!
//! # Invariants
//!
//! At most [`Options::connections`](crate::http::options::Options::connections) connections. Each ends when its client
//! sends no head, or no body, or takes no answer for as long as the options say. At shutdown requests in flight are
//! finished, within the time given; nobody else is accepted.

use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::http::api::court::closing::Closing;
use crate::http::front::Front;
use crate::http::node::Node;
use crate::http::observe;
use crate::http::options::Options;
use crate::http::router::router;
use crate::http::stall::Unstalled;

/// Longest head of a request in bytes: a full-width search, and what browsers add.
const HEAD_MAX: usize = 64 * 1024;
/// How long to wait before accepting again when there are no file descriptors left.
const EXHAUSTED: Duration = Duration::from_millis(100);
/// How often the metrics' recorder tidies up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves `node` until `shutdown` is over, then finishes what is in flight.
///
/// # Errors
///
/// When the listener does not know its address.
pub async fn serve(listener: TcpListener, node: Node, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    observe::recorder();
    let node = node.listening_on(listener.local_addr()?);
    let options = node.options().clone();
    let node = Arc::new(node);
    let closing = watch::Sender::new(false);
    let told = Closing::told_by(closing.subscribe());
    let mut hooks = JoinSet::new();
    if let Ok(desk) = node.desk() {
        hooks.spawn(Arc::clone(desk).deliver_hooks(told.clone().wait()));
    }
    let front = Front::new(Arc::clone(&node), router(node, told));
    let places = Arc::new(Semaphore::new(options.connections));
    let graceful = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(upkeep());
    let mut shutdown = pin!(shutdown);
    loop {
        // The place first: when all are taken, new connections wait in the kernel's queue.
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, (stream, peer)) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            next = next => next,
        };
        let service = TowerToHyperService::new(front.for_peer(peer));
        let connection = connection(&options).serve_connection(wrapped(stream, &options), service);
        let watched = graceful.watch(connection);
        tasks.spawn(async move {
            // Held until the connection ends. How it ends is the client's business.
            let _place = place;
            if let Err(error) = watched.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        while tasks.try_join_next().is_some() {}
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

async fn accept(listener: &TcpListener) -> (TcpStream, IpAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer.ip()),
            // The client went away while it waited, or we are out of file descriptors: both pass.
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(EXHAUSTED).await;
            }
        }
    }
}

fn wrapped(stream: TcpStream, options: &Options) -> TokioIo<Unstalled<TcpStream>> {
    // Answers are small and whole: waiting for more of them only adds latency.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY");
    }
    TokioIo::new(Unstalled::new(stream, options.write_timeout))
}

fn connection(options: &Options) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(options.header_timeout).max_buf_size(HEAD_MAX);
    builder
}

async fn upkeep() {
    loop {
        sleep(UPKEEP).await;
        observe::recorder().run_upkeep();
    }
}
