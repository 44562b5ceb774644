//! Evidence about a leaf: the bytes that were served, and the hash that was signed.
//!
//! ```text
//! leaf            the bytes as they were served, if any
//! proof           what the signed tree holds (`ledger::leaf_proof`)
//! checkpoint      the signed checkpoint
//! ```
//!
//! An altered leaf is proven by all three: the path leads from the hash to the signed root, and the bytes have another leaf hash.

use crate::audit::report::Finding;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::leaf_proof::LeafProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::monitor::alarm::Evidence;
use crate::query::proofs;
use crate::store::traits::LedgerReader;

/// The proof of the leaf at `index`, if the served tiles have a valid one.
pub(in crate::monitor) fn proof_of(
    reader: &dyn LedgerReader,
    checkpoint: &SignedCheckpoint,
    index: LeafIndex,
) -> Option<LeafProof> {
    let size = checkpoint.checkpoint().size;
    let path = proofs::inclusion(reader, index, size).ok()?;
    let hash = reader.tile_hashes(0, index.0, 1).ok()?.pop()?;
    Some(LeafProof { index, size, hash, path }).filter(|proof| proof.is_valid(checkpoint))
}

/// The bytes at `index` as they are served, whatever their hash.
pub(in crate::monitor) fn served(reader: &dyn LedgerReader, index: LeafIndex) -> Option<Vec<u8>> {
    let mut bytes = None;
    reader.scan(index, 1, &mut |leaf| bytes = Some(leaf.to_vec())).ok()?;
    bytes
}

/// The evidence about the leaf at `index`.
pub(in crate::monitor) fn of_leaf(
    reader: &dyn LedgerReader,
    checkpoint: &SignedCheckpoint,
    index: LeafIndex,
) -> Vec<Evidence> {
    let mut evidence = vec![Evidence::new("checkpoint", checkpoint.note().as_str())];
    evidence.extend(served(reader, index).map(|bytes| Evidence::new("leaf", bytes)));
    evidence.extend(proof_of(reader, checkpoint, index).map(|proof| Evidence::new("proof", proof.to_string())));
    evidence
}

/// The evidence about a finding of an audit: its leaf, and for a record out of order the one before.
pub(in crate::monitor) fn of_finding(
    reader: &dyn LedgerReader,
    checkpoint: &SignedCheckpoint,
    finding: &Finding,
) -> Vec<Evidence> {
    let Some(index) = finding.index else { return vec![Evidence::new("checkpoint", checkpoint.note().as_str())] };
    let mut evidence = of_leaf(reader, checkpoint, index);
    if let Some(before) = index.0.checked_sub(1).map(LeafIndex) {
        let named = of_leaf(reader, checkpoint, before).into_iter().filter(|file| file.name != "checkpoint");
        evidence.extend(named.map(|file| Evidence { name: format!("previous-{}", file.name), ..file }));
    }
    evidence
}
