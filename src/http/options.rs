//! The limits of the HTTP server, each with its unit and reason.

use std::str::FromStr;
use std::time::Duration;

use crate::http::client_address::NetworkList;
use crate::http::client_stream::Linger;

/// Bytes of one unit of the memory for bodies.
pub const MEMORY_UNIT: usize = 1024;

/// Which requests have a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoggedRequests {
    /// Every request.
    #[default]
    All,
    /// Those that failed (4xx, 5xx) or were slow.
    Errors,
    /// None.
    None,
}

impl FromStr for LoggedRequests {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "all" => Ok(Self::All),
            "errors" => Ok(Self::Errors),
            "none" => Ok(Self::None),
            _ => Err(()),
        }
    }
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLogOptions {
    /// Which requests.
    pub requests: LoggedRequests,
    /// From what duration on a request is slow, and logged as a warning. Default 1 s.
    pub slow: Duration,
}

impl Default for RequestLogOptions {
    fn default() -> Self {
        Self { requests: LoggedRequests::default(), slow: Duration::from_secs(1) }
    }
}

/// Limits of the HTTP server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Longest time a client may take to send the head of a request, and a kept connection may stay idle. Default 10 s:
    /// without it a half-sent header holds a connection for ever.
    pub header_timeout: Duration,
    /// Longest time in which a small body, or the next 256 KiB of a streamed one, must arrive. Default 30 s.
    pub body_timeout: Duration,
    /// Longest time a client may leave our bytes untaken. Default 30 s.
    pub write_timeout: Duration,
    /// For how long what a client still sends is discarded after an early answer, and without a byte from it. Default
    /// 30 s and 2 s: without it the client's kernel would drop the answer.
    pub linger: Linger,
    /// Most connections at a time; when all are taken, new ones wait in the kernel's queue. Default 10,000, at some
    /// 10 KiB each; `serve` takes fewer if there are fewer file descriptors.
    pub connections: usize,
    /// Most connections of one client address; further ones are answered 503. Default 5,000.
    pub connections_per_client: usize,
    /// How long a connection may wait for its client before it is closed when the limit of connections is reached. Default 2 s.
    pub stalled_after: Duration,
    /// Most bytes of bodies that have begun to arrive and are not complete yet. Default 64 MiB.
    pub body_memory: usize,
    /// Likewise, of one client. Default 16 MiB.
    pub body_memory_per_client: usize,
    /// Most files that are received for verification at the same time; further ones wait. Default 16: each holds two parts of
    /// 256 KiB.
    pub files: usize,
    /// Likewise, from one client. Default 4.
    pub files_per_client: usize,
    /// Lowest mean rate of a streamed body in bytes a second, from `body_timeout` after its beginning on. Default 16 KiB/s:
    /// an endless body must cost its sender something.
    pub slowest: u64,
    /// Longest time for the verification of a file by somebody without a token. Default 1 h.
    pub anonymous_time: Duration,
    /// Most originals that are received into custody at the same time; further ones wait. Default 32.
    pub uploads: usize,
    /// Likewise, of one account. Default 8.
    pub uploads_per_account: usize,
    /// Largest file that is verified, in bytes. Default 64 GiB. Files are hashed as they stream, never kept.
    pub file_max: u64,
    /// Threads of low priority that hash files for verification. Default 2.
    pub hashing: usize,
    /// Most reads of the store at the same time; further ones wait. Default 16: each takes one thread, and some megabytes of
    /// memory with it.
    pub reads: usize,
    /// Most batches read at the same time; further ones wait. Default 32: each may hold 4 MiB of lines and their
    /// verdicts.
    pub batches: usize,
    /// Likewise, from one client. Default 8.
    pub batches_per_client: usize,
    /// Most listeners to the growth of the chain (`/chain/events`); further ones are answered 503 and ask for it instead. Default
    /// 4,000: each holds a connection, and is sent at most one event a second.
    pub listeners: usize,
    /// Likewise, from one client. Default 1,000: a court's people share one address.
    pub listeners_per_client: usize,
    /// How long a batch may wait for its client without an accepted deposit while other batches wait. Default 5 s; while
    /// none waits, `body_timeout`.
    pub batch_progress: Duration,
    /// Longest wait of a batch for its turn, and of one of its lines for a place in the pool. Default 30 s.
    pub place_timeout: Duration,
    /// How long requests in flight may take to finish at shutdown. Default 30 s.
    pub shutdown: Duration,
    /// Which requests are logged. Default all.
    pub request_log: RequestLogOptions,
    /// Peers whose `Forwarded` or `X-Forwarded-For` header says where a request came from. Default none. It serves limits
    /// and logs only.
    pub trusted_proxies: NetworkList,
    /// Clients that may read the metrics, and the reasons in `/health/ready`. Default loopback.
    pub monitoring: NetworkList,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            linger: Linger { total: Duration::from_secs(30), idle: Duration::from_secs(2) },
            connections: 10_000,
            connections_per_client: 5_000,
            stalled_after: Duration::from_secs(2),
            body_memory: 64 << 20,
            body_memory_per_client: 16 << 20,
            files: 16,
            files_per_client: 4,
            slowest: 16 << 10,
            anonymous_time: Duration::from_hours(1),
            uploads: 32,
            uploads_per_account: 8,
            file_max: 64 << 30,
            hashing: 2,
            reads: 16,
            batches: 32,
            batches_per_client: 8,
            listeners: 4_000,
            listeners_per_client: 1_000,
            batch_progress: Duration::from_secs(5),
            place_timeout: Duration::from_secs(30),
            shutdown: Duration::from_secs(30),
            request_log: RequestLogOptions::default(),
            trusted_proxies: NetworkList::default(),
            monitoring: NetworkList::loopback(),
        }
    }
}

impl Options {
    /// With at most `connections`, half of them for one client.
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self { connections, connections_per_client: connections.div_ceil(2), ..self }
    }
}
