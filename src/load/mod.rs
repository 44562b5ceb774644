//! Load: more deposits than people ever make, sent, timed, and every answer checked.
//!
//! [`deposits`] signs statements beforehand, [`traffic`] sends requests over many connections and times each answer,
//! [`latency`] is what the times come to, [`receipt_checks`] verifies the receipts afterwards, [`ceilings`] is what the machine
//! itself can do, without which no figure means anything.
//!
//! Nothing is signed or verified while the clock runs: a figure is of the node, not of its client.

pub mod ceilings;
pub mod deposits;
pub mod latency;
pub mod receipt_checks;
pub mod traffic;
