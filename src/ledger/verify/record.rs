//! The record check: verifies, without a node, that a receipt proves a record of a ledger whose key the user trusts.
//!
//! There is one function for each verification step ([`Step`]). A step without its input is reported as not performed, with the
//! reason; it never passes.

use crate::ledger::block::BlockHeader;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::VerifierKey;
use crate::ledger::key_history::KeyHistoryError;
use crate::ledger::merkle::proof::{InclusionProof, verify_inclusion};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::receipt::{Facts, Receipt};
use crate::ledger::verify::report::{ComparisonKind, Outcome, SkipReason, Step, StepResult};
use crate::ledger::verify::trust::{KeySource, LedgerSignature, Trust, TrustError};

/// The entry and the facts of a receipt, and the result of each step that the receipt alone decides.
#[derive(Debug, Clone)]
pub struct RecordCheck {
    /// The entry, if it parses.
    pub entry: Option<Entry>,
    /// The facts, if entry and header parse.
    pub facts: Option<Facts>,
    /// Whether the entry, the block header or the checkpoint cannot be parsed.
    pub is_damaged: bool,
    /// The results of steps 3, 5 to 9, 11 and 13.
    pub steps: Vec<StepResult>,
}

/// The inputs of the check besides the receipt.
#[derive(Debug, Clone, Copy)]
pub struct RecordContext<'a> {
    /// The pinned ledger keys.
    pub trust: &'a Trust,
    /// The transaction id from another source, such as the import of the deposit into a case.
    pub stated_tx_id: Option<Digest>,
    /// The key with which the platform signs for accounts, if it is known.
    pub platform: Option<&'a VerifierKey>,
}

impl RecordCheck {
    /// Performs every step on `receipt`. A step is not performed if the part of the receipt that it needs cannot be parsed.
    #[must_use]
    pub fn run(receipt: &Receipt, context: RecordContext<'_>) -> Self {
        let entry = Entry::parse(receipt.entry.as_bytes()).ok();
        let header = BlockHeader::parse(receipt.header.as_bytes()).ok();
        let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok();
        let facts = entry.as_ref().zip(header.as_ref()).map(|(entry, header)| Facts::of(entry, header));
        let parts = Parts { receipt, entry: entry.as_ref(), header: header.as_ref(), checkpoint: checkpoint.as_ref() };
        let or_damaged = |step, result: Option<StepResult>| {
            result.unwrap_or(StepResult::not_performed(step, SkipReason::DamagedReceipt))
        };
        let steps = vec![
            or_damaged(Step::Algorithms, parts.algorithms()),
            or_damaged(Step::TxId, parts.tx_id(context.stated_tx_id)),
            or_damaged(Step::InBlock, parts.in_block()),
            or_damaged(Step::BlockHash, parts.block_hash()),
            or_damaged(Step::PreviousBlock, parts.previous_block()),
            or_damaged(Step::Signatures, parts.signatures(context.trust)),
            or_damaged(Step::TimeOrder, parts.time_order()),
            or_damaged(Step::DepositorSignature, parts.depositor_signature(context.platform)),
        ];
        let is_damaged = entry.is_none() || header.is_none() || checkpoint.is_none();
        Self { entry, facts, is_damaged, steps }
    }
}

/// A receipt and the parts of it that can be parsed. Each step's method returns `None` if a part that it needs is
/// missing.
struct Parts<'a> {
    receipt: &'a Receipt,
    entry: Option<&'a Entry>,
    header: Option<&'a BlockHeader>,
    checkpoint: Option<&'a SignedCheckpoint>,
}

impl Parts<'_> {
    /// Passes for every parsed entry: the parser rejects malformed digests, wrong lengths and weak algorithms.
    fn algorithms(&self) -> Option<StepResult> {
        let content = self.entry?.statement.statement().content;
        let Some(content) = content else {
            return Some(StepResult::not_applicable(Step::Algorithms, SkipReason::ManifestOnly));
        };
        let values = content.digests().map(|(algorithm, _)| ("algorithm", algorithm.to_string())).collect();
        Some(StepResult::of(Step::Algorithms, Outcome::Passed, ComparisonKind::AlgorithmsWithAllowed, values))
    }

    /// A receipt contains no transaction id, so the recomputed one is compared with the id from another source, if any.
    fn tx_id(&self, stated: Option<Digest>) -> Option<StepResult> {
        self.entry?;
        let recomputed = leaf_hash(self.receipt.entry.as_bytes());
        let values = vec![("tx_id", recomputed.to_string())];
        Some(match stated {
            Some(stated) => {
                let values = [values, vec![("stated", stated.to_string())]].concat();
                StepResult::of(Step::TxId, Outcome::of(stated == recomputed), ComparisonKind::TxIdWithImport, values)
            }
            None => StepResult { values, ..StepResult::not_applicable(Step::TxId, SkipReason::NoStatedTxId) },
        })
    }

    /// Verifies the inclusion proof of the entry in its block.
    fn in_block(&self) -> Option<StepResult> {
        self.entry?;
        let header = self.header?;
        let values = vec![("root", header.root.to_string())];
        let outcome = Outcome::of(is_in_block(self.receipt, header));
        Some(StepResult::of(Step::InBlock, outcome, ComparisonKind::EntryWithBlock, values))
    }

    /// Verifies the inclusion proof of the block header in the checkpoint's tree.
    fn block_hash(&self) -> Option<StepResult> {
        let (header, checkpoint) = (self.header?, self.checkpoint?);
        let values = vec![("block_hash", header.hash().to_string())];
        let outcome = Outcome::of(block_is_on_chain(self.receipt, header, checkpoint));
        Some(StepResult::of(Step::BlockHash, outcome, ComparisonKind::BlockWithCheckpoint, values))
    }

    /// Verifies that the leaf before the block is the header of the previous block.
    fn previous_block(&self) -> Option<StepResult> {
        let (header, checkpoint) = (self.header?, self.checkpoint?);
        let values = vec![("prev_block_hash", header.previous.to_string())];
        let outcome = Outcome::of(previous_is_linked(self.receipt, header, checkpoint));
        Some(StepResult::of(Step::PreviousBlock, outcome, ComparisonKind::PreviousWithCheckpoint, values))
    }

    /// Verifies the ledger's signature on the checkpoint.
    fn signatures(&self, trust: &Trust) -> Option<StepResult> {
        let (outcome, values) = signed_by_trusted_key(self.receipt, self.checkpoint?, trust);
        let compared = match trust.source() {
            KeySource::Pinned => ComparisonKind::CheckpointWithPinnedKey,
            KeySource::OwnNode => ComparisonKind::CheckpointWithNodeKey,
            KeySource::CourtList => ComparisonKind::CheckpointWithCourtKey,
        };
        let compared = outcome.reason().is_none().then_some(compared);
        Some(StepResult { step: Step::Signatures, outcome, compared, values })
    }

    /// Compares the time of submission with the time of the block.
    fn time_order(&self) -> Option<StepResult> {
        let (submitted, sealed) = (self.entry?.received, self.header?.time);
        let values = vec![("tx_submitted_at", submitted.to_string()), ("block_generated_at", sealed.to_string())];
        let outcome = Outcome::of(submitted <= sealed);
        Some(StepResult::of(Step::TimeOrder, outcome, ComparisonKind::SubmissionWithBlockTime, values))
    }

    /// Verifies the signatures of the statement. If the platform signed on behalf of an account, the step is `checked` and
    /// names the account. The receipt does not show whether the key is the platform's, so it is compared with `platform`, if
    /// given.
    fn depositor_signature(&self, platform: Option<&VerifierKey>) -> Option<StepResult> {
        let (entry, parts) = (self.entry?, (self.header?, self.checkpoint?));
        let statement = entry.statement.statement();
        let is_valid = entry.statement.forged_key().is_none() && names_one_ledger(entry, parts);
        let mut values: Vec<_> = statement.keys.iter().map(|key| ("key", key.name().to_string())).collect();
        let outcome = match statement.on_behalf {
            Some(account) if is_valid => {
                values.push(("on_behalf", account.to_string()));
                let by = match platform {
                    None => "unknown",
                    Some(platform) if statement.keys == [platform.clone()] => "platform",
                    Some(_) => "not_the_platform",
                };
                values.push(("signed_by", by.into()));
                Outcome::Checked
            }
            _ => Outcome::of(is_valid),
        };
        Some(StepResult::of(Step::DepositorSignature, outcome, ComparisonKind::StatementWithItsKeys, values))
    }
}

/// Whether the entry is a leaf of the block: its index is in the header's range, and its inclusion proof verifies against the
/// header's root.
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

/// Whether the checkpoint's tree has the header directly after the leaves that it seals.
fn block_is_on_chain(receipt: &Receipt, header: &BlockHeader, checkpoint: &SignedCheckpoint) -> bool {
    let hash = leaf_hash(receipt.header.as_bytes());
    is_leaf(header.index(), &hash, &receipt.header_path, checkpoint)
}

/// Whether the checkpoint's tree has the previous block's hash directly before the first leaf of this block.
fn previous_is_linked(receipt: &Receipt, header: &BlockHeader, checkpoint: &SignedCheckpoint) -> bool {
    let Some(index) = header.first.0.checked_sub(1) else { return false };
    is_leaf(LeafIndex(index), &header.previous, &receipt.previous_path, checkpoint)
}

/// Whether the leaf with this hash is at this index of the checkpoint's tree.
fn is_leaf(index: LeafIndex, hash: &Digest, path: &InclusionProof, checkpoint: &SignedCheckpoint) -> bool {
    let checkpoint = checkpoint.checkpoint();
    verify_inclusion(index, checkpoint.size, hash, path, &checkpoint.root).is_ok()
}

/// Whether statement, header and checkpoint name the same ledger.
fn names_one_ledger(entry: &Entry, (header, checkpoint): (&BlockHeader, &SignedCheckpoint)) -> bool {
    let ledger = &entry.statement.statement().ledger;
    *ledger == header.ledger && *ledger == checkpoint.checkpoint().origin
}

/// Whether a trusted key validly signed the checkpoint, and the values of the step [`Step::Signatures`]. The step requires one
/// signature, of the key that is valid at this size; [`Step::Witnesses`] counts cosignatures.
fn signed_by_trusted_key(
    receipt: &Receipt,
    checkpoint: &SignedCheckpoint,
    trust: &Trust,
) -> (Outcome, Vec<(&'static str, String)>) {
    match trust.verify(checkpoint, &receipt.key_notices) {
        Ok(LedgerSignature { key, since, replaced_at, previous }) => {
            let mut values = vec![("signatures", "1/1".to_owned()), ("key", key.to_string())];
            values.extend(since.map(|index| ("key_since", index.to_string())));
            values.extend(replaced_at.map(|index| ("key_replaced_at", index.to_string())));
            values.extend(previous.map(|key| ("previous_key", key.to_string())));
            (Outcome::Passed, values)
        }
        Err(TrustError::UnknownKey) => (Outcome::NotPerformed(SkipReason::UnknownKey), Vec::new()),
        Err(TrustError::History(KeyHistoryError::RetiredKey { key, replaced_at })) => {
            (Outcome::Failed, vec![("retired_key", key.to_string()), ("key_replaced_at", replaced_at.to_string())])
        }
        Err(error) => (Outcome::Failed, vec![("key_fault", error.code().to_owned())]),
    }
}
