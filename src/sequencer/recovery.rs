//! Recovery: brings a ledger from its stored bytes to a published checkpoint, at a start and after a shortage.
//!
//! A block that was appended and not signed goes through the remaining states of `lifecycle`, as if the append had just
//! returned: read back, sign, publish.

use std::sync::Arc;

use crate::ledger::block::Height;
use crate::ledger::chain::Tip;
use crate::ledger::key::Signer;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{TILE_WIDTH, items_at, partial_width};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{Mode, NoticeKind};
use crate::sequencer::clock::ClockFault;
use crate::sequencer::lifecycle::DurableTip;
use crate::sequencer::read_back::{ReadBackError, ReadBackVerifier};
use crate::store::traits::{AppendError, LedgerReader, LogStore, Published, ReadError};

/// Why a sequencer did not start. Nothing was changed, unless the variant says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store is empty, and the caller did not ask for a new ledger.
    #[error("the store holds no ledger yet")]
    Empty,
    /// The store holds the ledger of another key. Check the folder and the key file.
    #[error("the ledger is signed by another key ({found}) than the one given ({given})")]
    OtherKey {
        /// The key of the ledger.
        found: String,
        /// The key that was given.
        given: String,
    },
    /// The chain does not begin with a valid genesis notice.
    #[error("the chain does not begin with a genesis notice: {0}")]
    NoGenesis(String),
    /// The signature of the checkpoint file is not by the ledger key.
    #[error("the checkpoint file is not signed by the ledger's key: {0}")]
    CheckpointForged(String),
    /// What was appended and not signed does not verify. Restore from a mirror or backup.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// The ledger key cannot sign the checkpoint.
    #[error("cannot sign the checkpoint: {0}")]
    Sign(#[from] NoteError),
    /// The clock is wrong. Correct it, or confirm that it is right.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The genesis block could not be built.
    #[error("cannot build the genesis block: {0}")]
    Genesis(String),
    /// A sequencer thread could not be started.
    #[error("cannot start a sequencer thread: {0}")]
    Thread(std::io::Error),
}

/// Checks that `signer` is the key of the ledger, then verifies, signs and publishes what was appended and not signed.
///
/// # Errors
///
/// [`StartError`].
pub(in crate::sequencer) fn publish_appended<S: LogStore + ?Sized>(
    store: &S,
    signer: &Signer,
) -> Result<Mode, StartError> {
    let mode = check_genesis(store, signer)?;
    let published = store.published();
    if let Some(published) = &published {
        let verified = published.checkpoint.verified_by(std::slice::from_ref(signer.verifier()));
        verified.map_err(|error| StartError::CheckpointForged(error.to_string()))?;
    }
    let durable = DurableTip::read(store)?;
    let appended = durable.tip().size();
    let verified = match &published {
        Some(published) => published_tip(store, published)?,
        None => Tip::before_genesis(durable.tip().origin.clone()),
    };
    if appended > verified.size() {
        if !verified.size().is_empty() {
            tracing::warn!(
                signed = verified.size().0,
                appended = appended.0,
                "a crash left a block unsigned; verifying it"
            );
        }
        ReadBackVerifier::after(&verified).verify(store, &durable)?.sign(signer)?.publish(store)?;
    }
    Ok(mode)
}

/// The mode of the ledger, whose genesis notice must name the key of `signer` and be signed by it.
fn check_genesis<S: LogStore + ?Sized>(store: &S, signer: &Signer) -> Result<Mode, StartError> {
    let none = |reason: &str| StartError::NoGenesis(reason.to_owned());
    let first = store.appended_leaves(LeafIndex(0), 1)?.pop().unwrap_or_default();
    let Leaf::Notice(genesis) = Leaf::parse(&first).map_err(|error| none(&error.to_string()))? else {
        return Err(none("the first record is not a notice"));
    };
    let NoticeKind::Genesis { mode, key, .. } = &genesis.notice().kind else {
        return Err(none("the first record is another notice"));
    };
    if key != signer.verifier() {
        return Err(StartError::OtherKey { found: key.to_string(), given: signer.verifier().to_string() });
    }
    if !genesis.signed_by_its_key() {
        return Err(none("it is not signed by the key that it names"));
    }
    Ok(*mode)
}

/// The end of the chain that `published` covers, restored from the tiles.
fn published_tip<S: LedgerReader + ?Sized>(store: &S, published: &Published) -> Result<Tip, StartError> {
    let size = published.size();
    let mut partial = Vec::new();
    for level in 0..8 {
        let width = partial_width(level, size);
        let first = items_at(level, size) / u64::from(TILE_WIDTH) * u64::from(TILE_WIDTH);
        partial.push(if width == 0 { Vec::new() } else { store.tile_hashes(level, first, width)? });
    }
    let frontier = Frontier::restore(size, partial).map_err(|error| ReadError::Damaged {
        what: "tile",
        at: size.to_string(),
        reason: error.to_string(),
    })?;
    Ok(Tip {
        origin: published.checkpoint.checkpoint().origin.clone(),
        next_height: Height(published.height.0 + 1),
        last_block: published.block_hash,
        last_time: published.block_time,
        frontier: Arc::new(frontier),
    })
}
