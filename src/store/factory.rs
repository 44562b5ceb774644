//! Creates and opens a ledger in a data folder, and selects the storage backend: today RocksDB (`store::rocks`).
//!
//! Code that reads or appends uses the aliases below and `store::traits`, and does not depend on the backend. Commands that
//! work on the folder's files (backup, restore) use `store::rocks` directly.

use std::path::Path;

use crate::ledger::key::Name;
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::rebuild;
use crate::store::rocks::reopening::ReopeningStore;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning::Options;
use crate::store::traits::ReadError;

/// A ledger in a data folder, open for reading and appending.
pub type FolderStore = RocksStore;

/// A ledger in a data folder, open read-only.
pub type FolderReader = RocksReader;

/// The store of a running node. It recovers from an exhausted resource, such as a full disk, without a restart of the
/// process.
pub type NodeStore = ReopeningStore;

/// Opens the ledger in `folder` for reading and appending. Takes the folder's lock: only one process can have it open.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::Absent`] when the folder contains no ledger.
pub fn open(folder: &Path, options: &Options) -> Result<FolderStore, OpenError> {
    RocksStore::open(folder, options)
}

/// Creates a ledger with the given `origin` in `folder`, which must be empty or absent, and opens it. If an earlier call
/// was interrupted, this one completes it.
///
/// # Errors
///
/// [`OpenError`].
pub fn create(folder: &Path, origin: &Name, options: &Options) -> Result<FolderStore, OpenError> {
    RocksStore::create(folder, origin, options)
}

/// Opens the ledger in `folder` read-only: changes no file. Fails while a node has the folder open.
///
/// # Errors
///
/// [`OpenError`].
pub fn open_read_only(folder: &Path, options: &Options) -> Result<FolderReader, OpenError> {
    RocksStore::open_read_only(folder, options)
}

/// Wraps `store`, which was opened with `options`, for a node: the wrapper reopens it with the same options after a
/// shortage.
#[must_use]
pub fn for_node(store: FolderStore, options: Options) -> NodeStore {
    ReopeningStore::new(store, options)
}

/// Rebuilds the index of the ledger in `folder` from its log, in the current disk format, and returns the number of leaves.
/// Calls `progress` with the number of leaves processed and the total.
///
/// # Errors
///
/// [`OpenError`]. After an interrupted rebuild, [`open`] rejects the ledger until a rebuild has succeeded.
pub fn rebuild_index(folder: &Path, options: &Options, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, OpenError> {
    rebuild::rebuild(folder, options, progress)
}

/// Counts the rows of each table that `reader` has: pairs of table name and row count.
///
/// # Errors
///
/// [`ReadError`].
pub fn count_rows(reader: &FolderReader) -> Result<Vec<(&'static str, u64)>, ReadError> {
    reader.count_rows()
}
