//! Recovery: brings a ledger from its stored bytes to a published checkpoint, at a start and after a shortage.
//!
//! A block that was appended and not signed goes through the remaining states of `lifecycle`, as if the append had just
//! returned: read back, sign, publish.

use std::sync::Arc;

use crate::ledger::block::Height;
use crate::ledger::chain::Tip;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{TILE_WIDTH, items_at, partial_width};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{self, NoticeKind};
use crate::query::key_history;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::ledger_keys::{LedgerKeys, SignError};
use crate::sequencer::lifecycle::DurableTip;
use crate::sequencer::read_back::{ReadBackError, ReadBackVerifier};
use crate::store::traits::damaged;
use crate::store::traits::{AppendError, LedgerReader, LogStore, Published, ReadError};

/// Why a sequencer did not start. Unless stated at the variant, nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store is empty, and the caller did not request a new ledger.
    #[error("the store holds no ledger yet")]
    Empty,
    /// The ledger in the store belongs to another key. Check the folder and the key file.
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
    /// An appended, unsigned block does not verify. Restore from a mirror or backup.
    #[error(transparent)]
    ReadBack(#[from] ReadBackError),
    /// The checkpoint cannot be signed.
    #[error("cannot sign the checkpoint: {0}")]
    Sign(NoteError),
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
    /// The block of a `key` notice could not be built. Nothing was appended.
    #[error("cannot build the block of the key notice: {0}")]
    Notice(String),
    /// A sequencer thread could not be started.
    #[error("cannot start a sequencer thread: {0}")]
    Thread(std::io::Error),
}

impl From<SignError> for StartError {
    fn from(error: SignError) -> Self {
        match error {
            SignError::MissingKey { needed, given } => Self::OtherKey { found: needed.to_string(), given },
            SignError::Note(error) => Self::Sign(error),
        }
    }
}

/// Checks that `keys` has the key in force, then verifies, signs and publishes appended blocks that are not signed.
/// Returns the key history of the whole chain.
///
/// # Errors
///
/// [`StartError`].
pub(in crate::sequencer) fn publish_appended<S: LogStore + ?Sized>(
    store: &S,
    keys: &LedgerKeys,
) -> Result<KeyHistory, StartError> {
    let history = appended_history(store)?;
    keys.current(&history)?;
    let published = store.published();
    if let Some(published) = &published {
        let verified = history.verify(&published.checkpoint);
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
        ReadBackVerifier::after(&verified).verify(store, &durable)?.sign(keys, &history)?.publish(store)?;
    }
    Ok(history)
}

/// The key history of the appended chain, including unpublished blocks.
///
/// # Errors
///
/// [`StartError`]: the chain does not begin with a genesis notice, or a `key` notice does not follow from the previous
/// one.
pub(in crate::sequencer) fn appended_history<S: LogStore + ?Sized>(store: &S) -> Result<KeyHistory, StartError> {
    let none = |reason: &str| StartError::NoGenesis(reason.to_owned());
    let first = store.appended_leaves(LeafIndex(0), 1)?.pop().unwrap_or_default();
    let Leaf::Notice(genesis) = Leaf::parse(&first).map_err(|error| none(&error.to_string()))? else {
        return Err(none("the first record is not a notice"));
    };
    let mut history = KeyHistory::begin(&genesis).map_err(|error| none(&error.to_string()))?;
    let is_key = |bytes: &[u8]| bytes.starts_with(notice::FIRST_LINE.as_bytes());
    let published = store.published().map_or(0, |published| published.size().0);
    let mut notices = Vec::new();
    for index in store.key_notices()? {
        notices.extend(store.appended_leaves(index, 1)?.into_iter().map(|bytes| (index, bytes)));
    }
    // At most one block. The index does not return rows of unpublished leaves, so its leaves are searched.
    let unsigned = match store.tip()?.size().0 - published {
        0 => Vec::new(),
        count => store.appended_leaves(LeafIndex(published), count)?,
    };
    notices.extend((published..).map(LeafIndex).zip(unsigned).filter(|(_, bytes)| is_key(bytes)));
    for (index, bytes) in notices {
        let parsed = Leaf::parse(&bytes).map_err(|error| damaged("leaf", index, error.to_string()))?;
        match parsed {
            Leaf::Notice(notice) if matches!(notice.notice().kind, NoticeKind::Key { .. }) => {
                key_history::follow(&mut history, index, &notice)?;
            }
            _ => {}
        }
    }
    Ok(history)
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
