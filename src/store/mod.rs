//! Storage of ledgers: the traits, and their implementations in memory and in RocksDB.
//!
//! - [`traits`]: the interfaces. [`factory`]: opens and creates the ledger in a data folder; no other code names a
//!   backend.
//! - [`memory`] for tests and auditors; [`rocks`], the embedded default.
//! - Shared by all backends: [`append_checks`] and [`admission`] (validation before an append), [`index_entries`]
//!   (index rows of a block), [`bounds`] (bounds checks), [`record_codec`] (compact encoding of records), [`refusal`]
//!   and [`shortage`] (errors).
//! - [`account_files`] and [`account_memory`]: mutable data that is not evidence.

#[cfg(feature = "node")]
pub mod account_files;
pub mod account_memory;
pub mod admission;
pub mod append_checks;
pub mod bounds;
#[cfg(feature = "node")]
pub mod factory;
pub mod index_entries;
pub mod memory;
pub mod record_codec;
pub mod refusal;
#[cfg(feature = "node")]
pub mod rocks;
pub mod shortage;
pub mod traits;
