//! Physical erasure of private content: the second of two steps.
//!
//! 1. The append of an `erased` notice overwrites a piece by a tombstone. From then on no reader returns the content, and the
//!    tombstone is final.
//! 2. The old bytes may remain in database files for some time. The piece is *pending* until
//!    [`PrivateStore::complete_erasures`] has confirmed that no file contains them.
//!
//! The node reports content as erased only after the second step.

use std::ops::ControlFlow;

use crate::ledger::notice::ErasedPiece;
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::store_error::{AppendError, ReadError};

/// Why an erasure was not completed. In each case the pieces stay pending, and the next attempt starts from the beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErasureError {
    /// A file still contains erased bytes, or may contain them: a read that began earlier keeps old files in use. Try
    /// again.
    #[error("`{file}` is still held or still holds erased content: try again")]
    StillHeld {
        /// Path of the file, relative to the data folder.
        file: String,
    },
    /// The data folder or a file in it could not be searched.
    #[error("cannot search the data folder: {0}")]
    Disk(String),
    /// The caller's `watch` function interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// The database could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The database could not be written.
    #[error(transparent)]
    Write(#[from] AppendError),
}

impl ErasureError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::StillHeld { .. } => "still_held",
            Self::Disk(_) => "search_failed",
            Self::Interrupted => "interrupted",
            Self::Read(_) => "unreadable",
            Self::Write(_) => "unwritable",
        }
    }
}

/// The stage of an erasure in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureStage {
    /// The store rewrites the files that contain the pieces.
    Compacting,
    /// The store searches all files of the data folder for bytes of the pieces.
    Searching {
        /// Bytes searched so far.
        done: u64,
        /// Total size of all files when the search began, in bytes.
        total: u64,
    },
}

/// The result of [`PrivateStore::complete_erasures`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompletedErasures {
    /// The pieces that this call has confirmed as erased, sorted. It leaves out pieces that were confirmed earlier.
    pub pieces: Vec<ErasedPiece>,
}

/// Completes erasures. Callable from any thread, at any time, also while the sequencer appends.
pub trait PrivateStore: LedgerReader {
    /// All pending pieces: erased, but their bytes may still be in a file. Sorted.
    ///
    /// # Errors
    /// [`ReadError`].
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError>;

    /// Whether this piece is pending: erased, but its bytes may still be in a file.
    ///
    /// # Errors
    /// [`ReadError`].
    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError>;

    /// Ensures that no file of the data folder contains bytes of `pieces`, and then removes them from the pending pieces.
    /// The store rewrites the files that contain them, and searches all files. It ignores pieces that are not pending.
    /// After a crash the pieces are still pending, and the node completes them after its next start.
    ///
    /// A call reads the whole data folder at least once, for all `pieces` together: run it on a background thread. It calls
    /// `watch` often; when `watch` returns [`ControlFlow::Break`], it soon fails with [`ErasureError::Interrupted`].
    ///
    /// Not covered: remains of deleted files on the disk, copies elsewhere (backups), memory that was swapped out.
    ///
    /// # Errors
    /// [`ErasureError`].
    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError>;

    /// Completes all pending erasures.
    ///
    /// # Errors
    /// As [`Self::complete_erasures`].
    fn complete_all_erasures(&self) -> Result<CompletedErasures, ErasureError> {
        self.complete_erasures(&self.pending_erasures()?, &mut |_| ControlFlow::Continue(()))
    }
}
