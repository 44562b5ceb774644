//! Store in RocksDB, the embedded default of a node. No other module names RocksDB.
//!
//! | file | what |
//! |---|---|
//! | [`mod@format`], [`schema`] | bytes of keys and values, format versions; the tables |
//! | [`tuning`], [`engine`], [`batch`], [`engine_error`] | settings; typed rows read, scanned, and written in one fsynced batch; errors |
//! | [`folder`], [`checkpoint_file`], [`manifest`], [`safety_copy`] | the files in the data folder beside the database's own |
//! | [`tree`], [`scan`] | leaves and tiles: verified against the tree, or as stored |
//! | [`index_buffer`], [`derivation`], [`rebuild`], [`counting`] | index rows: buffered, derived again from the log, rebuilt, counted |
//! | [`key_notices`] | the row that names the notices of the ledger key |
//! | [`appended`] | the appended chain, for the checks before an append |
//! | [`reader`], [`store`], [`reopening`] | reading; the writer; the store that recovers from shortages within the process |
//! | [`erasure`], [`rewriting`], [`search`] | physical erasure of private content, and its verification |
//! | [`open`], [`open_error`], [`inspection`] | opening and creating |
//!
//! `chain-data/README.md` documents every byte.

pub mod annotated;
pub mod appended;
pub mod batch;
pub mod checkpoint_file;
pub mod counting;
pub mod derivation;
pub mod engine;
pub mod engine_error;
pub mod erasure;
pub mod folder;
pub mod format;
pub mod index_buffer;
pub mod inspection;
pub mod key_notices;
pub mod manifest;
pub mod open;
pub mod open_error;
pub mod reader;
pub mod rebuild;
pub mod reopening;
pub mod rewriting;
pub mod safety_copy;
pub mod scan;
pub mod schema;
pub mod search;
pub mod snapshot;
pub mod store;
pub mod tree;
pub mod tuning;
