//! Manifests at the command line, 清单存证: many items under one statement.
//!
//! ```text
//! folder or list ─▶ blocks of known lines ─▶ kept lines, chunks of the tree ─▶ the list kept ─▶ statement ─▶ receipt
//!      source              source                     making                       kept        depositing     round
//! ```
//!
//! [`source`] reads a list of known digests, or measures a folder into one; [`build`] turns it into the list to keep, on
//! all cores; [`stored_list`] reads that list again ([`lines`] reads both kinds); [`deposit`] puts its root on a ledger; [`item_receipt`] takes the receipt of a
//! single item out of it.

pub mod build;
pub mod deposit;
pub mod item_receipt;
pub mod lines;
pub mod source;
pub mod stored_list;
