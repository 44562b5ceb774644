//! Reads request bodies with limits on size, memory and time; hashes uploaded files as a stream.
//!
//! # Invariants
//!
//! A small body is buffered only with a permit of [`AppState::body_memory`], and a file is received only with a permit for
//! files, so the memory of slow clients is bounded. (A body that arrived completely with its head needs no permit: it is in the
//! connection's read buffer.) An upload occupies at most two parts of 256 KiB and one frame. The server disconnects a
//! client that sends more slowly than [`Options::body_timeout`] and [`Options::slowest`] allow.
//!
//! [`Options::body_timeout`]: crate::http::options::Options::body_timeout
//! [`Options::slowest`]: crate::http::options::Options::slowest

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use futures_util::future::{BoxFuture, join};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;
use tokio::time::{Instant, timeout_at};

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::client_address::AddressGroup;
use crate::http::client_quota::Share;
use crate::http::hashing::HashingError;
use crate::http::options::{MEMORY_UNIT, Options};
use crate::http::problem::ApiError;
use crate::ledger::digests::DigestPair;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::FileDigests;

/// The size of the parts in which a file is received and hashed. Each part must arrive within one body timeout.
pub const PART: u64 = 256 * 1024;

/// The error for a body of more than `limit` bytes.
#[must_use]
pub fn too_large(limit: u64) -> ApiError {
    ApiError::new(ErrorCode::BodyTooLarge, format!("at most {limit} bytes")).limited(limit)
}

/// The error for a body, or a part of it, that arrives too slowly.
#[must_use]
pub fn too_slow() -> ApiError {
    ApiError::new(ErrorCode::BodyTimeout, "send it again, faster")
}

/// The error for a body that ended early.
#[must_use]
pub fn broken(error: &dyn std::fmt::Display) -> ApiError {
    ApiError::new(ErrorCode::BodyBroken, error.to_string())
}

/// The value of `Content-Length`; `None` if it is missing or invalid.
#[must_use]
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Rejects a request whose `Content-Length` is over `limit`, before any of the body is read.
fn require_announced(headers: &HeaderMap, limit: u64) -> Result<(), ApiError> {
    if announced(headers).is_some_and(|length| length > limit) { Err(too_large(limit)) } else { Ok(()) }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
///
/// `body_too_large`, `body_timeout`, `body_broken`; `busy` if no memory becomes available in time.
pub async fn read(
    state: &AppState,
    client: AddressGroup,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let patience = state.options().body_timeout;
    read_with(patience, headers, body, limit, |units| state.body_memory(client, units)).await
}

/// [`read`] for servers without an [`AppState`]: within `patience`, with a permit of `memory` for units of [`MEMORY_UNIT`].
///
/// # Errors
///
/// As [`read`]; those of `memory`.
pub async fn read_with<M: Future<Output = Result<Share, ApiError>>>(
    patience: Duration,
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    memory: impl FnOnce(usize) -> M,
) -> Result<Bytes, ApiError> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    require_announced(headers, most)?;
    let first = frame(&mut body, Instant::now() + patience).await?.unwrap_or_default();
    if first.len() > limit {
        return Err(too_large(most));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    // Buffering the rest of the body needs memory permits for its whole size.
    let size = announced(headers).and_then(|size| usize::try_from(size).ok()).unwrap_or(limit);
    let _memory = memory(size.div_ceil(MEMORY_UNIT)).await?;
    let rest = Limited::new(body, limit - first.len()).collect();
    match timeout_at(Instant::now() + patience, rest).await {
        Err(_) => Err(too_slow()),
        Ok(Ok(rest)) => {
            let rest = rest.to_bytes();
            Ok(if rest.is_empty() { first } else { [first, rest].concat().into() })
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Ok(Err(error)) => Err(broken(&error)),
    }
}

/// The next data frame of a body; `None` at its end.
async fn frame(body: &mut Body, deadline: Instant) -> Result<Option<Bytes>, ApiError> {
    loop {
        let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())? else { return Ok(None) };
        // Trailers are not part of the body.
        if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
            return Ok(Some(data));
        }
    }
}

/// The client of a file upload, which decides how long the upload may take.
#[derive(Debug, Clone, Copy)]
pub enum UploadClient {
    /// A client without a token: at most [`Options::anonymous_time`](crate::http::options::Options::anonymous_time).
    Anonymous(AddressGroup),
    /// A client with a token, at this address.
    Authenticated(AddressGroup),
}

/// Hashes an uploaded file as a stream. `salt` is hashed before the file.
///
/// # Errors
///
/// As [`read`]; `busy` if no permit becomes available in time.
pub async fn measure(
    state: &AppState,
    sender: UploadClient,
    headers: &HeaderMap,
    mut body: Body,
    salt: Option<[u8; SALT_LEN]>,
) -> Result<FileDigests, ApiError> {
    let options = state.options();
    require_announced(headers, options.file_max)?;
    let client = match sender {
        UploadClient::Anonymous(client) | UploadClient::Authenticated(client) => client,
    };
    let _place = state.file_permit(client).await?;
    let latest = match sender {
        UploadClient::Anonymous(_) => Instant::now().checked_add(options.anonymous_time),
        UploadClient::Authenticated(_) => None,
    };
    let mut pace = BodyDeadline::new(options);
    let mut hashing: Option<BoxFuture<'_, Result<DigestPair, HashingError>>> = None;
    let mut hashes = Some(DigestPair::with_salt(salt.as_ref()));
    loop {
        // The next part arrives while the previous one is hashed. A slow client occupies no thread.
        let arriving = part(&mut body, &mut pace, latest);
        let frames = match hashing.take() {
            None => arriving.await?,
            Some(hashed) => {
                let (frames, hashed) = join(arriving, hashed).await;
                hashes = Some(hashed.map_err(|error| hashing_failed(&error))?);
                frames?
            }
        };
        let Some(mut hashed) = hashes.take() else { return Err(ApiError::internal(&"a hash was lost")) };
        if frames.is_empty() {
            return Ok(hashed.finish());
        }
        if hashed.size().saturating_add(length(&frames)) > options.file_max {
            return Err(too_large(options.file_max));
        }
        hashing = Some(Box::pin(state.hashing().run(move || {
            for frame in &frames {
                hashed.update(frame);
            }
            hashed
        })));
    }
}

fn hashing_failed(error: &HashingError) -> ApiError {
    match error {
        HashingError::NoThread(_) => ApiError::new(ErrorCode::Unavailable, error.to_string()),
        HashingError::Panicked => ApiError::internal(&error),
    }
}

fn length(frames: &[Bytes]) -> u64 {
    frames.iter().map(|frame| u64::try_from(frame.len()).unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
}

/// Frames with at least [`PART`] bytes in total, or the rest of the body; empty at its end.
async fn part(body: &mut Body, pace: &mut BodyDeadline, latest: Option<Instant>) -> Result<Vec<Bytes>, ApiError> {
    let mut frames = Vec::new();
    while length(&frames) < PART {
        let (since, deadline) = (Instant::now(), pace.deadline());
        let deadline = latest.map_or(deadline, |latest| latest.min(deadline));
        let Some(data) = frame(body, deadline).await? else { break };
        pace.arrived(since.elapsed(), data.len());
        frames.push(data);
    }
    Ok(frames)
}

/// The deadline of a body. Counts the time that the server waits for the client, not its own processing time.
#[derive(Debug, Clone)]
pub struct BodyDeadline {
    patience: Duration,
    slowest: u64,
    /// The time waited for the client since the beginning of the body.
    waited: Duration,
    /// The bytes received since the beginning of the body.
    bytes: u64,
    /// The time waited for the client since the beginning of the current part.
    waited_for_part: Duration,
    /// The bytes received since the beginning of the current part.
    bytes_of_part: u64,
}

impl BodyDeadline {
    /// The deadline at the beginning of a body.
    #[must_use]
    pub const fn new(options: &Options) -> Self {
        let (patience, slowest) = (options.body_timeout, options.slowest);
        let none = Duration::ZERO;
        Self { patience, slowest, waited: none, bytes: 0, waited_for_part: none, bytes_of_part: 0 }
    }

    /// The time by which the next bytes must arrive.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let for_part = self.patience.saturating_sub(self.waited_for_part);
        // At the slowest permitted rate, the bytes received so far take this long. One body timeout is granted in addition.
        let due = Duration::from_millis(self.bytes.saturating_mul(1_000) / self.slowest.max(1));
        let for_all = self.patience.saturating_add(due).saturating_sub(self.waited);
        Instant::now() + for_part.min(for_all)
    }

    /// Records that `bytes` arrived after a wait of `waited`.
    pub fn arrived(&mut self, waited: Duration, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.waited = self.waited.saturating_add(waited);
        self.bytes = self.bytes.saturating_add(bytes);
        self.waited_for_part = self.waited_for_part.saturating_add(waited);
        self.bytes_of_part = self.bytes_of_part.saturating_add(bytes);
        if self.bytes_of_part >= PART {
            (self.waited_for_part, self.bytes_of_part) = (Duration::ZERO, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_has_time_for_each_part_and_a_mean_rate_for_all() {
        let second = Duration::from_secs(1);
        let options = Options { body_timeout: 30 * second, slowest: 16 << 10, ..Options::default() };
        let left = |pace: &BodyDeadline| pace.deadline().saturating_duration_since(Instant::now());
        let mut pace = BodyDeadline::new(&options);
        assert_eq!(left(&pace), 30 * second);
        pace.arrived(20 * second, 1);
        assert_eq!(left(&pace), 10 * second, "a byte does not buy more time");
        // A whole part within its time, and again: each begins a new part.
        pace.arrived(5 * second, 256 << 10);
        assert_eq!(left(&pace), 21 * second, "16 s for 256 KiB, 30 s in advance, 25 s waited");
        // At 9 kB/s each part comes in time, and the mean rate is too low in the end.
        for _ in 0..10 {
            pace.arrived(29 * second, 256 << 10);
        }
        assert_eq!(left(&pace), Duration::ZERO);
    }
}
