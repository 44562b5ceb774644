//! Opening and creating a ledger's folder.
//!
//! ```text
//! open     locks ─▶ checkpoint file ─▶ database read-only: format, tip, root, last rows, MANIFEST ─▶ safety copy of its
//!          files ─▶ database for writing: the same comparison ─▶ safety copy discarded
//! create   locks ─▶ new checkpoint file ─▶ `mark` ─▶ new database ─▶ `db`
//! ```
//!
//! # Invariants
//!
//! A folder that is refused is left byte for byte as it was. Opening for writing, RocksDB deletes its log and every table
//! that the MANIFEST does not name, so it comes last, and the files keep a second name until the recovered database was
//! compared with what was read before (`safety_copy`). A database *ahead* of the checkpoint file is sound: a block was
//! appended and not yet signed, and the sequencer reads it back.
//!
//! Every step of creation leaves either nothing or a name that only a whole thing bears, and the checkpoint file exists
//! before the database: so a creation that was cut off is known as one, and begun again from where it was.

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
    /// [`OpenError`]: the folder is as it was, as said there, but for an empty `lock` where there was none.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        let lock = lock_existing(&folder)?;
        open_locked(&folder, options, Arc::new(lock), || {})
    }

    /// Creates a ledger in the folder `dir`, which must be empty or not there, and opens it. What a creation before left
    /// unfinished is finished.
    ///
    /// # Errors
    ///
    /// [`OpenError`]. After [`OpenError::Environment`], and after a crash at any moment, call it again.
    pub fn create(dir: &Path, origin: &Name, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        may_create(&folder)?;
        folder.make()?;
        let lock = folder.lock()?;
        // Again, now that nobody else can be at it.
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
        // Of a database that is not complete nothing stays. The error that is returned is the first.
        create_database(&folder, origin, options).inspect_err(|_| drop(fs::remove_dir_all(folder.new_database())))?;
        open_locked(&folder, options, Arc::new(lock), || {})
    }

    /// Opens the ledger in the folder `dir`, or creates it where there is none.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; [`OpenError::AnotherLedger`] when it is there under another origin.
    pub fn open_or_create(dir: &Path, origin: &Name, options: &Options) -> Result<Self, OpenError> {
        let store = match Self::open(dir, options) {
            Err(OpenError::Absent | OpenError::Unfinished) => return Self::create(dir, origin, options),
            opened => opened?,
        };
        let found = store.tip()?.origin;
        if found == *origin { Ok(store) } else { Err(OpenError::AnotherLedger { expected: origin.clone(), found }) }
    }

    /// Opens the ledger in the folder `dir` for reading, and writes nothing at all, whatever happens. Other readers may
    /// come, a node may not.
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

/// Locks a folder that holds a ledger.
pub(super) fn lock_existing(folder: &Folder) -> Result<Lock, OpenError> {
    // Before the lock: a folder without a ledger does not get one.
    check_names(folder)?;
    if folder_contents(folder)? == FolderContents::Nothing {
        return Err(OpenError::Absent);
    }
    Ok(folder.lock()?)
}

/// Opens the ledger for reading, where the folder is locked.
pub(super) fn read_locked(folder: &Folder, options: &Options, lock: Arc<Lock>) -> Result<RocksReader, OpenError> {
    let InspectedFolder { tip, published, buffer, engine, .. } = inspect_folder(folder, options)?;
    Ok(RocksReader::new(engine, tip, published, buffer, lock))
}

/// What is in a folder, by names alone.
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

/// Each name must be a file or a folder of its own; and of a restore that was cut off, some parts of the ledger may have
/// their names already and others not.
fn check_names(folder: &Folder) -> Result<(), OpenError> {
    if let Some((name, found)) = folder.wrong_kind()? {
        return Err(OpenError::WrongKind { name, found });
    }
    if folder.has_any(&[RESTORING, RESTORED])? { Err(OpenError::RestoreUnfinished) } else { Ok(()) }
}

fn may_create(folder: &Folder) -> Result<FolderContents, OpenError> {
    check_names(folder)?;
    if let Some(name) = folder.stranger()? {
        return Err(OpenError::Stranger { name });
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

/// The database under a name of its own until it is whole.
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

/// What a folder holds, read without changing anything.
struct InspectedFolder {
    mark: CheckpointState,
    tip: Tip,
    published: Option<Published>,
    buffer: IndexBuffer,
    engine: Engine,
}

/// Reads the folder without changing anything and compares its parts.
fn inspect_folder(folder: &Folder, options: &Options) -> Result<InspectedFolder, OpenError> {
    twice_if_damaged(|| inspect_folder_once(folder, options))
}

/// Calls `inspect`, and once more if it finds damage: a fault of one read must not be taken for damage.
pub(super) fn twice_if_damaged<T>(inspect: impl Fn() -> Result<T, OpenError>) -> Result<T, OpenError> {
    match inspect() {
        Err(error) if error.is_damage() => {
            let again = inspect();
            if again.is_ok() {
                tracing::warn!(%error, "the folder was read wrongly once, and correctly at the second time: check the disk");
            }
            again
        }
        looked => looked,
    }
}

fn inspect_folder_once(folder: &Folder, options: &Options) -> Result<InspectedFolder, OpenError> {
    check_names(folder)?;
    let mark = read_checkpoint_file(folder)?;
    let database = folder.valid_database()?;
    let engine = Engine::open(&database, options, Access::ReadOnly)?;
    let Inspected { tip, published } = inspect(&engine, &mark)?;
    check_manifest(&database, &mark)?;
    let buffer = IndexBuffer::rebuilt(&engine, &tip.frontier)?;
    Ok(InspectedFolder { mark, tip, published, buffer, engine })
}

pub(super) fn check_manifest(database: &Path, mark: &CheckpointState) -> Result<(), OpenError> {
    let found = Extent::read(database)?;
    match mark.manifest {
        Some(recorded) if !found.reaches(&recorded) => Err(OpenError::ManifestCutOff { found, recorded }),
        _ => Ok(()),
    }
}

/// Opens a folder for writing. `meanwhile` runs after the read-only look and before RocksDB recovers the database.
pub(super) fn open_locked(
    folder: &Folder,
    options: &Options,
    lock: Arc<Lock>,
    meanwhile: impl FnOnce(),
) -> Result<RocksStore, OpenError> {
    let InspectedFolder { mark, tip, buffer, engine, .. } = inspect_folder(folder, options)?;
    let last_change = engine.last_change();
    drop(engine);
    folder.roll_back()?;
    folder.make_safety_copy()?;
    meanwhile();
    let recovered = recover(folder, options, &mark, (&tip, last_change)).and_then(|recovered| {
        folder.discard_safety_copy()?;
        Ok(recovered)
    });
    // By now the database is closed again, where it was opened.
    let recovered = recovered.inspect_err(|_| {
        if let Err(error) = folder.roll_back() {
            tracing::error!(%error, "the database's files are not put back yet: the next start does it");
        }
    })?;
    let Recovered { engine, inspected: Inspected { tip, published }, file, progress, watch } = recovered;
    let reader = RocksReader::new(engine, tip, published, buffer, lock);
    let store = RocksStore::new(reader, file, progress, watch, folder.clone());
    let unwritten = |error: AppendError| OpenError::Environment(io::Error::other(error.to_string()));
    store.record_manifest().map_err(unwritten)?;
    // At once: what several crashes in a row leave to be derived again would add up.
    store.flush_index().map_err(unwritten)?;
    Ok(store)
}

/// A database open for writing, and compared with the checkpoint file once more.
struct Recovered {
    engine: Engine,
    inspected: Inspected,
    file: CheckpointFile,
    progress: Progress,
    watch: ManifestWatch,
}

/// Opens the database for writing, for which RocksDB replays its log and deletes it. The result must be what was read just
/// before: up to `tip`, and up to its last change.
fn recover(
    folder: &Folder,
    options: &Options,
    mark: &CheckpointState,
    (tip, last_change): (&Tip, u64),
) -> Result<Recovered, OpenError> {
    let database = folder.database();
    let engine = Engine::open(&database, options, Access::ReadWrite).map_err(|error| recovery_failed(error.into()))?;
    let inspected = inspect(&engine, mark).map_err(recovery_failed)?;
    require_recovered(&engine, &inspected.tip, (tip, last_change))?;
    let file = CheckpointFile::open(&folder.checkpoint_file(), mark)?;
    let progress = Progress::of(&engine, options.buffered_leaves)?;
    let watch = ManifestWatch::new(&database)?;
    Ok(Recovered { engine, inspected, file, progress, watch })
}

/// The error after a recovery. The database was complete a moment before: what fails then is no damage of the ledger.
pub(super) fn recovery_failed(error: OpenError) -> OpenError {
    match error {
        OpenError::Environment(_) => error,
        error => OpenError::Recovery { reason: error.to_string() },
    }
}

/// Checks that the recovered database has what was read just before: up to the tip `expected`, and up to its last change.
pub(super) fn require_recovered(engine: &Engine, found: &Tip, expected: (&Tip, u64)) -> Result<(), OpenError> {
    let (tip, last_change) = expected;
    if found.size() == tip.size() && found.last_block == tip.last_block && engine.last_change() >= last_change {
        return Ok(());
    }
    Err(OpenError::Recovery { reason: format!("it ends at {} instead of {}", found.size(), tip.size()) })
}

/// The checkpoint file of a folder that has a database too.
pub(super) fn read_checkpoint_file(folder: &Folder) -> Result<CheckpointState, OpenError> {
    let found = folder_contents(folder)?;
    let mark = match (found, CheckpointState::read(&folder.checkpoint_file())) {
        (FolderContents::Nothing, _) => return Err(OpenError::Absent),
        (FolderContents::DatabaseAlone, _) => return Err(OpenError::CheckpointFileMissing),
        (_, Err(CheckpointReadError::Disk(error))) => return Err(error.into()),
        (_, Err(CheckpointReadError::Length { found })) => return Err(OpenError::CheckpointFileLength { found }),
        (_, Err(CheckpointReadError::BothSlots)) => return Err(OpenError::CheckpointFileDamaged),
        (_, Err(CheckpointReadError::OneSlot { slot, size })) => {
            return Err(OpenError::CheckpointSlotDamaged { slot, size });
        }
        (_, Ok(mark)) => mark,
    };
    match found {
        FolderContents::CheckpointFileAlone if mark.reached.size.is_empty() => Err(OpenError::Unfinished),
        FolderContents::CheckpointFileAlone => Err(OpenError::DatabaseMissing { size: mark.reached.size }),
        _ => Ok(mark),
    }
}

#[cfg(test)]
mod tests;
