//! The load generator: sends deposits, measures latencies, and verifies every answer.
//!
//! [`deposits`] signs statements beforehand, [`traffic`] sends requests over many connections and measures each answer, [`latency`]
//! is the histogram, [`receipt_checks`] verifies the receipts afterwards, [`ceilings`] measures the limits of the machine,
//! [`listeners`] listen to the growth of the chain meanwhile.
//!
//! Nothing is signed or verified during the measurement, so that figures are of the node and not of the client.

pub mod ceilings;
pub mod deposits;
pub mod latency;
pub mod listeners;
pub mod receipt_checks;
pub mod traffic;
