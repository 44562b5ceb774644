//! The state that all handlers share: reader, sequencer, filing service, caches, and the remaining capacity of each limit.
//!
//! Reads of the store run on the blocking pool, with a concurrency limit, so that a stalled disk does not block the async workers.
//! Moving a read to the pool takes 20 to 40 µs; frequent reads therefore try the caches first, on the worker.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::court::ids::AccountId;
use crate::error_code::ErrorCode;
use crate::filing::blocking::on_blocking_thread;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::service::FilingService;
use crate::http::admission::{DepositAdmission, DepositLimits};
use crate::http::client_address::AddressGroup;
use crate::http::client_quota::{Share, Shares};
use crate::http::connections::Connections;
use crate::http::hashing::HashingThreads;
use crate::http::options::{MEMORY_UNIT, Options};
use crate::http::problem::Failure;
use crate::ledger::receipt::{KeyNotice, Receipt};
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::{Clock, SystemClock};
use crate::sequencer::handle::Sequencer;
use crate::store::contract::{Published, ReadError, ReadLedger};
use crate::store::reading;
use crate::store::reading::blocks::Blocks;
use crate::store::reading::receipts;
use crate::store::reading::recent::{Found, Recent};

/// The state of a running node that handlers use.
pub struct AppState {
    reader: Arc<dyn ReadLedger>,
    sequencer: Sequencer,
    options: Options,
    admission: DepositAdmission,
    reads: Arc<Semaphore>,
    hashing: HashingThreads,
    connections: Connections,
    body_memory: Shares<AddressGroup>,
    files: Shares<AddressGroup>,
    uploads: Shares<AccountId>,
    batches: Shares<AddressGroup>,
    lines_of_batches: Arc<Semaphore>,
    /// The key notices of the last checkpoint of which a receipt was made.
    notices: RwLock<Option<(Arc<Published>, Vec<KeyNotice>)>>,
    recent: Recent,
    blocks: Blocks,
    filing: Option<Arc<FilingService>>,
    clock: Box<dyn Clock + Sync>,
}

impl AppState {
    /// The state over `reader`, to which `sequencer` appends. No statements are accepted before [`AppState::with_admission`].
    #[must_use]
    pub fn new(reader: Arc<dyn ReadLedger>, sequencer: Sequencer, options: Options) -> Self {
        let reads = Arc::new(Semaphore::new(options.reads));
        let connections = Connections::new(options.connections, options.connections_per_client, options.stalled_after);
        let units = |bytes: usize| bytes / MEMORY_UNIT;
        let capacity = sequencer.health().capacity;
        let lines_of_batches = Arc::new(Semaphore::new((capacity - capacity / 4).max(1)));
        Self {
            reader,
            sequencer,
            admission: DepositAdmission::new(DepositPolicy::Accounts, &DepositLimits::none()),
            reads,
            hashing: HashingThreads::new(options.hashing),
            connections,
            body_memory: Shares::new(units(options.body_memory), units(options.body_memory_per_client)),
            files: Shares::new(options.files, options.files_per_client),
            uploads: Shares::new(options.uploads, options.uploads_per_account),
            batches: Shares::new(options.batches, options.batches_per_client),
            options,
            lines_of_batches,
            notices: RwLock::default(),
            recent: Recent::default(),
            blocks: Blocks::default(),
            filing: None,
            clock: Box::new(SystemClock::new()),
        }
    }

    /// Replaces the system clock.
    #[must_use]
    pub fn with_clock(self, clock: Box<dyn Clock + Sync>) -> Self {
        Self { clock, ..self }
    }

    /// The current time, for reports.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.read().wall
    }

    /// Accepts statements under this policy and these limits.
    #[must_use]
    pub fn with_admission(self, policy: DepositPolicy, limits: &DepositLimits) -> Self {
        Self { admission: DepositAdmission::new(policy, limits), ..self }
    }

    /// Adds a filing service: accounts, cases, originals.
    #[must_use]
    pub fn with_filing(self, filing: Arc<FilingService>) -> Self {
        Self { filing: Some(filing), ..self }
    }

    /// The filing service.
    ///
    /// # Errors
    ///
    /// `unauthenticated` on a node without one, where no token is valid.
    pub fn filing(&self) -> Result<&Arc<FilingService>, Failure> {
        self.filing.as_ref().ok_or_else(|| Failure::new(ErrorCode::Unauthenticated, "this node keeps no accounts"))
    }

    /// Admission of deposits.
    #[must_use]
    pub const fn admission(&self) -> &DepositAdmission {
        &self.admission
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

    /// The reader, for calls that do not read the disk.
    #[must_use]
    pub fn reader(&self) -> &dyn ReadLedger {
        &*self.reader
    }

    /// Runs `query` on the blocking pool, within the concurrency limit.
    ///
    /// # Errors
    ///
    /// Those of `query`; `internal` if it panicked.
    pub async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&dyn ReadLedger) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = take(&self.reads).await?;
        let reader = Arc::clone(&self.reader);
        on_blocking_thread(move || {
            // Held until the read ends, also if the request was cancelled.
            let _place = place;
            look(&*reader)
        })
        .await?
    }

    /// Runs `query` on the caches at once, and as [`Self::read`] if something is not cached.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_cached_or_blocking<T: Send + 'static>(
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

    /// The cache of deposits.
    #[must_use]
    pub const fn recent(&self) -> &Recent {
        &self.recent
    }

    /// The cache of blocks.
    #[must_use]
    pub const fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// The receipt of a deposit. The key notices of a checkpoint are read once per checkpoint, not once per receipt.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn receipt(&self, reader: &dyn ReadLedger, found: Found) -> Result<Receipt, ReadError> {
        let (tip, block) = (reading::published(reader)?, self.blocks.sealing(reader, found.index)?);
        // A panicked thread leaves the previous value.
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

    /// The threads that hash files.
    #[must_use]
    pub const fn hashing(&self) -> &HashingThreads {
        &self.hashing
    }

    /// The open connections.
    #[must_use]
    pub const fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Memory for a body of `client` that has not arrived yet, in units of [`MEMORY_UNIT`]. If there is none, a connection
    /// of the same client that has stalled is closed.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn body_memory(&self, client: AddressGroup, units: usize) -> Result<Share, Failure> {
        if let Some(memory) = self.body_memory.try_take(client, units) {
            return Ok(memory);
        }
        self.connections.evict_one_of(client);
        let memory = self.body_memory.take(client, units, self.options.place_timeout).await;
        memory.map_err(|_| Failure::busy("requests whose bodies are incomplete"))
    }

    /// Waits for a permit to receive a file of `client` for verification.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn file_permit(&self, client: AddressGroup) -> Result<Share, Failure> {
        let place = self.files.take(client, 1, self.options.place_timeout).await;
        place.map_err(|_| Failure::busy("verifications of files"))
    }

    /// Waits for a permit to receive an original of `account` into custody.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn upload_permit(&self, account: AccountId) -> Result<Share, Failure> {
        let place = self.uploads.take(account, 1, self.options.place_timeout).await;
        place.map_err(|_| Failure::busy("originals"))
    }

    /// Waits for a permit to read a batch of `client`.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn batch_permit(&self, client: AddressGroup) -> Result<Share, Failure> {
        let place = self.batches.take(client, 1, self.options.place_timeout).await;
        place.map_err(|_| Failure::busy("batches"))
    }

    /// Whether a batch waits for a permit.
    #[must_use]
    pub fn are_batches_waiting(&self) -> bool {
        self.batches.is_contended()
    }

    /// Waits for a permit to queue a line of a batch. Batches get three quarters of the sequencer's queue, so that single deposits
    /// are still accepted.
    ///
    /// # Errors
    ///
    /// `internal` if the semaphore were closed, which does not happen.
    pub async fn batch_queue_permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        take(&self.lines_of_batches).await
    }
}

async fn take(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(places).acquire_owned().await.map_err(|error| Failure::internal(&error))
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("admission", &self.admission).finish_non_exhaustive()
    }
}
