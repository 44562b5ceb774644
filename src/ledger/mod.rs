//! The pure ledger: bytes in, bytes and verdicts out.
//!
//! Every format of the chain, the Merkle tree, the one step that grows the chain, and the verifier. The same code runs
//! in the node, at the command line, with the auditor and in a court that trusts none of them.
//!
//! # Invariants
//!
//! No input or output, no clock, no randomness, no async, no log line, no serde: what a function needs is passed in, so
//! it can fail only for what its caller gave it.
//!
//! In reading order: [`hash`], [`text`] and [`time`] are the alphabet; [`number`], [`media`], [`key`] and [`note`] the
//! words; [`statement`] → [`entry`] → [`notice`] → [`block`] → [`leaf`] the records, most of them known at a [`glance`];
//! [`merkle`] and [`checkpoint`] bind them; [`manifest`] puts many items under one statement; [`chain`] grows them;
//! [`receipt`] takes them home; [`verify`] says what they prove.

pub mod block;
pub mod chain;
pub mod checkpoint;
pub mod entry;
pub mod glance;
pub mod hash;
pub mod key;
pub mod leaf;
pub mod manifest;
pub mod media;
pub mod merkle;
pub mod metadata;
pub mod note;
pub mod notice;
pub mod number;
pub mod receipt;
pub mod statement;
pub mod text;
pub mod time;
pub mod verify;
