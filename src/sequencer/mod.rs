//! The single writer.
//!
//! [`handle`] takes deposits and answers receipts, [`pool`] is where they wait, [`run`] are the two threads that take turns:
//! while one stores and signs a block ([`sealing`]), the other takes in deposits and makes the next ([`collecting`]).
//! [`admitting`] draws numbers, [`erasing`] is what is done with private content that is to go, [`seal`] reads back and
//! signs, [`clock`] is the only caller of the system clock, [`start`] founds a ledger or opens one, [`recovery`] signs what a stop left unsigned, [`delivering`] hands out the
//! answers of a block, [`state`] says whether all is well.
//!
//! ```text
//! handle.deposit ─▶ pool (bounded; full = busy) ─▶ collecting: number, stamp, hash ─▶ ledger::chain::BlockBuilder::seal
//!     ─▶ store.append           the commit point                 crash before: nothing happened
//!     ─▶ seal: read back, sign                                   crash here: recovery does exactly this
//!     ─▶ store.publish          the mark                         crash after: the same statement finds its receipt
//!     ─▶ every ticket resolved
//! ```
//!
//! Without the feature `node` only the clock remains: a verification report says when it was made.

#[cfg(feature = "node")]
pub mod admitting;
pub mod clock;
#[cfg(feature = "node")]
pub mod collecting;
#[cfg(feature = "node")]
pub mod delivering;
#[cfg(feature = "node")]
pub mod erasing;
#[cfg(feature = "node")]
pub mod handle;
#[cfg(feature = "node")]
pub mod pool;
#[cfg(feature = "node")]
pub mod recovery;
#[cfg(feature = "node")]
pub mod run;
#[cfg(feature = "node")]
pub mod seal;
#[cfg(feature = "node")]
pub mod sealing;
#[cfg(feature = "node")]
pub mod start;
#[cfg(feature = "node")]
pub mod state;
