//! The checkpoint file `mark`: the last signed checkpoint, durable, beside the database. Every opening compares the
//! database with it.
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
//! The slots are written in turn and each write is fsynced before it counts, so at any moment one slot holds the last
//! checkpoint or the one before. Of two good slots the higher number counts. The file never changes its size, so writing it
//! needs no space.
//!
//! The database holds the leaves of a high-water mark, and the MANIFEST its length, *before* the slot is written: so every
//! head that is readable is a lower bound for the database, also the head of a slot whose write was cut off.
//!
//! A write that is cut off leaves one of the two heads readable: the old ones until the first new one is complete. So a slot
//! in which neither is readable was damaged afterwards. It may have held the last checkpoint, and nothing tells how far that
//! reached: the file is refused, since a database that was cut off to the other slot's checkpoint would look complete.
//!
//! Slots of the earlier versions `TZMARK1` and `TZMARK2`, which have one short head and no high-water mark, are read too.
//!
//! Not here: whether the database agrees (`open`, `inspection`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::files::regular;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{DIGEST_LEN, Digest, sha256};
use crate::ledger::merkle::shape::TreeSize;
use crate::store::rocks::manifest::Extent;

/// A checkpoint file that is being written, beside the one whose place it takes.
pub const NEW_MARK: &str = ".tiezheng-new-mark";
const MAGIC: &[u8; 8] = b"TZMARK3\n";
/// Where the second head stands: in another sector, of which a disk writes all or nothing.
const SECOND_HEAD: usize = 512;
/// Where the note stands.
const NOTE: usize = 1_024;
/// The earlier versions: their magic, and the length of their head.
const EARLIER: [(&[u8; 8], usize); 2] = [(b"TZMARK1\n", 20), (b"TZMARK2\n", 36)];
const SLOT: usize = 64 << 10;
/// Bytes of the file.
pub const LENGTH: u64 = 2 * SLOT as u64;
/// Longest checkpoint note that fits in a slot.
pub const NOTE_MAX: usize = SLOT - NOTE - DIGEST_LEN;

/// What a mark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointState {
    sequence: u64,
    /// The last signed checkpoint; `None` when nothing is signed yet.
    pub checkpoint: Option<SignedCheckpoint>,
    /// How long RocksDB's MANIFEST was at least; `None` when nothing was recorded yet.
    pub manifest: Option<Extent>,
    /// How far the database reached at least. More than the checkpoint after a slot was damaged.
    pub reached: HighWater,
}

/// How many leaves the database held, and their root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighWater {
    /// The leaves.
    pub size: TreeSize,
    /// Of the tree over them.
    pub root: Digest,
}

impl HighWater {
    const NONE: Self = Self { size: TreeSize(0), root: Digest::ZERO };

    fn of(checkpoint: Option<&SignedCheckpoint>) -> Self {
        let signed = checkpoint.map(SignedCheckpoint::checkpoint);
        signed.map_or(Self::NONE, |signed| Self { size: signed.size, root: signed.root })
    }

    /// The one that reaches further.
    fn further(self, other: Self) -> Self {
        if other.size > self.size { other } else { self }
    }
}

/// Why a mark could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointWriteError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// A slot could not be written; it was not flushed. The other slot is as it was.
    #[error(transparent)]
    Write(io::Error),
    /// The checkpoint note is longer than a slot. Nothing was written.
    #[error("a checkpoint note of {length} bytes is longer than the {NOTE_MAX} that the mark holds")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Why a mark could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointReadError {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] io::Error),
    /// The file has another length.
    #[error("the file has {found} bytes instead of {LENGTH}")]
    Length {
        /// Its length, or one byte more than it may have.
        found: u64,
    },
    /// Neither slot holds a checkpoint that is readable.
    #[error("both slots of the mark are damaged")]
    BothSlots,
    /// A slot is damaged so that nothing tells whether it was the last one.
    #[error("slot {slot} of the mark is damaged, the other one says {size} leaves")]
    OneSlot {
        /// 0 or 1.
        slot: usize,
        /// How far the other slot reaches.
        size: TreeSize,
    },
}

/// The mark's file, open for writing.
#[derive(Debug)]
pub struct CheckpointFile {
    file: File,
    sequence: u64,
    reached: HighWater,
}

impl CheckpointState {
    /// Reads the mark of a file.
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
        let last = slots.iter().filter_map(|slot| slot.mark.as_ref()).max_by_key(|mark| mark.sequence);
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
    /// Writes the file of a ledger in which nothing is signed yet. It is durable once its folder is fsynced too.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn write_new(path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        for sequence in [0, 1] {
            let mut slot = encode(sequence, "", HighWater::NONE, None);
            slot.resize(SLOT, 0);
            file.write_all(&slot)?;
        }
        file.sync_all()
    }

    /// Opens the file in which `mark` was read. A file that has another name as well, in a copy of the folder that was made of
    /// hard links, is replaced by a file of its own first: it is written in place, and the copy would change with it.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn open(path: &Path, mark: &CheckpointState) -> io::Result<Self> {
        let mut file = regular::open_own_for_writing(path)?;
        if file.metadata()?.nlink() > 1 {
            unshare(path)?;
            file = regular::open_own_for_writing(path)?;
        }
        Ok(Self { file, sequence: mark.sequence, reached: mark.reached })
    }

    /// Records `checkpoint` and the extent of the MANIFEST: into the older slot, fsynced. The database must hold the leaves
    /// of the checkpoint durably, and the MANIFEST have that extent.
    ///
    /// # Errors
    ///
    /// [`CheckpointWriteError::TooLong`] before anything is written; [`CheckpointWriteError::Write`]; [`CheckpointWriteError::Disk`] when the flush failed, after
    /// which the outcome is unknown.
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

/// Puts a copy in the place of the file at `path`.
fn unshare(path: &Path) -> io::Result<()> {
    let bytes = regular::read_own(path, 2 * SLOT)?;
    let draft = path.with_file_name(NEW_MARK);
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

/// What the head of a slot says.
#[derive(Debug, Clone, Copy)]
struct Head {
    sequence: u64,
    length: usize,
    manifest: Option<Extent>,
    reached: HighWater,
}

impl Head {
    /// `None` when it is torn or damaged.
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

/// What is readable of a slot.
struct Slot {
    /// All of it.
    mark: Option<CheckpointState>,
    /// At least how far it reaches.
    heads: Vec<Head>,
}

impl Slot {
    fn decode(slot: &[u8; SLOT], place: u64) -> Self {
        let heads = [0, SECOND_HEAD].into_iter().filter_map(|at| Head::decode(slot.get(at..)?));
        let mut heads: Vec<Head> = heads.filter(|head| head.sequence % 2 == place).collect();
        let mark = decode(slot).or_else(|| decode_earlier(slot)).filter(|mark| mark.sequence % 2 == place);
        if let Some(CheckpointState { sequence, manifest, reached, .. }) = &mark {
            heads.push(Head { sequence: *sequence, length: 0, manifest: *manifest, reached: *reached });
        }
        Self { mark, heads }
    }
}

fn decode(slot: &[u8; SLOT]) -> Option<CheckpointState> {
    let head = Head::decode(slot)?;
    let checkpoint = signed_note(slot, NOTE, head.length)?;
    let reached = head.reached.further(HighWater::of(checkpoint.as_ref()));
    Some(CheckpointState { sequence: head.sequence, checkpoint, manifest: head.manifest, reached })
}

/// A slot that an earlier version wrote.
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

/// The checkpoint of a slot whose note of `length` bytes stands at `at`; `Some(None)` when nothing is signed yet, `None` when the
/// slot is torn or damaged.
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
