//! Sends requests over many persistent connections, and measures the latency of each answer.
//!
//! In a **closed loop** each connection sends the next request after the answer to the last, like many waiting clients. In an **open
//! loop** requests are due at fixed times, whether or not earlier ones are answered, and each latency counts from the due time, so
//! that a stall counts for all requests that are due during it (no coordinated omission).
//!
//! # Invariants
//!
//! Requests are complete before the first is sent; answers are stored and checked afterwards. Any error on a connection ends the run,
//! since a run with gaps is not a valid measurement.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::load::latency::Latency;

/// A request.
#[derive(Debug, Clone)]
pub struct Call {
    /// Path and query, such as `/v1/deposits`.
    pub path: Arc<str>,
    /// Body and media type of a POST; without it, the request is a GET.
    pub body: Option<(Bytes, &'static str)>,
}

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopMode {
    /// The next one after the answer to the last.
    Closed,
    /// At a fixed rate.
    Open {
        /// Requests per second, at least 1.
        per_second: u32,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Number of its request, from 0.
    pub call: usize,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Box<[u8]>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Traffic {
    /// From the first request to the last answer.
    pub took: Duration,
    /// Latencies of the answers.
    pub latency: Latency,
    /// The answers, in no order.
    pub answers: Vec<Answer>,
}

impl Traffic {
    /// Answers a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.answers.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum TrafficError {
    /// A connection could not be opened.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// A connection broke.
    #[error("a connection broke: {0}")]
    Broken(#[from] hyper::Error),
    /// An invalid path.
    #[error("`{path}` is not a path")]
    BadPath {
        /// The path.
        path: String,
    },
    /// The node did not accept a listener.
    #[error("the node did not accept a listener: HTTP {status}")]
    NotAccepted {
        /// The HTTP status.
        status: u16,
    },
    /// A task of the generator panicked.
    #[error("the generator failed: {0}")]
    Failed(#[from] tokio::task::JoinError),
}

/// Sends all `calls` to `address` over `connections` connections, and waits for every answer.
///
/// # Errors
///
/// [`TrafficError`].
pub async fn send(
    address: SocketAddr,
    calls: Arc<[Call]>,
    connections: usize,
    mode: LoopMode,
) -> Result<Traffic, TrafficError> {
    let host = HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("localhost"));
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections.clamp(1, calls.len().max(1)) {
        opened.push(connect(address).await?);
    }
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for sender in opened {
        let (calls, next, host) = (Arc::clone(&calls), Arc::clone(&next), host.clone());
        tasks.spawn(ConnectionTask { sender, host, calls, next, begun, mode }.run());
    }
    let (mut latency, mut answers) = (Latency::default(), Vec::with_capacity(calls.len()));
    while let Some(result) = tasks.join_next().await {
        let (times, more) = result??;
        latency.add(&times);
        answers.extend(more);
    }
    Ok(Traffic { took: begun.elapsed(), latency, answers })
}

/// Opens a connection.
pub(in crate::load) async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, TrafficError> {
    let stream = TcpStream::connect(address).await;
    let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
    let stream = stream.map_err(|source| TrafficError::Connect { address, source })?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The sender also gets the error.
    tokio::spawn(connection);
    Ok(sender)
}

/// The task of one connection, with its share of the requests.
struct ConnectionTask {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
    calls: Arc<[Call]>,
    next: Arc<AtomicUsize>,
    begun: Instant,
    mode: LoopMode,
}

impl ConnectionTask {
    async fn run(mut self) -> Result<(Latency, Vec<Answer>), TrafficError> {
        let (mut latency, mut answers) = (Latency::default(), Vec::new());
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(call) = self.calls.get(at) else { return Ok((latency, answers)) };
            let request = self.request(call)?;
            let due = self.due(at).await;
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            latency.record(due.elapsed());
            answers.push(Answer { call: at, status, body: body.as_ref().into() });
        }
    }

    /// Waits for the due time of the call, from which its latency counts.
    async fn due(&self, at: usize) -> Instant {
        match self.mode {
            LoopMode::Closed => Instant::now(),
            LoopMode::Open { per_second } => {
                let nanos = u64::try_from(at).unwrap_or(u64::MAX).saturating_mul(1_000_000_000);
                let due = self.begun + Duration::from_nanos(nanos / u64::from(per_second.max(1)));
                sleep_until(due).await;
                due
            }
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, TrafficError> {
        let bad_path = || TrafficError::BadPath { path: call.path.to_string() };
        let uri = Uri::try_from(&*call.path).map_err(|_| bad_path())?;
        let (body, media_type) = match &call.body {
            Some((body, media_type)) => (body.clone(), Some(*media_type)),
            None => (Bytes::new(), None),
        };
        let mut request = Request::new(Full::new(body));
        *request.uri_mut() = uri;
        request.headers_mut().insert(HOST, self.host.clone());
        if let Some(media_type) = media_type {
            *request.method_mut() = Method::POST;
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        }
        Ok(request)
    }
}
