//! What handlers share: the reader, the sequencer, the limits.
//!
//! A disk that stalls must not hold all worker threads at once, deposits in flight and the health page with them. So a
//! read of the store runs on a blocking thread, bounded in number. The hand-over takes 20 to 40 µs; what is asked for most
//! is therefore first looked for in memory alone, where nobody waits.

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::desk::office::Desk;
use crate::http::options::Options;
use crate::http::problem::Failure;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::sequencer::handle::Sequencer;
use crate::store::contract::{Published, ReadError, ReadLedger};
use crate::store::reading;
use crate::store::reading::blocks::Blocks;
use crate::store::reading::receipts;
use crate::store::reading::recent::{Found, Recent};

/// A running node, as HTTP sees it.
pub struct Node {
    reader: Arc<dyn ReadLedger>,
    sequencer: Sequencer,
    options: Options,
    on_loopback: bool,
    reads: Arc<Semaphore>,
    hashing: Arc<Semaphore>,
    batches: Arc<Semaphore>,
    lines_of_batches: Arc<Semaphore>,
    /// The key notices of a checkpoint that was looked at.
    notices: RwLock<Option<(Arc<Published>, Vec<KeyNotice>)>>,
    recent: Recent,
    blocks: Blocks,
    desk: Option<Arc<Desk>>,
}

impl Node {
    /// A node over `reader`, which `sequencer` writes to. It accepts no deposits before [`Node::listening_on`].
    #[must_use]
    pub fn new(reader: Arc<dyn ReadLedger>, sequencer: Sequencer, options: Options) -> Self {
        let reads = Arc::new(Semaphore::new(options.reads));
        let hashing = Arc::new(Semaphore::new(options.hashing));
        let batches = Arc::new(Semaphore::new(options.batches));
        let capacity = sequencer.health().capacity;
        let lines_of_batches = Arc::new(Semaphore::new((capacity - capacity / 4).max(1)));
        Self {
            reader,
            sequencer,
            options,
            on_loopback: false,
            reads,
            hashing,
            batches,
            lines_of_batches,
            notices: RwLock::default(),
            recent: Recent::default(),
            blocks: Blocks::default(),
            desk: None,
        }
    }

    /// Says where it listens: on loopback anybody local may deposit, elsewhere nobody may until there is enrolment.
    #[must_use]
    pub fn listening_on(self, address: SocketAddr) -> Self {
        Self { on_loopback: address.ip().is_loopback(), ..self }
    }

    /// With a desk: accounts, cases, originals.
    #[must_use]
    pub fn with_desk(self, desk: Arc<Desk>) -> Self {
        Self { desk: Some(desk), ..self }
    }

    /// The desk.
    ///
    /// # Errors
    ///
    /// `unauthenticated` on a node without one: nobody has a token there.
    pub fn desk(&self) -> Result<&Arc<Desk>, Failure> {
        self.desk.as_ref().ok_or_else(|| Failure::new("unauthenticated", "this node keeps no accounts"))
    }

    /// Whether it can be reached from this machine only.
    #[must_use]
    pub const fn is_on_loopback(&self) -> bool {
        self.on_loopback
    }

    /// The sequencer.
    #[must_use]
    pub const fn sequencer(&self) -> &Sequencer {
        &self.sequencer
    }

    /// The limits.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The reader, for what takes no disk.
    #[must_use]
    pub fn reader(&self) -> &dyn ReadLedger {
        &*self.reader
    }

    /// Reads the store on a thread that may block.
    ///
    /// # Errors
    ///
    /// Those of `look`; `internal` when it panicked.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&dyn ReadLedger) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = take(&self.reads).await?;
        let reader = Arc::clone(&self.reader);
        let looked = tokio::task::spawn_blocking(move || {
            // Held until the read is over, even where nobody waits for it any more.
            let _place = place;
            look(&*reader)
        });
        looked.await.map_err(|error| Failure::internal(&error))?
    }

    /// Reads the store at once where all that is asked for lies in memory, and else as [`Self::read`] does.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_quickly<T: Send + 'static>(
        &self,
        look: impl Fn(&dyn ReadLedger) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut looked = None;
        let all_there = self.reader.look_in_memory(&mut |reader| looked = Some(look(reader)));
        match looked.filter(|_| all_there) {
            Some(looked) => looked,
            None => self.read(look).await,
        }
    }

    /// Deposits that were read.
    #[must_use]
    pub const fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Blocks that were read.
    #[must_use]
    pub const fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// The receipt of a deposit that was found. Who signed a checkpoint is looked at once, not once a receipt.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn receipt(&self, reader: &dyn ReadLedger, found: Found) -> Result<Receipt, ReadError> {
        let (tip, block) = (reading::published(reader)?, self.blocks.sealing(reader, found.index)?);
        // A panicked thread leaves behind what was known before.
        let known = self.notices.read().unwrap_or_else(PoisonError::into_inner).clone();
        let notices = if let Some((_, notices)) = known.filter(|(of, _)| Arc::ptr_eq(of, &tip)) {
            notices
        } else {
            let notices = reading::key_notices(reader, &tip)?;
            let known = (Arc::clone(&tip), notices.clone());
            *self.notices.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
            notices
        };
        receipts::receipt_under(reader, (found.index, found.bytes), &block, &tip, notices)
    }

    /// A place among the threads that hash files.
    ///
    /// # Errors
    ///
    /// `internal`, never: nobody closes the semaphore.
    pub async fn place_to_hash(&self) -> Result<OwnedSemaphorePermit, Failure> {
        take(&self.hashing).await
    }

    /// A place among the batches, waited for.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn place_for_batch(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let place = timeout(self.options.place_timeout, take(&self.batches)).await;
        place.map_err(|_| Failure::busy("batches"))?
    }

    /// A share of the pool for a line of a batch: three quarters of it, so that one deposit by itself finds a place while
    /// batches wait for theirs.
    ///
    /// # Errors
    ///
    /// `internal`, never: nobody closes the semaphore.
    pub async fn share_of_batches(&self) -> Result<OwnedSemaphorePermit, Failure> {
        take(&self.lines_of_batches).await
    }
}

async fn take(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(places).acquire_owned().await.map_err(|error| Failure::internal(&error))
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("on_loopback", &self.on_loopback).finish_non_exhaustive()
    }
}
