//! The ledger's key history: read from its notices, verified, and proven to others.
//!
//! # Invariants
//!
//! A history that is returned is complete for the published tree: the index names the `key` notices, each follows from the one
//! before, and the last one names the key that signed the checkpoint. If a row of the index were missing, the checkpoint would not
//! verify, and the functions fail with [`ReadError::Damaged`].

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key_history::KeyHistory;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::merkle::tile::HashReader;
use crate::ledger::notice::SignedNotice;
use crate::ledger::receipt::KeyNotice;
use crate::query::proofs::{self, Tiles};
use crate::query::records::{self, leaf};
use crate::store::traits::damaged;
use crate::store::traits::{LedgerReader, ReadError};

/// The key history of the published ledger, of which the key in force signed the checkpoint.
///
/// # Errors
///
/// [`ReadError`].
pub fn key_history<R: LedgerReader + ?Sized>(store: &R) -> Result<KeyHistory, ReadError> {
    history_under(store, &records::published(store)?.checkpoint)
}

/// The key history in the tree of `checkpoint`, which is published or an earlier one, and which the key in force there signed.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when another key signed it.
pub fn history_under<R: LedgerReader + ?Sized>(
    store: &R,
    checkpoint: &SignedCheckpoint,
) -> Result<KeyHistory, ReadError> {
    let size = checkpoint.checkpoint().size;
    let history = history_within(store, size)?;
    history.verify(checkpoint).map_err(|error| damaged("checkpoint", size, error.to_string()))?;
    Ok(history)
}

/// The key history that the published notices tell, without verifying who signed the checkpoint.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when a notice does not follow from the one before.
pub fn named_history<R: LedgerReader + ?Sized>(store: &R) -> Result<KeyHistory, ReadError> {
    history_within(store, TreeSize::MAX)
}

/// The key history that the published notices among the first `size` leaves tell.
fn history_within<R: LedgerReader + ?Sized>(store: &R, size: TreeSize) -> Result<KeyHistory, ReadError> {
    let mut history = begin(&notice(store, LeafIndex(0))?)?;
    for index in store.key_notices()?.into_iter().filter(|index| size.contains(*index)) {
        follow(&mut history, index, &notice(store, index)?)?;
    }
    Ok(history)
}

/// The history that begins with this genesis notice.
///
/// # Errors
///
/// [`ReadError::Damaged`].
pub fn begin(genesis: &SignedNotice) -> Result<KeyHistory, ReadError> {
    KeyHistory::begin(genesis).map_err(|error| damaged("leaf", 0, error.to_string()))
}

/// Adds the `key` notice at `index`.
///
/// # Errors
///
/// [`ReadError::Damaged`].
pub fn follow(history: &mut KeyHistory, index: LeafIndex, notice: &SignedNotice) -> Result<(), ReadError> {
    history.follow(index, notice).map_err(|error| damaged("leaf", index, error.to_string()))
}

/// The key notices that a receipt under `checkpoint` carries: genesis and every `key` notice, each with its path; none before the first
/// rotation.
///
/// # Errors
///
/// [`ReadError`].
pub fn key_notices<R: LedgerReader + ?Sized>(
    store: &R,
    checkpoint: &SignedCheckpoint,
) -> Result<Vec<KeyNotice>, ReadError> {
    let history = history_under(store, checkpoint)?;
    let size = checkpoint.checkpoint().size;
    if history.has_rotated() { notices_under(store, &history, size) } else { Ok(Vec::new()) }
}

/// All notices of `history`, also a lone genesis notice, with their paths to the root of the tree of `size` leaves.
///
/// # Errors
///
/// [`ReadError`].
pub fn notices_under<R: LedgerReader + ?Sized>(
    store: &R,
    history: &KeyHistory,
    size: TreeSize,
) -> Result<Vec<KeyNotice>, ReadError> {
    proven(store, &Tiles(store), history, size)
}

/// All notices of `history`, also a lone genesis notice, with their paths to the root of the tree of `size` leaves, which
/// is published, and whose hashes `tree` reads.
///
/// # Errors
///
/// [`ReadError`].
pub fn proven<R: LedgerReader + ?Sized>(
    store: &R,
    tree: &impl HashReader<Error = ReadError>,
    history: &KeyHistory,
    size: TreeSize,
) -> Result<Vec<KeyNotice>, ReadError> {
    let notice = |index: LeafIndex| {
        let text = store.leaf(index)?;
        let text = String::from_utf8(text).map_err(|_| damaged("leaf", index, "not UTF-8"))?;
        let path = proofs::inclusion_in(tree, index, size)?;
        Ok(KeyNotice { index, text, path })
    };
    history.periods().map(|period| notice(period.index)).collect()
}

fn notice<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<SignedNotice, ReadError> {
    match leaf(store, index)? {
        Leaf::Notice(notice) => Ok(notice),
        _ => Err(damaged("leaf", index, "expected a notice of the ledger key")),
    }
}
