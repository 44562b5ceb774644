//! `key`: generates keys, and replaces the ledger key of a node.

pub mod command;
pub mod new;
#[cfg(feature = "node")]
pub mod retire;
#[cfg(feature = "node")]
pub mod rotate;
#[cfg(feature = "node")]
pub mod successor;
