//! Request bodies: bounded in size, bounded in time, and files hashed as they stream.
//!
//! # Invariants
//!
//! No body is held beyond its limit, and of a file no more than two parts of 256 KiB and a frame. Whoever sends slower than
//! [`Options::body_timeout`](crate::http::options::Options::body_timeout) allows is cut off.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use sha2::Digest as _;
use tokio::time::{Instant, timeout, timeout_at};

use crate::http::node::Node;
use crate::http::problem::Failure;
use crate::ledger::hash::Digest;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::Measured;

/// How much of a file must arrive in one body timeout, and is hashed in one go.
const PART: u64 = 256 * 1024;

fn too_large(limit: u64) -> Failure {
    Failure::new("body_too_large", format!("at most {limit} bytes")).limited(limit)
}

/// A body, or a part of it, that came too slowly.
#[must_use]
pub fn too_slow() -> Failure {
    Failure::new("body_timeout", "send it again, faster")
}

/// A body that broke off.
#[must_use]
pub fn broken(error: &dyn std::fmt::Display) -> Failure {
    Failure::new("body_broken", error.to_string())
}

/// Refuses a body that announces more than `limit` bytes, before any of it is read.
fn announced(headers: &HeaderMap, limit: u64) -> Result<(), Failure> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) { Err(too_large(limit)) } else { Ok(()) }
}

/// Reads a body of at most `limit` bytes that arrives within `patience`.
///
/// # Errors
///
/// `body_too_large`, `body_timeout`, `body_broken`.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize, patience: Duration) -> Result<Bytes, Failure> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    announced(headers, most)?;
    match timeout(patience, Limited::new(body, limit).collect()).await {
        Err(_) => Err(too_slow()),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Ok(Err(error)) => Err(broken(&error)),
    }
}

/// Hashes a file as it streams, `salt` before it.
///
/// # Errors
///
/// As [`read`].
pub async fn measure(
    node: &Node,
    headers: &HeaderMap,
    mut body: Body,
    salt: Option<[u8; SALT_LEN]>,
) -> Result<Measured, Failure> {
    let options = node.options();
    announced(headers, options.file_max)?;
    let mut size = 0_u64;
    let mut hashing = tokio::task::spawn_blocking(move || Hashes::after(salt));
    loop {
        // The next part arrives while the one before is being hashed. A slow client holds no thread.
        let frames = part(&mut body, options.body_timeout).await?;
        let hashes = hashing.await.map_err(|error| Failure::internal(&error))?;
        if frames.is_empty() {
            return Ok(hashes.measured(size));
        }
        size = size.saturating_add(length(&frames));
        if size > options.file_max {
            return Err(too_large(options.file_max));
        }
        let place = node.place_to_hash().await?;
        hashing = tokio::task::spawn_blocking(move || {
            let _place = place;
            hashes.over(&frames)
        });
    }
}

fn length(frames: &[Bytes]) -> u64 {
    frames.iter().map(|frame| u64::try_from(frame.len()).unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
}

/// The next [`PART`] bytes or some more, or what is left; nothing at the end.
async fn part(body: &mut Body, patience: Duration) -> Result<Vec<Bytes>, Failure> {
    let mut frames = Vec::new();
    let deadline = Instant::now() + patience;
    while length(&frames) < PART {
        let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())? else { break };
        // Trailers are no part of the file.
        frames.extend(frame.map_err(|error| broken(&error))?.into_data());
    }
    Ok(frames)
}

/// Both digests, on their way.
struct Hashes {
    sha256: sha2::Sha256,
    sm3: sm3::Sm3,
}

impl Hashes {
    fn after(salt: Option<[u8; SALT_LEN]>) -> Self {
        let salt = salt.as_ref().map_or(&[][..], |salt| salt.as_slice());
        Self { sha256: sha2::Sha256::new_with_prefix(salt), sm3: sm3::Sm3::new_with_prefix(salt) }
    }

    /// SM3 takes 4 ms a megabyte: too long for a worker thread.
    fn over(mut self, frames: &[Bytes]) -> Self {
        for frame in frames {
            self.sha256.update(frame);
            self.sm3.update(frame);
        }
        self
    }

    fn measured(self, size: u64) -> Measured {
        Measured { size, sha256: Digest(self.sha256.finalize().into()), sm3: Digest(self.sm3.finalize().into()) }
    }
}
