//! The storage interfaces. Each trait's documentation states atomicity, durability, concurrency and errors; the suite in
//! `tests/it/conformance.rs` runs against every implementation.
//!
//! | trait | what |
//! |---|---|
//! | [`LogReader`], [`LogStore`] | the log: leaves, tiles, the published checkpoint; appending blocks |
//! | [`Index`] | look-ups of leaf indexes; derived from the log |
//! | [`PrivateReader`], [`PrivateStore`] | private content and its erasure |
//! | [`AnnotationReader`], [`Annotations`] | cosignatures and timestamp tokens by checkpoint |
//! | [`LedgerReader`] | the four read traits together |
//! | [`AccountStore`](accounts::AccountStore), [`CursorStore`] | mutable data that is not evidence |
//! | [`Delegate`], [`DelegatePrivate`] | a store that wraps another reader |

pub mod accounts;
pub mod annotations;
pub mod cursors;
pub mod delegate;
pub mod index;
pub mod index_rows;
pub mod ledger;
pub mod log;
pub mod log_store;
pub mod private;
pub mod private_store;
pub mod store_error;

pub use annotations::{AnnotatedCheckpoint, Annotation, AnnotationKind, AnnotationReader, Annotations, ProofLevel};
pub use cursors::CursorStore;
pub use delegate::{Delegate, DelegatePrivate};
pub use index::{DepositPlace, Index, LinkPosition};
pub use ledger::LedgerReader;
pub use log::{LogReader, Published};
pub use log_store::LogStore;
pub use private::{PrivateContent, PrivatePiece, PrivateReader};
pub use private_store::PrivateStore;
pub use store_error::{AppendError, ReadError, damaged};
