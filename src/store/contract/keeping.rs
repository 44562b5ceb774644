//! What a store promises of what it keeps beside the chain: that erased content is gone, and how far followers have come.

use crate::ledger::hash::Digest;
use crate::ledger::notice::ErasedPiece;
use crate::store::contract::{AppendError, ReadError, ReadLedger};

/// Why a purge did not confirm what is erased. Whatever it is: purge again, it goes on where this one ended.
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
    /// The rows could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The rows could not be written.
    #[error(transparent)]
    Write(#[from] AppendError),
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

    /// Makes sure that no file of the data folder holds what is erased, by rewriting the files that did and by searching
    /// all of them; confirms nothing before. What a crash cut off, the next call finishes: a node calls this when it
    /// starts and after each erasure. Takes as long as it takes to read the whole folder.
    ///
    /// Not covered: what the disk keeps of deleted files, copies elsewhere, memory that was swapped out.
    ///
    /// # Errors
    /// [`PurgeError`].
    fn purge(&self) -> Result<Purged, PurgeError>;

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
