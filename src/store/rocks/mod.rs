//! A ledger in RocksDB: the embedded store of a node.
//!
//! The only room that names the engine. From the ground up:
//!
//! | file | what it knows |
//! |---|---|
//! | [`mod@format`] | how keys and values are spelled; the format version and its history |
//! | [`schema`] | the tables: name, key and value of each, bound together once |
//! | [`tuning`] | how RocksDB is set up |
//! | [`engine`], [`batch`] | typed rows read, scanned, and written in one fsynced batch |
//! | [`failing`] | what RocksDB's failures mean |
//! | [`rewriting`] | the files that rows lie in, written anew |
//! | [`folder`] | the names in a ledger's folder, and its locks |
//! | [`mark`] | the checkpoint file: the last signed checkpoint, durable beside the database |
//! | [`manifest`] | how long RocksDB's MANIFEST is |
//! | [`safety_copy`] | the database's files while RocksDB recovers its log |
//! | [`scan`] | leaves by the stretch, read ahead, held against nothing |
//! | [`tree`] | leaves and tiles, held against each other |
//! | [`waiting`] | rows that wait to be written in the order of their keys |
//! | [`appended`] | what the checks before an append ask |
//! | [`reader`] | reading, bounded by the published size |
//! | [`store`] | the one writer |
//! | [`reopening`] | the same store, opened anew within the process after a shortage |
//! | [`search`] | whether any file still holds what is erased |
//! | [`purge`] | making sure that none does |
//! | [`open`] | opening and creating |
//! | [`open_error`] | why a folder is not opened |
//! | [`inspection`] | comparing a database with the checkpoint file |
//!
//! `chain-data/README.md` draws every byte.

pub mod appended;
pub mod batch;
pub mod counting;
pub mod engine;
pub mod failing;
pub mod folder;
pub mod format;
pub mod inspection;
pub mod manifest;
pub mod mark;
pub mod open;
pub mod open_error;
pub mod purge;
pub mod reader;
pub mod reopening;
pub mod rewriting;
pub mod safety_copy;
pub mod scan;
pub mod schema;
pub mod search;
pub mod store;
pub mod tree;
pub mod tuning;
pub mod waiting;
