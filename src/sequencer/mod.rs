//! The only hand that writes.
//!
//! [`handle`] takes deposits and answers receipts, [`pool`] is where they wait, [`run`] are the two threads that take turns:
//! while one stores and signs a block ([`sealing`]), the other takes in deposits and makes the next ([`collecting`]).
//! [`admitting`] draws numbers, [`erasing`] is what is done with private content that is to go, [`seal`] reads back and
//! signs, [`clock`] is the only caller of the system clock, [`start`] founds or recovers, [`delivering`] hands out the
//! answers of a block, [`state`] says whether all is well.
//!
//! ```text
//! handle.deposit ─▶ pool (bounded; full = busy) ─▶ collecting: number, stamp, hash ─▶ ledger::chain::Draft::seal
//!     ─▶ store.append           the commit point                 crash before: nothing happened
//!     ─▶ seal: read back, sign                                   crash here: recovery does exactly this
//!     ─▶ store.publish          the mark                         crash after: the same statement finds its receipt
//!     ─▶ every ticket resolved
//! ```

pub mod admitting;
pub mod clock;
pub mod collecting;
pub mod delivering;
pub mod erasing;
pub mod handle;
pub mod pool;
pub mod run;
pub mod seal;
pub mod sealing;
pub mod start;
pub mod state;
