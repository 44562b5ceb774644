//! Upper bounds of the machine, to compare with the figures of a node: fsync, signature checks, hashing.
//!
//! Not here: the baseline server (`http/echo`), which gets the same traffic as the node.

use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use crate::ledger::hash::{Digest, node_hash, sha256};
use crate::ledger::key::Signer;
use crate::load::latency::Latency;

/// Approximate size of a signed statement in bytes.
const MESSAGE: usize = 400;
/// Signature checks between two readings of the clock.
const GO: usize = 200;

/// Latencies of `writes` appends of 4 KiB, each with fdatasync, to a temporary file in `folder`.
///
/// # Errors
///
/// The disk's.
pub fn fdatasync(folder: &Path, writes: usize) -> io::Result<Latency> {
    let path = folder.join(format!(".tiezheng-fdatasync-{}", std::process::id()));
    let mut file = OpenOptions::new().append(true).create_new(true).open(&path)?;
    let mut times = Latency::default();
    let mut write = || -> io::Result<()> {
        let page = [0x5a; 4096];
        for _ in 0..writes {
            let since = Instant::now();
            file.write_all(&page)?;
            file.sync_data()?;
            times.record(since.elapsed());
        }
        Ok(())
    };
    let written = write();
    std::fs::remove_file(&path)?;
    written.map(|()| times)
}

/// Signature checks per second of all cores with `verify_strict` and parsed keys, measured for about `time`.
#[must_use]
pub fn verify_strict(time: Duration) -> f64 {
    let Some(signer) = Signer::of_depositor(&[7; 32]) else { return 0.0 };
    let message = [0x61; MESSAGE];
    let signature = signer.sign(&message);
    let public = signer.verifier().public();
    on_all_cores(time, || {
        for _ in 0..GO {
            black_box(public.verify_strict(black_box(&message), &signature));
        }
        GO
    })
}

/// Bytes per second that one core hashes with SHA-256.
#[must_use]
pub fn sha256_bytes(time: Duration) -> f64 {
    let piece = vec![0x5a; 1 << 20];
    repeat(time, || {
        black_box(sha256(black_box(&piece)));
        piece.len()
    })
}

/// Inner tree nodes (65 bytes) per second that one core hashes.
#[must_use]
pub fn node_hashes(time: Duration) -> f64 {
    let mut node = Digest([7; 32]);
    repeat(time, || {
        for _ in 0..GO {
            node = node_hash(&node, black_box(&node));
        }
        GO
    })
}

fn on_all_cores(time: Duration, work: impl Fn() -> usize + Sync) -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let tasks: Vec<_> = (0..cores).map(|_| scope.spawn(|| repeat(time, &work))).collect();
        tasks.into_iter().map(|task| task.join().unwrap_or(0.0)).sum()
    })
}

/// Units of `work` per second.
fn repeat(time: Duration, mut work: impl FnMut() -> usize) -> f64 {
    let (since, mut done) = (Instant::now(), 0);
    while since.elapsed() < time {
        done += work();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let done = done as f64;
    done / since.elapsed().as_secs_f64()
}
