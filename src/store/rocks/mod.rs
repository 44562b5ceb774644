//! Kept in RocksDB.
