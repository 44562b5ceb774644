//! Audit of tombstones: every tombstone must refer to a notice that names the erased piece.

use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::query::records;
use crate::store::traits::{LedgerReader, ReadError};

/// Checks that the notice of a tombstone names the piece. Its signature is checked with its leaf.
pub(in crate::audit) fn is_named<R: LedgerReader + ?Sized>(
    store: &R,
    piece: ErasedPiece,
    notice: LeafIndex,
) -> Result<bool, ReadError> {
    Ok(match records::leaf(store, notice)? {
        Leaf::Notice(signed) => signed.notice().erased().contains(&piece),
        Leaf::Entry(_) | Leaf::Block(_) => false,
    })
}
