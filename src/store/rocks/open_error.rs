//! Why a ledger's folder was not opened.
//!
//! # Invariants
//!
//! The variants distinguish damage from faults of the environment. Messages advise restoring a backup for damage only,
//! because a restore loses the deposits acknowledged since the backup.

use std::io;

use crate::files::regular::NotRegular;
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::rocks::checkpoint_file::LENGTH as CHECKPOINT_FILE_LENGTH;
use crate::store::rocks::engine::EngineError;
use crate::store::rocks::folder::LockError;
use crate::store::rocks::format::FORMAT_VERSION;
use crate::store::rocks::manifest::Extent;
use crate::store::traits::ReadError;

/// Why a folder was not opened. The folder is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder contains no ledger.
    #[error(
        "the folder holds no ledger (neither `mark` nor `db`): check the path; `tiezheng serve --data` creates a new ledger"
    )]
    Absent,
    /// A creation was interrupted before anything could be deposited.
    #[error(
        "the creation of this ledger was interrupted, and nothing was deposited yet: run `tiezheng serve` on it again, which completes it"
    )]
    Unfinished,
    /// A restore was interrupted.
    #[error("a restore into this folder was interrupted: run the same `restore` again, which continues it")]
    RestoreUnfinished,
    /// The folder contains a ledger already.
    #[error("the folder holds a ledger already: choose an empty folder, or move this ledger away first")]
    Exists,
    /// The folder contains a name that is not part of a ledger.
    #[error("the folder holds `{name}`, which is not part of a ledger: choose an empty folder")]
    UnknownName {
        /// The first such name.
        name: String,
    },
    /// A key file of a ledger exists without the ledger. A new ledger under the same key would be a second history.
    #[error(
        "the folder holds a ledger's key but no ledger: restore the ledger from a backup; to begin another ledger, choose an empty folder"
    )]
    KeyWithoutLedger,
    /// Originals, account files or the platform's key of a ledger exist without the ledger. A new ledger would remove
    /// originals.
    #[error(
        "the folder holds `{name}` of a ledger but no ledger: restore the ledger from a backup; to begin another ledger, choose an empty folder"
    )]
    PartsWithoutLedger {
        /// The first such name.
        name: String,
    },
    /// Another process has it open.
    #[error("the folder is in use: a node or an audit is running on it")]
    InUse,
    /// The database exists without the checkpoint file.
    #[error(
        "the checkpoint file `mark` is missing: restore the whole folder from a backup or mirror; without it a truncated or older database cannot be detected"
    )]
    CheckpointFileMissing,
    /// Both slots of the checkpoint file are damaged.
    #[error("both slots of the checkpoint file `mark` are damaged: restore the whole folder from a backup or mirror")]
    CheckpointFileDamaged,
    /// The checkpoint file has the wrong length.
    #[error(
        "the checkpoint file `mark` has {found} bytes instead of {CHECKPOINT_FILE_LENGTH}: {}; restore the whole folder from a backup or mirror",
        length_fault(*found)
    )]
    CheckpointFileLength {
        /// Its length.
        found: u64,
    },
    /// One slot of the checkpoint file is damaged, and it may have contained the last checkpoint.
    #[error(
        "slot {slot} of the checkpoint file `mark` is damaged and may have held a later checkpoint than the other one ({size} \
         leaves): it is unknown whether the database is complete. A power cut does not do this: check the disk. Put the \
         file `mark` of the newest backup in its place, start again, and compare the number of records with the last receipt \
         given out"
    )]
    CheckpointSlotDamaged {
        /// 0 or 1.
        slot: usize,
        /// High-water mark of the other slot.
        size: TreeSize,
    },
    /// A name of the folder is a symbolic link or a special file.
    #[error(
        "`{name}` in the folder is {}: the data folder of a ledger must hold regular files and folders only. Put the file or folder itself \
         there; to use another disk for a folder, mount it there",
        found.map_or_else(|| "a file, not a folder".into(), |found| found.to_string())
    )]
    WrongKind {
        /// The name, relative to the folder.
        name: String,
        /// Its kind; `None` for a regular file where a folder is required.
        found: Option<NotRegular>,
    },
    /// The checkpoint file exists without the database.
    #[error(
        "the database is missing, and the checkpoint file `mark` says that {size} leaves were signed: restore it from a backup or mirror"
    )]
    DatabaseMissing {
        /// The size in the checkpoint file.
        size: TreeSize,
    },
    /// RocksDB reports damage, or the database lacks data that every ledger has.
    #[error("the database is damaged: {reason}; restore it from a backup or mirror")]
    DatabaseDamaged {
        /// Message of RocksDB or of this program.
        reason: String,
    },
    /// A record or tile that opening reads is damaged.
    #[error("the database is damaged: {0}; restore it from a backup or mirror")]
    RecordDamaged(ReadError),
    /// RocksDB's MANIFEST is shorter or older than recorded: RocksDB would delete the SST files and logs that only its
    /// lost end names.
    #[error(
        "the database's file list MANIFEST-{:06} has {} bytes, but MANIFEST-{:06} with {} bytes was recorded: it was cut off, or an older copy was put back; restore the database from a backup or mirror",
        found.number, found.length, recorded.number, recorded.length
    )]
    ManifestCutOff {
        /// The extent found.
        found: Extent,
        /// The extent in the checkpoint file.
        recorded: Extent,
    },
    /// RocksDB failed, or recovered less than the inspection just before has found. The files are unchanged.
    #[error(
        "RocksDB could not recover the database, which was complete when it was read just before ({reason}). Its files are unchanged: start again, and check the disk if this happens again; do not restore a backup for this"
    )]
    Recovery {
        /// Message of RocksDB or of this program.
        reason: String,
    },
    /// A later program wrote the database, or one before the first release.
    #[error("the database has format {found}, this program knows {FORMAT_VERSION}: use the program that wrote it")]
    UnknownFormat {
        /// The format version of the database.
        found: u32,
    },
    /// An earlier program wrote the database, and its index can be rebuilt in the current format.
    #[error(
        "the database has format {found}, this program uses {FORMAT_VERSION}: make a backup, then run `tiezheng index rebuild` on the folder"
    )]
    OlderFormat {
        /// The format version of the database.
        found: u32,
    },
    /// A rebuild of the index was interrupted.
    #[error(
        "the index is incomplete, because its rebuild was interrupted: run `tiezheng index rebuild` on the folder again"
    )]
    IndexIncomplete,
    /// The database has lost blocks that were signed, or an older copy was put back.
    #[error(
        "the database ends at {size}, but {marked} leaves were signed: blocks are lost or an older copy was put back; restore the newest one"
    )]
    Behind {
        /// The database's size.
        size: TreeSize,
        /// The size in the checkpoint file.
        marked: TreeSize,
    },
    /// The database contains another history than the signed one.
    #[error(
        "the first {size} leaves have the root {found}, but {expected} was signed: this is another ledger, or its records were changed"
    )]
    Different {
        /// The size in the checkpoint file.
        size: TreeSize,
        /// The root in the checkpoint file.
        expected: Digest,
        /// The root of the stored leaves.
        found: Digest,
    },
    /// The tree of the checkpoint file does not end in a block header.
    #[error("the {size} leaves that the checkpoint file `mark` names do not end in a block header")]
    NoBlockAtCheckpoint {
        /// The size in the checkpoint file.
        size: TreeSize,
    },
    /// The database belongs to another ledger than the checkpoint file, or than the caller expects.
    #[error(
        "the database is of the ledger `{found}`, where `{expected}` was expected: use the database and the checkpoint file of the same ledger"
    )]
    AnotherLedger {
        /// The origin expected.
        expected: Name,
        /// The database's.
        found: Name,
    },
    /// The environment: no descriptors, memory, space or permission, or an I/O error. No sign of damage.
    #[error(
        "cannot read or write the folder: {0}. This is no sign of damage: remove the cause and start again; do not restore a backup for this"
    )]
    Environment(#[from] io::Error),
}

/// The likely cause of a wrong length of the checkpoint file.
const fn length_fault(found: u64) -> &'static str {
    match found {
        0 => "it is empty",
        1..CHECKPOINT_FILE_LENGTH => "it was cut off",
        _ => "something was appended to it",
    }
}

impl OpenError {
    /// Whether the error means damage of the ledger itself. A faulty read may cause it too, so callers inspect twice.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::CheckpointFileMissing
            | Self::CheckpointFileDamaged
            | Self::CheckpointFileLength { .. }
            | Self::CheckpointSlotDamaged { .. }
            | Self::DatabaseMissing { .. }
            | Self::DatabaseDamaged { .. }
            | Self::RecordDamaged(_)
            | Self::ManifestCutOff { .. }
            | Self::UnknownFormat { .. }
            | Self::Behind { .. }
            | Self::Different { .. }
            | Self::NoBlockAtCheckpoint { .. }
            | Self::AnotherLedger { .. } => true,
            Self::Absent
            | Self::Unfinished
            | Self::RestoreUnfinished
            | Self::Exists
            | Self::UnknownName { .. }
            | Self::WrongKind { .. }
            | Self::KeyWithoutLedger
            | Self::PartsWithoutLedger { .. }
            | Self::InUse
            | Self::OlderFormat { .. }
            | Self::IndexIncomplete
            | Self::Recovery { .. }
            | Self::Environment(_) => false,
        }
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Damaged { .. } => Self::RecordDamaged(error),
            ReadError::Beyond { .. } | ReadError::WouldBlock | ReadError::NotPublished | ReadError::Unavailable(_) => {
                Self::Environment(io::Error::other(error.to_string()))
            }
        }
    }
}

impl From<EngineError> for OpenError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Damaged(reason) => Self::DatabaseDamaged { reason },
            EngineError::Environment(reason) => Self::Environment(io::Error::other(reason)),
        }
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held => Self::InUse,
            LockError::Disk(error) => Self::Environment(error),
        }
    }
}
