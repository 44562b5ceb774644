//! The checkpoint file `mark`: the last signed checkpoint, durable, beside the database. Every opening compares the
//! database with it.
//!
//! ```text
//! file `mark`, 131,072 bytes, preallocated       slot, 65,536 bytes
//! ┌────────────────┬────────────────┐             0  magic "TZMARK2\n"                      8
//! │ slot 0         │ slot 1         │             8  sequence number, u64 BE                8   written to slot (number mod 2)
//! └────────────────┴────────────────┘            16  length of the note, u32 BE             4   0 = nothing signed yet
//!                                                20  number of RocksDB's MANIFEST, u64 BE   8   ┐ 0 0 = nothing
//!                                                28  its length in bytes, u64 BE            8   ┘ recorded
//!                                                36  checkpoint note                        length
//!                                                    SHA-256 of all before it               32
//! ```
//!
//! # Invariants
//!
//! The slots are written in turn and each write is fsynced before it counts, so at any moment one slot holds the last
//! checkpoint or the one before. Of two good slots the higher number counts; a torn slot falls back to the other; two bad
//! slots are refused. The file never changes its size, so writing it needs no space.
//!
//! The length of the MANIFEST is a lower bound: those bytes were fsynced before they were recorded (`manifest`).
//!
//! Slots of the earlier version `TZMARK1`, which have no MANIFEST fields, are read too.
//!
//! Not here: whether the database agrees (`open`).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::files::regular;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{DIGEST_LEN, sha256};
use crate::store::rocks::manifest::Extent;

const MAGIC: &[u8; 8] = b"TZMARK2\n";
const HEAD: usize = 36;
/// The earlier version, without the MANIFEST's fields.
const FIRST_MAGIC: &[u8; 8] = b"TZMARK1\n";
const FIRST_HEAD: usize = 20;
const SLOT: usize = 64 << 10;
/// Longest checkpoint note that fits in a slot.
pub const NOTE_MAX: usize = SLOT - HEAD - DIGEST_LEN;

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    sequence: u64,
    /// The last signed checkpoint; `None` when nothing is signed yet.
    pub checkpoint: Option<SignedCheckpoint>,
    /// How long RocksDB's MANIFEST was at least; `None` when nothing was recorded yet.
    pub manifest: Option<Extent>,
}

/// Why a mark could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// A slot could not be written; it was not flushed. The other slot is as it was.
    #[error(transparent)]
    Write(io::Error),
    /// Both slots are damaged, or the file has another length.
    #[error("both slots of the mark are damaged")]
    Damaged,
    /// The checkpoint note is longer than a slot. Nothing was written.
    #[error("a checkpoint note of {length} bytes is longer than the {NOTE_MAX} that the mark holds")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// The mark's file, open for writing.
#[derive(Debug)]
pub struct MarkFile {
    file: File,
    sequence: u64,
}

impl Mark {
    /// Reads the mark of a file.
    ///
    /// # Errors
    ///
    /// [`MarkError::Disk`], with [`io::ErrorKind::NotFound`] when there is none; [`MarkError::Damaged`].
    pub fn read(path: &Path) -> Result<Self, MarkError> {
        let mut bytes = Vec::with_capacity(2 * SLOT);
        regular::open(path)?.take(3 * SLOT as u64).read_to_end(&mut bytes)?;
        let (slots, rest) = bytes.as_chunks::<SLOT>();
        if slots.len() != 2 || !rest.is_empty() {
            return Err(MarkError::Damaged);
        }
        let good = (0..).zip(slots).filter_map(|(place, slot)| decode(slot).filter(|mark| mark.sequence % 2 == place));
        good.max_by_key(|mark| mark.sequence).ok_or(MarkError::Damaged)
    }
}

impl MarkFile {
    /// Writes the file of a ledger in which nothing is signed yet. It is durable once its folder is fsynced too.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn write_new(path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        for sequence in [0, 1] {
            let mut slot = encode(sequence, "", None);
            slot.resize(SLOT, 0);
            file.write_all(&slot)?;
        }
        file.sync_all()
    }

    /// Opens the file in which `mark` was read.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn open(path: &Path, mark: &Mark) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().read(true).write(true).open(path)?, sequence: mark.sequence })
    }

    /// Records `checkpoint` and the extent of the MANIFEST: into the older slot, fsynced.
    ///
    /// # Errors
    ///
    /// [`MarkError::TooLong`] before anything is written; [`MarkError::Write`]; [`MarkError::Disk`] when the flush failed, after
    /// which the outcome is unknown.
    pub fn write(&mut self, checkpoint: &SignedCheckpoint, manifest: Option<Extent>) -> Result<(), MarkError> {
        let note = checkpoint.note().to_string();
        if note.len() > NOTE_MAX {
            return Err(MarkError::TooLong { length: note.len() });
        }
        let sequence = self.sequence + 1;
        let place = if sequence.is_multiple_of(2) { 0 } else { SLOT as u64 };
        self.file.write_all_at(&encode(sequence, &note, manifest), place).map_err(MarkError::Write)?;
        self.file.sync_data()?;
        self.sequence = sequence;
        Ok(())
    }
}

fn encode(sequence: u64, note: &str, manifest: Option<Extent>) -> Vec<u8> {
    // NOTE_MAX keeps the length far below 2^32.
    let length = u32::try_from(note.len()).unwrap_or(u32::MAX);
    let Extent { number, length: bytes } = manifest.unwrap_or(Extent { number: 0, length: 0 });
    let head = [MAGIC.as_slice(), &sequence.to_be_bytes(), &length.to_be_bytes()].concat();
    let body = [head.as_slice(), &number.to_be_bytes(), &bytes.to_be_bytes(), note.as_bytes()].concat();
    let sum = sha256(&body);
    [body.as_slice(), &sum.0].concat()
}

/// What a slot says; `None` when it is torn or damaged.
fn decode(slot: &[u8; SLOT]) -> Option<Mark> {
    let (magic, rest) = slot.split_first_chunk()?;
    let (sequence, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (head, manifest, rest) = match magic {
        MAGIC => {
            let (number, rest) = rest.split_first_chunk()?;
            let (bytes, rest) = rest.split_first_chunk()?;
            let extent = Extent { number: u64::from_be_bytes(*number), length: u64::from_be_bytes(*bytes) };
            (HEAD, Some(extent).filter(|extent| extent.number > 0), rest)
        }
        FIRST_MAGIC => (FIRST_HEAD, None, rest),
        _ => return None,
    };
    let note = rest.get(..length)?;
    let sum = rest.get(length..)?.first_chunk::<DIGEST_LEN>()?;
    if sha256(slot.get(..head + length)?).0 != *sum {
        return None;
    }
    let checkpoint = if note.is_empty() { None } else { Some(SignedCheckpoint::parse(note).ok()?) };
    Some(Mark { sequence: u64::from_be_bytes(*sequence), checkpoint, manifest })
}

#[cfg(test)]
mod tests;
