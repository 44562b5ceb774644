//! Compares two signed checkpoints of one ledger with the help of a node's consistency proof.
//!
//! The caller has verified the signatures of both before. The proof is verified here; what the node says besides it only helps to
//! show a contradiction that anybody can check ([`Contradiction`]).
//!
//! Not here: the comparison over the tiles of a log (`comparison`).

use crate::client::contradiction::Contradiction;
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::verify_consistency;

/// The result of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointComparison {
    /// The larger tree begins with the smaller one.
    Consistent,
    /// The trees are of two histories, as anybody can check.
    Contradictory(Box<Contradiction>),
    /// The node gave no valid proof.
    NotProven,
}

/// Compares two checkpoints. For trees of different sizes the node of `client` is asked for the proof.
///
/// # Errors
///
/// [`ClientError`]: the node did not answer, or could not perform the request (5xx). A negative answer (4xx) and a malformed
/// proof are no proof.
pub async fn compare(
    client: &LedgerClient,
    one: &SignedCheckpoint,
    other: &SignedCheckpoint,
) -> Result<CheckpointComparison, ClientError> {
    let swapped = other.checkpoint().size < one.checkpoint().size;
    let (smaller, larger) = if swapped { (other, one) } else { (one, other) };
    let (old, new) = (smaller.checkpoint(), larger.checkpoint());
    let contradictory = |found| CheckpointComparison::Contradictory(Box::new(found));
    if old == new {
        return Ok(CheckpointComparison::Consistent);
    }
    if old.size == new.size {
        let found = Contradiction::of_equal_size(smaller.clone(), larger.clone());
        return Ok(found.map_or(CheckpointComparison::NotProven, contradictory));
    }
    let told = match client.consistency_claim(old.size, new.size).await {
        Ok(told) => told,
        Err(ClientError::Problem { status, .. }) if status < 500 => return Ok(CheckpointComparison::NotProven),
        Err(ClientError::Malformed { .. }) => return Ok(CheckpointComparison::NotProven),
        Err(error) => return Err(error),
    };
    let Some(proof) = told.proof() else { return Ok(CheckpointComparison::NotProven) };
    if old.origin == new.origin && verify_consistency(old.size, &old.root, new.size, &new.root, &proof).is_ok() {
        return Ok(CheckpointComparison::Consistent);
    }
    // A proof from another root to the larger checkpoint shows that the smaller one is of another history.
    let claimed = Digest::from_hex(&told.old_root);
    let found = claimed.and_then(|root| Contradiction::of_prefix(smaller.clone(), larger.clone(), root, proof).ok());
    Ok(found.map_or(CheckpointComparison::NotProven, contradictory))
}
