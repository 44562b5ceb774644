//! Snapshot of an open database, from which a backup is made while the node runs.
//!
//! # Invariants
//!
//! Database and checkpoint file are copied between two blocks, so the snapshot is in the state that a crash at that
//! moment would leave. It opens with the same functions and checks as the data folder. Database files are hard links if
//! source and target are on one file system; RocksDB never changes a finished file.

use std::fs;
use std::path::Path;

use crate::files::regular;
use crate::store::rocks::checkpoint_file::LENGTH;
use crate::store::rocks::folder::Folder;
use crate::store::rocks::store::RocksStore;
use crate::store::traits::AppendError;

/// Why no snapshot was taken. An incomplete snapshot is not removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A write has failed: only opening the database determines its state.
    #[error("deposits are not being written: {0}")]
    NotWritable(#[from] AppendError),
    /// The database, or a file beside it, cannot be read or written.
    #[error("{0}")]
    Disk(String),
}

impl RocksStore {
    /// Writes a snapshot into the existing folder `target`: a database and its checkpoint file. Appends block
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`].
    pub fn snapshot(&self, target: &Path) -> Result<(), SnapshotError> {
        let disk =
            |path: &Path, error: &dyn std::fmt::Display| SnapshotError::Disk(format!("{}: {error}", path.display()));
        let target = Folder::new(target);
        self.between_blocks(|engine| {
            let database = target.database();
            engine.snapshot(&database).map_err(|error| disk(&database, &error))?;
            let source = self.folder.checkpoint_file();
            let bytes = regular::read_own(&source, usize::try_from(LENGTH).unwrap_or(usize::MAX));
            let bytes = bytes.map_err(|error| disk(&source, &error))?;
            let copy = target.checkpoint_file();
            fs::write(&copy, bytes).map_err(|error| disk(&copy, &error))
        })?
    }
}
