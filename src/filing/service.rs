//! The filing service: what it works with, how it begins, how it reads and how it puts acts on the chain.
//!
//! # Invariants
//!
//! The registry in memory is the fold of its stream; it is replaced as a whole after each act, never changed in place.
//! Case files in memory are folds that were good up to their last act: whoever takes one folds what came after.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use tokio::sync::{Semaphore, watch};

use crate::court::case::state::{CaseFile, ActPosition};
use crate::court::document::Document;
use crate::court::ids::{AccountId, CaseId};
use crate::court::labels;
use crate::court::registry::Registry;
use crate::custody::store::EncryptedObjectStore;
use crate::filing::annexes::Annexes;
use crate::filing::blocking::on_blocking_thread;
use crate::filing::code_attempts::CodeAttempts;
use crate::filing::enrolled_keys::EnrolledKeys;
use crate::filing::erasure_state::ErasureProgress;
use crate::filing::error::FilingError;
use crate::filing::locks::Locks;
use crate::filing::pending_revocations::PendingRevocations;
use crate::filing::secret::stream_id;
use crate::filing::streams::{acts_after, statement};
use crate::filing::webhook_addresses::WebhookAddresses;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::Clock;
use crate::sequencer::handle::Sequencer;
use crate::store::contract::accounts::{AccountStore, AccountStoreError};
use crate::store::contract::keeping::KeepPrivate;
use crate::store::contract::{PrivateContent, ReadError, ReadLedger};

/// Weight of the case states kept in memory, in items of evidence and further acts, each about a kilobyte. A case of the most
/// acts that there may be fits.
const CACHE_WEIGHT: u64 = 128 * 1024;
/// How many cases the cache is prepared for.
const CACHED_CASES: usize = 4_096;
/// Reads of the store by the filing service at the same time.
const READS: usize = 64;
/// How often an act is decided anew because another was faster. With the locks of this process it happens only when
/// somebody else holds the platform's key.
pub(in crate::filing) const ATTEMPTS: usize = 8;

/// How much memory the state of a case takes, by what grows with its acts.
#[derive(Debug, Clone, Copy)]
struct CaseWeight;

impl Weighter<CaseId, Arc<CaseFile>> for CaseWeight {
    fn weight(&self, _: &CaseId, file: &Arc<CaseFile>) -> u64 {
        1 + file.last.sequence
    }
}

/// What a filing service works with.
pub struct Dependencies {
    /// The ledger, for reading, and what is private.
    pub store: Arc<dyn KeepPrivate>,
    /// The only hand that writes.
    pub sequencer: Sequencer,
    /// The platform's own depositor key: it signs what is done by tokens, and owns the streams of all cases.
    pub platform: Signer,
    /// Originals in custody.
    pub originals: EncryptedObjectStore,
    /// What is kept of accounts and is no evidence.
    pub accounts: Arc<dyn AccountStore>,
    /// Where webhooks may be called.
    pub webhook_addresses: WebhookAddresses,
    /// The time, for what expires.
    pub clock: Box<dyn Clock + Sync>,
}

/// The filing service.
pub struct FilingService {
    pub(in crate::filing) store: Arc<dyn KeepPrivate>,
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
    clock: Box<dyn Clock + Sync>,
    registry: RwLock<Arc<Registry>>,
    files: Mutex<Cache<CaseId, Arc<CaseFile>, CaseWeight>>,
    reads: Arc<Semaphore>,
    event_sender: watch::Sender<u64>,
}

impl std::fmt::Debug for FilingService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FilingService").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

/// An act on the chain.
#[derive(Debug, Clone)]
pub struct RecordedAct {
    /// Its deposit number.
    pub number: DepositNumber,
    /// Where it stands.
    pub position: ActPosition,
    /// Its receipt.
    pub receipt: Receipt,
    /// False when the same request had become this act before.
    pub fresh: bool,
}

/// A new act, ready for its stream.
pub(in crate::filing) struct NewAct {
    /// The stream.
    pub(in crate::filing) stream: Digest,
    /// Its place there.
    pub(in crate::filing) sequence: u64,
    /// The act.
    pub(in crate::filing) document: Document,
    /// Its texts.
    pub(in crate::filing) annexes: Annexes,
    /// Under which it is found, beside its request.
    pub(in crate::filing) labels: Vec<Digest>,
}

impl FilingService {
    /// A filing service over a ledger that is founded. Folds the registry: reads all of its acts.
    ///
    /// # Errors
    ///
    /// [`ReadError`]: the registry's acts, or what is kept of accounts.
    pub fn open(dependencies: Dependencies) -> Result<Self, ReadError> {
        let Dependencies { store, sequencer, platform, originals, accounts, webhook_addresses, clock } = dependencies;
        let published = store.published().ok_or_else(|| ReadError::Unavailable("the ledger is not founded".into()))?;
        let ledger = published.checkpoint.checkpoint().origin.clone();
        let mut registry = Registry::default();
        for act in acts_after(&*store, &stream_id(&platform, "registry", &ledger), 0)? {
            registry.replay(&act.document, act.position);
        }
        let unreadable = |error: AccountStoreError| ReadError::Unavailable(error.to_string());
        let revocations = PendingRevocations::open(Arc::clone(&accounts)).map_err(unreadable)?;
        let enrolment = EnrolledKeys::open(accounts).map_err(unreadable)?;
        let event_sender = watch::Sender::new(published.size().0);
        Ok(Self {
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
            clock,
            registry: RwLock::new(Arc::new(registry)),
            files: Mutex::new(Cache::with_weighter(CACHED_CASES, CACHE_WEIGHT, CaseWeight)),
            reads: Arc::new(Semaphore::new(READS)),
            event_sender,
        })
    }

    /// The registry's stream.
    pub(in crate::filing) fn registry_stream(&self) -> Digest {
        stream_id(&self.platform, "registry", &self.ledger)
    }

    /// A case's access log.
    pub(in crate::filing) fn access_stream(&self, case: CaseId) -> Digest {
        stream_id(&self.platform, "access", &case)
    }

    /// Custody of a deposit's original, and who saw its private content.
    pub(in crate::filing) fn custody_stream(&self, deposit: DepositNumber) -> Digest {
        stream_id(&self.platform, "custody", &deposit)
    }

    /// Who saw an account's private content.
    pub(in crate::filing) fn account_stream(&self, account: AccountId) -> Digest {
        stream_id(&self.platform, "account", &account)
    }

    /// The platform's own account, in whose name it raises alarms.
    #[must_use]
    pub fn platform_account(&self) -> AccountId {
        AccountId(self.platform.verifier().commitment())
    }

    /// The registry as it stands.
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

    /// The key by which the platform signs for accounts.
    #[must_use]
    pub const fn platform_key(&self) -> &VerifierKey {
        self.platform.verifier()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.read().wall
    }

    /// Told the place of each act that a feed may bear.
    #[must_use]
    pub fn subscribe_events(&self) -> watch::Receiver<u64> {
        self.event_sender.subscribe()
    }

    /// How many requests and webhooks wait for events.
    #[must_use]
    pub fn event_subscribers(&self) -> usize {
        self.event_sender.receiver_count()
    }

    pub(in crate::filing) fn notify_subscribers(&self, position: ActPosition) {
        self.event_sender.send_replace(position.index.0);
    }

    /// Reads the store on a thread that may block.
    ///
    /// # Errors
    ///
    /// Those of `look`.
    pub(in crate::filing) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&dyn ReadLedger) -> Result<T, FilingError> + Send + 'static,
    ) -> Result<T, FilingError> {
        let place = Arc::clone(&self.reads).acquire_owned().await.map_err(|e| FilingError::Thread(e.to_string()))?;
        let store = Arc::clone(&self.store);
        on_blocking_thread(move || {
            let _place = place;
            look(&*store)
        })
        .await?
    }

    /// Puts an act on the chain.
    ///
    /// # Errors
    ///
    /// [`FilingError::Deposit`]; with `Refusal::SubjectSequence` inside when another was faster.
    pub(in crate::filing) async fn write(&self, writing: NewAct) -> Result<RecordedAct, FilingError> {
        let NewAct { stream, sequence, document, annexes, mut labels } = writing;
        labels.extend(document.request.map(labels::request));
        let (note, piece) = statement(&self.ledger, &self.platform, stream, sequence, &document)?;
        let content = PrivateContent { metadata: Some(piece), annexes: annexes.into_pieces(), labels };
        let deposited = self.sequencer.deposit_with(note, content).await?;
        recorded_act(deposited.receipt, sequence, deposited.fresh)
    }

    /// A case file as it was last seen here.
    pub(in crate::filing) fn cached_case(&self, case: CaseId) -> Option<Arc<CaseFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).get(&case).cloned()
    }

    pub(in crate::filing) fn cache_case(&self, file: Arc<CaseFile>) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(file.id, file);
    }
}

/// Where the act of a receipt stands.
///
/// # Errors
///
/// [`FilingError::Read`] when the receipt holds no entry.
pub(in crate::filing) fn recorded_act(receipt: Receipt, sequence: u64, fresh: bool) -> Result<RecordedAct, FilingError> {
    let entry = Entry::parse(receipt.entry.as_bytes()).map_err(|error| ReadError::Damaged {
        what: "receipt",
        at: receipt.index.to_string(),
        reason: error.to_string(),
    })?;
    let position = ActPosition { index: receipt.index, sequence, at: entry.received };
    Ok(RecordedAct { number: entry.number, position, receipt, fresh })
}
