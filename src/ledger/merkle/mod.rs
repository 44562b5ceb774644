//! The Merkle tree over all records of a ledger (RFC 6962 §2.1).
//!
//! | module | content |
//! |---|---|
//! | [`shape`] | which subtrees make up a tree of a given size, and a proof; index arithmetic only |
//! | [`tile`] | tiles of 256 hashes (C2SP tlog-tiles): paths, widths, bytes |
//! | [`proof`] | proofs and their verification: all that a verifier needs besides `shape` |
//! | [`list`] | roots and proofs over hashes in memory: the tree of a block |
//! | [`prove`] | roots and proofs of the whole tree, computed from its tiles |
//! | [`frontier`] | the frontier of the growing tree: appends leaves and yields the tiles that they complete |
//!
//! Each module imports only from the modules above it.
//!
//! Not here: the content of leaves (`ledger::entry`, `ledger::block`), signed roots (`ledger::checkpoint`), storage of tiles
//! (`store`).

pub mod frontier;
pub mod list;
pub mod proof;
pub mod prove;
pub mod shape;
pub mod tile;

#[cfg(test)]
mod naive;
