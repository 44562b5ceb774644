//! Erasure of private content: a job with a state.
//!
//! The append of its `erased` notice overwrites a piece by a tombstone, which is final and in force at once. The bytes may stay in
//! files for a while: the piece is *pending* until [`PrivateStore::complete_erasures`] has confirmed that no file holds them. Nobody
//! is told before that the content is erased.

use std::ops::ControlFlow;

use crate::ledger::notice::ErasedPiece;
use crate::store::traits::ledger::LedgerReader;
use crate::store::traits::store_error::{AppendError, ReadError};

/// Why an erasure is not completed. In each case the pieces stay pending, and the next attempt starts over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErasureError {
    /// A file still holds erased bytes, or may: a reader that began before keeps old files alive. Try again.
    #[error("`{file}` is still held or still holds erased content: try again")]
    StillHeld {
        /// The file, by its path in the data folder.
        file: String,
    },
    /// A file could not be searched.
    #[error("cannot search the data folder: {0}")]
    Disk(String),
    /// The caller interrupted it.
    #[error("interrupted")]
    Interrupted,
    /// The rows could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The rows could not be written.
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
    /// The files that hold the pieces are rewritten.
    Compacting,
    /// All files of the data folder are searched for the pieces.
    Searching {
        /// Bytes searched.
        done: u64,
        /// Bytes of all files when the search began.
        total: u64,
    },
}

/// What was confirmed as erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompletedErasures {
    /// The pieces that no file holds any more, sorted. Those confirmed earlier are not named again.
    pub pieces: Vec<ErasedPiece>,
}

/// Completes erasures. Beside the sequencer, at any time, on any thread.
pub trait PrivateStore: LedgerReader {
    /// Erased pieces whose bytes may still be in a file, sorted.
    ///
    /// # Errors
    /// [`ReadError`].
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError>;

    /// Whether the bytes of this erased piece may still be in a file.
    ///
    /// # Errors
    /// [`ReadError`].
    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError>;

    /// Makes sure that no file of the data folder holds the `pieces`, by rewriting the files that did and by searching all
    /// of them; confirms nothing before. Pieces that are not pending are left out. A crash leaves the pieces pending: a
    /// node completes them after its next start. One pass for all `pieces` reads the whole folder once, so it belongs on a
    /// background thread. `watch` is called often; when it breaks, the call ends soon with [`ErasureError::Interrupted`].
    ///
    /// Not covered: what the disk keeps of deleted files, copies elsewhere, memory that was swapped out.
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
