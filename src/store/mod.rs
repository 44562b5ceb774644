//! Storage: the traits, a store in memory, and RocksDB.
//!
//! - [`traits`]: the interfaces. [`factory`]: opens and creates the ledger in a folder; nothing else names a backend.
//! - [`memory`] for tests and auditors; [`rocks`], the embedded default.
//! - Shared by all backends: [`append_checks`] and [`admission`] (what may be appended), [`index_entries`] (what the index of a
//!   block holds), [`bounds`], [`record_codec`] (records in fewer bytes), [`refusal`] and [`shortage`] (errors).
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
