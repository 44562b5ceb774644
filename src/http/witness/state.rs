//! The state that all handlers of a witness share: the witness, its description, its limits.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error_code::ErrorCode;
use crate::http::client_address::AddressGroup;
use crate::http::client_quota::{Share, Shares};
use crate::http::node_description::NodeDescription;
use crate::http::options::{MEMORY_UNIT, Options};
use crate::http::problem::ApiError;
use crate::ledger::time::Timestamp;
use crate::wire::witness::{FollowedLedgerJson, WitnessJson};
use crate::witness::service::{FollowedLedger, Witness};

/// Most submissions that are decided at a time; each takes a thread while its state is written. A log sends one a second.
const SUBMISSIONS: usize = 16;
/// Most submissions that wait for their turn, or for the leaves of a mirror.
const WAITING: usize = 256;

/// What the organisation that runs a witness says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessDescription {
    /// The organisation.
    pub organisation: Option<String>,
    /// `court`, `notary`, `appraisal` or `other`.
    pub kind: &'static str,
}

/// The state of a running witness that handlers use.
pub struct WitnessState {
    witness: Arc<Witness>,
    description: WitnessDescription,
    node: NodeDescription,
    options: Options,
    body_memory: Shares<AddressGroup>,
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    started: Timestamp,
}

impl WitnessState {
    /// The state of `witness`, which its operator describes so.
    #[must_use]
    pub fn new(
        witness: Arc<Witness>,
        description: WitnessDescription,
        node: NodeDescription,
        options: Options,
    ) -> Self {
        let units = |bytes: usize| bytes / MEMORY_UNIT;
        Self {
            description,
            node,
            body_memory: Shares::new(units(options.body_memory), units(options.body_memory_per_client)),
            options,
            turns: Arc::new(Semaphore::new(SUBMISSIONS)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            started: witness.now(),
            witness,
        }
    }

    /// The witness.
    #[must_use]
    pub const fn witness(&self) -> &Arc<Witness> {
        &self.witness
    }

    /// The limits.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// The version, the certificate and the disk.
    #[must_use]
    pub const fn node(&self) -> &NodeDescription {
        &self.node
    }

    /// When the witness was started.
    #[must_use]
    pub const fn started(&self) -> Timestamp {
        self.started
    }

    /// The ledger with this id, the SHA-256 of its origin.
    #[must_use]
    pub fn ledger(&self, id: &str) -> Option<&FollowedLedger> {
        self.witness.ledgers().iter().find(|ledger| ledger.id() == id)
    }

    /// Memory for a body of `client` that has not arrived yet.
    ///
    /// # Errors
    ///
    /// `busy` when none becomes free in time.
    pub async fn body_memory(&self, client: AddressGroup, units: usize) -> Result<Share, ApiError> {
        let memory = self.body_memory.take(client, units, self.options.place_timeout).await;
        memory.map_err(|_| ApiError::busy("requests whose bodies are incomplete"))
    }

    /// A place among the submissions that wait.
    ///
    /// # Errors
    ///
    /// `rate_limited` when there is none.
    pub fn waiting_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned();
        permit.map_err(|_| ApiError::rate_limited(std::time::Duration::from_secs(1), "all clients"))
    }

    /// Runs `decide` on a thread that may block.
    ///
    /// # Errors
    ///
    /// `internal` when it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        decide: impl FnOnce(&Witness) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.turns).acquire_owned().await;
        let permit = permit.map_err(|error| ApiError::new(ErrorCode::ShuttingDown, error.to_string()))?;
        let witness = Arc::clone(&self.witness);
        // A decision is completed although its client disconnects; the place is held until then.
        let decided = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            decide(&witness)
        });
        decided.await.map_err(|error| ApiError::internal(&error))
    }

    /// The witness as `/v1/witness` shows it.
    #[must_use]
    pub fn to_json(&self) -> WitnessJson {
        let (key, ledgers) = (self.witness.key(), self.witness.ledgers());
        WitnessJson {
            name: key.name().to_string(),
            key: key.to_string(),
            organisation: self.description.organisation.clone(),
            kind: self.description.kind.to_owned(),
            mirror: ledgers.iter().any(|ledger| ledger.copy().is_some()),
            version: NodeDescription::version().to_owned(),
            time: self.witness.now().to_string(),
            ledgers: ledgers.iter().map(followed).collect(),
        }
    }
}

impl std::fmt::Debug for WitnessState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WitnessState").field("witness", &self.witness).finish_non_exhaustive()
    }
}

fn followed(ledger: &FollowedLedger) -> FollowedLedgerJson {
    let state = ledger.state();
    let latest = state.latest.as_deref();
    let key = latest.map_or_else(|| state.key_at(state.size()), |_| state.keys.last().map(|known| &known.key));
    FollowedLedgerJson {
        origin: state.origin.to_string(),
        id: ledger.id().to_owned(),
        key: key.map(ToString::to_string).unwrap_or_default(),
        url: ledger.url().to_owned(),
        size: state.size().0,
        root: latest.map(|latest| latest.checkpoint().root.to_string()),
        cosigned_at: latest.map(|latest| latest.time.to_string()),
        stopped: ledger.stopped().map(str::to_owned),
        held: ledger.copy().map(|copy| copy.held().0),
        published: ledger.copy().map(|copy| copy.seen().0),
    }
}
