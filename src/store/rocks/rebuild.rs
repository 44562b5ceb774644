//! Rebuilds the index tables from the log, in the current disk format: the implementation of `tiezheng index rebuild`.
//!
//! # Invariants
//!
//! A rebuild deletes rows of derived tables only. From before the first deletion until the last row is durable, the
//! database contains the row `rebuilding` of the table `meta`, and a node refuses to open it. After an interruption the
//! operator runs the rebuild again, and it starts from the beginning.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::ledger::merkle::shape::LeafIndex;
use crate::store::index_entries::ChainIndex as _;
use crate::store::rocks::derivation::{DerivedBlock, check_leaves, derive};
use crate::store::rocks::engine::{Access, Engine};
use crate::store::rocks::folder::Folder;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::{DigestKey, Empty, FORMAT_VERSION, LinkKey, SubjectKey};
use crate::store::rocks::index_buffer::{IndexBuffer, IndexLookup};
use crate::store::rocks::inspection::inspect_log;
use crate::store::rocks::key_notices;
use crate::store::rocks::open::{
    check_manifest, lock_existing, read_checkpoint_file, recovery_failed, require_recovered, twice_if_damaged,
};
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::schema::{BLOCKS, DIGESTS, LINK_TARGETS, LINKS, META, NUMBERS, RECORDS, STATEMENTS, SUBJECTS};
use crate::store::rocks::tree::Tree;
use crate::store::rocks::tuning::Options;
use crate::store::traits::damaged;
use crate::store::traits::{LinkPosition, ReadError};

/// The derived tables, which a rebuild clears and fills. Labels are not among them: they are part of the private content,
/// not the log.
const DERIVED: [&str; 8] = [
    BLOCKS.name,
    NUMBERS.name,
    STATEMENTS.name,
    RECORDS.name,
    DIGESTS.name,
    SUBJECTS.name,
    LINKS.name,
    LINK_TARGETS.name,
];

/// Rebuilds the index of the ledger in the folder `dir`, and returns the number of leaves. Calls `progress` with the number
/// of leaves processed and the total.
///
/// # Errors
///
/// [`OpenError`]. If the log does not agree with the checkpoint file, or a leaf is damaged, the index is left unchanged. After an error while
/// rows are cleared or written, a node refuses to open the ledger until a rebuild has succeeded.
pub fn rebuild(dir: &Path, options: &Options, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, OpenError> {
    let folder = Folder::new(dir);
    let _lock = lock_existing(&folder)?;
    let state = read_checkpoint_file(&folder)?;
    let database = folder.valid_database()?;
    let (found, last_change) = twice_if_damaged(|| {
        let engine = Engine::open(&database, options, Access::ReadOnly)?;
        Ok((inspect_log(&engine, &state)?.tip, engine.last_change()))
    })?;
    check_manifest(&database, &state)?;
    folder.roll_back()?;
    folder.make_safety_copy()?;
    let opened = Engine::open(&database, options, Access::Rebuild).map_err(|error| recovery_failed(error.into()));
    let recovered = opened.and_then(|engine| {
        let tip = inspect_log(&engine, &state).map_err(recovery_failed)?.tip;
        require_recovered(&engine, &tip, (&found, last_change))?;
        folder.discard_safety_copy()?;
        Ok((engine, tip))
    });
    let (engine, tip) = recovered.inspect_err(|_| {
        if let Err(error) = folder.roll_back() {
            tracing::error!(%error, "cannot restore the database's files from the safety copy: the next start tries again");
        }
    })?;
    let failed = |error: ReadError| match error {
        ReadError::Damaged { .. } => OpenError::RecordDamaged(error),
        other => OpenError::Environment(io::Error::other(other.to_string())),
    };
    let size = tip.size().0;
    let (tree, buffer) = (Tree { engine: &engine, frontier: &tip.frontier }, IndexBuffer::default());
    // A damaged leaf must be found while the old index still exists.
    check_leaves(&tree).map_err(failed)?;
    clear(&engine).map_err(failed)?;
    let index = IndexLookup { engine: &engine, buffer: &buffer };
    derive(&tree, LeafIndex(0), &index, |block| {
        write(&engine, &index, &block)?;
        progress(block.end.0, size);
        Ok(())
    })
    .map_err(failed)?;
    engine.flush().map_err(failed)?;
    let mut batch = engine.batch();
    batch.put(&META, &About::Format, &FORMAT_VERSION.to_be_bytes().to_vec())?;
    batch.remove(&META, &About::Rebuilding)?;
    batch.remove(&META, &About::Unindexed)?;
    engine.commit(batch).map_err(|error| OpenError::Environment(io::Error::other(error.to_string())))?;
    engine.stop_background_work();
    Ok(size)
}

/// Durably marks the index as incomplete (`rebuilding`), and then deletes all rows of the derived tables.
fn clear(engine: &Engine) -> Result<(), ReadError> {
    let unwritten = |error: String| ReadError::Unavailable(error);
    let mut batch = engine.batch();
    batch.put(&META, &About::Rebuilding, &Vec::new())?;
    batch.remove(&META, &About::KeyNotices)?;
    engine.commit(batch).map_err(|error| unwritten(error.to_string()))?;
    for table in DERIVED {
        engine.clear(table)?;
    }
    Ok(())
}

fn write(engine: &Engine, index: &IndexLookup<'_>, block: &DerivedBlock) -> Result<(), ReadError> {
    let unwritten = |error: crate::store::traits::AppendError| ReadError::Unavailable(error.to_string());
    let mut batch = engine.batch();
    batch.put(&BLOCKS, &block.header.height, &block.header.index())?;
    key_notices::put(&mut batch, engine, &block.key_notices)?;
    for (hash, at) in &block.entries.records {
        batch.put(&RECORDS, hash, at)?;
    }
    for (number, place) in &block.entries.numbers {
        batch.put(&NUMBERS, number, place)?;
    }
    for (id, at) in &block.entries.statements {
        batch.put(&STATEMENTS, id, at)?;
    }
    for &(algorithm, digest, index) in &block.entries.digests {
        batch.put(&DIGESTS, &DigestKey { algorithm, digest, index }, &Empty)?;
    }
    let own: BTreeMap<_, _> = block.entries.numbers.iter().map(|(number, place)| (*number, place.index)).collect();
    for (source, entry) in &block.deposits {
        let statement = entry.statement.statement();
        if let Some(subject) = statement.subject {
            batch.put(&SUBJECTS, &SubjectKey { subject: subject.id, sequence: subject.sequence }, source)?;
        }
        for link in &statement.links {
            let target = own.get(&link.number).copied();
            let target = if target.is_some() { target } else { index.index_of(&link.number)? };
            let target = target.ok_or_else(|| {
                damaged("link", source, format!("it names {}, which is not on the chain", link.number))
            })?;
            let position = LinkPosition { kind: link.kind, source: *source };
            batch.put(&LINKS, &LinkKey { target, position }, &Empty)?;
            batch.put(&LINK_TARGETS, &target, &Empty)?;
        }
    }
    engine.commit_lazily(batch).map_err(unwritten)
}
