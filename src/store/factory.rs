//! Opens and creates the ledger in a folder. The only code outside of a backend that names one.

use std::path::Path;

use crate::ledger::key::Name;
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::rebuild;
use crate::store::rocks::reopening::ReopeningStore;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning::Options;
use crate::store::traits::ReadError;

/// The ledger in a folder, for reading and appending.
pub type FolderStore = RocksStore;

/// The ledger in a folder, for reading.
pub type FolderReader = RocksReader;

/// The ledger of a running node, which recovers from shortages within the process.
pub type NodeStore = ReopeningStore;

/// Opens the ledger in `folder`. One process at a time.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::Absent`] where there is none.
pub fn open(folder: &Path, options: &Options) -> Result<FolderStore, OpenError> {
    RocksStore::open(folder, options)
}

/// Creates a ledger in `folder`, which must be empty or not there, and opens it. Completes a creation that was interrupted.
///
/// # Errors
///
/// [`OpenError`].
pub fn create(folder: &Path, origin: &Name, options: &Options) -> Result<FolderStore, OpenError> {
    RocksStore::create(folder, origin, options)
}

/// Opens the ledger in `folder` for reading, and writes nothing. Not while a node has it open.
///
/// # Errors
///
/// [`OpenError`].
pub fn open_read_only(folder: &Path, options: &Options) -> Result<FolderReader, OpenError> {
    RocksStore::open_read_only(folder, options)
}

/// The store of a node: `store`, opened with `options`, which is opened again after a shortage.
#[must_use]
pub fn for_node(store: FolderStore, options: Options) -> NodeStore {
    ReopeningStore::new(store, options)
}

/// Derives the index of the ledger in `folder` again from its log, in the present disk format. `progress` is called with the number
/// of leaves done and in all.
///
/// # Errors
///
/// [`OpenError`]; after an interruption the ledger is not opened until this has succeeded.
pub fn rebuild_index(folder: &Path, options: &Options, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, OpenError> {
    rebuild::rebuild(folder, options, progress)
}

/// How many rows each table of `reader` has.
///
/// # Errors
///
/// [`ReadError`].
pub fn count_rows(reader: &FolderReader) -> Result<Vec<(&'static str, u64)>, ReadError> {
    reader.count_rows()
}
