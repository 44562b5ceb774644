//! The collector: asks the witnesses for cosignatures on the newest published checkpoint, and stores those that verify.
//!
//! # Invariants
//!
//! - Each witness has at most one request at a time, and a request to a failing one is repeated after a wait that doubles up to
//!   `LONGEST_WAIT`.
//! - A cosignature and the level that its checkpoint reaches are stored in one write. After a crash before it the witness cosigns again:
//!   a request for the checkpoint that it has refreshes its cosignature.
//! - A level is recorded in the order of the sizes, as `query::attested_checkpoint` requires. A late cosignature is stored in any
//!   case.
//! - The ledger key before the last rotation stops signing once every witness of the policy has cosigned a checkpoint that only the
//!   current key had signed: before, a witness might know the earlier key alone.
//! - A change of a witness's state is logged once.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::cosigning::cosigning_state::{CosigningState, WitnessHealth};
use crate::cosigning::last_cosigned::{LastCosigned, last_cosigned};
use crate::cosigning::request::{self, Outcome, Requester};
use crate::cosigning::round::Round;
use crate::cosigning::witness_answer::WitnessError;
use crate::cosigning::witness_client::{WitnessClient, WitnessTimeouts};
use crate::cosigning::witness_policy::WitnessPolicy;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::query::attested_checkpoint;
use crate::query::blocking::on_blocking_thread;
use crate::query::service::QueryService;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::ledger_keys::PreviousKey;
use crate::sequencer::state::StopReason;
use crate::store::traits::{Annotation, AnnotationKind, Annotations, AppendError, ProofLevel, ReadError};

/// How often the collector looks for a newer checkpoint.
const POLL: Duration = Duration::from_millis(50);
/// The wait before the next request to a witness that has failed; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// The dependencies of a collector.
pub struct CollectorParts {
    /// The read side.
    pub queries: Arc<QueryService>,
    /// The store of cosignatures.
    pub store: Arc<dyn Annotations>,
    /// The collector stops it if another party signs with the ledger's key.
    pub sequencer: Sequencer,
    /// The keys of this ledger, the current one first.
    pub keys: Vec<VerifierKey>,
    /// Retired when every witness has followed the last rotation.
    pub previous_key: PreviousKey,
    /// Removes the file of the previous key, once it is retired. Returns whether there was one.
    pub remove_previous_key: Arc<dyn Fn() -> Result<bool, String> + Send + Sync>,
    /// The witnesses.
    pub policy: Arc<WitnessPolicy>,
    /// Time limits of requests.
    pub timeouts: WitnessTimeouts,
}

/// Why a collector cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CollectorError {
    /// No HTTP client for a witness.
    #[error(transparent)]
    Client(#[from] WitnessError),
    /// The stored cosignatures and levels cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
}

/// The collector's state of a witness.
#[derive(Debug)]
struct WitnessProgress {
    client: Arc<WitnessClient>,
    /// The assumed size of the witness's latest checkpoint.
    known: TreeSize,
    is_busy: bool,
    /// Whether it has cosigned a checkpoint that only the current ledger key had signed.
    follows: bool,
    failures: u32,
    /// The earliest time of the next request to it.
    next: Instant,
}

/// A finished request.
struct Answer {
    witness: usize,
    checkpoint: Arc<SignedCheckpoint>,
    end: request::RequestResult,
}

/// What is stored of a checkpoint after a cosignature was added.
#[derive(Debug)]
struct StoredCosignatures {
    cosignatures: Vec<NoteSignature>,
    reached: bool,
}

/// Collects cosignatures; see the module's documentation.
pub struct Collector {
    requester: Requester,
    store: Arc<dyn Annotations>,
    sequencer: Sequencer,
    previous_key: PreviousKey,
    remove_previous_key: Arc<dyn Fn() -> Result<bool, String> + Send + Sync>,
    policy: Arc<WitnessPolicy>,
    state: Arc<CosigningState>,
    witnesses: Vec<WitnessProgress>,
    round: Option<Round>,
    requests: JoinSet<Answer>,
}

impl Collector {
    /// A collector, and its state. Sends no request yet. Blocks on the store.
    ///
    /// # Errors
    ///
    /// [`CollectorError`].
    pub fn new(parts: CollectorParts) -> Result<(Self, Arc<CosigningState>), CollectorError> {
        let CollectorParts { queries, store, sequencer, keys, previous_key, remove_previous_key, policy, timeouts } =
            parts;
        let witnessed = store.last_reached(ProofLevel::Witnessed, TreeSize::MAX)?;
        let last = last_cosigned(&*store, policy.witnesses())?;
        let state = Arc::new(CosigningState::new(Arc::clone(&policy), witnessed.unwrap_or(TreeSize::EMPTY), last));
        let now = Instant::now();
        let asked = |witness: &_| {
            let client = Arc::new(WitnessClient::new(Clone::clone(witness), timeouts)?);
            Ok(WitnessProgress {
                client,
                known: TreeSize::EMPTY,
                is_busy: false,
                follows: false,
                failures: 0,
                next: now,
            })
        };
        let witnesses = policy.witnesses().iter().map(asked).collect::<Result<_, WitnessError>>()?;
        let requester = Requester { queries, keys: keys.into() };
        let (shared, round, requests) = (Arc::clone(&state), None, JoinSet::new());
        let collector = Self {
            requester,
            store,
            sequencer,
            previous_key,
            remove_previous_key,
            policy,
            state: shared,
            witnesses,
            round,
            requests,
        };
        Ok((collector, state))
    }

    /// Runs until `shutdown`, or until a witness shows that another party signs with the ledger's key.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            self.begin_round().await;
            self.send_requests();
            let wake = self.next_wake();
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(answer) = self.requests.join_next() => answer,
                () = sleep_until(wake) => continue,
            };
            match answer {
                Ok(answer) => {
                    if self.take(answer).await.is_break() {
                        return;
                    }
                }
                Err(error) => tracing::error!(%error, "a request to a witness ended unexpectedly"),
            }
        }
    }

    /// When to wake without an answer.
    fn next_wake(&self) -> Instant {
        let poll = Instant::now() + POLL;
        match &self.round {
            // A newer checkpoint cannot be sent earlier.
            Some(round) if self.requests.is_empty() => poll.max(round.earliest_end()),
            _ => poll,
        }
    }

    /// Begins a round with the newest published checkpoint, if it is newer and the last round is over.
    async fn begin_round(&mut self) {
        let Some(published) = self.requester.queries.reader().published() else { return };
        let now = Instant::now();
        if let Some(round) = &self.round {
            let is_skipped = |at: usize| {
                let asked = self.witnesses.get(at);
                asked.is_none_or(|asked| !asked.is_busy && (asked.next > now || asked.known > round.size()))
            };
            if published.size() <= round.size() || !round.may_end(now, self.witnesses.len(), is_skipped) {
                return;
            }
        }
        let checkpoint = Arc::new(published.checkpoint.clone());
        let mut round = Round::new(Arc::clone(&checkpoint), now);
        // After a restart, some have cosigned it already.
        match self.stored(&checkpoint).await {
            Ok(StoredCosignatures { cosignatures, reached }) => {
                self.state.set_progress(round.size(), self.counted(&cosignatures));
                round.set_cosigned(self.numbers_of(&cosignatures), reached);
            }
            Err(error) => tracing::warn!(%error, "stored cosignatures cannot be read"),
        }
        self.round = Some(round);
    }

    /// Sends a request to every witness that is due and has none in flight.
    fn send_requests(&mut self) {
        let (Some(round), now) = (&self.round, Instant::now()) else { return };
        for (witness, asked) in self.witnesses.iter_mut().enumerate() {
            let is_due = !asked.is_busy && now >= asked.next && asked.known <= round.size();
            if !is_due || !round.lacks(witness) {
                continue;
            }
            asked.is_busy = true;
            let (client, checkpoint, known) = (Arc::clone(&asked.client), Arc::clone(round.checkpoint()), asked.known);
            let requester = self.requester.clone();
            self.requests.spawn(async move {
                let begun = Instant::now();
                let end = request::catching_panic(requester.ask(client, Arc::clone(&checkpoint), known)).await;
                metrics::histogram!("tiezheng_witness_request_seconds").record(begun.elapsed());
                Answer { witness, checkpoint, end }
            });
        }
    }

    /// Processes an answer. Returns `Break` if the ledger must no longer be signed.
    async fn take(&mut self, answer: Answer) -> ControlFlow<()> {
        let Answer { witness, checkpoint, end: request::RequestResult { outcome, known, follows } } = answer;
        let Some(asked) = self.witnesses.get_mut(witness) else { return ControlFlow::Continue(()) };
        asked.is_busy = false;
        asked.known = known.unwrap_or(asked.known);
        asked.follows |= follows;
        self.retire_previous_key().await;
        match outcome {
            Outcome::Cosigned(line, cosignature) => match self.keep(&checkpoint, &line).await {
                Ok(stored) => {
                    let cosigned = LastCosigned::new(&checkpoint, &line, cosignature.time);
                    self.cosigned(witness, cosigned, &stored);
                }
                Err(error) => {
                    tracing::warn!(%error, "a cosignature was not stored; the witness is asked again");
                    self.delay(witness);
                }
            },
            // It takes part in the next round.
            Outcome::Failed(error @ WitnessError::Ahead(_)) => {
                tracing::debug!(%error, witness = self.name(witness), "a witness has a later checkpoint");
                self.count(witness, error.code());
            }
            Outcome::Failed(error) => self.failed(witness, &error),
            Outcome::Unreadable(error) => {
                tracing::warn!(%error, "no checkpoint is sent to a witness: the ledger cannot be read");
                self.delay(witness);
            }
            Outcome::Foreign(theirs) => {
                self.stop(witness, &theirs);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Ends the signatures of the previous ledger key if no witness needs them any more, and removes its file.
    async fn retire_previous_key(&self) {
        if self.previous_key.is_retired() || !self.witnesses.iter().all(|asked| asked.follows) {
            return;
        }
        self.previous_key.retire();
        let remove = Arc::clone(&self.remove_previous_key);
        match on_blocking_thread(move || remove()).await {
            Ok(Ok(true)) => tracing::info!(
                "every witness has the current ledger key: from now on it signs alone, and the file of the previous key was \
                 removed. Remove its copies, too"
            ),
            Ok(Ok(false)) => tracing::debug!("every witness has the current ledger key, and there is no previous one"),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the previous ledger key no longer signs, and its file was not removed");
            }
            Err(error) => {
                tracing::warn!(%error, "the previous ledger key no longer signs, and its file was not removed");
            }
        }
    }

    fn cosigned(&mut self, witness: usize, cosigned: LastCosigned, stored: &StoredCosignatures) {
        let size = cosigned.size;
        if let Some(asked) = self.witnesses.get_mut(witness) {
            (asked.failures, asked.next) = (0, Instant::now());
        }
        self.count(witness, "cosigned");
        let before = self.state.set_health(witness, WitnessHealth::Cosigning, Some(cosigned));
        if before != WitnessHealth::Cosigning {
            tracing::info!(witness = self.name(witness), size = size.0, "a witness cosigns");
        }
        let (numbers, counted) = (self.numbers_of(&stored.cosignatures), self.counted(&stored.cosignatures));
        if let Some(round) = self.round.as_mut().filter(|round| round.size() == size) {
            round.set_cosigned(numbers, stored.reached);
            self.state.set_progress(size, counted);
        }
        if stored.reached {
            self.state.set_witnessed(size);
        }
    }

    fn failed(&mut self, witness: usize, error: &WitnessError) {
        self.delay(witness);
        self.count(witness, error.code());
        let before = self.state.set_health(witness, WitnessHealth::Failing(error.code()), None);
        if before != WitnessHealth::Failing(error.code()) {
            tracing::warn!(code = error.code(), %error, witness = self.name(witness), "a witness does not cosign");
        }
    }

    /// Sets the wait before the next request to the witness, with a jitter of up to half of it.
    fn delay(&mut self, witness: usize) {
        if let Some(round) = &mut self.round {
            round.set_failed(witness);
        }
        if let Some(asked) = self.witnesses.get_mut(witness) {
            let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(asked.failures)).min(LONGEST_WAIT);
            let share = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
            asked.next = Instant::now() + wait.mul_f64(1.0 + share / 2.0);
            asked.failures = asked.failures.saturating_add(1);
        }
    }

    /// Stops the ledger: its key has signed a history that is not this one.
    fn stop(&self, witness: usize, theirs: &SignedCheckpoint) {
        let published = self.requester.queries.reader().published().map_or(0, |published| published.size().0);
        let size = theirs.checkpoint().size.0;
        let witness = self.name(witness).to_owned();
        tracing::error!(%witness, size, published, note = theirs.note().as_str(), "another history is signed with this ledger's key");
        self.sequencer.stop(StopReason::ForeignCheckpoint { witness, size, published });
    }

    fn name(&self, witness: usize) -> &str {
        self.policy.witnesses().get(witness).map_or("", |witness| &witness.name)
    }

    fn count(&self, witness: usize, outcome: &'static str) {
        let witness = self.name(witness).to_owned();
        metrics::counter!("tiezheng_witness_requests_total", "witness" => witness, "outcome" => outcome).increment(1);
    }

    /// The numbers of the witnesses that have cosigned.
    fn numbers_of(&self, cosignatures: &[NoteSignature]) -> Vec<usize> {
        let witnesses = self.policy.witnesses().iter().enumerate();
        let cosigned = witnesses.filter(|(_, witness)| cosignatures.iter().any(|line| witness.key.is_named_by(line)));
        cosigned.map(|(number, _)| number).collect()
    }

    /// How many of the witnesses that count towards the quorum have cosigned.
    fn counted(&self, cosignatures: &[NoteSignature]) -> usize {
        let counted = self.policy.policy().counted_witnesses();
        counted.filter(|witness| cosignatures.iter().any(|line| witness.key.is_named_by(line))).count()
    }

    /// What is stored of `checkpoint`.
    async fn stored(&self, checkpoint: &Arc<SignedCheckpoint>) -> Result<StoredCosignatures, AppendError> {
        self.on_store(Arc::clone(checkpoint), None).await
    }

    /// Stores a cosignature on `checkpoint`, and the level that the checkpoint reaches with it.
    async fn keep(
        &self,
        checkpoint: &Arc<SignedCheckpoint>,
        line: &NoteSignature,
    ) -> Result<StoredCosignatures, AppendError> {
        self.on_store(Arc::clone(checkpoint), Some(line.clone())).await
    }

    async fn on_store(
        &self,
        checkpoint: Arc<SignedCheckpoint>,
        line: Option<NoteSignature>,
    ) -> Result<StoredCosignatures, AppendError> {
        let (store, policy) = (Arc::clone(&self.store), Arc::clone(&self.policy));
        let stored = on_blocking_thread(move || store_cosignature(&*store, &policy, &checkpoint, line.as_ref())).await;
        stored.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string()).into()))
    }
}

/// Stores `line`, and the level [`ProofLevel::Witnessed`] if the checkpoint reaches its quorum. Without a line, stores only the level
/// of a checkpoint whose cosignatures have become a quorum because the policy was changed.
fn store_cosignature(
    store: &dyn Annotations,
    policy: &WitnessPolicy,
    checkpoint: &SignedCheckpoint,
    line: Option<&NoteSignature>,
) -> Result<StoredCosignatures, AppendError> {
    let size = checkpoint.checkpoint().size;
    let known = store.annotated(size)?;
    let mut cosignatures = match &known {
        Some(known) => attested_checkpoint::cosignatures(known)?,
        None => Vec::new(),
    };
    cosignatures.extend(line.cloned());
    let policy = policy.policy();
    let has_cosigned = |key: &CosignerKey| cosignatures.iter().any(|line| key.is_named_by(line));
    let reached = policy.requires_witnesses() && policy.is_reached(&has_cosigned);
    let is_new = reached && store.first_reached(ProofLevel::Witnessed, size)?.is_none();
    let levels: &[ProofLevel] = if is_new { &[ProofLevel::Witnessed] } else { &[] };
    let annotation =
        line.map(|line| Annotation { kind: AnnotationKind::Cosignature, bytes: line.to_string().into_bytes() });
    if annotation.is_some() || is_new {
        store.annotate(checkpoint, annotation.as_slice(), levels)?;
    }
    Ok(StoredCosignatures { cosignatures, reached })
}
