//! How RocksDB is set up.
//!
//! # Invariants
//!
//! Everything that RocksDB can check it checks: block checksums, the log's records, and that every file and log which the
//! manifest names is there in full. Memory is bounded by [`Options`] however large the ledger grows: the indexes and
//! filters of files live in the one shared block cache, in small pieces.
//!
//! What was erased can be gone: private tables are not compressed, so that their bytes can be searched for, and logs are
//! neither compressed, kept, archived nor written over again once their rows lie in files (RocksDB's defaults, on which
//! `purge` relies and which it checks).
//!
//! None of this is part of the format: a ledger written with other settings reads the same.

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, LogLevel,
    SliceTransform,
};

use crate::store::rocks::schema::{LookupPattern, Shape, TABLES};

/// How much of the machine the database may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the cache that all tables share for blocks, indexes and filters. Default 64 MiB.
    pub block_cache_bytes: usize,
    /// Bytes of rows that wait in memory to be written out as files. Default 64 MiB.
    pub memtable_bytes: usize,
    /// Most files held open. Default 512, which is enough for 20 million deposits.
    pub open_files: i32,
    /// Leaves whose index rows fill the write buffer; up to twice as many are in memory, and their leaves are read when a node
    /// starts that did not end cleanly. Default 32,768: some 10 MiB, four seconds of full
    /// load, and less than a second to read.
    pub buffered_leaves: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_cache_bytes: 64 << 20, memtable_bytes: 64 << 20, open_files: 512, buffered_leaves: 32_768 }
    }
}

/// Most bytes of log that an opening has to replay: some eight seconds of full load, read back in less than one.
const LOG_BYTES: u64 = 128 << 20;

/// Bits a key in the filters: one look-up in a hundred for what is not there reads a block in vain.
const FILTER_BITS: f64 = 10.0;

/// How leaves are compressed: against a dictionary of each file's own, learned from the first rows of the file. What deposits
/// have in common lies far apart (a thousand keys, each in one of a thousand rows), and blocks are small. Not all of a file
/// is held back for learning: that would take its bytes from the cache.
pub const LEAVES_COMPRESSION: (&str, &str) =
    ("compression_opts", "{max_dict_bytes=65536;zstd_max_train_bytes=2097152;max_dict_buffer_bytes=4194304}");

/// Settings of the whole database.
#[must_use]
pub fn database(options: &Options, create: bool) -> rocksdb::Options {
    let mut database = rocksdb::Options::default();
    database.create_if_missing(create);
    database.set_error_if_exists(create);
    database.set_paranoid_checks(true);
    database.set_track_and_verify_wals_in_manifest(true);
    // A cut off last batch was never acknowledged and is dropped; anything more that is missing, the mark tells.
    database.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    database.set_max_total_wal_size(LOG_BYTES);
    database.set_db_write_buffer_size(options.memtable_bytes);
    database.set_max_open_files(options.open_files);
    database.set_max_background_jobs(4);
    // One thread writes: nothing to share the memtables with.
    database.set_allow_concurrent_memtable_write(false);
    database.set_enable_write_thread_adaptive_yield(false);
    database.set_avoid_unnecessary_blocking_io(true);
    // Files go to the disk as they are written, so that the log's fsync does not wait behind a whole file.
    database.set_bytes_per_sync(1 << 20);
    database.set_log_level(LogLevel::Warn);
    database.set_max_log_file_size(1 << 20);
    database.set_keep_log_file_num(4);
    database.set_stats_dump_period_sec(0);
    database.set_stats_persist_period_sec(0);
    database
}

/// All tables with their settings.
#[must_use]
pub fn tables(options: &Options) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(options.block_cache_bytes);
    let table = |(name, shape): &(&str, Shape)| ColumnFamilyDescriptor::new(*name, table(*shape, options, &cache));
    TABLES.iter().map(table).collect()
}

fn table(shape: Shape, options: &Options, cache: &Cache) -> rocksdb::Options {
    let mut table = rocksdb::Options::default();
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_format_version(6);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_pin_top_level_index_and_filter(true);
    table.set_max_write_buffer_number(4);
    table.set_target_file_size_base(64 << 20);
    table.set_level_compaction_dynamic_level_bytes(true);
    match shape {
        Shape::Text => {
            blocks.set_block_size(8 << 10);
            table.set_compression_type(DBCompressionType::Zstd);
            table.set_write_buffer_size(options.memtable_bytes / 2);
        }
        Shape::Private => {
            blocks.set_block_size(16 << 10);
            table.set_compression_type(DBCompressionType::None);
            table.set_bottommost_compression_type(DBCompressionType::None);
            table.set_write_buffer_size(options.memtable_bytes / 8);
        }
        Shape::Tiles => {
            // One tile a block; hashes do not compress.
            blocks.set_block_size(8 << 10);
            table.set_compression_type(DBCompressionType::None);
            table.set_write_buffer_size(options.memtable_bytes / 8);
        }
        Shape::Ordered => {
            blocks.set_block_size(4 << 10);
            table.set_compression_type(DBCompressionType::Zstd);
            table.set_write_buffer_size(options.memtable_bytes / 16);
        }
        Shape::Random(asked) | Shape::Prefixed(_, asked) => {
            blocks.set_block_size(4 << 10);
            blocks.set_bloom_filter(FILTER_BITS, false);
            blocks.set_partition_filters(true);
            // Where nearly every row comes to rest, a filter would only say that what is asked for is there.
            table.set_optimize_filters_for_hits(asked == LookupPattern::MostlyHits);
            // These tables are rewritten most often: only what has come to rest is compressed. Random keys hardly are; the
            // zeros between them go under LZ4 as well, which costs a reader less than Zstandard does.
            table.set_compression_type(DBCompressionType::None);
            table.set_bottommost_compression_type(DBCompressionType::Lz4);
            // Every file is one day merged into all others: the fewer, the less often.
            table.set_write_buffer_size(options.memtable_bytes / 6);
            table.set_memtable_prefix_bloom_ratio(0.02);
            table.set_memtable_whole_key_filtering(true);
        }
    }
    if let Shape::Prefixed(length, _) = shape {
        blocks.set_whole_key_filtering(false);
        table.set_memtable_whole_key_filtering(false);
        table.set_prefix_extractor(SliceTransform::create_fixed_prefix(length));
    }
    table.set_block_based_table_factory(&blocks);
    table
}
