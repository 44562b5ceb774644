//! Manifests, 清单存证: many items under one statement.
//!
//! ```text
//! folder or list ─▶ blocks of known lines ─▶ list with salts, Merkle chunks ─▶ root ─▶ statement ─▶ receipt
//!      source              source                       build                  deposit   deposit_run
//! ```
//!
//! [`source`] reads a list of known digests, or measures a folder into one; [`build`] makes the manifest list, on all cores;
//! [`stored_list`] reads that list again ([`lines`] reads both kinds); [`deposit`] deposits its root; [`item_receipt`] makes the receipt
//! of a single item.

pub mod build;
pub mod deposit;
pub mod item_receipt;
pub mod lines;
pub mod source;
pub mod stored_list;
