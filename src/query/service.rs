//! Async access to the blocking store, with one limit of concurrent reads for the whole node.
//!
//! A stalled disk must not block the async worker threads, which also serve deposits in flight and the health page. So
//! reads run on tokio's blocking pool, and a semaphore bounds their number. Moving a read to the pool adds 20 to 40 µs of
//! latency. The most frequent look-ups therefore try the caches first, on the async worker: a cache hit never blocks, and a
//! miss is moved to the pool.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::query::attested_checkpoint::{self, AttestedCheckpoint};
use crate::query::block_cache::BlockCache;
use crate::query::blocking::{BlockingError, on_blocking_thread};
use crate::query::deposit_cache::{DepositCache, FoundDeposit};
use crate::query::{key_history, receipts, records};
use crate::store::traits::{LedgerReader, ReadError};

/// Capacity of each of the two caches by checkpoint: an hour under load, in 4 MiB.
const CHECKPOINTS: usize = 4_096;

/// Runs reads of one ledger, and owns the caches of deposits, blocks and key notices.
pub struct QueryService {
    reader: Arc<dyn LedgerReader>,
    permits: Arc<Semaphore>,
    deposits: DepositCache,
    blocks: BlockCache,
    /// The checkpoints of receipts, by the size at the end of a block, with the version of the annotations and the published size.
    checkpoints: Cache<TreeSize, (u64, TreeSize, Arc<AttestedCheckpoint>)>,
    /// The key notices for checkpoints of receipts, by their size.
    key_notices: Cache<TreeSize, Arc<[KeyNotice]>>,
}

impl QueryService {
    /// A service for `reader` that runs at most `concurrent` blocking reads at the same time.
    #[must_use]
    pub fn new(reader: Arc<dyn LedgerReader>, concurrent: usize) -> Self {
        Self {
            reader,
            permits: Arc::new(Semaphore::new(concurrent)),
            deposits: DepositCache::default(),
            blocks: BlockCache::default(),
            checkpoints: Cache::new(CHECKPOINTS),
            key_notices: Cache::new(CHECKPOINTS),
        }
    }

    /// The reader, for calls that need no disk I/O: the published checkpoint. For all other calls use [`Self::read`].
    #[must_use]
    pub fn reader(&self) -> &dyn LedgerReader {
        &*self.reader
    }

    /// The cache of deposits.
    #[must_use]
    pub const fn deposits(&self) -> &DepositCache {
        &self.deposits
    }

    /// The cache of blocks.
    #[must_use]
    pub const fn blocks(&self) -> &BlockCache {
        &self.blocks
    }

    /// Runs `read` on a thread of the blocking pool. Waits for a permit if the maximum number of reads is running.
    ///
    /// # Errors
    ///
    /// Those of `read`, and [`BlockingError`].
    pub async fn read<T: Send + 'static, E: From<BlockingError> + Send + 'static>(
        &self,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| BlockingError::Thread(error.to_string()))?;
        let reader = Arc::clone(&self.reader);
        on_blocking_thread(move || {
            // Moved here so that the permit is released when the read ends, not when the caller drops the future.
            let _permit = permit;
            read(&*reader)
        })
        .await?
    }

    /// Runs `read` on the calling thread, against cached data only; if it needs the disk, runs it again with
    /// [`Self::read`]. So `read` may be called twice and must have no side effects other than on caches.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_cached_first<T: Send + 'static, E: From<BlockingError> + Send + 'static>(
        &self,
        read: impl Fn(&dyn LedgerReader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let mut result = None;
        let was_cached = self.reader.try_read_cached(&mut |reader| result = Some(read(reader)));
        match result.filter(|_| was_cached) {
            Some(result) => result,
            None => self.read(read).await,
        }
    }

    /// [`attested_checkpoint::of_block`], from the cache if neither the annotations nor, for a checkpoint without a level, the published
    /// checkpoint have changed since.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn checkpoint(&self, reader: &dyn LedgerReader, end: TreeSize) -> Result<Arc<AttestedCheckpoint>, ReadError> {
        // Both are read before the checkpoint, so the cached checkpoint is at least as new as they are.
        let (version, published) = (reader.annotations_version(), records::published(reader)?.size());
        let Some(version) = version else { return Ok(Arc::new(attested_checkpoint::of_block(reader, end)?)) };
        if let Some((known, at, checkpoint)) = self.checkpoints.get(&end)
            && known == version
            && (at == published || checkpoint.level.is_some())
        {
            return Ok(checkpoint);
        }
        let checkpoint = Arc::new(attested_checkpoint::of_block(reader, end)?);
        self.checkpoints.insert(end, (version, published, Arc::clone(&checkpoint)));
        Ok(checkpoint)
    }

    /// Builds the receipt of the deposit `found` under the checkpoint with the highest proof level. Blocking. The key
    /// notices are read and the checkpoint's signature is verified once per checkpoint, not once per receipt.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn receipt(&self, reader: &dyn LedgerReader, found: FoundDeposit) -> Result<Receipt, ReadError> {
        let block = self.blocks.sealing(reader, found.place)?;
        let checkpoint = self.checkpoint(reader, block.header.index().size_after())?;
        let notices = if let Some(notices) = self.key_notices.get(&checkpoint.size()) {
            notices
        } else {
            let notices: Arc<[KeyNotice]> = key_history::key_notices(reader, &checkpoint.checkpoint)?.into();
            self.key_notices.insert(checkpoint.size(), Arc::clone(&notices));
            notices
        };
        receipts::receipt_under(reader, (found.place.index, found.bytes), &block, &checkpoint, notices.to_vec())
    }
}

impl std::fmt::Debug for QueryService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryService").field("permits", &self.permits).finish_non_exhaustive()
    }
}
