//! Timestamp tokens on this ledger's checkpoints, as the operator's node requests and stores them.
//!
//! - [`stamper`]: the task that asks each authority when a token is due, and stores it.
//! - [`stamping_service`]: stamping and renewal on demand, which the schedule uses too.
//! - [`stamping_state`]: what the stamper knows, for metrics and the health page.
//!
//! # Invariants
//!
//! Writing never waits for an authority. With a witness policy, only checkpoints that have their quorum are stamped. A token is stored only
//! after it was verified.
//!
//! Not here: the protocol, the schedule (`timestamp`), and verification (`ledger::time_token`).

pub mod stamper;
pub mod stamping_service;
pub mod stamping_state;
