//! Timestamps of RFC 3161 authorities: requesting tokens over HTTP, and when to request and renew them.
//!
//! # Invariants
//!
//! A token is returned only after it was verified as a court verifies it: for these bytes, with this nonce, by an authority that the
//! operator trusts, with its certificates, at a time that agrees with the node's clock. Nothing here reads a clock; it is passed in.
//!
//! | module | content |
//! |---|---|
//! | [`tsa_client`] | asks one authority once |
//! | [`schedule`] | when to ask an authority next |
//! | [`renewal`] | which checkpoints need another token before their tokens become weak |
//!
//! Not here: verification of tokens (`ledger::time_token`), and where they are stored (`store`).

pub mod renewal;
pub mod schedule;
pub mod tsa_client;
