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
use crate::ledger::verify::report::{ComparisonKind, Outcome, SkipReason, Step, StepResult};
use crate::ledger::verify::trust::{KeySource, Trust};

/// A receipt's parts, parsed, and how each rule came out.
#[derive(Debug, Clone)]
pub struct RecordCheck {
    /// The entry, if it parses.
    pub entry: Option<Entry>,
    /// What the chain says, if entry and header parse.
    pub facts: Option<Facts>,
    /// Whether a part cannot be read at all.
    pub is_damaged: bool,
    /// Steps 3, 5 to 9, 11 and 13.
    pub steps: Vec<StepResult>,
}

/// What else is known about a record that is checked.
#[derive(Debug, Clone, Copy)]
pub struct RecordContext<'a> {
    /// What the verifier trusts.
    pub trust: &'a Trust,
    /// A transaction id that was stated elsewhere.
    pub stated_tx_id: Option<Digest>,
    /// The key by which the platform signs for accounts, where it is known.
    pub platform: Option<&'a VerifierKey>,
}

impl RecordCheck {
    /// Runs every rule over `receipt`. A rule whose part of the receipt cannot be read is not performed.
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

/// The parts of a receipt, as far as they can be read. Each rule answers `None` where it lacks its part.
struct Parts<'a> {
    receipt: &'a Receipt,
    entry: Option<&'a Entry>,
    header: Option<&'a BlockHeader>,
    checkpoint: Option<&'a SignedCheckpoint>,
}

impl Parts<'_> {
    /// A malformed digest, a wrong length or a weak algorithm keeps the entry from parsing at all.
    fn algorithms(&self) -> Option<StepResult> {
        let content = self.entry?.statement.statement().content;
        let Some(content) = content else {
            return Some(StepResult::not_applicable(Step::Algorithms, SkipReason::ManifestOnly));
        };
        let values = content.digests().map(|(algorithm, _)| ("algorithm", algorithm.to_string())).collect();
        Some(StepResult::of(Step::Algorithms, Outcome::Passed, ComparisonKind::AlgorithmsWithAllowed, values))
    }

    /// A receipt states no transaction id: recomputing it compares nothing, unless one was stated elsewhere.
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

    fn in_block(&self) -> Option<StepResult> {
        self.entry?;
        let header = self.header?;
        let values = vec![("root", header.root.to_string())];
        let outcome = Outcome::of(is_in_block(self.receipt, header));
        Some(StepResult::of(Step::InBlock, outcome, ComparisonKind::EntryWithBlock, values))
    }

    fn block_hash(&self) -> Option<StepResult> {
        let (header, checkpoint) = (self.header?, self.checkpoint?);
        let values = vec![("block_hash", header.hash().to_string())];
        let outcome = Outcome::of(block_is_on_chain(self.receipt, header, checkpoint));
        Some(StepResult::of(Step::BlockHash, outcome, ComparisonKind::BlockWithCheckpoint, values))
    }

    fn previous_block(&self) -> Option<StepResult> {
        let (header, checkpoint) = (self.header?, self.checkpoint?);
        let values = vec![("prev_block_hash", header.previous.to_string())];
        let outcome = Outcome::of(previous_is_linked(self.receipt, header, checkpoint));
        Some(StepResult::of(Step::PreviousBlock, outcome, ComparisonKind::PreviousWithCheckpoint, values))
    }

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

    fn time_order(&self) -> Option<StepResult> {
        let (submitted, sealed) = (self.entry?.received, self.header?.time);
        let values = vec![("tx_submitted_at", submitted.to_string()), ("block_generated_at", sealed.to_string())];
        let outcome = Outcome::of(submitted <= sealed);
        Some(StepResult::of(Step::TimeOrder, outcome, ComparisonKind::SubmissionWithBlockTime, values))
    }

    /// The signatures of the statement. Where it is made on behalf of an account they are not the depositor's own: that is
    /// a finding, and whose key it is, a receipt alone does not say.
    fn depositor_signature(&self, platform: Option<&VerifierKey>) -> Option<StepResult> {
        let (entry, parts) = (self.entry?, (self.header?, self.checkpoint?));
        let statement = entry.statement.statement();
        let holds = entry.statement.forged_key().is_none() && speaks_of_one_ledger(entry, parts);
        let mut values: Vec<_> = statement.keys.iter().map(|key| ("key", key.name().to_string())).collect();
        let outcome = match statement.on_behalf {
            Some(account) if holds => {
                values.push(("on_behalf", account.to_string()));
                let by = match platform {
                    None => "unknown",
                    Some(platform) if statement.keys == [platform.clone()] => "platform",
                    Some(_) => "not_the_platform",
                };
                values.push(("signed_by", by.into()));
                Outcome::Checked
            }
            _ => Outcome::of(holds),
        };
        Some(StepResult::of(Step::DepositorSignature, outcome, ComparisonKind::StatementWithItsKeys, values))
    }
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
fn signed_by_trusted_key(
    receipt: &Receipt,
    checkpoint: &SignedCheckpoint,
    trust: &Trust,
) -> (Outcome, Vec<(&'static str, String)>) {
    let pinned = trust.keys_of(&checkpoint.checkpoint().origin);
    if pinned.is_empty() {
        return (Outcome::NotPerformed(SkipReason::UnknownKey), Vec::new());
    }
    match checkpoint.verified_by(&pinned) {
        Ok(key) => (Outcome::Passed, signed(key)),
        Err(NoteError::UnknownKey) => match successor(receipt, checkpoint, &pinned) {
            Some(Ok(key)) => (Outcome::Passed, signed(&key)),
            Some(Err(())) => (Outcome::Failed, Vec::new()),
            None => (Outcome::NotPerformed(SkipReason::UnknownKey), Vec::new()),
        },
        Err(_) => (Outcome::Failed, Vec::new()),
    }
}

/// One signature of one is required until there are witnesses.
fn signed(key: &VerifierKey) -> Vec<(&'static str, String)> {
    vec![("signatures", "1/1".into()), ("key", key.to_string())]
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
