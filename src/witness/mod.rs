//! The witness: cosigns the checkpoints of ledgers that it follows (c2sp.org/tlog-witness), and stores the latest of each.
//!
//! A cosignature says that, at its time, the checkpoint was consistent with every earlier one that this witness cosigned. So a
//! witness must never lose the latest checkpoint of a ledger.
//!
//! [`add_checkpoint`] decides about a submission, [`state`] is the state of a ledger, [`state_folder`] stores it on disk, and
//! [`service`] combines them. [`mirror`] keeps a copy of a ledger, [`bounds`] are the limits of block times that it checks.
//! [`key_following`] follows a ledger's new key; [`rollback`] detects that the folder was restored from an older copy.
//!
//! Not here: HTTP (`http::witness`), the key file and the command (`cli::witness`).

pub mod add_checkpoint;
pub mod bounds;
pub mod key_following;
pub mod mirror;
pub mod rollback;
pub mod service;
pub mod state;
pub mod state_folder;
