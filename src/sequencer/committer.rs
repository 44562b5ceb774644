//! The committer: appends, verifies, signs and publishes each complete block (states of `lifecycle`), then answers its
//! deposits.
//!
//! # Invariants
//!
//! A deposit gets a receipt only after its block is published: durable, verified by read-back, and covered by a signed and
//! durable checkpoint. If the outcome of a write is unknown, or a read-back differs, this process never writes again; a
//! restart reads what is stored. After a shortage, such as a full disk, `Committer::recover` must succeed before
//! the next write.

use std::sync::Arc;
use std::time::Duration;

use crate::ledger::chain::{Block, Tip};
use crate::ledger::key::Signer;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::ErasedPiece;
use crate::ledger::receipt::KeyNotice;
use crate::query::tile_cache::TileCache;
use crate::query::{key_history, proofs};
use crate::sequencer::clock::Clock;
use crate::sequencer::ledger_keys::{LedgerKeys, SignError};
use crate::sequencer::lifecycle::{DurableTip, PublishedBlock};
use crate::sequencer::open_block::{BlockDeposits, PendingBlock};
use crate::sequencer::read_back::ReadBackVerifier;
use crate::sequencer::recovery::{StartError, publish_appended};
use crate::sequencer::request::{DepositOutcome, PendingDeposit};
use crate::sequencer::state::{CommitError, Halt, Pause, SequencerState, StopReason};
use crate::store::traits::{LogStore, PrivateContent};

/// A commit normally takes a few milliseconds. One that takes longer than this is logged as a slow disk.
const SLOW: Duration = Duration::from_secs(1);

/// Commits blocks, one at a time.
pub(in crate::sequencer) struct Committer<S: ?Sized> {
    store: Arc<S>,
    keys: LedgerKeys,
    /// The key history of the published chain. It does not change while the sequencer runs.
    history: KeyHistory,
    /// Inner hashes of the tree, for the paths of key notices.
    tiles: TileCache,
    /// The end of the published chain.
    tip: Tip,
    verifier: ReadBackVerifier,
    /// Measures the durations of writes.
    clock: Arc<dyn Clock>,
    /// Deposits of blocks that the store rejected, in order.
    rejected: Vec<PendingDeposit>,
    /// Why the store must recover before the next write; `None` if it is ready.
    recovery_cause: Option<Pause>,
}

impl<S: LogStore + ?Sized> Committer<S> {
    /// A committer whose first block follows `tip`, which is published. `history` is the key history of that chain.
    pub(in crate::sequencer) fn new(
        store: Arc<S>,
        (keys, history): (LedgerKeys, KeyHistory),
        tip: Tip,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (verifier, tiles) = (ReadBackVerifier::after(&tip), TileCache::default());
        Self { store, keys, history, tiles, tip, verifier, clock, rejected: Vec::new(), recovery_cause: None }
    }

    pub(in crate::sequencer) fn store(&self) -> &S {
        &self.store
    }

    /// The ledger key in force, which signs notices.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    pub(in crate::sequencer) fn signer(&self) -> Result<&Signer, SignError> {
        self.keys.current(&self.history)
    }

    /// The end of the published chain.
    pub(in crate::sequencer) const fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Whether the store can append a block.
    ///
    /// # Errors
    ///
    /// [`CommitError`].
    pub(in crate::sequencer) fn check_ready(&self) -> Result<(), CommitError> {
        Ok(self.store.ready_to_append()?)
    }

    /// Whether the store rejected deposits.
    pub(in crate::sequencer) const fn has_rejected(&self) -> bool {
        !self.rejected.is_empty()
    }

    /// Whether the store rejected deposits, or must recover.
    pub(in crate::sequencer) const fn needs_repair(&self) -> bool {
        self.has_rejected() || self.recovery_cause.is_some()
    }

    /// Why the store must recover before the next write.
    pub(in crate::sequencer) const fn recovery_cause(&self) -> Option<&Pause> {
        self.recovery_cause.as_ref()
    }

    /// Takes the deposits of rejected blocks. The caller rebuilds a block from them, or rejects them.
    pub(in crate::sequencer) fn take_rejected(&mut self) -> Vec<PendingDeposit> {
        std::mem::take(&mut self.rejected)
    }

    /// Commits a block and gives its deposits their outcome. If the store rejects the block, its deposits are kept for a
    /// rebuild ([`Self::take_rejected`]). A `rebuilt` block was checked against the whole chain: if the store rejects it,
    /// writing stops.
    pub(in crate::sequencer) fn commit(&mut self, pending: PendingBlock, state: &SequencerState, rebuilt: bool) {
        let PendingBlock { block, mut deposits } = pending;
        if let Some(halt) = state.writing().err().filter(|halt| !halt.is_clock_pause()) {
            deposits.halt(&halt);
            return;
        }
        self.resolve_duplicates(std::mem::take(&mut deposits.duplicates_of_previous));
        if block.base != self.tip.size() {
            // The block follows one that the store rejected.
            self.rejected.extend(deposits.into_all());
            return;
        }
        let mut private = take_private(&mut deposits.leaves, &block);
        state.set_committing_since(deposits.leaves.iter().map(|deposit| deposit.queued_at).min());
        let committed = self.publish(block, &private, &[]);
        state.set_committing_since(None);
        match committed {
            Ok(block) => resolve(&block, deposits),
            Err(CommitError::Rejected(refusal)) if !rebuilt => {
                tracing::warn!(%refusal, "the store rejected a block; its deposits are checked one at a time");
                return_private(&mut deposits.leaves, &mut private, self.tip.size().next_index());
                self.rejected.extend(deposits.into_all());
            }
            Err(error) => deposits.halt(&self.halt_after(error, state)),
        }
    }

    /// Pauses or stops writing after a failed commit, as `error` requires. After a pause the store must recover.
    pub(in crate::sequencer) fn halt_after(&mut self, error: CommitError, state: &SequencerState) -> Halt {
        let halt = state.halt_after(error);
        if let Halt::Paused(pause) = &halt {
            self.recovery_cause = Some(pause.clone());
        }
        halt
    }

    /// Records that recovery failed because `cause` persists.
    pub(in crate::sequencer) fn set_recovery_cause(&mut self, cause: Pause) {
        self.recovery_cause = Some(cause);
    }

    /// Clears the cause of a recovery, because writing has stopped until a restart.
    pub(in crate::sequencer) fn give_up_recovery(&mut self) {
        self.recovery_cause = None;
    }

    /// Recovers as the node does at its start: reopens the store if a write failed, and publishes appended blocks.
    ///
    /// # Errors
    ///
    /// [`CommitError::Paused`]: the cause persists. [`CommitError::Fatal`]: writing must stop.
    pub(in crate::sequencer) fn recover(&mut self) -> Result<(), CommitError> {
        self.store.recover()?;
        self.history = publish_appended(&*self.store, &self.keys).map_err(|error| match error {
            StartError::Append(error) => error.into(),
            StartError::Read(error) => error.into(),
            StartError::ReadBack(error) => error.into(),
            error => CommitError::Fatal(StopReason::Recovery(error.to_string())),
        })?;
        let tip = self.store.tip()?;
        self.verifier = ReadBackVerifier::after(&tip);
        self.tip = tip;
        self.recovery_cause = None;
        Ok(())
    }

    /// Answers deposits whose statement was in the previous block. If that block was rejected, they join the rejected deposits.
    pub(in crate::sequencer) fn resolve_duplicates(&mut self, deposits: Vec<PendingDeposit>) {
        for deposit in deposits {
            match self.store.find_statement(&deposit.statement.id()) {
                Ok(Some(index)) => deposit.resolve(DepositOutcome::Exists(index)),
                Ok(None) => self.rejected.push(deposit),
                Err(error) => deposit.resolve(DepositOutcome::Unreadable(error)),
            }
        }
    }

    /// Takes a block through all states: append, read back, sign, publish. Computes the proofs that its receipts share.
    ///
    /// # Errors
    ///
    /// [`CommitError`].
    pub(in crate::sequencer) fn publish(
        &mut self,
        block: Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<Arc<PublishedBlock>, CommitError> {
        let begun = self.clock.monotonic();
        self.check_ready()?;
        let durable = DurableTip::append(&*self.store, &block, private, erasures)?;
        let appended = self.clock.monotonic();
        let verified = self.verifier.verify(&*self.store, &durable)?;
        let signed = verified.sign(&self.keys, &self.history)?;
        let published = signed.publish(&*self.store)?;
        record_durations(appended.saturating_sub(begun), self.clock.monotonic().saturating_sub(appended));
        self.tip = block.tip.clone();
        let previous = LeafIndex(block.header.first.0.saturating_sub(1));
        let (header_path, previous_path) = (self.path(&block, block.header.index())?, self.path(&block, previous)?);
        let key_notices = self.key_notices(block.tip.size())?;
        Ok(PublishedBlock::new(published, block, header_path, previous_path, key_notices))
    }

    /// The key notices in receipts under the checkpoint of this `size`; none before the first rotation.
    fn key_notices(&self, size: TreeSize) -> Result<Vec<KeyNotice>, CommitError> {
        if !self.history.has_rotated() {
            return Ok(Vec::new());
        }
        Ok(key_history::proven(&*self.store, &self.tiles.of(&*self.store, size), &self.history, size)?)
    }

    /// The inclusion proof of a header, computed from the block in memory. About one block in 256 needs a tile from the store.
    fn path(&self, block: &Block, index: LeafIndex) -> Result<InclusionProof, CommitError> {
        match block.inclusion(index) {
            Some(proof) => Ok(proof),
            None => Ok(proofs::inclusion(&*self.store, index, block.tip.size())?),
        }
    }
}

fn record_durations(append: Duration, publish: Duration) {
    metrics::histogram!("tiezheng_append_seconds").record(append);
    metrics::histogram!("tiezheng_publish_seconds").record(publish);
    if append + publish > SLOW {
        let (append_ms, publish_ms) = (append.as_millis(), publish.as_millis());
        tracing::warn!(append_ms, publish_ms, "the disk was slow to commit a block");
    }
}

/// Takes the private content out of the deposits, by leaf index.
fn take_private(leaves: &mut [PendingDeposit], block: &Block) -> Vec<(LeafIndex, PrivateContent)> {
    let indexed = (block.base.0..).map(LeafIndex).zip(leaves);
    let private = indexed.filter(|(_, deposit)| !deposit.private.is_empty());
    private.map(|(index, deposit)| (index, std::mem::take(&mut deposit.private))).collect()
}

/// The reverse of [`take_private`], for a block whose first leaf is `first`.
fn return_private(leaves: &mut [PendingDeposit], private: &mut Vec<(LeafIndex, PrivateContent)>, first: LeafIndex) {
    for (index, content) in private.drain(..) {
        let position = usize::try_from(index.0 - first.0).unwrap_or(usize::MAX);
        if let Some(deposit) = leaves.get_mut(position) {
            deposit.private = content;
        }
    }
}

/// Answers the clients whose deposits are in a published block.
fn resolve(block: &Arc<PublishedBlock>, deposits: BlockDeposits) {
    let BlockDeposits { leaves, duplicates, .. } = deposits;
    metrics::histogram!("tiezheng_block_deposits").record(u32::try_from(leaves.len()).unwrap_or(u32::MAX));
    let outcome = |position, fresh| DepositOutcome::Published { block: Arc::clone(block), position, fresh };
    let duplicates = duplicates.into_iter().map(|(position, deposit)| (deposit, outcome(position, false)));
    let leaves = (0..).zip(leaves).map(|(position, deposit)| (deposit, outcome(position, true)));
    duplicates.chain(leaves).for_each(|(deposit, outcome)| deposit.resolve(outcome));
}

#[cfg(test)]
mod tests;
