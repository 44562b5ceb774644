//! The state that all handlers share: the read side, the sequencer, the filing service, the limits and what is left of them.

use std::sync::{Arc, OnceLock};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cosigning::cosigning_state::Cosigning;
use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::error_code::ErrorCode;
use crate::filing::deposit_policy::DepositPolicy;
use crate::filing::service::FilingService;
use crate::filing::sign_in::SessionRules;
use crate::http::admission::{DepositAdmission, DepositLimits};
use crate::http::chain_listeners::ChainListeners;
use crate::http::client_address::AddressGroup;
use crate::http::client_quota::{Share, Shares};
use crate::http::connections::Connections;
use crate::http::hashing::HashingThreads;
use crate::http::node_description::NodeDescription;
use crate::http::options::{MEMORY_UNIT, Options};
use crate::http::pages::chain_growth::GrowthCache;
use crate::http::problem::ApiError;
use crate::http::request_limits::{RequestLimiters, RequestLimits};
use crate::ledger::notice::{Mode, NoticeKind};
use crate::ledger::time::Timestamp;
#[cfg(feature = "oidc")]
use crate::oidc::logins::OidcLogins;
use crate::query::records;
use crate::query::service::QueryService;
use crate::sequencer::clock::{Clock, SystemClock};
use crate::sequencer::handle::Sequencer;
use crate::stamping::stamping_service::StampingService;
use crate::store::traits::LedgerReader;

/// The identity provider of a court.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginProvider {
    /// The court.
    pub court: CourtCode,
    /// What its button says.
    pub label: String,
    /// The issuer.
    pub issuer: String,
}

/// The state of a running node that handlers use.
pub struct AppState {
    queries: Arc<QueryService>,
    /// `None` on a mirror.
    sequencer: Option<Sequencer>,
    options: Options,
    admission: DepositAdmission,
    request_limiters: RequestLimiters,
    hashing: HashingThreads,
    connections: Connections,
    body_memory: Shares<AddressGroup>,
    files: Shares<AddressGroup>,
    uploads: Shares<AccountId>,
    batches: Shares<AddressGroup>,
    lines_of_batches: Arc<Semaphore>,
    chain_listeners: ChainListeners,
    growth: GrowthCache,
    filing: Option<Arc<FilingService>>,
    cosigning: Option<Cosigning>,
    stamping: Option<StampingService>,
    #[cfg(feature = "oidc")]
    oidc: OidcLogins,
    description: NodeDescription,
    clock: Box<dyn Clock + Sync>,
    started: Timestamp,
    /// Whether it is a test ledger, once that was read.
    test: OnceLock<bool>,
}

impl AppState {
    /// A node that reads by `queries` and writes by `sequencer`. It accepts no statements before [`AppState::with_admission`].
    #[must_use]
    pub fn new(queries: Arc<QueryService>, sequencer: Sequencer, options: Options) -> Self {
        Self::with_writer(queries, Some(sequencer), options)
    }

    /// A mirror that reads by `queries` and accepts no deposits.
    #[must_use]
    pub fn mirror(queries: Arc<QueryService>, options: Options) -> Self {
        Self::with_writer(queries, None, options)
    }

    fn with_writer(queries: Arc<QueryService>, sequencer: Option<Sequencer>, options: Options) -> Self {
        let connections = Connections::new(options.connections, options.connections_per_client, options.stalled_after);
        let units = |bytes: usize| bytes / MEMORY_UNIT;
        let capacity = sequencer.as_ref().map_or(0, |sequencer| sequencer.health().capacity);
        let lines_of_batches = Arc::new(Semaphore::new((capacity - capacity / 4).max(1)));
        let chain_listeners =
            ChainListeners::new(Arc::clone(&queries), options.listeners, options.listeners_per_client);
        Self {
            queries,
            sequencer,
            chain_listeners,
            growth: GrowthCache::default(),
            admission: DepositAdmission::new(DepositPolicy::Accounts, &DepositLimits::none()),
            request_limiters: RequestLimiters::default(),
            hashing: HashingThreads::new(options.hashing),
            connections,
            body_memory: Shares::new(units(options.body_memory), units(options.body_memory_per_client)),
            files: Shares::new(options.files, options.files_per_client),
            uploads: Shares::new(options.uploads, options.uploads_per_account),
            batches: Shares::new(options.batches, options.batches_per_client),
            options,
            lines_of_batches,
            filing: None,
            cosigning: None,
            stamping: None,
            #[cfg(feature = "oidc")]
            oidc: OidcLogins::default(),
            description: NodeDescription::default(),
            started: SystemClock::new().read().wall,
            clock: Box::new(SystemClock::new()),
            test: OnceLock::new(),
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

    /// When the node was started.
    #[must_use]
    pub const fn started(&self) -> Timestamp {
        self.started
    }

    /// Accepts statements under this policy and these limits.
    #[must_use]
    pub fn with_admission(self, policy: DepositPolicy, limits: &DepositLimits) -> Self {
        Self { admission: DepositAdmission::new(policy, limits), ..self }
    }

    /// Limits requests.
    #[must_use]
    pub fn with_request_limits(self, limits: &RequestLimits) -> Self {
        Self { request_limiters: RequestLimiters::new(limits), ..self }
    }

    /// Describes the node.
    #[must_use]
    pub fn with_description(self, description: NodeDescription) -> Self {
        Self { description, ..self }
    }

    /// The description of the node.
    #[must_use]
    pub const fn description(&self) -> &NodeDescription {
        &self.description
    }

    /// Adds the cosignatures of witnesses.
    #[must_use]
    pub fn with_cosigning(self, cosigning: Option<Cosigning>) -> Self {
        Self { cosigning, ..self }
    }

    /// The cosignatures of witnesses; `None` on a node without a witness policy.
    #[must_use]
    pub const fn cosigning(&self) -> Option<&Cosigning> {
        self.cosigning.as_ref()
    }

    /// Adds the timestamp authorities.
    #[must_use]
    pub fn with_stamping(self, stamping: Option<StampingService>) -> Self {
        Self { stamping, ..self }
    }

    /// The timestamp authorities; `None` on a node without.
    #[must_use]
    pub const fn stamping(&self) -> Option<&StampingService> {
        self.stamping.as_ref()
    }

    /// Adds the identity providers of courts.
    #[cfg(feature = "oidc")]
    #[must_use]
    pub fn with_oidc(self, oidc: OidcLogins) -> Self {
        Self { oidc, ..self }
    }

    /// The identity providers of courts.
    #[cfg(feature = "oidc")]
    #[must_use]
    pub const fn oidc(&self) -> &OidcLogins {
        &self.oidc
    }

    /// The courts with an identity provider, each with what its button says and its issuer.
    #[must_use]
    pub fn login_providers(&self) -> Vec<LoginProvider> {
        #[cfg(feature = "oidc")]
        let providers = self.oidc.providers().map(|config| LoginProvider {
            court: config.court.clone(),
            label: config.label.clone(),
            issuer: config.issuer.clone(),
        });
        #[cfg(not(feature = "oidc"))]
        let providers = std::iter::empty();
        providers.collect()
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
    pub fn filing(&self) -> Result<&Arc<FilingService>, ApiError> {
        self.filing.as_ref().ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated, "this node keeps no accounts"))
    }

    /// Admission of deposits.
    #[must_use]
    pub const fn admission(&self) -> &DepositAdmission {
        &self.admission
    }

    /// The rate limits of requests.
    #[must_use]
    pub const fn request_limiters(&self) -> &RequestLimiters {
        &self.request_limiters
    }

    /// The sequencer.
    ///
    /// # Errors
    ///
    /// `read_only` on a mirror.
    pub fn sequencer(&self) -> Result<&Sequencer, ApiError> {
        let read_only = || {
            let failure = ApiError::new(ErrorCode::ReadOnly, "send deposits to the node of this ledger");
            failure.in_chinese("请向本账本的节点提交存证")
        };
        self.sequencer.as_ref().ok_or_else(read_only)
    }

    /// Whether deposits are accepted here: not on a mirror.
    #[must_use]
    pub const fn is_mirror(&self) -> bool {
        self.sequencer.is_none()
    }

    /// The limits.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The read side.
    #[must_use]
    pub fn queries(&self) -> &QueryService {
        &self.queries
    }

    /// [`QueryService::read`].
    ///
    /// # Errors
    ///
    /// Those of `read`; `too_many_threads`; `internal` when it panicked.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn LedgerReader) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.queries.read(read).await
    }

    /// [`QueryService::read_cached_first`].
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub async fn read_cached_first<T: Send + 'static>(
        &self,
        read: impl Fn(&dyn LedgerReader) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.queries.read_cached_first(read).await
    }

    /// Whether this is a test ledger, which proves nothing. A ledger that cannot be read counts as one.
    pub async fn is_test(&self) -> bool {
        if let Some(known) = self.test.get() {
            return *known;
        }
        let mode = self.read(|reader| Ok(records::genesis(reader)?.kind)).await;
        let Ok(NoticeKind::Genesis { mode, .. }) = mode else { return true };
        *self.test.get_or_init(|| mode == Mode::Test)
    }

    /// What the rights of sessions depend on.
    pub async fn session_rules(&self) -> SessionRules {
        SessionRules {
            second_factor_for_staff: !self.is_test().await,
            unverified_may_deposit: self.admission.policy() == DepositPolicy::Open,
        }
    }

    /// The threads that hash files.
    #[must_use]
    pub const fn hashing(&self) -> &HashingThreads {
        &self.hashing
    }

    /// The listeners to the growth of the chain.
    #[must_use]
    pub const fn chain_listeners(&self) -> &ChainListeners {
        &self.chain_listeners
    }

    /// The growth of the chain, as it was read last.
    #[must_use]
    pub const fn growth(&self) -> &GrowthCache {
        &self.growth
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
    pub async fn body_memory(&self, client: AddressGroup, units: usize) -> Result<Share, ApiError> {
        if let Some(memory) = self.body_memory.try_take(client, units) {
            return Ok(memory);
        }
        self.connections.evict_one_of(client);
        let memory = self.body_memory.take(client, units, self.options.place_timeout).await;
        memory.map_err(|_| ApiError::busy("requests whose bodies are incomplete"))
    }

    /// Waits for a permit to receive a file of `client` for verification.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn file_permit(&self, client: AddressGroup) -> Result<Share, ApiError> {
        let place = self.files.take(client, 1, self.options.place_timeout).await;
        place.map_err(|_| ApiError::busy("verifications of files"))
    }

    /// Waits for a permit to receive an original of `account` into custody.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn upload_permit(&self, account: AccountId) -> Result<Share, ApiError> {
        let place = self.uploads.take(account, 1, self.options.place_timeout).await;
        place.map_err(|_| ApiError::busy("originals"))
    }

    /// Waits for a permit to read a batch of `client`.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn batch_permit(&self, client: AddressGroup) -> Result<Share, ApiError> {
        let place = self.batches.take(client, 1, self.options.place_timeout).await;
        place.map_err(|_| ApiError::busy("batches"))
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
    pub async fn batch_queue_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        take(&self.lines_of_batches).await
    }
}

async fn take(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    Arc::clone(places).acquire_owned().await.map_err(|error| ApiError::internal(&error))
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("admission", &self.admission).finish_non_exhaustive()
    }
}
