//! Stores the progress of an audit of a log, so that a later run continues from there.
//!
//! ```text
//! position        document: size, root, the right edge of the tree, the end of the chain, counts, and the checkpoint that was audited
//! position.part   the same within an audit that is under way
//! streams         one line for each growth of a stream: <id> <last sequence> <owner's key>…
//! tile-roots      32 bytes for each full tile of leaves: its root
//! ```
//!
//! # Invariants
//!
//! `streams` and `tile-roots` are flushed before the document that names their valid length. A stored position is used only if
//! its checksums fit, its edge has its root, and the tree of the checkpoint under audit begins with it (RFC 6962 §2.1.2). So an
//! audit skips only leaves of the signed history: a changed file can only make it fail or start from the first leaf. A user who
//! can write to the folder can forge both state and checksum: protect it like the auditor's own key. Findings are not stored:
//! callers store no position behind a leaf with a finding that they have not reported.

use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::audit::position::{AuditCounts, AuditPosition, AuditStart, ChainPosition, KeyNoticeRecord, Stream, Streams};
use crate::ledger::block::Height;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::{DIGEST_LEN, Digest};
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::frontier::{Frontier, FullTile};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::{Mode, SignedNotice};
use crate::ledger::time::Timestamp;
use crate::monitor::append_log::{AppendLog, ValidPrefix};
use crate::monitor::state_dir::{StateDir, StateError};

const WHOLE: &str = "position";
const PART: &str = "position.part";
const STREAMS: &str = "streams";
const TILE_ROOTS: &str = "tile-roots";
const FORMAT: &str = "tiezheng audit position v1";

/// A position as JSON. Hashes are hexadecimal.
#[derive(Debug, Serialize, Deserialize)]
struct PositionDocument {
    format: String,
    checkpoint: String,
    size: u64,
    root: String,
    edge: Vec<Vec<String>>,
    next_height: u64,
    last_block: String,
    last_time: String,
    unsealed: Vec<String>,
    key_notices: Vec<(u64, String)>,
    test: Option<bool>,
    counts: [u64; 5],
    streams: ValidPrefix,
    tile_roots: ValidPrefix,
}

/// A stored position.
#[derive(Debug, Clone)]
pub struct StoredPosition {
    /// Where the audit continues.
    pub start: AuditStart,
    /// The checkpoint whose tree was being audited.
    pub checkpoint: SignedCheckpoint,
}

/// The stored positions of one audit.
pub struct PositionStore {
    dir: StateDir,
    logs: Option<(AppendLog, AppendLog)>,
}

impl PositionStore {
    /// The positions in this folder.
    #[must_use]
    pub const fn new(dir: StateDir) -> Self {
        Self { dir, logs: None }
    }

    /// The folder.
    #[must_use]
    pub const fn dir(&self) -> &StateDir {
        &self.dir
    }

    /// The position of the audit that was under way; `None` if none was.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn load_part(&mut self) -> Result<Option<StoredPosition>, StateError> {
        self.load(PART)
    }

    /// The position after the last audit that was completed.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn load_whole(&mut self) -> Result<Option<StoredPosition>, StateError> {
        self.load(WHOLE)
    }

    /// Begins again from the first leaf.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn begin(&mut self) -> Result<AuditStart, StateError> {
        self.open_logs(&ValidPrefix::default(), &ValidPrefix::default())?;
        Ok(AuditStart::default())
    }

    /// Records tiles and streams of a part of the log. They are stored with the next position.
    ///
    /// # Errors
    ///
    /// [`StateError::Io`].
    pub fn record(&mut self, tiles: &[FullTile], changes: &[(Digest, Stream)]) -> Result<(), StateError> {
        let Some((streams, roots)) = &mut self.logs else { return Ok(()) };
        for tile in tiles.iter().filter(|tile| tile.level == 0) {
            roots.append(tile.root.as_bytes())?;
        }
        let mut lines = Vec::new();
        for (id, Stream { last, owners }) in changes {
            // Writing to memory cannot fail.
            let _ = write!(lines, "{id} {last}");
            for owner in owners {
                let _ = write!(lines, " {owner}");
            }
            lines.push(b'\n');
        }
        streams.append(&lines)
    }

    /// Stores a position within an audit of `checkpoint`.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn store_part(&mut self, position: &AuditPosition, checkpoint: &SignedCheckpoint) -> Result<(), StateError> {
        self.store(PART, position, checkpoint)
    }

    /// Stores the position at the end of a completed audit, whose root is that of `checkpoint`.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub fn store_whole(&mut self, position: &AuditPosition, checkpoint: &SignedCheckpoint) -> Result<(), StateError> {
        self.store(WHOLE, position, checkpoint)?;
        self.store(PART, position, checkpoint)
    }

    /// The recorded root of the full tile of leaves number `index`.
    ///
    /// # Errors
    ///
    /// [`StateError`]: it cannot be read, or is not recorded.
    pub fn tile_root(&self, index: u64) -> Result<Digest, StateError> {
        let path = self.dir.file(TILE_ROOTS);
        let (_, roots) = self.logs.as_ref().ok_or_else(|| StateError::damaged(&path, "it is not open"))?;
        let mut root = [0; DIGEST_LEN];
        roots.read_at(index * DIGEST_LEN as u64, &mut root)?;
        Ok(Digest(root))
    }

    fn open_logs(&mut self, streams: &ValidPrefix, roots: &ValidPrefix) -> Result<Vec<u8>, StateError> {
        // The files are closed before they are opened and cut off again.
        self.logs = None;
        let mut lines = Vec::new();
        let streams = AppendLog::open(&self.dir.file(STREAMS), streams, &mut |part| lines.extend_from_slice(part))?;
        let roots = AppendLog::open(&self.dir.file(TILE_ROOTS), roots, &mut |_| {})?;
        self.logs = Some((streams, roots));
        Ok(lines)
    }

    fn load(&mut self, name: &str) -> Result<Option<StoredPosition>, StateError> {
        let path = self.dir.file(name);
        let Some(document) = self.dir.load::<PositionDocument>(name)? else { return Ok(None) };
        let invalid = || StateError::damaged(&path, "a value in it is malformed");
        let (position, checkpoint) = read_document(&document).ok_or_else(invalid)?;
        let lines = self.open_logs(&document.streams, &document.tile_roots)?;
        let damaged = || StateError::damaged(&self.dir.file(STREAMS), "a line in it is malformed");
        let streams = read_streams(&lines).ok_or_else(damaged)?;
        Ok(Some(StoredPosition { start: AuditStart { position, streams }, checkpoint }))
    }

    fn store(&mut self, name: &str, position: &AuditPosition, checkpoint: &SignedCheckpoint) -> Result<(), StateError> {
        let Some((streams, roots)) = &mut self.logs else { return Ok(()) };
        let document = PositionDocument {
            streams: streams.flush()?,
            tile_roots: roots.flush()?,
            ..document(position, checkpoint)
        };
        self.dir.store(name, &document)
    }
}

fn document(position: &AuditPosition, checkpoint: &SignedCheckpoint) -> PositionDocument {
    let AuditPosition { frontier, chain, counts } = position;
    let hex = |hashes: &[Digest]| hashes.iter().map(Digest::to_string).collect::<Vec<_>>();
    let mut edge: Vec<Vec<String>> = (0..8).map(|level| hex(frontier.partial(level))).collect();
    while edge.last().is_some_and(Vec::is_empty) {
        edge.pop();
    }
    let notice = |record: &KeyNoticeRecord| (record.index.0, record.notice.note().to_string());
    PositionDocument {
        format: FORMAT.to_owned(),
        checkpoint: checkpoint.note().to_string(),
        size: frontier.size().0,
        root: frontier.root().to_string(),
        edge,
        next_height: chain.next_height.0,
        last_block: chain.last_block.to_string(),
        last_time: chain.last_time.to_string(),
        unsealed: hex(&chain.unsealed),
        key_notices: chain.key_notices.iter().map(notice).collect(),
        test: counts.mode.map(Mode::is_test),
        counts: [counts.entries, counts.notices, counts.blocks, counts.signatures, counts.tiles],
        streams: ValidPrefix::default(),
        tile_roots: ValidPrefix::default(),
    }
}

fn read_document(document: &PositionDocument) -> Option<(AuditPosition, SignedCheckpoint)> {
    let hashes = |texts: &Vec<String>| texts.iter().map(|text| Digest::from_hex(text)).collect::<Option<Vec<_>>>();
    if document.format != FORMAT {
        return None;
    }
    let edge = document.edge.iter().map(hashes).collect::<Option<Vec<_>>>()?;
    let frontier = Frontier::restore(TreeSize(document.size), edge).ok()?;
    if frontier.root() != Digest::from_hex(&document.root)? {
        return None;
    }
    let notice = |(index, text): &(u64, String)| {
        let notice = SignedNotice::parse(text.as_bytes()).ok()?;
        Some(KeyNoticeRecord { index: LeafIndex(*index), notice })
    };
    let chain = ChainPosition {
        next_height: Height(document.next_height),
        last_block: Digest::from_hex(&document.last_block)?,
        last_time: Timestamp::parse(&document.last_time)?,
        unsealed: hashes(&document.unsealed)?,
        key_notices: document.key_notices.iter().map(notice).collect::<Option<Vec<_>>>()?,
    };
    let [entries, notices, blocks, signatures, tiles] = document.counts;
    let mode = document.test.map(|test| if test { Mode::Test } else { Mode::Live });
    let counts = AuditCounts { mode, entries, notices, blocks, signatures, tiles, ..AuditCounts::default() };
    let checkpoint = SignedCheckpoint::parse(document.checkpoint.as_bytes()).ok()?;
    Some((AuditPosition { frontier, chain, counts }, checkpoint))
}

fn read_streams(lines: &[u8]) -> Option<Streams> {
    let mut streams = Streams::new();
    for line in std::str::from_utf8(lines).ok()?.lines() {
        let mut words = line.split(' ');
        let (id, last) = (Digest::from_hex(words.next()?)?, words.next()?.parse().ok()?);
        let owners = words.map(|key| VerifierKey::parse(key).ok()).collect::<Option<Vec<_>>>()?;
        streams.insert(id, Stream { last, owners });
    }
    Some(streams)
}
