//! The witness: cosigns the checkpoints of ledgers that it follows (c2sp.org/tlog-witness), and remembers the latest of each.
//!
//! A cosignature says that, at its time, the checkpoint was consistent with every earlier one that this witness cosigned. So what
//! a witness must never lose is the latest checkpoint of each ledger.
//!
//! [`add_checkpoint`] decides about a submission, [`state`] is what is remembered, [`state_folder`] keeps it
//! on disk, and [`service`] joins them. [`mirror`] keeps a copy of a ledger, [`bounds`] are the limits of block times that it checks. [`key_following`]
//! follows a ledger's new key; [`rollback`] finds out that the
//! folder was restored from an older copy.
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
