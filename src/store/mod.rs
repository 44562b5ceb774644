//! Where blocks rest.
//!
//! [`contract`] is the whole promise in prose; [`admission`] are the rules that an append enforces; [`memory`] keeps it
//! for tests and auditors, [`rocks`] keeps it on disk; [`bounds`], [`joining`] and [`rows`] are what they share; [`reading`] is what follows from the contract alone.

pub mod admission;
pub mod bounds;
pub mod contract;
pub mod joining;
pub mod memory;
pub mod reading;
pub mod refusal;
#[cfg(feature = "node")]
pub mod rocks;
pub mod rows;
