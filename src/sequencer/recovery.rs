//! Recovery: the functions that bring a ledger from its stored bytes to a signed and published checkpoint, at a start and
//! after a shortage.
//!
//! What was appended and not signed is read back, hashed by the second implementation and signed by
//! [`ReadBack::then_sign`], exactly as if the append had just returned.

use std::sync::Arc;

use crate::ledger::block::Height;
use crate::ledger::chain::Tip;
use crate::ledger::key::Signer;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{TILE_WIDTH, items_at, partial_width};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::sequencer::clock::ClockFault;
use crate::sequencer::seal::{Disagreement, ReadBack};
use crate::store::contract::{AppendError, AppendLedger, Published, ReadError, ReadLedger};

/// Why a sequencer did not start. Nothing was changed but what is said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store is empty and the caller did not ask to found a ledger.
    #[error("the store holds no ledger yet")]
    Empty,
    /// The store holds a ledger of another key: the wrong folder or the wrong key file.
    #[error("the ledger is signed by another key ({found}) than the one given ({given})")]
    OtherKey {
        /// The chain's.
        found: String,
        /// The one given.
        given: String,
    },
    /// The chain does not begin with a genesis notice.
    #[error("the chain does not begin with a genesis notice: {0}")]
    NoGenesis(String),
    /// The durable mark is not signed by the ledger key.
    #[error("the mark is not signed by the ledger's key: {0}")]
    MarkForged(String),
    /// What was appended and not signed does not hold. Restore from a mirror or backup.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// The clock. Set it right, or confirm that it is.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// Reading.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The first block could not be made.
    #[error("cannot make the first block: {0}")]
    Founding(String),
    /// The thread could not be started.
    #[error("cannot start the sealing thread: {0}")]
    Thread(std::io::Error),
}

/// Checks that this key is the chain's, and signs what was appended and not signed: at a start, and after a shortage.
pub(in crate::sequencer) fn sign_what_is_appended<S: AppendLedger>(
    store: &S,
    signer: &Signer,
) -> Result<Mode, StartError> {
    let first = store.appended_leaves(LeafIndex(0), 1)?.pop().unwrap_or_default();
    let mode = match Leaf::parse(&first) {
        Ok(Leaf::Notice(genesis)) => {
            let NoticeKind::Genesis { mode, key, .. } = &genesis.notice().kind else {
                return Err(StartError::NoGenesis("another notice".into()));
            };
            if key != signer.verifier() {
                return Err(StartError::OtherKey { found: key.to_string(), given: signer.verifier().to_string() });
            }
            if !genesis.signed_by_its_key() {
                return Err(StartError::NoGenesis("it is not signed by its key".into()));
            }
            *mode
        }
        Ok(_) => return Err(StartError::NoGenesis("another kind of record".into())),
        Err(error) => return Err(StartError::NoGenesis(error.to_string())),
    };
    let published = store.published();
    if let Some(published) = &published {
        let ours = published.checkpoint.verified_by(std::slice::from_ref(signer.verifier()));
        ours.map_err(|error| StartError::MarkForged(error.to_string()))?;
    }
    let appended = store.tip()?;
    let from = match &published {
        Some(published) => published_tip(store, published)?,
        None => Tip::before_genesis(appended.origin.clone()),
    };
    if appended.size() > from.size() {
        if !from.size().is_empty() {
            tracing::warn!(signed = from.size().0, appended = appended.size().0, "signing what a stop left unsigned");
        }
        let published = ReadBack::from(&from).then_sign(store, signer, &appended)?;
        store.publish(published)?;
    }
    Ok(mode)
}

/// The chain as it was when the last checkpoint was signed.
fn published_tip<S: ReadLedger>(store: &S, published: &Published) -> Result<Tip, StartError> {
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
