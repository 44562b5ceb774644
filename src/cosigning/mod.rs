//! Collects cosignatures of witnesses on this ledger's checkpoints, for the operator's node (C2SP tlog-witness).
//!
//! - [`witness_policy`]: the witnesses, from the operator's policy file.
//! - [`witness_client`]: the two requests to a witness; [`witness_answer`] verifies what it answers.
//! - [`collector`]: the task that asks all witnesses of the policy and stores their cosignatures; [`round`] is one checkpoint that all
//!   of them are asked for; [`request`] asks one of them.
//! - [`last_cosigned`]: the last checkpoint that each witness has cosigned, from the stored cosignatures.
//! - [`cosigning_state`]: the collector's state, for answers, metrics and deposits that wait for a quorum.
//! - [`start_check`]: asks the witnesses before the first signature after a start.
//!
//! # Invariants
//!
//! The sequencer never waits for a witness. A cosignature is stored only after its signature was verified. A witness's answer
//! stops the ledger in one case only: a checkpoint that is signed with this ledger's own key and is not of this ledger's history.

pub mod collector;
pub mod cosigning_state;
pub mod last_cosigned;
pub mod request;
pub mod round;
pub mod start_check;
pub mod witness_answer;
pub mod witness_client;
pub mod witness_policy;
