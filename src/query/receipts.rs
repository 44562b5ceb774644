//! Receipts of deposits that are on the chain.

use crate::ledger::hash::leaf_hash;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::query::block_cache::CachedBlock;
use crate::query::key_history;
use crate::query::records;
use crate::store::traits::damaged;
use crate::store::traits::{DepositPlace, LedgerReader, Published, ReadError};

/// The receipt of the deposit at `index`, against the published checkpoint.
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt<R: LedgerReader + ?Sized>(store: &R, index: LeafIndex) -> Result<Receipt, ReadError> {
    let tip = records::published(store)?;
    let key_notices = key_history::key_notices(store, &tip)?;
    let entry = store.leaf(index)?;
    receipt_under(store, (index, entry), &CachedBlock::of(records::sealing_block(store, index)?), &tip, key_notices)
}

/// The receipt of the deposit at `place`, whose bytes are `entry`, against the published checkpoint.
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt_of<R: LedgerReader + ?Sized>(
    store: &R,
    place: DepositPlace,
    entry: Vec<u8>,
) -> Result<Receipt, ReadError> {
    let tip = records::published(store)?;
    let key_notices = key_history::key_notices(store, &tip)?;
    receipt_under(store, (place.index, entry), &CachedBlock::of(records::header_of(store, place)?), &tip, key_notices)
}

/// Likewise under `tip`, which is published, for whoever has read its bytes already, and knows the block that seals it and
/// who signed the tip ([`key_history::key_notices`]).
///
/// # Errors
///
/// [`ReadError`].
pub fn receipt_under<R: LedgerReader + ?Sized>(
    store: &R,
    (index, entry): (LeafIndex, Vec<u8>),
    block: &CachedBlock,
    tip: &Published,
    key_notices: Vec<KeyNotice>,
) -> Result<Receipt, ReadError> {
    let position = usize::try_from(index.0 - block.header.first.0).unwrap_or(usize::MAX);
    let tree = block.tree(store)?;
    if tree.leaf(position) != Some(leaf_hash(&entry)) {
        return Err(damaged("leaf", index, "its block holds another at this place"));
    }
    let entry_path = tree.inclusion(position).ok_or_else(|| damaged("leaf", index, "missing in its block"))?;
    let [header_path, previous_path] = block.paths(store, tip)?;
    Ok(Receipt {
        entry: String::from_utf8(entry).map_err(|_| damaged("leaf", index, "not UTF-8"))?,
        index,
        header: block.text.clone(),
        entry_path,
        header_path,
        previous_path,
        key_notices,
        checkpoint: tip.checkpoint.note().to_string(),
        time_tokens: Vec::new(),
    })
}
