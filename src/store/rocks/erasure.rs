//! Making sure that no file holds what is erased.
//!
//! A tombstone hides the old row at once; the old bytes lie in the log and in files of rows until those are rewritten.
//! Two means that do not lean on each other:
//!
//! ```text
//! by name    every log of before is gone; every file of before that may hold the row is gone; nothing of before that
//!            is no longer in use is left over
//! by bytes   no file of the whole data folder holds the piece's salt
//! ```
//!
//! # Invariants
//!
//! A piece leaves the table `purges` only after both. The row keeps no salt, only by what one is known again, so the
//! table never holds what is looked for.
//!
//! Two pieces may bear the same salt, if their depositors chose so. While another that is held bears it, the bytes rightly
//! are there, and the names alone tell.

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

/// How often it looks whether old files are gone, and how long it waits in between: RocksDB removes them a moment after
/// it has let go of them, and a reader that began before keeps them for as long as it reads.
const LOOKS: u32 = 60;
const PAUSE: Duration = Duration::from_millis(50);
/// How long the search pauses after each mebibyte: it reads at most 200 MiB a second, so that it leaves the disk to
/// deposits and look-ups.
const PAUSE_OF_SEARCH: Duration = Duration::from_millis(5);
/// Rows that are read before the caller may interrupt.
const ROWS_AT_ONCE: usize = 4_096;
/// How often the whole folder is searched before it gives up for now.
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
        let _one = self.purging.lock().unwrap_or_else(PoisonError::into_inner);
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
        goes_on(watch(ErasureStage::Compacting))?;
        let places: Vec<Place> = pending.iter().map(|(piece, _)| Place::of(piece)).collect();
        let needles = Needles::new(only_here(engine, &pending, watch)?);
        let before = Before::look(engine, &self.folder.database(), &places)?;
        // Written anew only so that there is something to flush: then the flush begins a new log, and the old ones go.
        let mut again = engine.batch();
        for (piece, print) in &pending {
            again.put(&PENDING_ERASURES, piece, print)?;
        }
        self.write_beside(again, false)?;
        engine.flush()?;
        for place in &places {
            if before.may_be_left(engine, place)? {
                engine.rewrite(place.table, &place.key)?;
            }
        }
        self.wait_until_gone(&before, &needles, watch)?;
        // No block may follow for a long time: the MANIFEST's new end is recorded now.
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
    fn wait_until_gone(
        &self,
        before: &Before,
        needles: &Needles,
        watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
    ) -> Result<(), ErasureError> {
        let (engine, folder) = (&self.reader.engine, self.folder.path());
        let mut left = None;
        for _ in 0..SEARCHES {
            for _ in 0..LOOKS {
                left = before.left(engine, &self.folder.database())?.map(|name| format!("db/{name}"));
                if left.is_none() {
                    break;
                }
                goes_on(watch(ErasureStage::Compacting))?;
                std::thread::sleep(PAUSE);
            }
            if left.is_some() {
                break;
            }
            let searched = search(folder, needles, &mut |done, total| {
                std::thread::sleep(PAUSE_OF_SEARCH);
                watch(ErasureStage::Searching { done, total })
            });
            let ControlFlow::Continue(found) = searched.map_err(|error| disk(&error))? else {
                return Err(ErasureError::Interrupted);
            };
            left = found.map(|path| path.display().to_string());
            if left.is_none() {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        Err(ErasureError::StillHeld { file: left.unwrap_or_default() })
    }
}

const fn goes_on(watched: ControlFlow<()>) -> Result<(), ErasureError> {
    match watched {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ErasureError::Interrupted),
    }
}

fn disk(error: &io::Error) -> ErasureError {
    ErasureError::Disk(error.to_string())
}

/// Where the row of a piece lies.
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

/// Fingerprints of the salts that no piece bears which is still held.
fn only_here(
    engine: &Engine,
    pending: &[(ErasedPiece, Fingerprint)],
    watch: &mut dyn FnMut(ErasureStage) -> ControlFlow<()>,
) -> Result<Vec<Fingerprint>, ErasureError> {
    let mut digests: HashSet<Digest> = pending.iter().map(|(_, print)| print.digest).collect();
    let vault = engine.all(&PRIVATE)?.map(|row| row.map(|(_, row)| row));
    let annexes = engine.all(&ANNEXES)?.map(|row| row.map(|(_, row)| row));
    for (count, row) in vault.chain(annexes).enumerate() {
        if count % ROWS_AT_ONCE == 0 {
            goes_on(watch(ErasureStage::Compacting))?;
        }
        if let PrivateRow::Held(held) = row? {
            digests.remove(&Fingerprint::of(&held.salt).digest);
        }
    }
    Ok(pending.iter().map(|(_, print)| *print).filter(|print| digests.contains(&print.digest)).collect())
}

/// The files that may hold the erased bytes when a purge begins.
struct Before {
    /// Logs on disk.
    logs: HashSet<String>,
    /// Files of rows in use that may hold a row of a piece.
    covering: HashSet<String>,
    /// Files of rows on disk that are not in use by a table of other content: they must be in use in the end, or gone.
    unknown: HashSet<String>,
}

impl Before {
    fn look(engine: &Engine, database: &Path, places: &[Place]) -> Result<Self, ErasureError> {
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

    /// Whether an old value of the row may lie in a file in use. One file holds one value of a row, the newest that it
    /// was made of: only a file of before, or one of several, may hold another.
    fn may_be_left(&self, engine: &Engine, place: &Place) -> Result<bool, ReadError> {
        let live = engine.live()?;
        let covering: Vec<&LiveFile> = live.iter().filter(|file| place.is_covered_by(file)).collect();
        Ok(covering.len() > 1 || covering.iter().any(|file| self.covering.contains(&file.name)))
    }

    /// A file of before that is still there and may not be.
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
