//! The checks of a receipt alone, one function a rule: is it a record of the ledger whose key the user pinned?
//!
//! Each rule answers an [`Outcome`]; [`RecordCheck`] only runs them. A rule that lacks what it needs says so by name
//! instead of passing.

use crate::ledger::block::BlockHeader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::proof::verify_inclusion;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{NoticeKind, SignedNotice};
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::verify::report::{Outcome, Skipped, Step, StepResult};
use crate::ledger::verify::trust::Trust;

/// A receipt's parts, parsed, and how each rule came out.
#[derive(Debug, Clone)]
pub struct RecordCheck {
    /// The entry, if it parses.
    pub entry: Option<Entry>,
    /// What the chain says, if entry and header parse.
    pub facts: Option<Facts>,
    /// Steps 3, 5 to 9, 11 and 13.
    pub steps: Vec<StepResult>,
}

impl RecordCheck {
    /// Runs every rule over `receipt`.
    #[must_use]
    pub fn run(receipt: &Receipt, trust: &Trust) -> Self {
        let entry = Entry::parse(receipt.entry.as_bytes()).ok();
        let header = BlockHeader::parse(receipt.header.as_bytes()).ok();
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok();
        let facts = entry.as_ref().zip(header.as_ref()).map(|(entry, header)| Facts::of(entry, header));
        let mut steps = Vec::new();
        let mut step = |step, outcome, values| steps.push(StepResult { step, outcome, values });
        let tx_id = leaf_hash(receipt.entry.as_bytes());
        // A malformed digest, a wrong length or a weak algorithm keeps the entry from parsing at all.
        step(Step::Algorithms, Outcome::of(entry.is_some()), algorithms(entry.as_ref()));
        step(Step::TxId, Outcome::of(entry.is_some()), vec![("tx_id", tx_id.to_string())]);
        let parts = header.as_ref().zip(checkpoint.as_ref());
        let in_block = header.as_ref().is_some_and(|header| is_in_block(receipt, header));
        step(Step::InBlock, Outcome::of(in_block && entry.is_some()), Vec::new());
        let on_chain = parts.is_some_and(|(header, checkpoint)| block_is_on_chain(receipt, header, checkpoint));
        let block_hash = header.as_ref().map(|header| ("block_hash", header.hash().to_string()));
        step(Step::BlockHash, Outcome::of(on_chain), block_hash.into_iter().collect());
        let linked = parts.is_some_and(|(header, checkpoint)| previous_is_linked(receipt, header, checkpoint));
        let previous = header.as_ref().map(|header| ("prev_block_hash", header.previous.to_string()));
        step(Step::PreviousBlock, Outcome::of(linked), previous.into_iter().collect());
        let (outcome, values) = match &checkpoint {
            Some(checkpoint) => signed_by_pinned_key(receipt, checkpoint, trust),
            None => (Outcome::Failed, Vec::new()),
        };
        step(Step::Signatures, outcome, values);
        let ordered = entry.as_ref().zip(header.as_ref()).is_some_and(|(entry, header)| entry.received <= header.time);
        step(Step::TimeOrder, Outcome::of(ordered), Vec::new());
        let same_ledger = entry.as_ref().zip(parts).is_some_and(|(entry, parts)| speaks_of_one_ledger(entry, parts));
        let signed = entry.as_ref().is_some_and(|entry| entry.statement.forged_key().is_none());
        step(Step::DepositorSignature, Outcome::of(signed && same_ledger), depositors(entry.as_ref()));
        Self { entry, facts, steps }
    }
}

fn algorithms(entry: Option<&Entry>) -> Vec<(&'static str, String)> {
    let content = entry.and_then(|entry| entry.statement.statement().content);
    content
        .iter()
        .flat_map(super::super::statement::content::Content::digests)
        .map(|(algorithm, _)| ("algorithm", algorithm.to_string()))
        .collect()
}

fn depositors(entry: Option<&Entry>) -> Vec<(&'static str, String)> {
    let keys = entry.iter().flat_map(|entry| &entry.statement.statement().keys);
    keys.map(|key| ("key", key.name().to_string())).collect()
}

/// The entry is a leaf of the block: its place lies inside, and its path leads to the header's root.
fn is_in_block(receipt: &Receipt, header: &BlockHeader) -> bool {
    header.seals(receipt.index)
        && verify_inclusion(
            LeafIndex(receipt.index.0 - header.first.0),
            TreeSize(header.count),
            &leaf_hash(receipt.entry.as_bytes()),
            &receipt.entry_path,
            &header.root,
        )
        .is_ok()
}

/// The header is the leaf behind what it seals, in the tree that the checkpoint speaks of.
fn block_is_on_chain(receipt: &Receipt, header: &BlockHeader, checkpoint: &SignedCheckpoint) -> bool {
    let hash = leaf_hash(receipt.header.as_bytes());
    is_leaf(header.index(), &hash, &receipt.header_path, checkpoint)
}

/// The header before stands right in front of what this block seals, in the same tree, and bears the hash named.
fn previous_is_linked(receipt: &Receipt, header: &BlockHeader, checkpoint: &SignedCheckpoint) -> bool {
    let Some(index) = header.first.0.checked_sub(1) else { return false };
    is_leaf(LeafIndex(index), &header.previous, &receipt.previous_path, checkpoint)
}

fn is_leaf(
    index: LeafIndex,
    hash: &Digest,
    path: &crate::ledger::merkle::proof::InclusionProof,
    checkpoint: &SignedCheckpoint,
) -> bool {
    let checkpoint = checkpoint.checkpoint();
    verify_inclusion(index, checkpoint.size, hash, path, &checkpoint.root).is_ok()
}

/// Statement, header and checkpoint name one ledger.
fn speaks_of_one_ledger(entry: &Entry, (header, checkpoint): (&BlockHeader, &SignedCheckpoint)) -> bool {
    let ledger = &entry.statement.statement().ledger;
    *ledger == header.ledger && *ledger == checkpoint.checkpoint().origin
}

/// The checkpoint is signed by a pinned key, or by one that the pinned key's own notices lead to.
fn signed_by_pinned_key(
    receipt: &Receipt,
    checkpoint: &SignedCheckpoint,
    trust: &Trust,
) -> (Outcome, Vec<(&'static str, String)>) {
    let pinned = trust.keys_of(&checkpoint.checkpoint().origin);
    if pinned.is_empty() {
        return (Outcome::NotPerformed(Skipped::UnknownKey), Vec::new());
    }
    match checkpoint.verified_by(&pinned) {
        Ok(key) => (Outcome::Passed, vec![("key", key.to_string())]),
        Err(NoteError::UnknownKey) => match successor(receipt, checkpoint, &pinned) {
            Some(Ok(key)) => (Outcome::Passed, vec![("key", key.to_string())]),
            Some(Err(())) => (Outcome::Failed, Vec::new()),
            None => (Outcome::NotPerformed(Skipped::UnknownKey), Vec::new()),
        },
        Err(_) => (Outcome::Failed, Vec::new()),
    }
}

/// Follows the key notices from a pinned key to the one in force. `None`: they do not speak of a pinned key.
fn successor(
    receipt: &Receipt,
    checkpoint: &SignedCheckpoint,
    pinned: &[VerifierKey],
) -> Option<Result<VerifierKey, ()>> {
    let mut notices = Vec::new();
    for held in &receipt.key_notices {
        let notice = SignedNotice::parse(held.text.as_bytes()).ok()?;
        if !is_leaf(held.index, &leaf_hash(held.text.as_bytes()), &held.path, checkpoint) {
            return Some(Err(()));
        }
        notices.push(notice);
    }
    let start = notices.iter().position(|notice| notice.notice().key().is_some_and(|key| pinned.contains(key)))?;
    let chain = notices.get(start..)?;
    let (first, last) = chain.first().zip(chain.last())?;
    // From the pinned key on, each notice must be the one that the notice before committed to.
    let begins = first.signed_by_its_key() && (start > 0 || matches!(first.notice().kind, NoticeKind::Genesis { .. }));
    let follows = chain.windows(2).all(|pair| match pair {
        [before, after] => after.succeeds(before.notice()),
        _ => false,
    });
    let Some(key) = last.notice().key().cloned() else { return Some(Err(())) };
    let signed = checkpoint.verified_by(std::slice::from_ref(&key)).is_ok();
    Some(if begins && follows && signed { Ok(key) } else { Err(()) })
}
