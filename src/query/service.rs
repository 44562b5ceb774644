//! The boundary between async code and the blocking store, with one limit of concurrent reads for the whole node.
//!
//! A stalled disk must not block all worker threads, with them deposits in flight and the health page. So a read of the store runs
//! on a blocking thread, and their number is bounded. Handing a read over takes 20 to 40 µs of latency; therefore the most frequent
//! look-ups try the caches first, on the async worker: a cache hit never blocks.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;

use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::query::block_cache::BlockCache;
use crate::query::blocking::{BlockingError, on_blocking_thread};
use crate::query::deposit_cache::{DepositCache, FoundDeposit};
use crate::query::{proofs, receipts, records};
use crate::store::traits::{LedgerReader, Published, ReadError};

/// Reads of one ledger.
pub struct QueryService {
    reader: Arc<dyn LedgerReader>,
    permits: Arc<Semaphore>,
    deposits: DepositCache,
    blocks: BlockCache,
    /// The key notices of the published checkpoint that was last asked for.
    key_notices: RwLock<Option<(Arc<Published>, Vec<KeyNotice>)>>,
}

impl QueryService {
    /// Reads through `reader`, at most `concurrent` at the same time.
    #[must_use]
    pub fn new(reader: Arc<dyn LedgerReader>, concurrent: usize) -> Self {
        Self {
            reader,
            permits: Arc::new(Semaphore::new(concurrent)),
            deposits: DepositCache::default(),
            blocks: BlockCache::default(),
            key_notices: RwLock::default(),
        }
    }

    /// The reader, for what takes no disk: the published checkpoint.
    #[must_use]
    pub fn reader(&self) -> &dyn LedgerReader {
        &*self.reader
    }

    /// Deposits that were read.
    #[must_use]
    pub const fn deposits(&self) -> &DepositCache {
        &self.deposits
    }

    /// Blocks that were read.
    #[must_use]
    pub const fn blocks(&self) -> &BlockCache {
        &self.blocks
    }

    /// Reads on a thread that may block.
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
            // Held until the read is over, even if its caller is gone.
            let _permit = permit;
            read(&*reader)
        })
        .await?
    }

    /// Reads at once if everything is cached, otherwise as [`Self::read`] does.
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

    /// The receipt of a deposit that was found. The signature of a checkpoint is verified once per checkpoint, not once per receipt.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn receipt(&self, reader: &dyn LedgerReader, found: FoundDeposit) -> Result<Receipt, ReadError> {
        let (tip, block) = (records::published(reader)?, self.blocks.sealing(reader, found.place)?);
        // Replaced as a whole: a panicked thread leaves the value from before.
        let known = self.key_notices.read().unwrap_or_else(PoisonError::into_inner).clone();
        let notices = if let Some((_, notices)) = known.filter(|(of, _)| Arc::ptr_eq(of, &tip)) {
            notices
        } else {
            let notices = proofs::key_notices(reader, &tip)?;
            let known = (Arc::clone(&tip), notices.clone());
            *self.key_notices.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
            notices
        };
        receipts::receipt_under(reader, (found.place.index, found.bytes), &block, &tip, notices)
    }
}

impl std::fmt::Debug for QueryService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryService").field("permits", &self.permits).finish_non_exhaustive()
    }
}
