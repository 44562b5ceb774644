//! Compares two signed checkpoints of one ledger: whether the smaller tree is the beginning of the larger one (RFC 6962 §2.1.2).
//!
//! # Invariants
//!
//! The result follows from hashes alone. The consistency proof comes from a server, as such ([`compare`]) or as tiles
//! (`tile_comparison`), and is verified here against both roots. A proof that fits neither is no evidence against the signer of the
//! checkpoints, but against the server.
//!
//! Not here: who signed the checkpoints. The caller has verified that.

use crate::client::contradiction::Contradiction;
use crate::client::ledger_client::LedgerClient;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::proof::{ConsistencyProof, verify_consistency};

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// The larger tree begins with the smaller one.
    Consistent,
    /// The trees are of two histories, as the contradiction proves.
    Contradiction(Box<Contradiction>),
    /// The server gave no valid proof: it has altered or lost its tiles, or does not have both trees.
    NotProven,
}

/// Two checkpoints of one ledger, the smaller one first.
pub(in crate::client) struct CheckpointPair<'a> {
    pub(in crate::client) smaller: &'a SignedCheckpoint,
    pub(in crate::client) larger: &'a SignedCheckpoint,
}

impl<'a> CheckpointPair<'a> {
    pub(in crate::client) fn of(one: &'a SignedCheckpoint, other: &'a SignedCheckpoint) -> Self {
        let swapped = other.checkpoint().size < one.checkpoint().size;
        let (smaller, larger) = if swapped { (other, one) } else { (one, other) };
        Self { smaller, larger }
    }

    /// The result, if it needs no proof: both have the same size, or one tree is empty.
    pub(in crate::client) fn without_proof(&self) -> Option<Comparison> {
        let (old, new) = (self.smaller.checkpoint(), self.larger.checkpoint());
        if old == new || (old.origin == new.origin && old.size.is_empty() && !new.size.is_empty()) {
            return Some(Comparison::Consistent);
        }
        let found = || Contradiction::of_equal_size(self.smaller.clone(), self.larger.clone());
        (old.size == new.size).then(|| of_found(found().ok()))
    }

    /// Whether `proof` shows that the larger tree begins with the smaller one.
    pub(in crate::client) fn is_proven_by(&self, proof: &ConsistencyProof) -> bool {
        let (old, new) = (self.smaller.checkpoint(), self.larger.checkpoint());
        old.origin == new.origin && verify_consistency(old.size, &old.root, new.size, &new.root, proof).is_ok()
    }

    /// The result if `proof` does not show it. `root` is the root of the larger tree at the size of the smaller one, as the
    /// server claims it. A proof from another root to the larger checkpoint shows that the smaller one is of another history.
    pub(in crate::client) fn unproven(&self, proof: ConsistencyProof, root: Digest) -> Comparison {
        of_found(Contradiction::of_prefix(self.smaller.clone(), self.larger.clone(), root, proof).ok())
    }
}

fn of_found(found: Option<Contradiction>) -> Comparison {
    found.map_or(Comparison::NotProven, |found| Comparison::Contradiction(Box::new(found)))
}

/// Compares two checkpoints. For trees of different sizes it requests the proof from the node of `client`.
///
/// # Errors
///
/// [`ClientError`]: the node did not answer, or could not perform the request (5xx). A negative answer (4xx) and a malformed
/// proof are no proof.
pub async fn compare(
    client: &LedgerClient,
    one: &SignedCheckpoint,
    other: &SignedCheckpoint,
) -> Result<Comparison, ClientError> {
    let pair = CheckpointPair::of(one, other);
    if let Some(found) = pair.without_proof() {
        return Ok(found);
    }
    let sizes = (pair.smaller.checkpoint().size, pair.larger.checkpoint().size);
    let claim = match client.consistency_claim(sizes.0, sizes.1).await {
        Ok(claim) => claim,
        Err(ClientError::Problem { status, .. }) if status < 500 => return Ok(Comparison::NotProven),
        Err(ClientError::Malformed { .. }) => return Ok(Comparison::NotProven),
        Err(error) => return Err(error),
    };
    let Some(proof) = claim.proof() else { return Ok(Comparison::NotProven) };
    if pair.is_proven_by(&proof) {
        return Ok(Comparison::Consistent);
    }
    let root = Digest::from_hex(&claim.old_root);
    Ok(root.map_or(Comparison::NotProven, |root| pair.unproven(proof, root)))
}
