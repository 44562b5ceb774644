//! The filing service: its dependencies, its start, and the functions by which all of its modules read the ledger and append
//! acts to it.
//!
//! # Invariants
//!
//! The registry in memory is the replay of its stream. Each act replaces it as a whole; it is never changed in place. A cached
//! case file is correct up to its last act: the reader replays the acts after that.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use tokio::sync::watch;

use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::{AccountId, CaseId};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::custody::store::EncryptedObjectStore;
use crate::filing::annexes::Annexes;
use crate::filing::code_attempts::CodeAttempts;
use crate::filing::credentials::CredentialStore;
use crate::filing::enrolled_keys::EnrolledKeys;
use crate::filing::erasure_state::ErasureProgress;
use crate::filing::filing_error::FilingError;
use crate::filing::lockout::Lockout;
use crate::filing::locks::Locks;
use crate::filing::passwords::Passwords;
use crate::filing::pending_revocations::PendingRevocations;
use crate::filing::secret::stream_id;
use crate::filing::sessions::SessionStore;
use crate::filing::streams::{acts_after, statement};
use crate::filing::unconfirmed_results::UnconfirmedResults;
use crate::filing::unfinished_logins::UnfinishedLogins;
use crate::filing::webhook_addresses::WebhookAddresses;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation_trust::AttestationTrust;
use crate::query::service::QueryService;
use crate::sequencer::clock::Clock;
use crate::sequencer::handle::{DepositError, Sequencer};
use crate::store::refusal::Refusal;
use crate::store::traits::accounts::{AccountStore, AccountStoreError};
use crate::store::traits::{CursorStore, LedgerReader, PrivateContent, PrivateStore, ReadError};

/// Capacity of the case cache in acts, about a kilobyte each. A case with the maximum number of acts fits.
const CACHE_WEIGHT: u64 = 128 * 1024;
/// Number of cases for which the cache allocates its table.
const CACHED_CASES: usize = 4_096;
/// Attempts to append an act at the end of a stream before the request fails. The locks of this process serialize its own
/// writers, so a conflict occurs only if another process uses the platform's key.
const ATTEMPTS: usize = 8;

/// Weight of a case in the cache, by its number of acts.
#[derive(Debug, Clone, Copy)]
struct CaseWeight;

impl Weighter<CaseId, Arc<CaseFile>> for CaseWeight {
    fn weight(&self, _: &CaseId, file: &Arc<CaseFile>) -> u64 {
        1 + file.last.sequence
    }
}

/// What the filing service needs of a store beside its readers.
pub trait FilingStore: PrivateStore + CursorStore {}

impl<S: PrivateStore + CursorStore> FilingStore for S {}

/// The dependencies of a filing service.
pub struct Dependencies {
    /// The read side.
    pub queries: Arc<QueryService>,
    /// Completes erasures, and keeps the positions of webhooks.
    pub store: Arc<dyn FilingStore>,
    /// The single writer of the ledger.
    pub sequencer: Sequencer,
    /// The platform's depositor key: it signs the acts of token holders, and owns the streams of all cases.
    pub platform: Signer,
    /// Originals in custody.
    pub originals: EncryptedObjectStore,
    /// Mutable account data that is not evidence: enrolled keys, pending revocations.
    pub accounts: Arc<dyn AccountStore>,
    /// The addresses that webhooks may call.
    pub webhook_addresses: WebhookAddresses,
    /// The clock for expiry.
    pub clock: Box<dyn Clock + Sync>,
}

/// The filing service.
pub struct FilingService {
    queries: Arc<QueryService>,
    pub(in crate::filing) store: Arc<dyn FilingStore>,
    pub(in crate::filing) sequencer: Sequencer,
    pub(in crate::filing) platform: Signer,
    pub(in crate::filing) ledger: Name,
    pub(in crate::filing) originals: EncryptedObjectStore,
    pub(in crate::filing) webhook_addresses: WebhookAddresses,
    pub(in crate::filing) locks: Locks,
    pub(in crate::filing) code_attempts: CodeAttempts,
    pub(in crate::filing) erasures: ErasureProgress,
    pub(in crate::filing) revocations: PendingRevocations,
    pub(in crate::filing) enrolment: EnrolledKeys,
    pub(in crate::filing) credentials: CredentialStore,
    pub(in crate::filing) sessions: SessionStore,
    pub(in crate::filing) lockout: Lockout,
    pub(in crate::filing) unfinished_logins: UnfinishedLogins,
    pub(in crate::filing) unconfirmed_results: UnconfirmedResults,
    /// Password hashes.
    pub passwords: Passwords,
    attestation_trust: Arc<AttestationTrust>,
    clock: Box<dyn Clock + Sync>,
    registry: RwLock<Arc<Registry>>,
    files: Mutex<Cache<CaseId, Arc<CaseFile>, CaseWeight>>,
    event_sender: watch::Sender<u64>,
}

impl std::fmt::Debug for FilingService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilingService").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

/// An act that is on the chain, with its receipt.
#[derive(Debug, Clone)]
pub struct RecordedAct {
    /// Its deposit number.
    pub number: DepositNumber,
    /// Its position on the chain and in its stream.
    pub position: ActPosition,
    /// Its receipt.
    pub receipt: Receipt,
    /// False if an earlier request with the same idempotency key made this act.
    pub fresh: bool,
}

/// A new act that is to be appended to a stream.
pub(in crate::filing) struct NewAct {
    /// The stream.
    pub(in crate::filing) stream: Digest,
    /// Its sequence in the stream.
    pub(in crate::filing) sequence: u64,
    /// The act.
    pub(in crate::filing) document: Document,
    /// Its private texts.
    pub(in crate::filing) annexes: Annexes,
    /// The index labels under which it can be looked up, except that of its request.
    pub(in crate::filing) labels: Vec<Digest>,
}

impl FilingService {
    /// Opens the filing service on a ledger with a genesis block. Replays all acts of the registry.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: the registry's acts or the account data cannot be read.
    pub fn open(dependencies: Dependencies) -> Result<Self, ReadError> {
        let Dependencies { queries, store, sequencer, platform, originals, accounts, webhook_addresses, clock } =
            dependencies;
        let published =
            store.published().ok_or_else(|| ReadError::Unavailable("the ledger has no genesis block".into()))?;
        let ledger = published.checkpoint.checkpoint().origin.clone();
        let mut registry = Registry::default();
        for act in acts_after(&*store, &stream_id(&platform, "registry", &ledger), 0)? {
            registry.replay(&act.document, act.position);
        }
        let unreadable = |error: AccountStoreError| ReadError::Unavailable(error.to_string());
        let revocations = PendingRevocations::open(Arc::clone(&accounts)).map_err(unreadable)?;
        let enrolment = EnrolledKeys::open(Arc::clone(&accounts)).map_err(unreadable)?;
        let credentials = CredentialStore::open(Arc::clone(&accounts)).map_err(unreadable)?;
        let sessions = SessionStore::open(accounts).map_err(unreadable)?;
        let passwords = Passwords::new().map_err(|error| ReadError::Unavailable(error.to_string()))?;
        let event_sender = watch::Sender::new(published.size().0);
        Ok(Self {
            queries,
            store,
            sequencer,
            platform,
            ledger,
            originals,
            webhook_addresses,
            locks: Locks::default(),
            code_attempts: CodeAttempts::default(),
            erasures: ErasureProgress::default(),
            revocations,
            enrolment,
            credentials,
            sessions,
            lockout: Lockout::default(),
            unfinished_logins: UnfinishedLogins::default(),
            unconfirmed_results: UnconfirmedResults::default(),
            passwords,
            attestation_trust: Arc::default(),
            clock,
            registry: RwLock::new(Arc::new(registry)),
            files: Mutex::new(Cache::with_weighter(CACHED_CASES, CACHE_WEIGHT, CaseWeight)),
            event_sender,
        })
    }

    /// Evaluates cosignatures and timestamps in verifications by this policy and these authorities.
    #[must_use]
    pub fn with_attestation_trust(self, trust: AttestationTrust) -> Self {
        Self { attestation_trust: Arc::new(trust), ..self }
    }

    /// The node's own policy and timestamp authorities, by which it verifies.
    #[must_use]
    pub const fn attestation_trust(&self) -> &Arc<AttestationTrust> {
        &self.attestation_trust
    }

    /// Id of the registry's stream.
    pub(in crate::filing) fn registry_stream(&self) -> Digest {
        stream_id(&self.platform, "registry", &self.ledger)
    }

    /// Id of the stream with a case's access log.
    pub(in crate::filing) fn access_stream(&self, case: CaseId) -> Digest {
        stream_id(&self.platform, "access", &case)
    }

    /// Id of the stream with the custody and the access log of a deposit.
    pub(in crate::filing) fn custody_stream(&self, deposit: DepositNumber) -> Digest {
        stream_id(&self.platform, "custody", &deposit)
    }

    /// Id of the stream with an account's access log.
    pub(in crate::filing) fn account_stream(&self, account: AccountId) -> Digest {
        stream_id(&self.platform, "account", &account)
    }

    /// The platform's own account, which records divergences.
    #[must_use]
    pub fn platform_account(&self) -> AccountId {
        AccountId(self.platform.verifier().commitment())
    }

    /// The current registry.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(in crate::filing) fn set_registry(&self, registry: Registry) {
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
    }

    /// The ledger's origin.
    #[must_use]
    pub const fn ledger(&self) -> &Name {
        &self.ledger
    }

    /// The key with which the platform signs on behalf of accounts.
    #[must_use]
    pub const fn platform_key(&self) -> &VerifierKey {
        self.platform.verifier()
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.read().wall
    }

    /// Receives the index of each new act that may be in a court's feed.
    #[must_use]
    pub fn subscribe_events(&self) -> watch::Receiver<u64> {
        self.event_sender.subscribe()
    }

    /// Number of requests and webhooks that wait for events.
    #[must_use]
    pub fn event_subscribers(&self) -> usize {
        self.event_sender.receiver_count()
    }

    pub(in crate::filing) fn notify_subscribers(&self, position: ActPosition) {
        self.event_sender.send_replace(position.index.0);
    }

    /// Runs `query` on the blocking pool, within the limit that all queries share ([`crate::query::service`]).
    ///
    /// # Errors
    ///
    /// Those of `query`; [`FilingError::NoThread`] and [`FilingError::Thread`].
    pub(in crate::filing) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn LedgerReader) -> Result<T, FilingError> + Send + 'static,
    ) -> Result<T, FilingError> {
        self.queries.read(query).await
    }

    /// Appends an act to its stream.
    ///
    /// # Errors
    ///
    /// [`FilingError::Deposit`]; with `Refusal::SubjectSequence` if another writer has used the sequence ([`none_if_conflict`]).
    pub(in crate::filing) async fn append(&self, act: NewAct) -> Result<RecordedAct, FilingError> {
        let NewAct { stream, sequence, document, annexes, mut labels } = act;
        labels.extend(document.request.map(labels::request));
        let (note, piece) = statement(&self.ledger, &self.platform, stream, sequence, &document)?;
        let content = PrivateContent { metadata: Some(piece), annexes: annexes.into_pieces(), labels };
        let deposited = self.sequencer.deposit_with(note, content).await?;
        recorded_act(deposited.receipt, sequence, deposited.fresh)
    }

    /// The cached state of a case, which may lack its latest acts.
    pub(in crate::filing) fn cached_case(&self, case: CaseId) -> Option<Arc<CaseFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(&case).cloned()
    }

    pub(in crate::filing) fn cache_case(&self, file: Arc<CaseFile>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(file.id, file);
    }
}

/// The act that a receipt is of.
///
/// # Errors
///
/// [`FilingError::Read`] if the receipt's entry is malformed.
pub(in crate::filing) fn recorded_act(
    receipt: Receipt,
    sequence: u64,
    fresh: bool,
) -> Result<RecordedAct, FilingError> {
    let entry = Entry::parse(receipt.entry.as_bytes()).map_err(|error| ReadError::Damaged {
        what: "receipt",
        at: receipt.index.to_string(),
        reason: error.to_string(),
    })?;
    let position = ActPosition { index: receipt.index, sequence, at: entry.received };
    Ok(RecordedAct { number: entry.number, position, receipt, fresh })
}

/// `None` if another writer has used the sequence of the stream, so that the act must be decided again on the new state.
///
/// # Errors
///
/// Any other error of `appended`.
pub(in crate::filing) fn none_if_conflict<T>(appended: Result<T, FilingError>) -> Result<Option<T>, FilingError> {
    match appended {
        Err(FilingError::Deposit(DepositError::Refused(Refusal::SubjectSequence { .. }))) => Ok(None),
        appended => appended.map(Some),
    }
}

/// Optimistic concurrency: repeats `attempt` until it returns a value. `None` stands for a conflict with another writer of the
/// stream.
///
/// # Errors
///
/// Those of `attempt`; [`DepositError::Busy`] after [`ATTEMPTS`] conflicts.
pub(in crate::filing) async fn retry_on_conflict<T, E: From<FilingError>, F: Future<Output = Result<Option<T>, E>>>(
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    for _ in 0..ATTEMPTS {
        if let Some(value) = attempt().await? {
            return Ok(value);
        }
    }
    Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }).into())
}
