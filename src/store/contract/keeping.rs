//! What a store promises of what it keeps beside the chain: that erased content is gone, and how far followers have come.

use std::ops::ControlFlow;

use crate::ledger::hash::Digest;
use crate::ledger::notice::ErasedPiece;
use crate::store::contract::{AppendError, ReadError, ReadLedger};

/// Why a purge did not confirm what is erased. In each case the pieces stay pending, and the next purge starts over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PurgeError {
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

impl PurgeError {
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

/// Which part of a purge is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeStage {
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

/// What a purge has confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purged {
    /// The pieces that no file holds any more, sorted. Those of earlier purges are not named again.
    pub pieces: Vec<ErasedPiece>,
}

/// What a store keeps beside the chain: the end of what was erased, and how far followers have come. Beside the
/// sequencer, at any time, on any thread.
pub trait KeepPrivate: ReadLedger {
    /// Erased pieces that no purge has confirmed yet, sorted.
    ///
    /// # Errors
    /// [`ReadError`].
    fn unpurged(&self) -> Result<Vec<ErasedPiece>, ReadError>;

    /// Whether no purge has confirmed this erased piece yet.
    ///
    /// # Errors
    /// [`ReadError`].
    fn is_unpurged(&self, piece: &ErasedPiece) -> Result<bool, ReadError>;

    /// Makes sure that no file of the data folder holds the `pieces`, by rewriting the files that did and by searching all
    /// of them; confirms nothing before. Pieces that are not pending are left out. A crash leaves the pieces pending: a
    /// node purges them after its next start. One pass for all `pieces` reads the whole folder once, so it belongs on a
    /// background thread. `watch` is called often; when it breaks, the purge ends soon with [`PurgeError::Interrupted`].
    ///
    /// Not covered: what the disk keeps of deleted files, copies elsewhere, memory that was swapped out.
    ///
    /// # Errors
    /// [`PurgeError`].
    fn purge_pieces(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(PurgeStage) -> ControlFlow<()>,
    ) -> Result<Purged, PurgeError>;

    /// Purges all pieces that are pending.
    ///
    /// # Errors
    /// As [`Self::purge_pieces`].
    fn purge(&self) -> Result<Purged, PurgeError> {
        self.purge_pieces(&self.unpurged()?, &mut |_| ControlFlow::Continue(()))
    }

    /// How far the follower of this name has come; `None` when it was never set.
    ///
    /// # Errors
    /// [`ReadError`].
    fn bookmark(&self, name: &Digest) -> Result<Option<u64>, ReadError>;

    /// Remembers how far a follower has come. No evidence: after a power cut it may say what it said before.
    ///
    /// # Errors
    /// [`AppendError`].
    fn set_bookmark(&self, name: &Digest, position: u64) -> Result<(), AppendError>;
}
