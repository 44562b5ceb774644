//! Compares two signed checkpoints of one ledger with the help of a node's consistency proof.
//!
//! The caller has verified the signatures of both before. The proof is verified here; what the node says besides it only helps to
//! show a contradiction that anybody can check ([`Contradiction`]).

use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::contradiction::{Contradiction, ContradictionError, OtherRoot};
use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::verify_consistency;
use crate::wire::ledger::ConsistencyJson;

/// The result of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckpointComparison {
    /// The larger tree begins with the smaller one.
    Consistent,
    /// The trees differ, or the node gave no valid proof that they do not.
    Contradictory(Box<Contradiction>),
}

/// Compares two checkpoints. For trees of different sizes the node of `client` is asked for the proof.
///
/// # Errors
///
/// [`ClientError`]: the node did not answer, or could not perform the request (5xx); [`ClientError::Malformed`] also for
/// checkpoints of two ledgers. A negative answer (4xx) and a malformed proof are no proof.
pub async fn compare(
    client: &LedgerClient,
    one: &SignedCheckpoint,
    other: &SignedCheckpoint,
) -> Result<CheckpointComparison, ClientError> {
    let swapped = other.checkpoint().size < one.checkpoint().size;
    let (smaller, larger) = if swapped { (other, one) } else { (one, other) };
    let (old, new) = (smaller.checkpoint(), larger.checkpoint());
    if old == new {
        return Ok(CheckpointComparison::Consistent);
    }
    let mut other_root = None;
    if old.size < new.size && old.origin == new.origin {
        let told = match client.consistency_claim(old.size, new.size).await {
            Ok(told) => Some(told),
            Err(ClientError::Problem { status, .. }) if status < 500 => None,
            Err(ClientError::Malformed { .. }) => None,
            Err(error) => return Err(error),
        };
        let proof = told.as_ref().and_then(ConsistencyJson::proof);
        let proves = |root: &Digest| {
            proof.as_ref().is_some_and(|proof| verify_consistency(old.size, root, new.size, &new.root, proof).is_ok())
        };
        if proves(&old.root) {
            return Ok(CheckpointComparison::Consistent);
        }
        let claimed = told.as_ref().and_then(|told| Digest::from_hex(&told.old_root)).filter(|root| proves(root));
        other_root = claimed.zip(proof.clone()).map(|(root, proof)| OtherRoot { root, proof });
    }
    match Contradiction::new(smaller.clone(), larger.clone(), other_root) {
        Ok(found) => Ok(CheckpointComparison::Contradictory(Box::new(found))),
        Err(ContradictionError::Agree) => Ok(CheckpointComparison::Consistent),
        Err(error) => Err(client.malformed("/log/checkpoint", &error)),
    }
}
