//! Where blocks rest.
//!
//! [`contract`] is the whole promise in prose. [`memory`] keeps it for tests and auditors, [`rocks`] keeps it on disk.
//! What every store shares: [`admission`] and [`joining`] say what may be appended, [`rows`] under what it is found,
//! [`bounds`] what may be asked; [`account_files`] and [`account_memory`] hold what is no evidence; [`packing`] keeps records
//! in few bytes; [`refusal`] names what may not enter, [`shortage`] which resource of the machine ran out. [`reading`] is what
//! follows from the contract alone.

#[cfg(feature = "node")]
pub mod account_files;
pub mod account_memory;
pub mod admission;
pub mod bounds;
pub mod contract;
pub mod joining;
pub mod memory;
pub mod packing;
pub mod reading;
pub mod refusal;
#[cfg(feature = "node")]
pub mod rocks;
pub mod rows;
pub mod shortage;
