//! Requests and stores timestamp tokens on this ledger's checkpoints, for the operator's node.
//!
//! - [`stamper`]: the task that asks each authority when a token is due, and stores it.
//! - [`stamping_service`]: stamping and renewal on demand, which the schedule uses too.
//! - [`stamping_state`]: the stamper's state, for metrics and the health page.
//!
//! # Invariants
//!
//! The sequencer never waits for an authority. With a witness policy, only checkpoints that have their quorum are stamped. A
//! token is stored only after it was verified.
//!
//! Not here: the protocol, the schedule (`timestamp`), and verification (`ledger::time_token`).

pub mod stamper;
pub mod stamping_service;
pub mod stamping_state;
