//! Physical erasure in RocksDB: removes the bytes of erased pieces from all files of the data folder, and verifies it.
//!
//! A tombstone hides the old row at once. The old bytes remain in RocksDB's write-ahead logs and SST files until these are
//! deleted or compacted. Two independent checks confirm that they are gone:
//!
//! ```text
//! by name    of the files that existed at the start, these are deleted: all write-ahead logs, all SST files that may
//!            contain the row, and all SST files that are no longer live
//! by bytes   no file of the data folder contains the salt of the piece
//! ```
//!
//! # Invariants
//!
//! A piece is removed from the table [`PENDING_ERASURES`] (on disk: `purges`) only after both checks have passed. Its row
//! contains a fingerprint of the salt, not the salt itself, so that the search does not find the table.
//!
//! Depositors may choose the same salt for two pieces. While a stored piece has the same salt as an erased one, the search
//! by bytes would find it: then only the check by name applies.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;
use std::{fs, io};

use crate::ledger::hash::Digest;
use crate::ledger::notice::{ErasedPiece, Piece};
use crate::store::rocks::engine::Engine;
use crate::store::rocks::format::{AnnexKey, Fingerprint, PrivateRow, ToDisk as _};
use crate::store::rocks::rewriting::LiveFile;
use crate::store::rocks::schema::{ANNEXES, PENDING_ERASURES, PRIVATE};
use crate::store::rocks::search::{Needles, search};
use crate::store::rocks::store::RocksStore;
use crate::store::traits::ReadError;
use crate::store::traits::private_store::{CompletedErasures, ErasureError, ErasureStage, PrivateStore};

/// How often an erasure checks whether the old files are deleted. RocksDB deletes an obsolete file with a delay, and
/// only after all reads that use it have ended.
const POLLS: u32 = 60;
/// Pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Pause of the search after each mebibyte. It limits the search to 200 MiB a second, so that deposits and look-ups have
/// priority on the disk.
const SEARCH_PAUSE: Duration = Duration::from_millis(5);
/// Number of rows that are read between two calls of `watch`.
const ROWS_AT_ONCE: usize = 4_096;
/// Attempts to search the data folder before the erasure fails with [`ErasureError::StillHeld`].
const SEARCHES: u32 = 3;

impl PrivateStore for RocksStore {
    fn pending_erasures(&self) -> Result<Vec<ErasedPiece>, ReadError> {
        self.reader.engine.all(&PENDING_ERASURES)?.map(|row| row.map(|(piece, _)| piece)).collect()
    }

    fn is_erasure_pending(&self, piece: &ErasedPiece) -> Result<bool, ReadError> {
        self.reader.engine.has(&PENDING_ERASURES, piece)
    }

    fn complete_erasures(
        &self,
        pieces: &[ErasedPiece],
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<CompletedErasures, ErasureError> {
        let _one = self.erasing.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = &self.reader.engine;
        let mut pending = Vec::with_capacity(pieces.len());
        for piece in pieces {
            pending.extend(engine.get(&PENDING_ERASURES, piece)?.map(|print| (*piece, print)));
        }
        pending.sort_unstable_by_key(|(piece, _)| *piece);
        pending.dedup_by_key(|(piece, _)| *piece);
        if pending.is_empty() {
            return Ok(CompletedErasures::default());
        }
        check_interrupt(watch(ErasureStage::Compacting))?;
        let places: Vec<Place> = pending.iter().map(|(piece, _)| Place::of(piece)).collect();
        let needles = Needles::new(unique_salts(engine, &pending, watch)?);
        let before = InitialFiles::list(engine, &self.folder.database(), &places)?;
        // Writes the same rows again so that the flush is not empty: then RocksDB starts a new write-ahead log and deletes
        // the old ones.
        let mut again = engine.batch();
        for (piece, print) in &pending {
            again.put(&PENDING_ERASURES, piece, print)?;
        }
        self.write_beside(again, false)?;
        engine.flush()?;
        for place in &places {
            if before.may_contain_old_value(engine, place)? {
                engine.rewrite(place.table, &place.key)?;
            }
        }
        self.wait_until_deleted(&before, &needles, watch)?;
        // The next block may come much later, so the new length of the MANIFEST is recorded in the checkpoint file now.
        self.record_manifest()?;
        let mut done = engine.batch();
        for (piece, _) in &pending {
            done.remove(&PENDING_ERASURES, piece)?;
        }
        self.write_beside(done, true)?;
        Ok(CompletedErasures { pieces: pending.into_iter().map(|(piece, _)| piece).collect() })
    }
}

impl RocksStore {
    fn wait_until_deleted(
        &self,
        before: &InitialFiles,
        needles: &Needles,
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<(), ErasureError> {
        let (engine, folder) = (&self.reader.engine, self.folder.path());
        let mut left = None;
        for _ in 0..SEARCHES {
            for _ in 0..POLLS {
                left = before.left(engine, &self.folder.database())?.map(|name| format!("db/{name}"));
                if left.is_none() {
                    break;
                }
                check_interrupt(watch(ErasureStage::Compacting))?;
                std::thread::sleep(POLL_INTERVAL);
            }
            if left.is_some() {
                break;
            }
            let searched = search(folder, needles, &mut |done, total| {
                std::thread::sleep(SEARCH_PAUSE);
                watch(ErasureStage::Searching { done, total })
            });
            let ControlFlow::Continue(found) = searched.map_err(|error| disk(&error))? else {
                return Err(ErasureError::Interrupted);
            };
            left = found.map(|path| path.display().to_string());
            if left.is_none() {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        Err(ErasureError::StillHeld { file: left.unwrap_or_default() })
    }
}

const fn check_interrupt(watched: ControlFlow<()>) -> Result<(), ErasureError> {
    match watched {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ErasureError::Interrupted),
    }
}

fn disk(error: &io::Error) -> ErasureError {
    ErasureError::Disk(error.to_string())
}

/// The table and key of a piece's row.
struct Place {
    table: &'static str,
    key: Vec<u8>,
}

impl Place {
    fn of(piece: &ErasedPiece) -> Self {
        let index = piece.index;
        match piece.piece {
            Piece::Metadata => Self { table: PRIVATE.name, key: index.to_disk().to_vec() },
            Piece::Annex(commitment) => {
                Self { table: ANNEXES.name, key: AnnexKey { index, commitment }.to_disk().to_vec() }
            }
        }
    }

    fn is_covered_by(&self, file: &LiveFile) -> bool {
        file.covers(self.table, &self.key)
    }
}

/// Fingerprints of the salts of `pending` that no stored piece has: only for those can the search by bytes succeed.
fn unique_salts(
    engine: &Engine,
    pending: &[(ErasedPiece, Fingerprint)],
    watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
) -> Result<Vec<Fingerprint>, ErasureError> {
    let mut digests: HashSet<Digest> = pending.iter().map(|(_, print)| print.digest).collect();
    let metadata = engine.all(&PRIVATE)?.map(|row| row.map(|(_, row)| row));
    let annexes = engine.all(&ANNEXES)?.map(|row| row.map(|(_, row)| row));
    for (count, row) in metadata.chain(annexes).enumerate() {
        if count % ROWS_AT_ONCE == 0 {
            check_interrupt(watch(ErasureStage::Compacting))?;
        }
        if let PrivateRow::Held(held) = row? {
            digests.remove(&Fingerprint::of(&held.salt).digest);
        }
    }
    Ok(pending.iter().map(|(_, print)| *print).filter(|print| digests.contains(&print.digest)).collect())
}

/// Files that may contain erased bytes, as listed when the erasure begins.
struct InitialFiles {
    /// Write-ahead logs on disk.
    logs: HashSet<String>,
    /// Live SST files whose key range includes the row of a piece.
    covering: HashSet<String>,
    /// All SST files on disk except the live ones of tables without private content. At the end each of them must be live
    /// or deleted.
    unknown: HashSet<String>,
}

impl InitialFiles {
    fn list(engine: &Engine, database: &Path, places: &[Place]) -> Result<Self, ErasureError> {
        let live = engine.live()?;
        let names = names(database)?;
        let ending = |end: &str| names.iter().filter(|name| name.ends_with(end)).cloned().collect();
        let mut unknown: HashSet<String> = ending(".sst");
        for file in &live {
            if ![PRIVATE.name, ANNEXES.name].contains(&file.table.as_str()) {
                unknown.remove(&file.name);
            }
        }
        let covering = live.into_iter().filter(|file| places.iter().any(|place| place.is_covered_by(file)));
        Ok(Self { logs: ending(".log"), covering: covering.map(|file| file.name).collect(), unknown })
    }

    /// Whether a live file may contain an old value of the row. An SST file contains only the newest of the values that it
    /// was built from. So an old value is possible only in a file that existed at the start, or if several files cover the
    /// key.
    fn may_contain_old_value(&self, engine: &Engine, place: &Place) -> Result<bool, ReadError> {
        let live = engine.live()?;
        let covering: Vec<&LiveFile> = live.iter().filter(|file| place.is_covered_by(file)).collect();
        Ok(covering.len() > 1 || covering.iter().any(|file| self.covering.contains(&file.name)))
    }

    /// A file listed at the start that still exists and must not; `None` when the check by name has passed.
    fn left(&self, engine: &Engine, database: &Path) -> Result<Option<String>, ErasureError> {
        let names = names(database)?;
        let live: HashSet<String> = engine.live()?.into_iter().map(|file| file.name).collect();
        Ok(names.into_iter().find(|name| {
            self.logs.contains(name)
                || self.covering.contains(name)
                || (self.unknown.contains(name) && !live.contains(name))
        }))
    }
}

fn names(folder: &Path) -> Result<Vec<String>, ErasureError> {
    let entries = fs::read_dir(folder).map_err(|error| disk(&error))?;
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().to_string_lossy().into_owned());
    entries.map(name).collect::<io::Result<_>>().map_err(|error| disk(&error))
}
