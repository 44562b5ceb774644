//! Opening and creating a ledger's folder.
//!
//! ```text
//! open     lock ─▶ mark ─▶ database read-only: format, tip, root at the mark ─▶ only then read-write, and looked at again
//! create   lock ─▶ mark.new ─▶ mark ─▶ db.new ─▶ db
//! ```
//!
//! # Invariants
//!
//! A folder that is refused is left byte for byte as it was: a read-write opening may throw away what its recovery could
//! not read, so it comes last. A database *ahead* of the mark is fine: a block was appended and not yet signed, and the
//! sequencer reads it back.
//!
//! Every step of creation leaves either nothing or a name that only a whole thing bears, and the mark exists before the
//! database: so a creation that was cut off is known as one, and begun again from where it was.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use crate::ledger::block::{BlockHeader, Height};
use crate::ledger::chain::Tip;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::store::bounds::damaged;
use crate::store::contract::{AppendLedger as _, Published, ReadError};
use crate::store::joining;
use crate::store::rocks::engine::{Access, Engine};
use crate::store::rocks::folder::{Folder, KEYS, Lock, LockError};
use crate::store::rocks::format::FORMAT_VERSION;
use crate::store::rocks::format::about::About;
use crate::store::rocks::format::record::Record;
use crate::store::rocks::mark::{Mark, MarkError, MarkFile};
use crate::store::rocks::reader::RocksReader;
use crate::store::rocks::schema::{LEAVES, META};
use crate::store::rocks::store::RocksStore;
use crate::store::rocks::tree::{self, Tree};
use crate::store::rocks::tuning::Options;
use crate::store::rocks::waiting::{Progress, Waiting};

/// Why a folder was not opened. It is as it was before; only [`OpenError::Disk`] may come after RocksDB has begun to write
/// files of its own, and then nothing that was there is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no ledger.
    #[error("there is no ledger in this folder: check the path, or create one")]
    Absent,
    /// A creation was cut off before anything could be deposited.
    #[error("the creation of this ledger was cut off, nothing was deposited yet: create it again")]
    Unfinished,
    /// A ledger is there already.
    #[error("there is a ledger in this folder already: open it")]
    Exists,
    /// Something else is there.
    #[error("the folder holds `{name}`, which is no part of a ledger: choose an empty folder")]
    Stranger {
        /// The first name that does not belong.
        name: String,
    },
    /// A ledger was there and is gone. A new one under the same key would be a second history.
    #[error("the folder holds a ledger's key but no ledger: restore the ledger, or move the key away to begin another")]
    KeyWithoutLedger,
    /// Another process has it open.
    #[error("the folder is in use: a node or an audit is running on it")]
    InUse,
    /// The database is there and the mark is not.
    #[error(
        "the mark is missing: restore the whole folder from a backup or mirror; without it nobody can tell whether the database is the last one"
    )]
    MarkMissing,
    /// Both slots of the mark are damaged.
    #[error("both slots of the mark are damaged: restore the whole folder from a backup or mirror")]
    MarkDamaged,
    /// The mark is there and the database is not.
    #[error(
        "the database is missing, and the mark says that {size} leaves were signed: restore it from a backup or mirror"
    )]
    DatabaseMissing {
        /// The mark's size.
        size: TreeSize,
    },
    /// RocksDB does not open it, or it lacks what every ledger has.
    #[error("the database is damaged: {reason}; restore it from a backup or mirror")]
    DatabaseDamaged {
        /// In RocksDB's words, or ours.
        reason: String,
    },
    /// A record or tile that opening reads is damaged.
    #[error("the database is damaged: {0}; restore it from a backup or mirror")]
    RecordDamaged(#[from] ReadError),
    /// An earlier or a later program wrote it.
    #[error("the database has format {found}, this program knows {FORMAT_VERSION}: use the program that wrote it")]
    UnknownFormat {
        /// The version it names.
        found: u32,
    },
    /// The database has lost blocks that were signed, or an older copy was put back.
    #[error(
        "the database ends at {size}, but {marked} leaves were signed: blocks are lost or an older copy was put back; restore the newest one"
    )]
    Behind {
        /// The database's size.
        size: TreeSize,
        /// The mark's.
        marked: TreeSize,
    },
    /// The database holds another history than was signed.
    #[error(
        "the first {size} leaves have the root {found}, but {expected} was signed: this is another ledger, or its records were changed"
    )]
    Different {
        /// The mark's size.
        size: TreeSize,
        /// The root in the mark.
        expected: Digest,
        /// The root of what is stored.
        found: Digest,
    },
    /// The mark's tree does not end in a block header.
    #[error("the {size} leaves that the mark names do not end in a block header")]
    NoBlockAtMark {
        /// The mark's size.
        size: TreeSize,
    },
    /// The database is of another ledger than the mark beside it, or than the caller wants.
    #[error(
        "the database is of the ledger `{found}`, where `{expected}` was expected: bring together what belongs together"
    )]
    AnotherLedger {
        /// The origin expected.
        expected: Name,
        /// The database's.
        found: Name,
    },
    /// The disk failed.
    #[error("cannot read or write the folder: {0}")]
    Disk(#[from] io::Error),
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held => Self::InUse,
            LockError::Disk(error) => Self::Disk(error),
        }
    }
}

impl RocksStore {
    /// Opens the ledger in the folder `dir`.
    ///
    /// # Errors
    ///
    /// [`OpenError`]: the folder is as it was, as said there, but for an empty `lock` where there was none.
    pub fn open(dir: &Path, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        // Before the lock: a folder without a ledger does not get one.
        if survey(&folder)? == Found::Nothing {
            return Err(OpenError::Absent);
        }
        let lock = folder.lock()?;
        open_locked(&folder, options, lock)
    }

    /// Creates a ledger in the folder `dir`, which must be empty or not there, and opens it. What a creation before left
    /// unfinished is finished.
    ///
    /// # Errors
    ///
    /// [`OpenError`]. After [`OpenError::Disk`], and after a crash at any moment, call it again.
    pub fn create(dir: &Path, origin: &Name, options: &Options) -> Result<Self, OpenError> {
        let folder = Folder::new(dir);
        may_create(&folder)?;
        folder.make()?;
        let lock = folder.lock()?;
        // Again, now that nobody else can be at it.
        if may_create(&folder)? == Found::Nothing {
            MarkFile::write_new(&folder.new_mark())?;
            fs::rename(folder.new_mark(), folder.mark())?;
            folder.sync()?;
        }
        create_database(&folder, origin, options)?;
        open_locked(&folder, options, lock)
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
        let lock = folder.lock_shared()?;
        let mark = read_mark(&folder)?;
        let engine = open_engine(&folder, options, Access::ReadOnly)?;
        let Inspected { tip, published } = inspect(&engine, &mark)?;
        let waiting = Waiting::made_again(&engine, &tip.frontier)?;
        Ok(RocksReader::new(engine, tip, published, waiting, lock))
    }
}

/// What is in a folder, by names alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    MarkAlone,
    DatabaseAlone,
    Both,
}

fn survey(folder: &Folder) -> io::Result<Found> {
    Ok(match (folder.mark().try_exists()?, folder.database().try_exists()?) {
        (false, false) => Found::Nothing,
        (true, false) => Found::MarkAlone,
        (false, true) => Found::DatabaseAlone,
        (true, true) => Found::Both,
    })
}

fn may_create(folder: &Folder) -> Result<Found, OpenError> {
    if let Some(name) = folder.stranger()? {
        return Err(OpenError::Stranger { name });
    }
    match survey(folder)? {
        Found::Both => Err(OpenError::Exists),
        Found::DatabaseAlone => Err(OpenError::MarkMissing),
        Found::Nothing if folder.has_any(&KEYS)? => Err(OpenError::KeyWithoutLedger),
        Found::Nothing => Ok(Found::Nothing),
        Found::MarkAlone => match read_mark(folder) {
            // Nothing was ever signed, so nothing can be lost.
            Err(OpenError::Unfinished) => Ok(Found::MarkAlone),
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
    let failed = |reason: String| OpenError::Disk(io::Error::other(reason));
    let engine = Engine::open(&folder.new_database(), options, Access::Create).map_err(failed)?;
    let mut batch = engine.batch();
    batch.put(&META, &About::Format, &FORMAT_VERSION.to_be_bytes().to_vec())?;
    batch.put(&META, &About::Origin, &origin.as_str().as_bytes().to_vec())?;
    engine.commit(batch).map_err(|error| failed(error.to_string()))?;
    drop(engine);
    fs::rename(folder.new_database(), folder.database())?;
    folder.sync()?;
    Ok(())
}

fn open_locked(folder: &Folder, options: &Options, lock: Lock) -> Result<RocksStore, OpenError> {
    let mark = read_mark(folder)?;
    let waiting = {
        let engine = open_engine(folder, options, Access::ReadOnly)?;
        let Inspected { tip, .. } = inspect(&engine, &mark)?;
        Waiting::made_again(&engine, &tip.frontier)?
    };
    let engine = open_engine(folder, options, Access::ReadWrite)?;
    let Inspected { tip, published } = inspect(&engine, &mark)?;
    let (file, progress) = (MarkFile::open(&folder.mark(), &mark)?, Progress::of(&engine, options.gathered_leaves)?);
    let reader = RocksReader::new(engine, tip, published, waiting, lock);
    let store = RocksStore::new(reader, file, progress, folder.clone());
    // At once: what one crash after another leaves to be made again would add up.
    store.write_out().map_err(|error| OpenError::Disk(io::Error::other(error.to_string())))?;
    Ok(store)
}

/// The mark of a folder that has a database too.
fn read_mark(folder: &Folder) -> Result<Mark, OpenError> {
    let found = survey(folder)?;
    let mark = match (found, Mark::read(&folder.mark())) {
        (Found::Nothing, _) => return Err(OpenError::Absent),
        (Found::DatabaseAlone, _) => return Err(OpenError::MarkMissing),
        (_, Err(MarkError::Disk(error))) => return Err(error.into()),
        (_, Err(_)) => return Err(OpenError::MarkDamaged),
        (_, Ok(mark)) => mark,
    };
    match (found, &mark.checkpoint) {
        (Found::MarkAlone, None) => Err(OpenError::Unfinished),
        (Found::MarkAlone, Some(signed)) => Err(OpenError::DatabaseMissing { size: signed.checkpoint().size }),
        _ => Ok(mark),
    }
}

fn open_engine(folder: &Folder, options: &Options, access: Access) -> Result<Engine, OpenError> {
    Engine::open(&folder.database(), options, access).map_err(|reason| {
        // What the machine lacks is no damage, and no reason to restore anything.
        let machine = [
            "No space left",
            "Disk quota exceeded",
            "Permission denied",
            "Read-only file system",
            "Too many open files",
            "Input/output error",
        ];
        if machine.iter().any(|words| reason.contains(words)) {
            OpenError::Disk(io::Error::other(reason))
        } else {
            OpenError::DatabaseDamaged { reason }
        }
    })
}

/// What an opening learns of a database.
struct Inspected {
    tip: Tip,
    published: Option<Published>,
}

/// Reads where the database ends, and holds it against the mark.
fn inspect(engine: &Engine, mark: &Mark) -> Result<Inspected, OpenError> {
    let tip = tip(engine, origin(engine)?)?;
    let Some(signed) = &mark.checkpoint else { return Ok(Inspected { tip, published: None }) };
    let marked = signed.checkpoint();
    if marked.origin != tip.origin {
        return Err(OpenError::AnotherLedger { expected: marked.origin.clone(), found: tip.origin });
    }
    let Some(last) = marked.size.last_index().filter(|_| marked.size <= tip.size()) else {
        return Err(OpenError::Behind { size: tip.size(), marked: marked.size });
    };
    let tree = Tree { engine, edge: &tip.frontier };
    let found = tree.root(marked.size)?;
    if found != marked.root {
        return Err(OpenError::Different { size: marked.size, expected: marked.root, found });
    }
    let published = joining::ends_in(signed.clone(), &tree.leaf(last)?);
    let published = published.ok_or(OpenError::NoBlockAtMark { size: marked.size })?;
    Ok(Inspected { tip, published: Some(published) })
}

/// The ledger's origin, once the format is known to be ours.
fn origin(engine: &Engine) -> Result<Name, OpenError> {
    let lacks = |what: &str| OpenError::DatabaseDamaged { reason: format!("it lacks {what}") };
    let missing = engine.missing_tables();
    if missing.contains(&META.name) {
        return Err(lacks("the table `meta`"));
    }
    let version = engine.get(&META, &About::Format)?.ok_or_else(|| lacks("its format version"))?;
    let version = version.as_slice().try_into().map_err(|_| lacks("a readable format version"))?;
    match u32::from_be_bytes(version) {
        FORMAT_VERSION => {}
        found => return Err(OpenError::UnknownFormat { found }),
    }
    if !missing.is_empty() {
        return Err(lacks(&format!("the tables {}", missing.join(", "))));
    }
    let origin = engine.get(&META, &About::Origin)?.ok_or_else(|| lacks("its origin"))?;
    std::str::from_utf8(&origin).ok().and_then(Name::parse).ok_or_else(|| lacks("a readable origin"))
}

/// Where the database ends: always in a block header, since blocks are written whole.
fn tip(engine: &Engine, origin: Name) -> Result<Tip, ReadError> {
    let Some((last, Record(bytes))) = engine.last(&LEAVES)? else { return Ok(Tip::before_genesis(origin)) };
    let header = BlockHeader::parse(&bytes).map_err(|error| damaged("leaf", last, error.to_string()))?;
    if header.index() != last || header.ledger != origin {
        return Err(damaged("leaf", last, "it is no block header of this ledger, at this place"));
    }
    let frontier = tree::edge(engine, last.size_after())?;
    let next_height = Height(header.height.0.saturating_add(1));
    let frontier = Arc::new(frontier);
    Ok(Tip { origin, next_height, last_block: leaf_hash(&bytes), last_time: header.time, frontier })
}
