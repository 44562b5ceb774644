//! The lifecycle of a block as a typestate: the compiler enforces that each state is reached only from the one before it.
//!
//! ```text
//! chain::Block ──▶ DurableTip ──▶ VerifiedTip ──▶ SignedTip ──▶ PublishedTip ──▶ (cosigned) ──▶ (timestamped)
//!  sequenced       append          read back       sign          publish          annotations of the checkpoint
//! ```
//!
//! - *Sequenced*: `ledger::chain` has built the block in memory. After a crash nothing of it is stored, and the client must
//!   send its statement again.
//! - *Durable*: [`DurableTip::append`] has stored it by one atomic, fsynced write. This is the commit point. After a crash,
//!   recovery continues with [`DurableTip::read`].
//! - *Verified*: `ReadBackVerifier::verify` has read the stored bytes and recomputed them by a second implementation.
//! - *Signed*: [`VerifiedTip::sign`] has signed the checkpoint. After a crash before publication, no client has received it.
//! - *Published*: [`SignedTip::publish`] has fsynced the checkpoint file. Readers see the block, and a repeated request gets
//!   its receipt.
//!
//! The states describe the end of the chain, not a single block, because recovery starts from the stored tip.
//!
//! *Cosigned* and *timestamped* are not states of the write path. Cosignatures and timestamp tokens are annotations of
//! a published checkpoint. Tasks that follow `LedgerReader::published` collect them and store them beside the log, by
//! checkpoint size. Receipts contain those that exist when the receipt is requested. A deposit is acknowledged before
//! they exist.

use std::sync::Arc;

use crate::ledger::block::Height;
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Digest;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::ledger::time::Timestamp;
use crate::sequencer::ledger_keys::{LedgerKeys, SignError};
use crate::store::traits::{AppendError, LogStore, PrivateContent, Published, ReadError};

/// The end of a chain whose blocks are all durable.
#[derive(Debug)]
pub struct DurableTip(Tip);

impl DurableTip {
    /// Appends `block` with the private content of its deposits (by leaf) and the erasures that its notice names.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; its variant tells whether the block was stored.
    pub fn append<S: LogStore + ?Sized>(
        store: &S,
        block: &Block,
        private: &[(LeafIndex, PrivateContent)],
        erasures: &[ErasedPiece],
    ) -> Result<Self, AppendError> {
        store.append(block, private, erasures)?;
        Ok(Self(block.tip.clone()))
    }

    /// The end of the appended chain in the store, which may not be published yet. Recovery starts here.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn read<S: LogStore + ?Sized>(store: &S) -> Result<Self, ReadError> {
        store.tip().map(Self)
    }

    /// The tip.
    #[must_use]
    pub const fn tip(&self) -> &Tip {
        &self.0
    }
}

/// The end of a chain that `ReadBackVerifier` has read back from the store and recomputed with the second implementation.
#[derive(Debug)]
pub struct VerifiedTip {
    checkpoint: Checkpoint,
    height: Height,
    block_hash: Digest,
    block_time: Timestamp,
}

impl VerifiedTip {
    /// Only `ReadBackVerifier::verify` calls this, after it has read back `tip` and its last block. The arguments
    /// describe them.
    pub(in crate::sequencer) fn new(tip: &Tip, height: Height, block_hash: Digest, block_time: Timestamp) -> Self {
        let checkpoint = Checkpoint { origin: tip.origin.clone(), size: tip.size(), root: tip.root() };
        Self { checkpoint, height, block_hash, block_time }
    }

    /// Signs the checkpoint with the keys that `history` requires at its size. No other function of the program signs one.
    ///
    /// # Errors
    ///
    /// [`SignError`]: the key in force is not among `keys`.
    pub fn sign(self, keys: &LedgerKeys, history: &KeyHistory) -> Result<SignedTip, SignError> {
        let Self { checkpoint, height, block_hash, block_time } = self;
        let signers = keys.signing(history, checkpoint.size, block_time)?;
        Ok(SignedTip(Published { checkpoint: checkpoint.sign_with(&signers)?, height, block_hash, block_time }))
    }
}

/// The end of a chain with its signed checkpoint, which is not visible to readers yet.
#[derive(Debug)]
pub struct SignedTip(Published);

impl SignedTip {
    /// Makes the checkpoint durable and visible to readers.
    ///
    /// # Errors
    ///
    /// [`AppendError`].
    pub fn publish<S: LogStore + ?Sized>(self, store: &S) -> Result<PublishedTip, AppendError> {
        let checkpoint_note = self.0.checkpoint.note().to_string();
        store.publish(self.0)?;
        Ok(PublishedTip { checkpoint_note })
    }
}

/// The end of a chain whose checkpoint is published.
#[derive(Debug)]
pub struct PublishedTip {
    /// The signed checkpoint as text.
    pub checkpoint_note: String,
}

/// A published block, with the parts that the receipts of all its deposits share.
#[derive(Debug)]
pub struct PublishedBlock {
    block: Block,
    header_text: String,
    header_path: InclusionProof,
    previous_path: InclusionProof,
    key_notices: Vec<KeyNotice>,
    checkpoint_note: String,
}

impl PublishedBlock {
    /// `header_path` and `previous_path` prove this header and the one before it in the tree of `tip`, which ends with
    /// `block`. `key_notices` are the key notices for receipts under `tip`.
    pub(in crate::sequencer) fn new(
        tip: PublishedTip,
        block: Block,
        header_path: InclusionProof,
        previous_path: InclusionProof,
        key_notices: Vec<KeyNotice>,
    ) -> Arc<Self> {
        let (header_text, checkpoint_note) =
            (String::from_utf8_lossy(&block.header_bytes).into_owned(), tip.checkpoint_note);
        Arc::new(Self { block, header_text, header_path, previous_path, key_notices, checkpoint_note })
    }

    /// The receipt of the leaf at `position`; `None` if the block has no such leaf.
    #[must_use]
    pub fn receipt(&self, position: usize) -> Option<Receipt> {
        let leaf = self.block.leaves.get(position)?;
        Some(Receipt {
            entry: String::from_utf8(leaf.bytes.clone()).ok()?,
            index: LeafIndex(self.block.header.first.0 + position as u64),
            header: self.header_text.clone(),
            entry_path: self.block.tree.inclusion(position)?,
            header_path: self.header_path.clone(),
            previous_path: self.previous_path.clone(),
            key_notices: self.key_notices.clone(),
            checkpoint: self.checkpoint_note.clone(),
            time_tokens: Vec::new(),
        })
    }
}
