//! Builds receipts of deposits that are on the chain.

use crate::ledger::hash::leaf_hash;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::query::attested_checkpoint::{self, AttestedCheckpoint};
use crate::query::block_cache::CachedBlock;
use crate::query::key_history;
use crate::query::records;
use crate::store::traits::damaged;
use crate::store::traits::{DepositPlace, LedgerReader, ReadError};

/// The receipt of the deposit at `index`, under the checkpoint with the highest proof level ([`attested_checkpoint`]).
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Receipt, ReadError> {
    let block = CachedBlock::of(records::sealing_block(store, index)?);
    most_proven(store, (index, store.leaf(index)?), &block)
}

/// As [`receipt`], for the deposit at `place`, whose bytes are `entry`.
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt_of<R: LedgerReader + ?Sized>(
    store: &R,
    place: DepositPlace,
    entry: Vec<u8>,
) -> Result<Receipt, ReadError> {
    most_proven(store, (place.index, entry), &CachedBlock::of(records::header_of(store, place)?))
}

fn most_proven<R: LedgerReader + ?Sized>(
    store: &R,
    entry: (LeafIndex, Vec<u8>),
    block: &CachedBlock,
) -> Result<Receipt, ReadError> {
    let checkpoint = attested_checkpoint::of_block(store, block.header.index().size_after())?;
    let key_notices = key_history::key_notices(store, &checkpoint.checkpoint)?;
    receipt_under(store, entry, block, &checkpoint, key_notices)
}

/// The receipt under `checkpoint`, which must be published and cover the block. The caller has read the entry, the
/// block that seals it, and the key notices for the checkpoint ([`key_history::key_notices`]).
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt_under<R: LedgerReader + ?Sized>(
    store: &R,
    (index, entry): (LeafIndex, Vec<u8>),
    block: &CachedBlock,
    checkpoint: &AttestedCheckpoint,
    key_notices: Vec<KeyNotice>,
) -> Result<Receipt, ReadError> {
    let position = usize::try_from(index.0 - block.header.first.0).unwrap_or(usize::MAX);
    let tree = block.tree(store)?;
    if tree.leaf(position) != Some(leaf_hash(&entry)) {
        return Err(damaged("leaf", index, "its block has another leaf at this position"));
    }
    let entry_path = tree.inclusion(position).ok_or_else(|| damaged("leaf", index, "missing in its block"))?;
    let [header_path, previous_path] = block.paths(store, checkpoint.size())?;
    Ok(Receipt {
        entry: String::from_utf8(entry).map_err(|_| damaged("leaf", index, "not UTF-8"))?,
        index,
        header: block.text.clone(),
        entry_path,
        header_path,
        previous_path,
        key_notices,
        checkpoint: checkpoint.note.clone(),
        time_tokens: checkpoint.time_tokens.clone(),
    })
}
