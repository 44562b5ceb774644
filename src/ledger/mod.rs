//! The ledger core: record formats, Merkle tree, blocks, receipts and the verifier, as pure functions.
//!
//! The node, the command line, audits and court systems run the same code, so a court need not trust a node.
//!
//! # Invariants
//!
//! No input or output, clock, randomness, async, logging or serde: the result of a function depends on its arguments
//! alone.
//!
//! In reading order:
//!
//! | modules | content |
//! |---|---|
//! | [`hash`], [`digests`], [`text`], [`keyword`], [`time`] | hashes, the common grammar of records, times |
//! | [`number`], [`media`], [`metadata`], [`key`], [`note`] | deposit numbers, media types, commitments, keys, signed notes |
//! | [`statement`], [`entry`], [`notice`], [`block`], [`leaf`] | the records |
//! | [`merkle`], [`checkpoint`] | the tree over all records, and its signed root |
//! | [`cosignature`], [`policy`] | signatures of witnesses on checkpoints, and the quorum that a user requires |
//! | [`add_checkpoint`] | the request for a cosignature |
//! | [`leaf_proof`] | the proof of a single leaf as a file, for evidence |
//! | [`chain`] | building blocks, and reading them from bytes |
//! | [`manifest`] | many items under one statement |
//! | [`receipt`], [`key_history`], [`verify`] | receipts, the ledger keys over time, and the verification of receipts |
//! | `time_token` (feature `verifier`) | timestamp tokens of RFC 3161 |

pub mod add_checkpoint;
pub mod block;
pub mod chain;
pub mod checkpoint;
pub mod cosignature;
pub mod digests;
pub mod display;
pub mod entry;
pub mod hash;
pub mod key;
pub mod key_history;
pub mod keyword;
pub mod leaf;
pub mod leaf_proof;
pub mod manifest;
pub mod media;
pub mod merkle;
pub mod metadata;
pub mod note;
pub mod notice;
pub mod number;
pub mod policy;
pub mod receipt;
pub mod statement;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod time;
#[cfg(feature = "verifier")]
pub mod time_token;
pub mod verify;
