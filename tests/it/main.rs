//! Everything that needs more than one room, in one binary: RocksDB is linked once.

#![expect(unreachable_pub, reason = "`pub` reads better than `pub(crate)` where nothing leaves the binary")]

mod support;

#[cfg(feature = "node")]
mod auditing;
#[cfg(feature = "node")]
mod sequencing;
#[cfg(feature = "node")]
mod strangers;
