//! The ledger's key history: reads it from the notices, verifies it, and builds its proofs.
//!
//! # Invariants
//!
//! A returned history is complete for the published tree: the index names the `key` notices, each follows from the
//! previous one, and the last one names the key that signed the checkpoint. If an index row is missing, the checkpoint
//! does not verify, and the functions fail with [`ReadError::Damaged`].

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

/// The key history of the published ledger. Verifies that the key in force signed the checkpoint.
///
/// # Errors
///
/// [`ReadError`].
pub fn key_history<R: LedgerReader + ?Sized>(store: &R) -> Result<KeyHistory, ReadError> {
    history_under(store, &records::published(store)?.checkpoint)
}

/// The key history in the tree of `checkpoint`, which is the published one or an earlier one. Verifies that the key in
/// force at its size signed it.
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

/// The key history in the published notices, without verifying the signature of the checkpoint.
///
/// # Errors
///
/// [`ReadError`]; [`ReadError::Damaged`] when a notice does not follow from the previous one.
pub fn named_history<R: LedgerReader + ?Sized>(store: &R) -> Result<KeyHistory, ReadError> {
    history_within(store, TreeSize::MAX)
}

/// The key history in the published notices among the first `size` leaves.
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

/// The key notices in a receipt under `checkpoint`: genesis and every `key` notice, each with its path; none before the
/// first rotation.
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

/// All notices of `history`, at least the genesis notice, with their paths to the root of the tree of `size` leaves.
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

/// As [`notices_under`], with hashes from `tree`, the published tree of `size` leaves.
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
