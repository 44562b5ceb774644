//! Manifests at the command line, 清单存证: many items under one statement.
//!
//! ```text
//! folder or list ─▶ blocks of known lines ─▶ kept lines, chunks of the tree ─▶ the list kept ─▶ statement ─▶ receipt
//!      source              source                     making                       kept        depositing     round
//! ```
//!
//! [`source`] reads a list of known digests, or measures a folder into one; [`making`] turns it into the list to keep, on
//! all cores; [`kept`] reads that list again ([`lines`] reads both kinds); [`depositing`] puts its root on a ledger; [`cutting`] takes the receipt of a
//! single item out of it.

pub mod cutting;
pub mod depositing;
pub mod kept;
pub mod lines;
pub mod making;
pub mod source;
