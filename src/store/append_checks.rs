//! The checks before an append, for every store: the block follows the tip, its deposits are admitted, private content and erasures
//! are as its records say.
//!
//! Not here: the rules for a single deposit (`admission`), the writing.

use std::collections::HashSet;

use crate::ledger::chain::{Block, Tip};
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
    /// It was never stored.
    Never,
    /// It is stored.
    Held,
    /// It is erased; the place of the notice.
    Erased(LeafIndex),
}

/// What the rules of erasure need to know of the appended chain.
pub trait PieceStates {
    /// The state of a piece. Its content is not read: a damaged piece can be erased, too.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn state(&self, piece: &ErasedPiece) -> Result<PieceState, ReadError>;
}

/// Checks that `block` follows `tip`, that each of its deposits may enter, that private content is what a deposit of
/// the block committed to, and that what is erased is held and named.
///
/// # Errors
///
/// [`AppendError::TipMoved`], [`AppendError::Refused`], [`AppendError::Erasure`], [`AppendError::Read`]: nothing may be
/// stored.
pub fn check(
    tip: &Tip,
    chain: &(impl AppendedState + PieceStates),
    block: &Block,
    private: &[(LeafIndex, PrivateContent)],
    erasures: &[ErasedPiece],
) -> Result<(), AppendError> {
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
    validate_private_content(block, private)?;
    validate_erasures(chain, block, erasures)
}

/// A tombstone leads to the one notice of its block that names it, and is final.
fn validate_erasures(chain: &impl PieceStates, block: &Block, erasures: &[ErasedPiece]) -> Result<(), AppendError> {
    let notices = erased_notices(block)?;
    let named = match notices.as_slice() {
        [] if erasures.is_empty() => return Ok(()),
        [(_, named)] => named,
        _ => return Err(ErasureRefusal::NoticeMismatch.into()),
    };
    // The notice's own order is the one spelling.
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

/// Private content that no `meta` line of the block commits to could never be shown to be what it says it is.
fn validate_private_content(block: &Block, private: &[(LeafIndex, PrivateContent)]) -> Result<(), AppendError> {
    let mut seen = HashSet::new();
    for (index, content) in private {
        let position = index.0.checked_sub(block.base.0).and_then(|position| usize::try_from(position).ok());
        let entry = position.and_then(|position| block.leaves.get(position)).and_then(|leaf| leaf.entry.as_ref());
        let committed = entry.and_then(|entry| entry.statement.statement().meta);
        if !may_bring(committed, content) || !seen.insert(*index) {
            let position = position.unwrap_or(usize::MAX);
            return Err(AppendError::Refused { position, refusal: Refusal::PrivateMismatch });
        }
    }
    Ok(())
}

/// Whether a statement with this `meta` line may bring `content`: metadata as it says, and no annex twice.
#[must_use]
pub fn may_bring(committed: Option<Digest>, content: &PrivateContent) -> bool {
    let Some(committed) = committed else { return false };
    let mut annexes = HashSet::new();
    content.metadata.as_ref().is_none_or(|metadata| metadata.commitment() == committed)
        && content.annexes.iter().all(|annex| annexes.insert(annex.commitment()))
}

/// Checks that `next` may replace `published` on a chain that ends at `tip`: that it is larger, and says nothing but what
/// the chain says. `root` and `leaf` read the appended chain.
///
/// # Errors
///
/// [`AppendError::TipMoved`] when it is not larger than the one in force, or larger than the chain; [`AppendError::Read`]
/// when the chain says something else, so that no mark is ever written which the next opening would refuse.
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
