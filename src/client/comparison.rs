//! Compares two checkpoints of one ledger: whether the smaller tree is the beginning of the larger one.
//!
//! # Invariants
//!
//! The result follows from hashes alone: a proof is built from the tiles that a node or mirror serves, and verified against both
//! signed roots. Tiles that fit neither are no evidence against the signer of the checkpoints, but against the server of the tiles.
//!
//! Not here: who signed the checkpoints.

use crate::client::contradiction::{Contradiction, ContradictionError};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::proof::verify_consistency;
use crate::query::proofs;
use crate::store::traits::{LedgerReader, ReadError};

/// What a comparison shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The smaller tree is the beginning of the larger one.
    Consistent,
    /// The two checkpoints cannot be of one history.
    Contradiction(Box<Contradiction>),
    /// The tiles are not those of the larger checkpoint: the server has altered or lost them.
    AlteredTiles,
}

/// Why checkpoints could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// They belong to different ledgers.
    #[error(transparent)]
    OtherLedger(ContradictionError),
    /// The tiles cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Compares two checkpoints of any order, whose sizes are equal or whose larger one is that of `tiles`, or smaller.
///
/// # Errors
///
/// [`ComparisonError`].
pub fn compare(
    tiles: &dyn LedgerReader,
    one: &SignedCheckpoint,
    other: &SignedCheckpoint,
) -> Result<Comparison, ComparisonError> {
    let (smaller, larger) = if one.checkpoint().size <= other.checkpoint().size { (one, other) } else { (other, one) };
    let (old, new) = (smaller.checkpoint(), larger.checkpoint());
    if old.origin != new.origin {
        let other = ContradictionError::OtherLedger(old.origin.clone(), new.origin.clone());
        return Err(ComparisonError::OtherLedger(other));
    }
    if old.size == new.size {
        let found = Contradiction::of_equal_size(smaller.clone(), larger.clone());
        return Ok(found.map_or(Comparison::Consistent, |found| Comparison::Contradiction(Box::new(found))));
    }
    if old.size.is_empty() {
        return Ok(Comparison::Consistent);
    }
    let proof = proofs::consistency(tiles, old.size, new.size)?;
    if verify_consistency(old.size, &old.root, new.size, &new.root, &proof).is_ok() {
        return Ok(Comparison::Consistent);
    }
    let root = proofs::root(tiles, old.size)?;
    let found = Contradiction::of_prefix(smaller.clone(), larger.clone(), root, proof);
    Ok(found.map_or(Comparison::AlteredTiles, |found| Comparison::Contradiction(Box::new(found))))
}
