//! Cosignatures of witnesses on this ledger's checkpoints, as the operator's node asks for them (C2SP tlog-witness).
//!
//! - [`witness_policy`]: which witnesses, from the operator's policy file.
//! - [`witness_client`]: the two requests to a witness; [`witness_answer`] verifies what it answers.
//! - [`collector`]: the task that asks all witnesses of the policy and stores their cosignatures; [`round`] is one checkpoint that all
//!   of them are asked for; [`request`] asks one of them.
//! - [`last_cosigned`]: what each witness has cosigned last, from the stored cosignatures.
//! - [`cosigning_state`]: what the collector knows, for answers, metrics and deposits that wait for a quorum.
//! - [`start_check`]: asks the witnesses before the first signature after a start.
//!
//! # Invariants
//!
//! Writing never waits for a witness. A cosignature is stored only after its signature was verified. What a witness answers stops the
//! ledger in one case only: a checkpoint that is signed with this ledger's own key and is not of this ledger's history.

pub mod collector;
pub mod cosigning_state;
pub mod last_cosigned;
pub mod request;
pub mod round;
pub mod start_check;
pub mod witness_answer;
pub mod witness_client;
pub mod witness_policy;
