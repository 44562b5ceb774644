//! Settings of RocksDB.
//!
//! # Invariants
//!
//! All checks of RocksDB are on: block checksums, checksums of log records, and the presence and length of every file
//! and log that the MANIFEST names. Memory is bounded by [`Options`], whatever the size of the ledger: the indexes and
//! filters of files are partitioned and share the block cache with the data blocks.
//!
//! Erasure depends on two settings. Private tables are not compressed, so that their bytes can be searched for. Logs
//! are neither compressed, archived nor recycled once their rows are in SST files (RocksDB's defaults); `erasure`
//! checks that they are deleted.
//!
//! No setting is part of the disk format: a ledger that was written with other settings can be read.

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, LogLevel,
    SliceTransform,
};

use crate::store::rocks::schema::{LookupPattern, Shape, TABLES};

/// Limits of the memory and files that the database uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the cache that all tables share for blocks, indexes and filters. Default 64 MiB.
    pub block_cache_bytes: usize,
    /// Bytes of all memtables together. Default 64 MiB.
    pub memtable_bytes: usize,
    /// Maximum number of open SST files. Default 512, enough for 20 million deposits.
    pub open_files: i32,
    /// Number of leaves whose index rows fill the index buffer. Rows of up to twice as many are in memory, and are
    /// derived again at the start after an unclean shutdown. Default 32,768: some 10 MiB, four seconds of full load,
    /// and less than a second to read.
    pub buffered_leaves: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { block_cache_bytes: 64 << 20, memtable_bytes: 64 << 20, open_files: 512, buffered_leaves: 32_768 }
    }
}

/// Maximum bytes of write-ahead log that an opening replays: some eight seconds of full load, replayed in less than
/// one.
const LOG_BYTES: u64 = 128 << 20;

/// Bits per key in the Bloom filters: a false positive rate of one percent.
const FILTER_BITS: f64 = 10.0;

/// Compression of leaves: with a dictionary per SST file, trained on the first rows of the file. Text that deposits
/// share recurs at long distances (a thousand keys, each in one of a thousand rows), and blocks are small. Training
/// does not buffer the whole file, because that memory is taken from the block cache.
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
    // A truncated last batch was never acknowledged and is dropped. The checkpoint file reveals any larger loss.
    database.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    database.set_max_total_wal_size(LOG_BYTES);
    database.set_db_write_buffer_size(options.memtable_bytes);
    database.set_max_open_files(options.open_files);
    database.set_max_background_jobs(4);
    // Blocks have one writer, and other writes are rare: concurrent memtable inserts gain nothing.
    database.set_allow_concurrent_memtable_write(false);
    database.set_enable_write_thread_adaptive_yield(false);
    database.set_avoid_unnecessary_blocking_io(true);
    // Files are synced in steps while they are written, so that an fsync of the log does not wait for a whole file.
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
            // Nearly all rows are in the last level. If most look-ups find their row there, a filter for it excludes
            // nothing.
            table.set_optimize_filters_for_hits(asked == LookupPattern::MostlyHits);
            // These tables are compacted most often, so only the last level is compressed. Random keys hardly shrink;
            // LZ4 removes the zeros between them as well as Zstandard does, and costs a reader less.
            table.set_compression_type(DBCompressionType::None);
            table.set_bottommost_compression_type(DBCompressionType::Lz4);
            // Every flushed file is merged into all others eventually: larger files mean fewer merges.
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
