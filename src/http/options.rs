//! How the counter runs: its limits, each with its unit and reason.

use std::time::Duration;

use crate::http::client_address::TrustedProxies;

/// Limits of the HTTP server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Longest time a client may take to send the head of a request, and a kept connection may stay idle. Default 10 s:
    /// without it a half-sent header holds a connection for ever.
    pub header_timeout: Duration,
    /// Longest time in which a small body, or the next 256 KiB of a streamed one, must arrive. Default 30 s: 9 kB/s.
    pub body_timeout: Duration,
    /// Longest time a client may leave our bytes untaken. Default 30 s.
    pub write_timeout: Duration,
    /// Most connections at a time; when all are taken, new ones wait in the kernel's queue. Default 10,000, at some
    /// 10 KiB each.
    pub connections: usize,
    /// Largest file that is verified, in bytes. Default 64 GiB. Files are hashed as they stream, never kept.
    pub file_max: u64,
    /// Most threads that hash files at the same time; a file takes one for 256 KiB and gives it back. Default 16.
    pub hashing: usize,
    /// Most reads of the store at the same time; further ones wait. Default 16: each takes one thread, and some megabytes of
    /// memory with it.
    pub reads: usize,
    /// Most batches read at the same time; further ones wait. Default 32: each may hold 4 MiB of lines and their
    /// verdicts.
    pub batches: usize,
    /// Longest wait of a batch for its turn, and of one of its lines for a place in the pool. Default 30 s.
    pub place_timeout: Duration,
    /// How long requests in flight may take to finish at shutdown. Default 30 s.
    pub shutdown: Duration,
    /// Peers whose `Forwarded` or `X-Forwarded-For` header says where a request came from. Default none. It serves limits
    /// and logs only.
    pub trusted_proxies: TrustedProxies,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            connections: 10_000,
            file_max: 64 << 30,
            hashing: 16,
            reads: 16,
            batches: 32,
            place_timeout: Duration::from_secs(30),
            shutdown: Duration::from_secs(30),
            trusted_proxies: TrustedProxies::default(),
        }
    }
}
