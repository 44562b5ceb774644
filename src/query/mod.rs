//! The read side: queries of a ledger that do not change it.
//!
//! - [`records`]: leaves, entries, headers and the seven facts; [`proofs`]: Merkle proofs.
//! - [`key_history`]: the ledger keys since genesis.
//! - [`receipts`]: receipts; [`attested_checkpoint`]: selects their checkpoint; [`history`]: later links and earlier
//!   deposits.
//! - [`deposit_cache`], [`block_cache`], [`tile_cache`]: caches of immutable data.
//! - [`service`] and [`blocking`]: the boundary between async code and the blocking store, with one limit of concurrent reads.
//!
//! All functions but those of `service` take any [`LedgerReader`](crate::store::traits::LedgerReader): a store in memory, a
//! database, or a log that is read over HTTP.

pub mod attested_checkpoint;
pub mod block_cache;
#[cfg(feature = "node")]
pub mod blocking;
#[cfg(feature = "node")]
pub mod deposit_cache;
pub mod history;
pub mod key_history;
pub mod proofs;
pub mod receipts;
pub mod records;
#[cfg(feature = "node")]
pub mod service;
pub mod tile_cache;
