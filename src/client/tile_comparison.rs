//! Compares two signed checkpoints of one ledger by the tiles of a log, which an audit or a monitor reads anyway.

use crate::client::comparison::{CheckpointPair, Comparison};
use crate::client::contradiction::ContradictionError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::query::proofs;
use crate::store::traits::{LedgerReader, ReadError};

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
    let pair = CheckpointPair::of(one, other);
    let (old, new) = (pair.smaller.checkpoint(), pair.larger.checkpoint());
    if old.origin != new.origin {
        let other = ContradictionError::OtherLedger(old.origin.clone(), new.origin.clone());
        return Err(ComparisonError::OtherLedger(other));
    }
    if let Some(found) = pair.without_proof() {
        return Ok(found);
    }
    let proof = proofs::consistency(tiles, old.size, new.size)?;
    if pair.is_proven_by(&proof) {
        return Ok(Comparison::Consistent);
    }
    Ok(pair.unproven(proof, proofs::root(tiles, old.size)?))
}
