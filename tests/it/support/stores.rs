//! Every kind of store behind one interface to create, use and reopen it.

use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::{open_error::OpenError, store::RocksStore, tuning::Options};
use tiezheng::store::traits::{Annotations, CursorStore, LogStore, PrivateStore};

use super::depositor::origin;

/// A kind of store under test.
pub(crate) trait Bench {
    /// The store.
    type Store: LogStore + PrivateStore + CursorStore + Annotations + 'static;

    /// An empty ledger of the fixtures' origin.
    fn begin() -> Self;

    /// The store.
    fn store(&self) -> &Self::Store;

    /// Closes it and opens it again, if the kind of store supports that.
    fn reopen(&mut self);
}

/// The store in memory.
pub(crate) struct Memory(MemoryStore);

impl Bench for Memory {
    type Store = MemoryStore;

    fn begin() -> Self {
        Self(MemoryStore::new(origin()))
    }

    fn store(&self) -> &MemoryStore {
        &self.0
    }

    fn reopen(&mut self) {}
}

/// The store in RocksDB, in a folder of its own.
pub(crate) struct Rocks {
    store: Option<RocksStore>,
    folder: tempfile::TempDir,
}

impl Rocks {
    /// The ledger's folder.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join("ledger")
    }

    /// Closes it.
    pub(crate) fn close(&mut self) {
        self.store = None;
    }

    /// Opens it, closed or not.
    pub(crate) fn try_open(&mut self) -> Result<(), OpenError> {
        self.close();
        self.store = Some(RocksStore::open(&self.folder(), &small())?);
        Ok(())
    }
}

impl Bench for Rocks {
    type Store = RocksStore;

    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RocksStore::create(&folder.path().join("ledger"), &origin(), &small()).unwrap();
        Self { store: Some(store), folder }
    }

    fn store(&self) -> &RocksStore {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.try_open().unwrap();
    }
}

/// Buffers so small that tests also write and compact files, and flush index rows early.
pub(crate) fn small() -> Options {
    Options { block_cache_bytes: 1 << 20, memtable_bytes: 3 << 19, open_files: 64, buffered_leaves: 100 }
}

/// Number of rows of a table of a closed ledger, as stored on disk.
pub(crate) fn on_disk(folder: &std::path::Path, table: &str) -> u64 {
    let tables = tiezheng::store::rocks::schema::TABLES.iter().map(|(name, _)| *name);
    let options = rocksdb::Options::default();
    let db = rocksdb::DB::open_cf_for_read_only(&options, folder.join("db"), tables, false).unwrap();
    let mut reads = rocksdb::ReadOptions::default();
    reads.set_total_order_seek(true);
    let rows = db.iterator_cf_opt(db.cf_handle(table).unwrap(), reads, rocksdb::IteratorMode::Start);
    rows.map(Result::unwrap).count() as u64
}
