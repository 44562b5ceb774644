//! Opens and creates the ledger in a folder. The only code outside of a backend that names one.

use std::path::Path;

use crate::ledger::key::Name;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::reopening::ReopeningStore;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::{checkpoint_file, folder, format, open_error, rebuild, snapshot, tuning};
use crate::store::traits::ReadError;

/// The ledger in a folder, for reading and appending.
pub type FolderStore = RocksStore;

/// The ledger in a folder, for reading.
pub type FolderReader = RocksReader;

/// The ledger of a running node, which recovers from shortages within the process.
pub type NodeStore = ReopeningStore;

/// How much of the machine the store may use.
pub type StoreOptions = tuning::Options;

/// Why the ledger in a folder was not opened.
pub type OpenError = open_error::OpenError;

/// Why no snapshot of a running node's ledger was taken.
pub type SnapshotError = snapshot::SnapshotError;

/// A ledger's folder: its names and locks.
pub type Folder = folder::Folder;

/// The lock of a ledger's folder, held until it is dropped.
pub type FolderLock = folder::Lock;

/// Names of the key files in a ledger's folder.
pub const KEYS: [&str; 4] = folder::KEYS;
/// Names of what a node keeps beside its ledger.
pub const BESIDE: [&str; 5] = folder::BESIDE;
/// Name of the folder with a snapshot of a running node's ledger.
pub const SNAPSHOT: &str = folder::SNAPSHOT;
/// Name of the socket on which a running node takes commands of its operator.
pub const CONTROL_SOCKET: &str = folder::CONTROL_SOCKET;
/// Name of the file that a backup of a running node locks.
pub const BACKUP_LOCK: &str = folder::BACKUP_LOCK;
/// Name of the file with the time of the last backup.
pub const LAST_BACKUP: &str = folder::LAST_BACKUP;
/// Name of a backup that is being copied into a folder.
pub const RESTORING: &str = folder::RESTORING;
/// The same, complete and checked.
pub const RESTORED: &str = folder::RESTORED;
/// Version of the disk format that this program writes.
pub const FORMAT_VERSION: u32 = format::FORMAT_VERSION;
/// Length of the checkpoint file in bytes.
pub const CHECKPOINT_FILE_LENGTH: u64 = checkpoint_file::LENGTH;

/// Opens the ledger in `folder`. One process at a time.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::Absent`] where there is none.
pub fn open(folder: &Path, options: &StoreOptions) -> Result<FolderStore, OpenError> {
    RocksStore::open(folder, options)
}

/// Creates a ledger in `folder`, which must be empty or not there, and opens it. Completes a creation that was interrupted.
///
/// # Errors
///
/// [`OpenError`].
pub fn create(folder: &Path, origin: &Name, options: &StoreOptions) -> Result<FolderStore, OpenError> {
    RocksStore::create(folder, origin, options)
}

/// Opens the ledger in `folder` for reading, and writes nothing. Not while a node has it open.
///
/// # Errors
///
/// [`OpenError`].
pub fn open_read_only(folder: &Path, options: &StoreOptions) -> Result<FolderReader, OpenError> {
    RocksStore::open_read_only(folder, options)
}

/// The store of a node: `store`, opened with `options`, which is opened again after a shortage.
#[must_use]
pub fn for_node(store: FolderStore, options: StoreOptions) -> NodeStore {
    ReopeningStore::new(store, options)
}

/// Derives the index of the ledger in `folder` again from its log, in the present disk format. `progress` is called with the number
/// of leaves done and in all.
///
/// # Errors
///
/// [`OpenError`]; after an interruption the ledger is not opened until this has succeeded.
pub fn rebuild_index(
    folder: &Path,
    options: &StoreOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, OpenError> {
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
