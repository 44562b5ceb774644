//! Private content as an auditor sees it: a tombstone must lead to a notice that names what is gone.

use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::notice::ErasedPiece;
use crate::store::contract::{ReadError, ReadLedger};
use crate::store::reading;

/// Whether the notice that a tombstone leads to names the piece. Whether it is signed is found where it stands.
pub(in crate::audit) fn is_named<R: ReadLedger + ?Sized>(
    store: &R,
    piece: ErasedPiece,
    notice: LeafIndex,
) -> Result<bool, ReadError> {
    Ok(match reading::leaf(store, notice)? {
        Leaf::Notice(signed) => signed.notice().erased().contains(&piece),
        Leaf::Entry(_) | Leaf::Block(_) => false,
    })
}
