//! Private content: kept off the chain, each piece under a salted commitment, and erasable.
//!
//! [`LogStore::append`](crate::store::traits::LogStore::append) writes private content in the same atomic step as its block. An
//! erasure is a job with a state: the append of its `erased` notice overwrites the piece by a tombstone, which is final and in
//! force at once; the bytes may stay in files for a while, and the piece is *pending* until
//! [`PrivateStore::complete_erasures`] has confirmed that no file holds them. Nobody is told before that the content is erased.
//!
//! Not here: who may read private content (`filing`).

use std::ops::ControlFlow;

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::metadata::PrivateMetadata;
use crate::ledger::notice::ErasedPiece;
use crate::store::traits::error::{AppendError, ReadError};
use crate::store::traits::ledger::LedgerReader;

/// One piece of private content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Private {
    /// It is kept.
    Held(PrivateMetadata),
    /// The deposit never brought it.
    None,
    /// It is gone for good; the place of the notice that says so.
    Erased(LeafIndex),
}

/// What a deposit brings along that stays off the chain. Only for a statement with a `meta` line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrivateContent {
    /// What the `meta` line commits to; `None` when its depositor keeps it.
    pub metadata: Option<PrivateMetadata>,
    /// Further pieces, each under a salt and a commitment of its own, by which it is asked for. The chain does not name
    /// them: whoever needs that names their commitments in the metadata.
    pub annexes: Vec<PrivateMetadata>,
    /// Opaque words under which whoever knows them finds the deposit. The store knows nothing of their meaning.
    pub labels: Vec<Digest>,
}

impl PrivateContent {
    /// Whether there is nothing to keep.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.metadata.is_none() && self.annexes.is_empty() && self.labels.is_empty()
    }
}

impl From<PrivateMetadata> for PrivateContent {
    fn from(metadata: PrivateMetadata) -> Self {
        Self { metadata: Some(metadata), ..Self::default() }
    }
}

/// Reads private content.
pub trait PrivateReader: Send + Sync {
    /// What the `meta` line of the deposit at `index` commits to, re-hashed and compared with `committed`, the commitment that
    /// the caller has read in the deposit, if it has one. The caller decides who may see the content.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Damaged`] also when a row is missing.
    fn private_of(&self, index: LeafIndex, committed: Option<&Digest>) -> Result<Private, ReadError>;

    /// The annex of the deposit at `index` with this commitment, re-hashed and compared with it. A missing row cannot be told
    /// from an annex that was never submitted: the chain names none.
    ///
    /// # Errors
    /// [`ReadError`].
    fn annex(&self, index: LeafIndex, commitment: &Digest) -> Result<Private, ReadError>;
}

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
