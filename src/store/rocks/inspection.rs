//! Comparison of a database with the checkpoint file: its tip, its root and its last rows.
//!
//! It writes nothing, and reads a bounded number of rows, whatever the size of the ledger.

use std::sync::Arc;

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::Tip;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::Name;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::statement::keys::KeyCache;
use crate::store::index_entries::is_key_notice;
use crate::store::rocks::checkpoint_file::{CheckpointState, HighWater};
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::record::Record;
use crate::store::rocks::format::{FORMAT_VERSION, OLDEST_REBUILT_VERSION, SubjectKey};
use crate::store::rocks::key_notices;
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::schema::{BLOCKS, LEAVES, META, PRIVATE, SUBJECTS};
use crate::store::rocks::tree::{self, Tree};
use crate::store::traits::damaged;
use crate::store::traits::{Published, ReadError};

/// Number of last leaves whose rows are checked.
const LAST_LEAVES: u64 = 256;

/// The result of an inspection.
pub(super) struct Inspected {
    /// The end of the appended chain.
    pub(super) tip: Tip,
    /// The last signed checkpoint.
    pub(super) published: Option<Published>,
}

/// Reads the tip of the database, and compares the database with the checkpoint file.
///
/// # Errors
///
/// [`OpenError`].
pub(super) fn inspect(engine: &Engine, state: &CheckpointState) -> Result<Inspected, OpenError> {
    let missing = engine.missing_tables();
    match format(engine)? {
        FORMAT_VERSION if !engine.has(&META, &About::Rebuilding)? => {}
        FORMAT_VERSION => return Err(OpenError::IndexIncomplete),
        found @ OLDEST_REBUILT_VERSION..FORMAT_VERSION => return Err(OpenError::OlderFormat { found }),
        found => return Err(OpenError::UnknownFormat { found }),
    }
    if !missing.is_empty() {
        return Err(lacks(&format!("the tables {}", missing.join(", "))));
    }
    let inspected = inspect_log(engine, state)?;
    check_last_rows(engine, &inspected.tip)?;
    Ok(inspected)
}

/// As [`inspect`], without the index: for a database in any format whose index can be rebuilt.
///
/// # Errors
///
/// [`OpenError`].
pub(super) fn inspect_log(engine: &Engine, state: &CheckpointState) -> Result<Inspected, OpenError> {
    let found = format(engine)?;
    if !(OLDEST_REBUILT_VERSION..=FORMAT_VERSION).contains(&found) {
        return Err(OpenError::UnknownFormat { found });
    }
    let tip = tip(engine, origin(engine)?)?;
    if let Some(marked) = state.checkpoint.as_ref().map(SignedCheckpoint::checkpoint)
        && marked.origin != tip.origin
    {
        return Err(OpenError::AnotherLedger { expected: marked.origin.clone(), found: tip.origin });
    }
    let tree = Tree { engine, frontier: &tip.frontier };
    // The high-water mark first, because it is at least as large as the checkpoint.
    check_prefix(&tree, tip.size(), state.reached)?;
    let Some(signed) = &state.checkpoint else { return Ok(Inspected { tip, published: None }) };
    let marked = signed.checkpoint();
    if marked.size != state.reached.size || marked.root != state.reached.root {
        check_prefix(&tree, tip.size(), HighWater { size: marked.size, root: marked.root })?;
    }
    let Some(last) = marked.size.last_index() else {
        return Err(OpenError::NoBlockAtCheckpoint { size: marked.size });
    };
    let published = Published::of(signed.clone(), &tree.leaf(last)?);
    let published = published.ok_or(OpenError::NoBlockAtCheckpoint { size: marked.size })?;
    Ok(Inspected { tip, published: Some(published) })
}

/// Checks that a database of `size` leaves contains the leaves of `marked` under its root.
fn check_prefix(tree: &Tree<'_>, size: TreeSize, marked: HighWater) -> Result<(), OpenError> {
    if marked.size > size {
        return Err(OpenError::Behind { size, marked: marked.size });
    }
    if marked.size.is_empty() {
        return Ok(());
    }
    let found = tree.root(marked.size)?;
    if found == marked.root {
        Ok(())
    } else {
        Err(OpenError::Different { size: marked.size, expected: marked.root, found })
    }
}

fn lacks(what: &str) -> OpenError {
    OpenError::DatabaseDamaged { reason: format!("it lacks {what}") }
}

fn format(engine: &Engine) -> Result<u32, OpenError> {
    if engine.missing_tables().contains(&META.name) {
        return Err(lacks("the table `meta`"));
    }
    let version = engine.get(&META, &About::Format)?.ok_or_else(|| lacks("its format version"))?;
    version.as_slice().try_into().map(u32::from_be_bytes).map_err(|_| lacks("a readable format version"))
}

fn origin(engine: &Engine) -> Result<Name, OpenError> {
    let origin = engine.get(&META, &About::Origin)?.ok_or_else(|| lacks("its origin"))?;
    std::str::from_utf8(&origin).ok().and_then(Name::parse).ok_or_else(|| lacks("a readable origin"))
}

/// Reads the tip of the database. Its last leaf is a block header, because blocks are written atomically.
fn tip(engine: &Engine, origin: Name) -> Result<Tip, ReadError> {
    let Some((last, Record(bytes))) = engine.last(&LEAVES)? else { return Ok(Tip::before_genesis(origin)) };
    let header = BlockHeader::parse(&bytes).map_err(|error| damaged("leaf", last, error.to_string()))?;
    if header.index() != last || header.ledger != origin {
        return Err(damaged("leaf", last, "it is not a block header of this ledger at this index"));
    }
    let frontier = tree::frontier(engine, last.size_after())?;
    let next_height = Height(header.height.0.saturating_add(1));
    let frontier = Arc::new(frontier);
    Ok(Tip { origin, next_height, last_block: leaf_hash(&bytes), last_time: header.time, frontier })
}

/// Checks the rows of the last leaves: if they are missing, their table has lost its end. The audit checks the rows of
/// all leaves.
fn check_last_rows(engine: &Engine, tip: &Tip) -> Result<(), ReadError> {
    let size = tip.size();
    let Some(last) = size.last_index() else { return Ok(()) };
    let height = Height(tip.next_height.0.saturating_sub(1));
    let found = engine.last(&BLOCKS)?;
    if found != Some((height, last)) {
        return Err(damaged("block", height, "its row is missing, or another one follows it"));
    }
    let first = LeafIndex(size.0.saturating_sub(LAST_LEAVES));
    let mut keys = KeyCache::new();
    let leaves = Tree { engine, frontier: &tip.frontier }.leaves(first, size.0 - first.0)?;
    for (index, bytes) in (first.0..).map(LeafIndex).zip(leaves) {
        let leaf = Leaf::parse_with(&bytes, &mut keys);
        let entry = match leaf.map_err(|error| damaged("leaf", index, error.to_string()))? {
            Leaf::Entry(entry) => entry,
            Leaf::Notice(notice) if is_key_notice(&notice) && !key_notices::read(engine)?.contains(&index) => {
                return Err(damaged("meta", "key_notices", format!("it lacks the notice at leaf {index}")));
            }
            Leaf::Notice(_) | Leaf::Block(_) => continue,
        };
        let statement = entry.statement.statement();
        if statement.meta.is_some() && !engine.has(&PRIVATE, &index)? {
            return Err(damaged(PRIVATE.name, index, "the row is missing"));
        }
        if let Some(subject) = &statement.subject {
            let key = SubjectKey { subject: subject.id, sequence: subject.sequence };
            if engine.get(&SUBJECTS, &key)? != Some(index) {
                return Err(damaged("subject", format!("{} {}", subject.id, subject.sequence), "the row is missing"));
            }
        }
    }
    Ok(())
}
