//! The one Merkle tree that every record is a leaf of (RFC 6962 §2.1), seen from six sides.
//!
//! | file | what it knows |
//! |---|---|
//! | [`shape`] | which subtrees a tree of a given size, and a proof, is made of; numbers only, no hashes |
//! | [`tile`] | how the hashes are cut into files of 256 (C2SP tlog-tiles): names, widths, bytes |
//! | [`proof`] | what a proof is, and how it is verified: all that a verifier needs besides `shape` |
//! | [`list`] | roots and proofs over hashes in memory: the tree of a block |
//! | [`prove`] | roots and proofs of the whole tree, built from its tiles |
//! | [`frontier`] | the right edge of the growing tree: appends leaves, hands out the tiles they complete |
//!
//! Each imports only from those above it.
//!
//! Not here: what a leaf says (`ledger::entry`, `ledger::block`), who signs a root (`ledger::checkpoint`), where tiles
//! are kept (`store`).

pub mod frontier;
pub mod list;
pub mod proof;
pub mod prove;
pub mod shape;
pub mod tile;

#[cfg(test)]
mod naive;
