//! Factory of stores: opens and creates the ledger in a data folder. No other code outside a backend names a backend.

use std::path::Path;

use crate::ledger::key::Name;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::reopening::ReopeningStore;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::{checkpoint_file, folder, format, open_error, rebuild, snapshot, tuning};
use crate::store::traits::ReadError;

/// The ledger in a data folder, for reading and appending.
pub type FolderStore = RocksStore;

/// The ledger in a data folder, for reading.
pub type FolderReader = RocksReader;

/// The ledger of a running node, which recovers from shortages within the process.
pub type NodeStore = ReopeningStore;

/// Limits of the memory and files that the store uses.
pub type StoreOptions = tuning::Options;

/// Why the ledger in a data folder was not opened.
pub type OpenError = open_error::OpenError;

/// Why no snapshot of a running node's ledger was taken.
pub type SnapshotError = snapshot::SnapshotError;

/// A data folder: its names and locks.
pub type Folder = folder::Folder;

/// The lock of a data folder, held until it is dropped.
pub type FolderLock = folder::Lock;

/// Names of the key files in a data folder.
pub const KEYS: [&str; 4] = folder::KEYS;
/// Names of the node's own files and folders beside the ledger.
pub const BESIDE: [&str; 5] = folder::BESIDE;
/// Name of the folder with a snapshot of a running node's ledger.
pub const SNAPSHOT: &str = folder::SNAPSHOT;
/// Name of the socket on which a running node accepts commands of its operator.
pub const CONTROL_SOCKET: &str = folder::CONTROL_SOCKET;
/// Name of the file that a backup of a running node locks.
pub const BACKUP_LOCK: &str = folder::BACKUP_LOCK;
/// Name of the file with the time of the last backup.
pub const LAST_BACKUP: &str = folder::LAST_BACKUP;
/// Name of the folder into which a backup is being copied.
pub const RESTORING: &str = folder::RESTORING;
/// Name of that folder once the copy is complete and checked.
pub const RESTORED: &str = folder::RESTORED;
/// Version of the disk format that this program writes.
pub const FORMAT_VERSION: u32 = format::FORMAT_VERSION;
/// Length of the checkpoint file in bytes.
pub const CHECKPOINT_FILE_LENGTH: u64 = checkpoint_file::LENGTH;

/// Opens the ledger in `folder`, for one process at a time.
///
/// # Errors
///
/// [`OpenError`]; [`OpenError::Absent`] when the folder contains no ledger.
pub fn open(folder: &Path, options: &StoreOptions) -> Result<FolderStore, OpenError> {
    RocksStore::open(folder, options)
}

/// Creates a ledger in `folder`, which must be empty or absent, and opens it. Completes a creation that was
/// interrupted.
///
/// # Errors
///
/// [`OpenError`].
pub fn create(folder: &Path, origin: &Name, options: &StoreOptions) -> Result<FolderStore, OpenError> {
    RocksStore::create(folder, origin, options)
}

/// Opens the ledger in `folder` for reading, and writes nothing. Fails while a node has it open.
///
/// # Errors
///
/// [`OpenError`].
pub fn open_read_only(folder: &Path, options: &StoreOptions) -> Result<FolderReader, OpenError> {
    RocksStore::open_read_only(folder, options)
}

/// Wraps `store`, which was opened with `options`, in a store that reopens it after a resource shortage.
#[must_use]
pub fn for_node(store: FolderStore, options: StoreOptions) -> NodeStore {
    ReopeningStore::new(store, options)
}

/// Rebuilds the index of the ledger in `folder` from its log, in the current disk format. Calls `progress` with the
/// number of leaves processed and the total.
///
/// # Errors
///
/// [`OpenError`]. After an interruption, the ledger cannot be opened until a rebuild has succeeded.
pub fn rebuild_index(
    folder: &Path,
    options: &StoreOptions,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, OpenError> {
    rebuild::rebuild(folder, options, progress)
}

/// Number of rows of each table of `reader`.
///
/// # Errors
///
/// [`ReadError`].
pub fn count_rows(reader: &FolderReader) -> Result<Vec<(&'static str, u64)>, ReadError> {
    reader.count_rows()
}
