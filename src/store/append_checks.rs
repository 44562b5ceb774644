//! Validation of a block before it is appended, and of a checkpoint before it is published. Shared by all stores.
//!
//! A block is valid if it follows the tip and every deposit is admissible. Private content must match the commitments
//! in the block's deposits, and erasures must match the block's `erased` notice.
//!
//! Not here: the admission rules for a single deposit (`admission`), writing to the store.

use std::collections::HashSet;

use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::ErasedPiece;
use crate::store::admission::{Admitted, AppendedState};
use crate::store::index_entries::erased_notices;
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::traits::damaged;
use crate::store::traits::{AppendError, PrivateContent, Published, ReadError};

/// The state of a piece of private content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceState {
    /// The store never had it.
    Never,
    /// The store has it.
    Held,
    /// It is erased; the leaf index of the `erased` notice.
    Erased(LeafIndex),
}

/// The part of the appended state that the erasure rules read.
pub trait PieceStates {
    /// The state of a piece. Implementations must not read its content, so that a damaged piece can be erased, too.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn state(&self, piece: &ErasedPiece) -> Result<PieceState, ReadError>;

    /// Whether the leaf at `index` is a deposit with a `meta` line.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn has_commitment(&self, index: LeafIndex) -> Result<bool, ReadError>;
}

/// Validates `block` against the appended chain, which ends at `tip`: see the module documentation for the rules. `private`
/// is the private content of the block's deposits by leaf index; `erasures` are the pieces that the append will erase.
///
/// # Errors
///
/// [`AppendError::TipMoved`], [`AppendError::Refused`], [`AppendError::Erasure`], [`AppendError::Read`]: the store must not
/// write any part of the block.
pub fn check(
    tip: &Tip,
    chain: &(impl AppendedState + PieceStates),
    block: &Block,
    private: &[(LeafIndex, PrivateContent)],
    erasures: &[ErasedPiece],
) -> Result<(), AppendError> {
    check_deposits(tip, chain, block)?;
    validate_private_content(block, private)?;
    validate_erasures(chain, block, erasures)
}

/// As [`check()`], for a block that was read from the public log of another copy of the ledger, without private content.
///
/// # Errors
///
/// As [`check()`].
pub fn check_copy(tip: &Tip, chain: &(impl AppendedState + PieceStates), block: &Block) -> Result<(), AppendError> {
    check_deposits(tip, chain, block)?;
    validate_copied_erasures(chain, block)
}

/// Checks that the block follows the tip, and that every deposit is admissible.
fn check_deposits(tip: &Tip, chain: &impl AppendedState, block: &Block) -> Result<(), AppendError> {
    let (header, size) = (&block.header, tip.size());
    let follows = block.base == size
        && header.first == size.next_index()
        && header.count == block.leaves.len() as u64
        && header.ledger == tip.origin
        && header.height == tip.next_height
        && header.previous == tip.last_block
        && block.tip.size() == header.index().size_after();
    if !follows {
        return Err(AppendError::TipMoved { base: block.base, size });
    }
    let deposits = || block.leaves.iter().enumerate().filter_map(|(at, leaf)| Some((at, leaf.entry.as_ref()?)));
    let entries: Vec<&Entry> = deposits().map(|(_, entry)| entry).collect();
    if let Err((deposit, refusal)) = Admitted::new().admit_all(chain, tip.origin.as_str(), &entries)? {
        let position = deposits().nth(deposit).map_or(usize::MAX, |(position, _)| position);
        return Err(AppendError::Refused { position, refusal });
    }
    Ok(())
}

/// Checks that the pieces of the block's only `erased` notice belong to earlier deposits with a `meta` line, and that none is
/// erased already.
fn validate_copied_erasures(chain: &impl PieceStates, block: &Block) -> Result<(), AppendError> {
    let notices = erased_notices(block)?;
    let named = match notices.as_slice() {
        [] => return Ok(()),
        [(_, named)] => named,
        _ => return Err(ErasureRefusal::NoticeMismatch.into()),
    };
    for piece in named {
        if let PieceState::Erased(notice) = chain.state(piece)? {
            return Err(ErasureRefusal::ErasedAlready { piece: *piece, notice }.into());
        }
        if !block.base.contains(piece.index) || !chain.has_commitment(piece.index)? {
            return Err(ErasureRefusal::NeverHeld { piece: *piece }.into());
        }
    }
    Ok(())
}

/// Checks that `erasures` equal the pieces of the block's only `erased` notice, in its order, and that the store has all of
/// them. A tombstone stores the index of that notice and is final, so a piece cannot be erased twice.
fn validate_erasures(chain: &impl PieceStates, block: &Block, erasures: &[ErasedPiece]) -> Result<(), AppendError> {
    let notices = erased_notices(block)?;
    let named = match notices.as_slice() {
        [] if erasures.is_empty() => return Ok(()),
        [(_, named)] => named,
        _ => return Err(ErasureRefusal::NoticeMismatch.into()),
    };
    // Compared with order: a notice lists its pieces in one canonical order.
    if named != erasures {
        return Err(ErasureRefusal::NoticeMismatch.into());
    }
    for piece in erasures {
        match chain.state(piece)? {
            PieceState::Held => {}
            PieceState::Never => return Err(ErasureRefusal::NeverHeld { piece: *piece }.into()),
            PieceState::Erased(notice) => return Err(ErasureRefusal::ErasedAlready { piece: *piece, notice }.into()),
        }
    }
    Ok(())
}

/// Checks that a `meta` line in the block commits to each piece of private content, and that no deposit occurs twice in
/// `private`. Without a commitment on the chain the content could not be verified later.
fn validate_private_content(block: &Block, private: &[(LeafIndex, PrivateContent)]) -> Result<(), AppendError> {
    let mut seen = HashSet::new();
    for (index, content) in private {
        let position = index.0.checked_sub(block.base.0).and_then(|position| usize::try_from(position).ok());
        let entry = position.and_then(|position| block.leaves.get(position)).and_then(|leaf| leaf.entry.as_ref());
        let committed = entry.and_then(|entry| entry.statement.statement().meta);
        if !matches_commitment(committed, content) || !seen.insert(*index) {
            let position = position.unwrap_or(usize::MAX);
            return Err(AppendError::Refused { position, refusal: Refusal::PrivateMismatch });
        }
    }
    Ok(())
}

/// Whether a statement whose `meta` line is `committed` may be submitted with `content`: the metadata must match the
/// commitment, and the annexes must be distinct. Without a `meta` line, no private content is allowed.
#[must_use]
pub fn matches_commitment(committed: Option<Digest>, content: &PrivateContent) -> bool {
    let Some(committed) = committed else { return false };
    let mut annexes = HashSet::new();
    content.metadata.as_ref().is_none_or(|metadata| metadata.commitment() == committed)
        && content.annexes.iter().all(|annex| annexes.insert(annex.commitment()))
}

/// Checks that `next` may replace `published` as the checkpoint of a chain that ends at `tip`: it must be larger, and its
/// root, origin and last block must match the chain. `root` and `leaf` read the appended chain.
///
/// # Errors
///
/// [`AppendError::TipMoved`] when `next` is not larger than the current checkpoint, or larger than the chain;
/// [`AppendError::Read`] when it contradicts the chain. The next start would reject a checkpoint file with such a
/// checkpoint, so it is never written.
pub fn check_published(
    published: Option<&Published>,
    next: &Published,
    tip: &Tip,
    root: impl FnOnce(TreeSize) -> Result<Digest, ReadError>,
    leaf: impl FnOnce(LeafIndex) -> Result<Vec<u8>, ReadError>,
) -> Result<(), AppendError> {
    let (base, size) = (next.size(), tip.size());
    let last = base.last_index().filter(|_| base <= size);
    let Some(last) = last.filter(|_| published.is_none_or(|published| published.size() < base)) else {
        return Err(AppendError::TipMoved { base, size });
    };
    let root = if base == size { tip.root() } else { root(base)? };
    if root != next.checkpoint.checkpoint().root {
        return Err(damaged("checkpoint", base, format!("the chain has the root {root} there")).into());
    }
    if Published::of(next.checkpoint.clone(), &leaf(last)?).as_ref() != Some(next)
        || next.checkpoint.checkpoint().origin != tip.origin
    {
        return Err(damaged("checkpoint", base, "it does not end in the block it names").into());
    }
    Ok(())
}

/// Checks that `checkpoint` may be annotated: it is published, and `known`, the stored note of its size, has the same
/// root.
///
/// # Errors
///
/// [`ReadError::Beyond`], [`ReadError::Damaged`].
pub fn check_annotated(
    checkpoint: &SignedCheckpoint,
    known: Option<&SignedCheckpoint>,
    published: TreeSize,
) -> Result<(), ReadError> {
    let size = checkpoint.checkpoint().size;
    if size.is_empty() || size > published {
        return Err(ReadError::Beyond { asked: size.0, size: published });
    }
    match known {
        Some(known) if known.checkpoint() != checkpoint.checkpoint() => {
            Err(damaged("checkpoint", size, "annotations of another root are stored for this size"))
        }
        _ => Ok(()),
    }
}
