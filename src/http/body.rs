//! Request bodies: bounded in size, bounded in time, and files hashed as they stream.
//!
//! # Invariants
//!
//! No body is held beyond its limit, and of a file no more than some frames. Whoever sends slower than
//! [`Options::body_timeout`](crate::http::options::Options::body_timeout) allows is cut off.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use sha2::Digest as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use crate::http::problem::Failure;
use crate::ledger::hash::Digest;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::Measured;

/// How much of a file must arrive in one body timeout.
const STRIDE: u64 = 256 * 1024;
/// Frames of a file on their way to the thread that hashes them; hyper's are at most some 400 KiB.
const FRAMES: usize = 8;

fn too_large(limit: u64) -> Failure {
    Failure::new("body_too_large", format!("at most {limit} bytes")).limited(limit)
}

fn too_slow() -> Failure {
    Failure::new("body_timeout", "send it again, faster")
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
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

/// Hashes a body of at most `limit` bytes as it streams, `salt` before it.
///
/// # Errors
///
/// As [`read`].
pub async fn measure(
    headers: &HeaderMap,
    mut body: Body,
    salt: Option<[u8; SALT_LEN]>,
    limit: u64,
    patience: Duration,
) -> Result<Measured, Failure> {
    announced(headers, limit)?;
    let (sender, receiver) = mpsc::channel(FRAMES);
    // SM3 takes 4 ms a megabyte: on a worker thread, one large file would slow down everybody else.
    let hashing = tokio::task::spawn_blocking(move || hash(salt, receiver));
    let (mut size, mut stride, mut deadline) = (0_u64, 0_u64, Instant::now() + patience);
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())? {
        let Ok(bytes) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        size = size.saturating_add(length);
        stride = stride.saturating_add(length);
        if size > limit {
            return Err(too_large(limit));
        }
        if sender.send(bytes).await.is_err() {
            break;
        }
        if stride >= STRIDE {
            (stride, deadline) = (0, Instant::now() + patience);
        }
    }
    drop(sender);
    let (sha256, sm3) = hashing.await.map_err(|error| Failure::internal(&error))?;
    Ok(Measured { size, sha256, sm3 })
}

fn hash(salt: Option<[u8; SALT_LEN]>, mut frames: mpsc::Receiver<Bytes>) -> (Digest, Digest) {
    let salt = salt.as_ref().map_or(&[][..], |salt| salt.as_slice());
    let mut sha256 = sha2::Sha256::new_with_prefix(salt);
    let mut sm3 = sm3::Sm3::new_with_prefix(salt);
    while let Some(frame) = frames.blocking_recv() {
        sha256.update(&frame);
        sm3.update(&frame);
    }
    (Digest(sha256.finalize().into()), Digest(sm3.finalize().into()))
}
