//! The row of the table `meta` that names the `key` notices of the chain, published or not. It is derived from the log, and written
//! in the same batch as each of them.
//!
//! Whether the row is complete follows from the notices themselves: the last of them must introduce the key that signs the
//! checkpoint (`query::key_history`).

use crate::ledger::merkle::shape::LeafIndex;
use crate::store::rocks::batch::Batch;
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::about::About;
use crate::store::rocks::schema::META;
use crate::store::traits::ReadError;
use crate::store::traits::damaged;

/// The leaf indexes of the `key` notices, ascending.
///
/// # Errors
///
/// [`ReadError`].
pub fn read(engine: &Engine) -> Result<Vec<LeafIndex>, ReadError> {
    let Some(bytes) = engine.get(&META, &About::KeyNotices)? else { return Ok(Vec::new()) };
    let (indexes, rest) = bytes.as_chunks::<8>();
    let indexes: Vec<_> = indexes.iter().map(|bytes| LeafIndex(u64::from_be_bytes(*bytes))).collect();
    if rest.is_empty() && indexes.is_sorted_by(|a, b| a < b) {
        Ok(indexes)
    } else {
        Err(damaged("meta", "key_notices", "it is not an ascending list of indexes"))
    }
}

/// Adds `new` to the row, unless it is empty.
///
/// # Errors
///
/// [`ReadError`].
pub fn put(batch: &mut Batch<'_>, engine: &Engine, new: &[LeafIndex]) -> Result<(), ReadError> {
    if new.is_empty() {
        return Ok(());
    }
    let mut all = read(engine)?;
    all.extend(new);
    let bytes: Vec<u8> = all.iter().flat_map(|index| index.0.to_be_bytes()).collect();
    batch.put(&META, &About::KeyNotices, &bytes)
}
