//! The checkpoint file, `mark` in the data folder: the last signed checkpoint and a durable high-water mark of the
//! database.
//!
//! It is separate from the database. Whenever a process opens the database, it compares the database with this file, and so
//! detects a database that lost its end.
//!
//! ```text
//! file `mark`, 131,072 bytes, preallocated       slot, 65,536 bytes
//! ┌────────────────┬────────────────┐                0  head                                          108
//! │ slot 0         │ slot 1         │              512  the head once more, in a sector of its own    108
//! └────────────────┴────────────────┘            1,024  checkpoint note                            length
//! written to slot (sequence number mod 2)               SHA-256 of all before it                       32
//!
//! head   0  magic "TZMARK3\n"                   8
//!        8  sequence number, u64 BE              8
//!       16  length of the note, u32 BE           4   0 = nothing signed yet
//!       20  number of RocksDB's MANIFEST, u64    8   ┐ 0 0 = nothing
//!       28  its length in bytes, u64             8   ┘ recorded
//!       36  high-water mark: leaves, u64         8   ┐ never less than in an earlier slot
//!       44  their root                          32   ┘
//!       76  SHA-256 of all before it            32
//! ```
//!
//! # Invariants
//!
//! The two slots are written alternately, and a write is fsynced before the checkpoint counts as published. So at any time
//! one slot contains the last checkpoint or the one before it. Of two valid slots, the one with the higher sequence number
//! is current. The file never changes its size, so a write needs no disk space.
//!
//! The leaves of a high-water mark and the recorded length of the MANIFEST are durable *before* the slot is written. So
//! every readable head is a lower bound for the database, also the head of a slot whose write was interrupted.
//!
//! An interrupted write leaves at least one of the slot's two heads readable: the old second head is intact until the new
//! first head is complete. So a slot without a readable head was damaged later. It may have contained the last checkpoint,
//! and its size is unknown. The file is then rejected: a database truncated to the other slot's checkpoint would appear
//! complete.
//!
//! Slots of the earlier versions `TZMARK1` and `TZMARK2`, which have one short head and no high-water mark, are read too.
//!
//! Not here: comparing the database with the file (`open`, `inspection`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::files::regular;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{DIGEST_LEN, Digest, sha256};
use crate::ledger::merkle::shape::TreeSize;
use crate::store::rocks::manifest::Extent;

/// Name of a new checkpoint file while it is written; it is then renamed over the old one.
pub const NEW_CHECKPOINT_FILE: &str = ".tiezheng-new-mark";
const MAGIC: &[u8; 8] = b"TZMARK3\n";
/// Offset of the second head in a slot: in another sector, since a disk writes a sector completely or not at all.
const SECOND_HEAD: usize = 512;
/// Offset of the checkpoint note in a slot.
const NOTE: usize = 1_024;
/// The earlier versions of a slot: magic, and length of the head in bytes.
const EARLIER: [(&[u8; 8], usize); 2] = [(b"TZMARK1\n", 20), (b"TZMARK2\n", 36)];
/// Bytes of a slot.
const SLOT: usize = 64 << 10;
/// Bytes of the file.
pub const LENGTH: u64 = 2 * SLOT as u64;
/// Longest checkpoint note that fits in a slot.
pub const NOTE_MAX: usize = SLOT - NOTE - DIGEST_LEN;

/// The content of the checkpoint file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointState {
    sequence: u64,
    /// The last signed checkpoint; `None` when nothing is signed yet.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Lower bound of the length of RocksDB's MANIFEST; `None` when nothing was recorded yet.
    pub manifest: Option<Extent>,
    /// Lower bound of the database's tree. It is larger than the checkpoint if the slot with the last checkpoint was
    /// damaged.
    pub reached: HighWater,
}

/// High-water mark: a number of leaves that the database contained durably, and their Merkle root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighWater {
    /// Number of leaves.
    pub size: TreeSize,
    /// Root of the tree over these leaves.
    pub root: Digest,
}

impl HighWater {
    const NONE: Self = Self { size: TreeSize(0), root: Digest::ZERO };

    fn of(checkpoint: Option<&SignedCheckpoint>) -> Self {
        let signed = checkpoint.map(SignedCheckpoint::checkpoint);
        signed.map_or(Self::NONE, |signed| Self { size: signed.size, root: signed.root })
    }

    /// The larger of both.
    fn further(self, other: Self) -> Self {
        if other.size > self.size { other } else { self }
    }
}

/// Why the checkpoint file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointWriteError {
    /// The flush (fsync) failed: it is unknown what the disk contains.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The write of a slot failed before the flush. The other slot is unchanged.
    #[error(transparent)]
    Write(io::Error),
    /// The checkpoint note does not fit into a slot. Nothing was written.
    #[error("a checkpoint note of {length} bytes is longer than the {NOTE_MAX} that the checkpoint file holds")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Why the checkpoint file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointReadError {
    /// The file could not be opened or read.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The file has the wrong length.
    #[error("the file has {found} bytes instead of {LENGTH}")]
    Length {
        /// Its length in bytes.
        found: u64,
    },
    /// No slot is intact.
    #[error("both slots of the checkpoint file are damaged")]
    BothSlots,
    /// One slot has no readable head, so it is unknown whether it contained the last checkpoint.
    #[error("slot {slot} of the checkpoint file is damaged, the other one records {size} leaves")]
    OneSlot {
        /// The damaged slot: 0 or 1.
        slot: usize,
        /// High-water mark of the intact slot.
        size: TreeSize,
    },
}

/// The checkpoint file, open for writing.
#[derive(Debug)]
pub struct CheckpointFile {
    file: File,
    sequence: u64,
    reached: HighWater,
}

impl CheckpointState {
    /// Reads the checkpoint file at `path`.
    ///
    /// # Errors
    ///
    /// [`CheckpointReadError`]: its `Disk` with [`io::ErrorKind::NotFound`] when there is none.
    pub fn read(path: &Path) -> Result<Self, CheckpointReadError> {
        let file = regular::open_own(path)?;
        let found = file.metadata()?.len();
        let mut bytes = Vec::with_capacity(2 * SLOT);
        file.take(LENGTH + 1).read_to_end(&mut bytes)?;
        let ([first, second], []) = bytes.as_chunks::<SLOT>() else {
            return Err(CheckpointReadError::Length { found });
        };
        let slots = [(first, 0), (second, 1)].map(|(slot, place)| Slot::decode(slot, place));
        let last = slots.iter().filter_map(|slot| slot.state.as_ref()).max_by_key(|state| state.sequence);
        let Some(last) = last else { return Err(CheckpointReadError::BothSlots) };
        if let Some(slot) = slots.iter().position(|slot| slot.heads.is_empty()) {
            return Err(CheckpointReadError::OneSlot { slot, size: last.reached.size });
        }
        let heads = || slots.iter().flat_map(|slot| &slot.heads);
        let reached = heads().fold(last.reached, |reached, head| reached.further(head.reached));
        let manifest = heads().filter_map(|head| head.manifest).max_by_key(|extent| (extent.number, extent.length));
        Ok(Self { manifest, reached, ..last.clone() })
    }
}

impl CheckpointFile {
    /// Creates the file for a ledger without a signed checkpoint. It is durable once the caller has fsynced its folder,
    /// too.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn write_new(path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        for sequence in [0, 1] {
            let mut slot = encode(sequence, "", HighWater::NONE, None);
            slot.resize(SLOT, 0);
            file.write_all(&slot)?;
        }
        file.sync_all()
    }

    /// Opens the file for writing; `state` is the content that was read from it. The file is overwritten in place. If
    /// it has a second hard link, for example in a backup made of hard links, it is first replaced by a copy. So writes
    /// do not change the backup.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn open(path: &Path, state: &CheckpointState) -> io::Result<Self> {
        let mut file = regular::open_own_for_writing(path)?;
        if file.metadata()?.nlink() > 1 {
            unshare(path)?;
            file = regular::open_own_for_writing(path)?;
        }
        Ok(Self { file, sequence: state.sequence, reached: state.reached })
    }

    /// Writes `checkpoint` and the extent of the MANIFEST to the older slot, and fsyncs it. Before the call, the leaves of
    /// the checkpoint must be durable in the database, and the MANIFEST must have that extent.
    ///
    /// # Errors
    ///
    /// [`CheckpointWriteError::TooLong`] before anything is written; [`CheckpointWriteError::Write`];
    /// [`CheckpointWriteError::Disk`] when the flush failed, after which the outcome is unknown.
    pub fn write(
        &mut self,
        checkpoint: &SignedCheckpoint,
        manifest: Option<Extent>,
    ) -> Result<(), CheckpointWriteError> {
        let note = checkpoint.note().to_string();
        if note.len() > NOTE_MAX {
            return Err(CheckpointWriteError::TooLong { length: note.len() });
        }
        let sequence = self.sequence + 1;
        let reached = self.reached.further(HighWater::of(Some(checkpoint)));
        let place = if sequence.is_multiple_of(2) { 0 } else { SLOT as u64 };
        self.file
            .write_all_at(&encode(sequence, &note, reached, manifest), place)
            .map_err(CheckpointWriteError::Write)?;
        self.file.sync_data()?;
        (self.sequence, self.reached) = (sequence, reached);
        Ok(())
    }
}

/// Replaces the file at `path` by a copy of itself that has no other hard link.
fn unshare(path: &Path) -> io::Result<()> {
    let bytes = regular::read_own(path, 2 * SLOT)?;
    let draft = path.with_file_name(NEW_CHECKPOINT_FILE);
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    // The first error is the one to report.
    written.inspect_err(|_| drop(fs::remove_file(&draft)))?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn encode(sequence: u64, note: &str, reached: HighWater, manifest: Option<Extent>) -> Vec<u8> {
    // NOTE_MAX keeps the length far below 2^32.
    let length = u32::try_from(note.len()).unwrap_or(u32::MAX);
    let Extent { number, length: bytes } = manifest.unwrap_or(Extent { number: 0, length: 0 });
    let mut head = [MAGIC.as_slice(), &sequence.to_be_bytes(), &length.to_be_bytes()].concat();
    head.extend_from_slice(&[number.to_be_bytes(), bytes.to_be_bytes(), reached.size.0.to_be_bytes()].concat());
    head.extend_from_slice(&reached.root.0);
    head.extend_from_slice(&sha256(&head).0);
    let mut slot = head.clone();
    slot.resize(SECOND_HEAD, 0);
    slot.extend_from_slice(&head);
    slot.resize(NOTE, 0);
    slot.extend_from_slice(note.as_bytes());
    let sum = sha256(&slot);
    slot.extend_from_slice(&sum.0);
    slot
}

/// The decoded head of a slot.
#[derive(Debug, Clone, Copy)]
struct Head {
    sequence: u64,
    length: usize,
    manifest: Option<Extent>,
    reached: HighWater,
}

impl Head {
    /// Decodes a head; `None` when it is torn or damaged.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk()?;
        let (sequence, rest) = number(rest)?;
        let (length, rest) = rest.split_first_chunk()?;
        let (manifest, rest) = number(rest)?;
        let (extent, rest) = number(rest)?;
        let (size, rest) = number(rest)?;
        let (root, rest) = rest.split_first_chunk::<DIGEST_LEN>()?;
        let sum = rest.first_chunk::<DIGEST_LEN>()?;
        if magic != MAGIC || sha256(bytes.get(..bytes.len() - rest.len())?).0 != *sum {
            return None;
        }
        Some(Self {
            sequence,
            length: usize::try_from(u32::from_be_bytes(*length)).ok()?,
            manifest: extent_of(manifest, extent),
            reached: HighWater { size: TreeSize(size), root: Digest(*root) },
        })
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*number), rest))
}

fn extent_of(number: u64, length: u64) -> Option<Extent> {
    Some(Extent { number, length }).filter(|extent| extent.number > 0)
}

/// The readable parts of a slot.
struct Slot {
    /// The complete slot; `None` when it is torn or damaged.
    state: Option<CheckpointState>,
    /// The readable heads, each a lower bound for the database.
    heads: Vec<Head>,
}

impl Slot {
    fn decode(slot: &[u8; SLOT], place: u64) -> Self {
        let heads = [0, SECOND_HEAD].into_iter().filter_map(|at| Head::decode(slot.get(at..)?));
        let mut heads: Vec<Head> = heads.filter(|head| head.sequence % 2 == place).collect();
        let state = decode(slot).or_else(|| decode_earlier(slot)).filter(|state| state.sequence % 2 == place);
        if let Some(CheckpointState { sequence, manifest, reached, .. }) = &state {
            heads.push(Head { sequence: *sequence, length: 0, manifest: *manifest, reached: *reached });
        }
        Self { state, heads }
    }
}

fn decode(slot: &[u8; SLOT]) -> Option<CheckpointState> {
    let head = Head::decode(slot)?;
    let checkpoint = signed_note(slot, NOTE, head.length)?;
    let reached = head.reached.further(HighWater::of(checkpoint.as_ref()));
    Some(CheckpointState { sequence: head.sequence, checkpoint, manifest: head.manifest, reached })
}

/// Decodes a slot that an earlier version of the program wrote.
fn decode_earlier(slot: &[u8; SLOT]) -> Option<CheckpointState> {
    let (_, head) = EARLIER.into_iter().find(|(magic, _)| slot.starts_with(*magic))?;
    let (sequence, rest) = number(slot.get(8..)?)?;
    let (length, rest) = rest.split_first_chunk()?;
    let checkpoint = signed_note(slot, head, usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let manifest = if head > 20 {
        let (manifest, rest) = number(rest)?;
        extent_of(manifest, number(rest)?.0)
    } else {
        None
    };
    Some(CheckpointState { sequence, reached: HighWater::of(checkpoint.as_ref()), checkpoint, manifest })
}

/// Decodes the checkpoint of a slot, whose note begins at offset `at` and has `length` bytes. `Some(None)` when nothing is
/// signed yet, `None` when the slot is torn or damaged.
#[expect(clippy::option_option, reason = "a slot may be intact and hold no checkpoint")]
fn signed_note(slot: &[u8; SLOT], at: usize, length: usize) -> Option<Option<SignedCheckpoint>> {
    let end = at.checked_add(length)?;
    let sum = slot.get(end..)?.first_chunk::<DIGEST_LEN>()?;
    if sha256(slot.get(..end)?).0 != *sum {
        return None;
    }
    let note = slot.get(at..end)?;
    if note.is_empty() { Some(None) } else { SignedCheckpoint::parse(note).ok().map(Some) }
}

#[cfg(test)]
mod tests;
