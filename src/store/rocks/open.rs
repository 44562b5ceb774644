//! Opens and creates the ledger in a data folder.
//!
//! ```text
//! open     locks ─▶ checkpoint file ─▶ database read-only: format, tip, root, last rows, MANIFEST ─▶ safety copy of its
//!          files ─▶ database read-write: the same comparison ─▶ discard the safety copy
//! create   locks ─▶ new checkpoint file ─▶ `mark` ─▶ new database ─▶ `db`
//! ```
//!
//! # Invariants
//!
//! A folder that is refused is left byte-identical. When RocksDB opens a database for writing, it deletes the
//! write-ahead log and every SST file that the MANIFEST does not name. So opening for writing is the last step. A
//! safety copy of the files exists until the recovered database was compared with the earlier inspection
//! (`safety_copy`). A database *ahead* of the checkpoint file is valid: a block was appended and not yet signed, and
//! the sequencer reads it back.
//!
//! Creation writes the checkpoint file and the database under temporary names, and renames each when it is complete.
//! The checkpoint file exists before the database. So an interrupted creation is recognized, and the next one continues
//! it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use crate::ledger::chain::Tip;
use crate::ledger::key::Name;
use crate::store::rocks::checkpoint_file::{CheckpointFile, CheckpointReadError, CheckpointState};
use crate::store::rocks::engine::{Access, Engine};
use crate::store::rocks::folder::{BESIDE, Folder, KEYS, Lock, RESTORED, RESTORING};
use crate::store::rocks::format::FORMAT_VERSION;
use crate::store::rocks::format::about::About;
use crate::store::rocks::index_buffer::{IndexBuffer, Progress};
use crate::store::rocks::inspection::{Inspected, inspect};
use crate::store::rocks::manifest::{Extent, ManifestWatch};
use crate::store::rocks::open_error::OpenError;
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::schema::META;
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tuning::Options;
use crate::store::traits::{AppendError, LogStore as _, Published};

impl RocksStore {
    /// Opens the ledger in the folder `dir`.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the folder is unchanged, except that an empty file `lock` may have been created.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        let lock = lock_existing(&folder)?;
        open_locked(&folder, options, Arc::new(lock), || {})
    }

    /// Creates a ledger in the folder `dir`, which must be empty or absent, and opens it. Completes an interrupted
    /// creation.
    ///
    /// # Errors
    ///
    /// [`OpenError`]. After [`OpenError::Environment`] or a crash, call it again.
    pub fn create(dir: &Path, origin: &Name, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        may_create(&folder)?;
        folder.make()?;
        let lock = folder.lock()?;
        // Checked again under the lock, which excludes other processes.
        if may_create(&folder)? == FolderContents::Nothing {
            match fs::remove_file(folder.new_checkpoint_file()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
            let made = CheckpointFile::write_new(&folder.new_checkpoint_file());
            let made = made.and_then(|()| fs::rename(folder.new_checkpoint_file(), folder.checkpoint_file()));
            made.inspect_err(|_| drop(fs::remove_file(folder.new_checkpoint_file())))?;
            folder.sync()?;
        }
        // Removes an incomplete database. The first error is the one to report.
        create_database(&folder, origin, options).inspect_err(|_| drop(fs::remove_dir_all(folder.new_database())))?;
        open_locked(&folder, options, Arc::new(lock), || {})
    }

    /// Opens the ledger in the folder `dir`, or creates it if there is none.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; [`OpenError::AnotherLedger`] when the ledger there has another origin.
    pub fn open_or_create(dir: &Path, origin: &Name, options: &Options) -> Result<Self, OpenError> {
        let store = match Self::open(dir, options) {
            Err(OpenError::Absent | OpenError::Unfinished) => return Self::create(dir, origin, options),
            opened => opened?,
        };
        let found = store.tip()?.origin;
        if found == *origin { Ok(store) } else { Err(OpenError::AnotherLedger { expected: origin.clone(), found }) }
    }

    /// Opens the ledger in the folder `dir` for reading, and never writes anything. Its shared lock allows other
    /// readers, and no node.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_read_only(dir: &Path, options: &Options) -> Result<RocksReader, OpenError> {
        let folder = Folder::new(dir);
        check_names(&folder)?;
        let lock = folder.lock_shared()?;
        read_locked(&folder, options, Arc::new(lock))
    }
}

/// Locks a folder that contains a ledger.
pub(super) fn lock_existing(folder: &Folder) -> Result<Lock, OpenError> {
    // Before the lock: a folder without a ledger does not get one.
    check_names(folder)?;
    if folder_contents(folder)? == FolderContents::Nothing {
        return Err(OpenError::Absent);
    }
    Ok(folder.lock()?)
}

/// Opens the ledger for reading; the caller has locked the folder.
pub(super) fn read_locked(folder: &Folder, options: &Options, lock: Arc<Lock>) -> Result<RocksReader, OpenError> {
    let InspectedFolder { tip, published, buffer, engine, .. } = inspect_folder(folder, options)?;
    Ok(RocksReader::new(engine, tip, published, buffer, lock))
}

/// The parts of a ledger that a folder contains, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FolderContents {
    Nothing,
    CheckpointFileAlone,
    DatabaseAlone,
    Both,
}

fn folder_contents(folder: &Folder) -> io::Result<FolderContents> {
    Ok(match (folder.checkpoint_file().try_exists()?, folder.valid_database()?.try_exists()?) {
        (false, false) => FolderContents::Nothing,
        (true, false) => FolderContents::CheckpointFileAlone,
        (false, true) => FolderContents::DatabaseAlone,
        (true, true) => FolderContents::Both,
    })
}

/// Checks that each name is a regular file or folder, and that no restore was interrupted: then the folder may contain
/// only some parts of the ledger.
fn check_names(folder: &Folder) -> Result<(), OpenError> {
    if let Some((name, found)) = folder.wrong_kind()? {
        return Err(OpenError::WrongKind { name, found });
    }
    if folder.has_any(&[RESTORING, RESTORED])? { Err(OpenError::RestoreUnfinished) } else { Ok(()) }
}

fn may_create(folder: &Folder) -> Result<FolderContents, OpenError> {
    check_names(folder)?;
    if let Some(name) = folder.unknown_name()? {
        return Err(OpenError::UnknownName { name });
    }
    match folder_contents(folder)? {
        FolderContents::Both => Err(OpenError::Exists),
        FolderContents::DatabaseAlone => Err(OpenError::CheckpointFileMissing),
        FolderContents::Nothing if folder.has_any(&KEYS)? => Err(OpenError::KeyWithoutLedger),
        FolderContents::Nothing => match folder.first_of(&BESIDE)? {
            Some(name) => Err(OpenError::PartsWithoutLedger { name: name.to_owned() }),
            None => Ok(FolderContents::Nothing),
        },
        FolderContents::CheckpointFileAlone => match read_checkpoint_file(folder) {
            // Nothing was ever signed, so nothing can be lost.
            Err(OpenError::Unfinished) => Ok(FolderContents::CheckpointFileAlone),
            Err(error) => Err(error),
            Ok(_) => Err(OpenError::Exists),
        },
    }
}

/// Creates the database under a temporary name, and renames it when it is complete.
fn create_database(folder: &Folder, origin: &Name, options: &Options) -> Result<(), OpenError> {
    match fs::remove_dir_all(folder.new_database()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let failed = |reason: String| OpenError::Environment(io::Error::other(reason));
    let created = Engine::open(&folder.new_database(), options, Access::Create);
    let engine = created.map_err(|error| failed(error.to_string()))?;
    fs::set_permissions(folder.new_database(), fs::Permissions::from_mode(0o700))?;
    let mut batch = engine.batch();
    batch.put(&META, &About::Format, &FORMAT_VERSION.to_be_bytes().to_vec())?;
    batch.put(&META, &About::Origin, &origin.as_str().as_bytes().to_vec())?;
    engine.commit(batch).map_err(|error| failed(error.to_string()))?;
    drop(engine);
    fs::rename(folder.new_database(), folder.database())?;
    folder.sync()?;
    Ok(())
}

/// The content of a folder, read without changing anything.
struct InspectedFolder {
    state: CheckpointState,
    tip: Tip,
    published: Option<Published>,
    buffer: IndexBuffer,
    engine: Engine,
}

/// Reads the folder without changing anything and compares its parts.
fn inspect_folder(folder: &Folder, options: &Options) -> Result<InspectedFolder, OpenError> {
    twice_if_damaged(|| inspect_folder_once(folder, options))
}

/// Calls `inspect`, and again if it reports damage: one faulty read must not count as damage.
pub(super) fn twice_if_damaged<T>(inspect: impl Fn() -> Result<T, OpenError>) -> Result<T, OpenError> {
    match inspect() {
        Err(error) if error.is_damage() => {
            let again = inspect();
            if again.is_ok() {
                tracing::warn!(%error, "the first read of the folder showed damage, the second did not: check the disk");
            }
            again
        }
        other => other,
    }
}

fn inspect_folder_once(folder: &Folder, options: &Options) -> Result<InspectedFolder, OpenError> {
    check_names(folder)?;
    let state = read_checkpoint_file(folder)?;
    let database = folder.valid_database()?;
    let engine = Engine::open(&database, options, Access::ReadOnly)?;
    let Inspected { tip, published } = inspect(&engine, &state)?;
    check_manifest(&database, &state)?;
    let buffer = IndexBuffer::rebuilt(&engine, &tip.frontier)?;
    Ok(InspectedFolder { state, tip, published, buffer, engine })
}

pub(super) fn check_manifest(database: &Path, state: &CheckpointState) -> Result<(), OpenError> {
    let found = Extent::read(database)?;
    match state.manifest {
        Some(recorded) if !found.reaches(&recorded) => Err(OpenError::ManifestCutOff { found, recorded }),
        _ => Ok(()),
    }
}

/// Opens a folder for writing. `meanwhile` runs after the read-only inspection and before RocksDB recovers the
/// database.
pub(super) fn open_locked(
    folder: &Folder,
    options: &Options,
    lock: Arc<Lock>,
    meanwhile: impl FnOnce(),
) -> Result<RocksStore, OpenError> {
    let InspectedFolder { state, tip, buffer, engine, .. } = inspect_folder(folder, options)?;
    let last_change = engine.last_change();
    drop(engine);
    folder.roll_back()?;
    folder.make_safety_copy()?;
    meanwhile();
    let recovered = recover(folder, options, &state, (&tip, last_change)).and_then(|recovered| {
        folder.discard_safety_copy()?;
        Ok(recovered)
    });
    // On an error, the database is closed by now.
    let recovered = recovered.inspect_err(|_| {
        if let Err(error) = folder.roll_back() {
            tracing::error!(%error, "cannot restore the database's files from the safety copy: the next start tries again");
        }
    })?;
    let Recovered { engine, inspected: Inspected { tip, published }, file, progress, watch } = recovered;
    let reader = RocksReader::new(engine, tip, published, buffer, lock);
    let store = RocksStore::new(reader, file, progress, watch, folder.clone());
    let unwritten = |error: AppendError| OpenError::Environment(io::Error::other(error.to_string()));
    store.record_manifest().map_err(unwritten)?;
    // Flushed now, because the rows to derive again would add up over several crashes.
    store.flush_index().map_err(unwritten)?;
    Ok(store)
}

/// A database that is open for writing and was compared with the checkpoint file again.
struct Recovered {
    engine: Engine,
    inspected: Inspected,
    file: CheckpointFile,
    progress: Progress,
    watch: ManifestWatch,
}

/// Opens the database for writing: RocksDB replays the write-ahead log and deletes it. The result must equal the
/// inspection just before: `tip`, and the last sequence number `last_change`.
fn recover(
    folder: &Folder,
    options: &Options,
    state: &CheckpointState,
    (tip, last_change): (&Tip, u64),
) -> Result<Recovered, OpenError> {
    let database = folder.database();
    let engine = Engine::open(&database, options, Access::ReadWrite).map_err(|error| recovery_failed(error.into()))?;
    let inspected = inspect(&engine, state).map_err(recovery_failed)?;
    require_recovered(&engine, &inspected.tip, (tip, last_change))?;
    let file = CheckpointFile::open(&folder.checkpoint_file(), state)?;
    let progress = Progress::of(&engine, options.buffered_leaves)?;
    let watch = ManifestWatch::new(&database)?;
    Ok(Recovered { engine, inspected, file, progress, watch })
}

/// Converts an error of the recovery. The inspection just before found the database complete, so the error is not
/// damage of the ledger.
pub(super) fn recovery_failed(error: OpenError) -> OpenError {
    match error {
        OpenError::Environment(_) => error,
        error => OpenError::Recovery { reason: error.to_string() },
    }
}

/// Checks that the recovered database has the tip and the last sequence number that the inspection just before has
/// found.
pub(super) fn require_recovered(engine: &Engine, found: &Tip, expected: (&Tip, u64)) -> Result<(), OpenError> {
    let (tip, last_change) = expected;
    if found.size() == tip.size() && found.last_block == tip.last_block && engine.last_change() >= last_change {
        return Ok(());
    }
    Err(OpenError::Recovery { reason: format!("it ends at {} instead of {}", found.size(), tip.size()) })
}

/// Reads the checkpoint file of a folder, which must also contain a database.
pub(super) fn read_checkpoint_file(folder: &Folder) -> Result<CheckpointState, OpenError> {
    let found = folder_contents(folder)?;
    let state = match (found, CheckpointState::read(&folder.checkpoint_file())) {
        (FolderContents::Nothing, _) => return Err(OpenError::Absent),
        (FolderContents::DatabaseAlone, _) => return Err(OpenError::CheckpointFileMissing),
        (_, Err(CheckpointReadError::Disk(error))) => return Err(error.into()),
        (_, Err(CheckpointReadError::Length { found })) => return Err(OpenError::CheckpointFileLength { found }),
        (_, Err(CheckpointReadError::BothSlots)) => return Err(OpenError::CheckpointFileDamaged),
        (_, Err(CheckpointReadError::OneSlot { slot, size })) => {
            return Err(OpenError::CheckpointSlotDamaged { slot, size });
        }
        (_, Ok(state)) => state,
    };
    match found {
        FolderContents::CheckpointFileAlone if state.reached.size.is_empty() => Err(OpenError::Unfinished),
        FolderContents::CheckpointFileAlone => Err(OpenError::DatabaseMissing { size: state.reached.size }),
        _ => Ok(state),
    }
}

#[cfg(test)]
mod tests;
