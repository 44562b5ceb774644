//! Whether a block may join the chain: everything that an append checks before it writes, for every store.
//!
//! Not here: the rules for a single deposit (`admission`), the writing.

use std::collections::HashSet;

use crate::ledger::block::BlockHeader;
use crate::ledger::chain::{Block, Tip};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::ErasedPiece;
use crate::store::admission::{Admitted, Appended};
use crate::store::bounds::damaged;
use crate::store::contract::{AppendError, PrivateContent, Published, ReadError};
use crate::store::refusal::{ErasureRefusal, Refusal};
use crate::store::rows::erased_notices;

/// How a piece of private content stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It never came here.
    Never,
    /// It is held.
    Held,
    /// It is erased; the place of the notice.
    Erased(LeafIndex),
}

/// What the rules of erasure ask of the appended chain.
pub trait Pieces {
    /// How a piece stands. Its content is not looked at: what is damaged can be erased, too.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    fn standing(&self, piece: &ErasedPiece) -> Result<Standing, ReadError>;
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
    chain: &(impl Appended + Pieces),
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
    let mut admitted = Admitted::new();
    for (position, leaf) in block.leaves.iter().enumerate() {
        let Some(entry) = &leaf.entry else { continue };
        let (note, number) = (&entry.statement, entry.number);
        admitted
            .admit(chain, tip.origin.as_str(), number, note)?
            .map_err(|refusal| AppendError::Refused { position, refusal })?;
    }
    belongs(block, private)?;
    erases(chain, block, erasures)
}

/// A tombstone leads to the one notice of its block that names it, and is final.
fn erases(chain: &impl Pieces, block: &Block, erasures: &[ErasedPiece]) -> Result<(), AppendError> {
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
        match chain.standing(piece)? {
            Standing::Held => {}
            Standing::Never => return Err(ErasureRefusal::NeverHeld { piece: *piece }.into()),
            Standing::Erased(notice) => return Err(ErasureRefusal::ErasedAlready { piece: *piece, notice }.into()),
        }
    }
    Ok(())
}

/// Private content that no `meta` line of the block commits to could never be shown to be what it says it is.
fn belongs(block: &Block, private: &[(LeafIndex, PrivateContent)]) -> Result<(), AppendError> {
    let mut seen = HashSet::new();
    for (index, content) in private {
        let position = index.0.checked_sub(block.base.0).and_then(|position| usize::try_from(position).ok());
        let entry = position.and_then(|position| block.leaves.get(position)).and_then(|leaf| leaf.entry.as_ref());
        let committed = entry.and_then(|entry| entry.statement.statement().meta);
        if !fits(committed, content) || !seen.insert(*index) {
            let position = position.unwrap_or(usize::MAX);
            return Err(AppendError::Refused { position, refusal: Refusal::PrivateMismatch });
        }
    }
    Ok(())
}

/// Whether a statement with this `meta` line may bring `content`: metadata as it says, and no annex twice.
#[must_use]
pub fn fits(committed: Option<Digest>, content: &PrivateContent) -> bool {
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
    if ends_in(next.checkpoint.clone(), &leaf(last)?).as_ref() != Some(next)
        || next.checkpoint.checkpoint().origin != tip.origin
    {
        return Err(damaged("checkpoint", base, "it does not end in the block it names").into());
    }
    Ok(())
}

/// A checkpoint with the block that its tree ends in; `None` unless `header`, its last leaf, is that block's header.
#[must_use]
pub fn ends_in(checkpoint: SignedCheckpoint, header: &[u8]) -> Option<Published> {
    let parsed = BlockHeader::parse(header).ok()?;
    let signed = checkpoint.checkpoint();
    let fits = parsed.index().size_after() == signed.size && parsed.ledger == signed.origin;
    fits.then(|| Published {
        height: parsed.height,
        block_hash: leaf_hash(header),
        block_time: parsed.time,
        checkpoint,
    })
}
