//! Where blocks rest.
//!
//! [`contract`] is the whole promise in prose; [`admission`] are the rules that an append enforces; [`memory`] keeps it
//! for tests and auditors, [`rocks`] keeps it on disk.

pub mod admission;
pub mod contract;
pub mod memory;
#[cfg(feature = "node")]
pub mod rocks;
