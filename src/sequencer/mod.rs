//! The sequencer: the single writer of a ledger.
//!
//! ```text
//! handle: acquire a permit, verify signatures ─▶ queue (bounded)
//!     ─▶ collector: admission, number, time, hashes ─▶ open_block            sequenced
//!     ─▶ committer: append       one atomic, fsynced write: the commit point  durable
//!                   read_back    recomputed by a second implementation        verified
//!                   sign, publish                                             signed, published
//!     ─▶ every client of the block gets its receipt
//! ```
//!
//! [`lifecycle`] defines these states as types, and names the place of cosignatures and timestamp tokens. [`writer`]
//! runs collector and committer in two threads, so that the next block is built while one is being fsynced. [`erasure`]
//! commits erasures, [`start`] creates a ledger or opens one, [`recovery`] publishes what a crash left unsigned,
//! [`rotation`] changes the ledger key, [`ledger_keys`] decides which keys sign, [`state`] records whether deposits are
//! written, [`clock`] is the only module that reads the system clock.
//!
//! Without the feature `node`, only the clock is compiled: verification reports contain their time.

#[cfg(feature = "node")]
pub mod admission;
pub mod clock;
#[cfg(feature = "node")]
pub mod collector;
#[cfg(feature = "node")]
pub mod committer;
#[cfg(feature = "node")]
pub mod erasure;
#[cfg(feature = "node")]
pub mod handle;
#[cfg(feature = "node")]
pub mod ledger_keys;
#[cfg(feature = "node")]
pub mod lifecycle;
#[cfg(feature = "node")]
pub mod open_block;
#[cfg(feature = "node")]
pub mod queue;
#[cfg(feature = "node")]
pub mod read_back;
#[cfg(feature = "node")]
pub mod recovery;
#[cfg(feature = "node")]
pub mod request;
#[cfg(feature = "node")]
pub mod rotation;
#[cfg(feature = "node")]
pub mod start;
#[cfg(feature = "node")]
pub mod state;
#[cfg(feature = "node")]
#[cfg(test)]
mod testing;
#[cfg(feature = "node")]
pub mod writer;
