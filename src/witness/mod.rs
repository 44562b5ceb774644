//! The witness: cosigns the checkpoints of ledgers that it follows (c2sp.org/tlog-witness), and remembers the latest of each.
//!
//! A cosignature says that, at its time, the checkpoint was consistent with every earlier one that this witness cosigned. So what
//! a witness must never lose is the latest checkpoint of each ledger.
//!
//! [`request`] parses a submission, [`add_checkpoint`] decides about it, [`state`] is what is remembered, [`state_folder`] keeps it
//! on disk, and [`service`] joins them. [`bounds`] are the limits of block times that a witness with a copy of the ledger checks.
//!
//! Not here: HTTP (`http::witness`), the key file and the command (`cli::witness`).

pub mod add_checkpoint;
pub mod bounds;
pub mod request;
pub mod service;
pub mod state;
pub mod state_folder;
