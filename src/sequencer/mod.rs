//! The only hand that writes.
//!
//! [`handle`] takes deposits and answers receipts, [`pool`] is where they wait, [`run`] is the one thread that seals
//! them, [`admitting`] draws their numbers, [`erasing`] is what that thread does with private content that is to go,
//! [`seal`] reads back and signs, [`clock`] is the only caller of the system clock, [`start`] founds or recovers.
//!
//! ```text
//! handle.deposit ─▶ pool (bounded; full = busy) ─▶ run: draw numbers ─▶ ledger::chain::next
//!     ─▶ store.append           the commit point                 crash before: nothing happened
//!     ─▶ seal: read back, sign                                   crash here: recovery does exactly this
//!     ─▶ store.publish          the mark                         crash after: the same statement finds its receipt
//!     ─▶ every ticket resolved
//! ```

pub mod admitting;
pub mod clock;
pub mod erasing;
pub mod handle;
pub mod pool;
pub mod run;
pub mod seal;
pub mod start;
