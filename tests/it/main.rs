//! The one integration binary: RocksDB is linked into every test binary, so there is one.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "node")]
mod api;
#[cfg(feature = "node")]
mod auditing;
#[cfg(feature = "node")]
mod auditing_cases;
#[cfg(feature = "node")]
mod auditing_originals;
#[cfg(feature = "node")]
mod cli;
mod conformance;
#[cfg(feature = "node")]
mod court;
#[cfg(feature = "node")]
mod crash;
#[cfg(feature = "node")]
mod crowd;
#[cfg(feature = "node")]
mod custody;
#[cfg(feature = "node")]
mod durability;
#[cfg(feature = "node")]
mod full_disk;
#[cfg(feature = "node")]
mod opening;
#[cfg(feature = "node")]
mod readme;
#[cfg(feature = "node")]
mod sequencing;
#[cfg(feature = "node")]
mod snapshot;
#[cfg(feature = "node")]
mod strangers;
mod support;
