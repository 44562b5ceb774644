//! The stamping service: requests, stores and renews timestamp tokens, on demand and for the stamper's schedule.
//!
//! # Renewal
//!
//! The tokens of a checkpoint are renewed before all of them become weak (`timestamp::renewal`). The authorities are asked in the
//! order of the configuration, and the first that gives a stronger token renews. One that fails, or whose token is no stronger,
//! gets no further request in the same pass: otherwise each pass would add a useless token to every checkpoint.
//!
//! # Invariants
//!
//! Tokens are stored one at a time. A renewal is stored only if no token was added after those that it renews: it counts for the
//! tokens directly before it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;
use crate::ledger::time_token::algorithm::ImprintAlgorithm;
use crate::ledger::time_token::renewal::verify_all;
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::time_token::verification::{StampedToken, verify};
use crate::query::blocking::on_blocking_thread;
use crate::query::service::QueryService;
use crate::sequencer::clock::Clock;
use crate::stamping::stamping_state::StampingState;
use crate::store::traits::{
    AnnotatedCheckpoint, Annotation, AnnotationKind, Annotations, AppendError, ProofLevel, ReadError,
};
use crate::timestamp::renewal::{bytes_to_renew, checkpoint_needs_renewal, renewal_is_due};
use crate::timestamp::schedule::{Due, Schedule};
use crate::timestamp::tsa_client::{TimestampError, TsaClient};

/// Checkpoints that are examined at a time.
const EXAMINED_AT_ONCE: usize = 256;

/// An authority that the node asks.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its client.
    pub client: TsaClient,
    /// The certificates that it must have, and revocation lists.
    pub trust: TsaTrust,
}

/// The dependencies of a stamper.
pub struct StamperParts {
    /// The read side.
    pub queries: Arc<QueryService>,
    /// The store of tokens.
    pub store: Arc<dyn Annotations>,
    /// The node's clock, with which the time in a token must agree.
    pub clock: Arc<dyn Clock>,
    /// The authorities.
    pub authorities: Vec<Authority>,
    /// The time from one token of an authority to the next.
    pub interval: Duration,
    /// Whether only checkpoints with a quorum of witnesses are stamped.
    pub needs_quorum: bool,
    /// How long before they become weak the tokens of a checkpoint are renewed.
    pub horizon: Duration,
}

/// A token that an authority gave on demand, or why it gave none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampOutcome {
    /// The authority's address.
    pub authority: String,
    /// The time in the token, or the code and the text of the error.
    pub result: Result<Timestamp, (&'static str, String)>,
}

/// A checkpoint that was stamped on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampReport {
    /// Its size.
    pub size: TreeSize,
    /// The outcome for each authority.
    pub outcomes: Vec<StampOutcome>,
}

/// A pass over all stamped checkpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RenewalReport {
    /// Checkpoints with tokens.
    pub examined: u64,
    /// Those whose tokens all become weak before the horizon.
    pub needed: u64,
    /// Those that got a stronger token.
    pub renewed: u64,
}

struct Shared {
    queries: Arc<QueryService>,
    store: Arc<dyn Annotations>,
    clock: Arc<dyn Clock>,
    needs_quorum: bool,
    authorities: Vec<Authority>,
    /// All authorities, with their revocation lists: tokens of one renew those of another.
    trust: TsaTrust,
    schedules: Mutex<Vec<Schedule>>,
    state: Arc<StampingState>,
    /// Held while a token is stored.
    writing: tokio::sync::Mutex<()>,
    /// Held during a pass.
    renewing: tokio::sync::Mutex<()>,
}

/// Stamps and renews; see the module's documentation. Clones are the same.
#[derive(Clone)]
pub struct StampingService(Arc<Shared>);

impl std::fmt::Debug for StampingService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StampingService").finish_non_exhaustive()
    }
}

impl StampingService {
    /// Reads which checkpoint each authority stamped last. Blocking.
    pub(in crate::stamping) fn new(parts: StamperParts) -> Result<Self, ReadError> {
        let StamperParts { queries, store, clock, authorities, interval, needs_quorum, horizon: _ } = parts;
        let state = Arc::new(StampingState::new(authorities.iter().map(|authority| authority.client.url().to_owned())));
        let last = match store.last_reached(ProofLevel::Timestamped, TreeSize::MAX)? {
            Some(size) => store.annotated(size)?,
            None => None,
        };
        let (mut schedules, mut trust) = (Vec::new(), TsaTrust::default());
        for (number, authority) in authorities.iter().enumerate() {
            trust.extend(&authority.trust);
            let mut schedule = Schedule::new(interval);
            if let Some(last) = &last {
                let (size, text) = (last.checkpoint.checkpoint().size, last.checkpoint.note().text().as_bytes());
                let tokens = last.of_kind(AnnotationKind::TimestampToken);
                let times =
                    tokens.filter_map(|token| verify(token, text, &authority.trust).ok()).map(|token| token.time);
                if let Some(time) = times.max() {
                    schedule.stamped(size, time);
                    state.set_stamped(number, size, time);
                }
            }
            schedules.push(schedule);
        }
        let (writing, renewing) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let schedules = Mutex::new(schedules);
        Ok(Self(Arc::new(Shared {
            queries,
            store,
            clock,
            needs_quorum,
            authorities,
            trust,
            schedules,
            state,
            writing,
            renewing,
        })))
    }

    /// The state of the authorities.
    #[must_use]
    pub fn state(&self) -> Arc<StampingState> {
        Arc::clone(&self.0.state)
    }

    /// All authorities that this node trusts, with their revocation lists.
    #[must_use]
    pub fn trust(&self) -> &TsaTrust {
        &self.0.trust
    }

    /// Requests a token of every authority for the newest checkpoint that may be stamped, whatever the schedule says. `None` if there
    /// is no such checkpoint yet.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub async fn stamp_now(&self) -> Result<Option<StampReport>, ReadError> {
        let Some(checkpoint) = self.newest().await? else { return Ok(None) };
        let (checkpoint, mut requests) = (Arc::new(checkpoint), JoinSet::new());
        for number in 0..self.0.authorities.len() {
            let (service, checkpoint) = (self.clone(), Arc::clone(&checkpoint));
            requests.spawn(async move {
                let stamped = service.ask(number, checkpoint.note().text().as_bytes()).await;
                (number, service.take(number, &checkpoint, stamped).await)
            });
        }
        let mut outcomes = requests.join_all().await;
        outcomes.sort_by_key(|(number, _)| *number);
        let outcome = |(number, result)| StampOutcome { authority: self.url(number), result };
        let outcomes = outcomes.into_iter().map(outcome).collect();
        Ok(Some(StampReport { size: checkpoint.checkpoint().size, outcomes }))
    }

    /// Renews the tokens of every checkpoint whose tokens all become weak before `horizon` has passed.
    ///
    /// # Errors
    ///
    /// [`AppendError`]; what was renewed before stays.
    pub async fn renew(&self, horizon: Duration) -> Result<RenewalReport, AppendError> {
        let _turn = self.0.renewing.lock().await;
        let (mut report, mut from, mut useless) = (RenewalReport::default(), TreeSize(1), BTreeSet::new());
        loop {
            let (examined, weak, next) = self.examine(from, horizon).await?;
            report.examined += examined;
            for size in weak {
                report.needed += 1;
                if self.renew_checkpoint(size, horizon, &mut useless).await? {
                    report.renewed += 1;
                }
            }
            match next {
                Some(next) => from = next,
                None => return Ok(report),
            }
        }
    }

    /// Examines some stamped checkpoints from `from` on. Returns their number, the sizes of those that need a renewal, and the
    /// next `from`.
    async fn examine(
        &self,
        from: TreeSize,
        horizon: Duration,
    ) -> Result<(u64, Vec<TreeSize>, Option<TreeSize>), ReadError> {
        let (shared, now) = (Arc::clone(&self.0), self.now());
        let examine = move || {
            let (mut examined, mut weak, mut next) = (0, Vec::new(), from);
            for _ in 0..EXAMINED_AT_ONCE {
                let Some(size) = shared.store.first_reached(ProofLevel::Timestamped, next)? else {
                    return Ok((examined, weak, None));
                };
                next = TreeSize(size.0.saturating_add(1));
                let Some(stamped) = shared.store.annotated(size)? else { continue };
                examined += 1;
                let verified =
                    verify_all(&tokens_of(&stamped), stamped.checkpoint.note().text().as_bytes(), &shared.trust);
                if checkpoint_needs_renewal(&verified, now, horizon).is_some() {
                    weak.push(size);
                }
            }
            Ok((examined, weak, Some(next)))
        };
        on_blocking_thread(examine).await.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string())))
    }

    /// Renews the tokens of one checkpoint; whether a stronger token was stored.
    async fn renew_checkpoint(
        &self,
        size: TreeSize,
        horizon: Duration,
        useless: &mut BTreeSet<usize>,
    ) -> Result<bool, AppendError> {
        for number in 0..self.0.authorities.len() {
            if useless.contains(&number) {
                continue;
            }
            let Some(stamped) = self.read(size).await? else { return Ok(false) };
            let (tokens, text) = (tokens_of(&stamped), stamped.checkpoint.note().text().as_bytes());
            let verified = verify_all(&tokens, text, &self.0.trust);
            let bytes = bytes_to_renew(&tokens, &verified, text, ImprintAlgorithm::Sha256);
            let token = match self.ask(number, &bytes).await {
                Ok(token) => token,
                Err(error) => {
                    tracing::warn!(code = error.code(), %error, authority = self.url(number), "a timestamp was not renewed");
                    useless.insert(number);
                    continue;
                }
            };
            let now = self.now();
            let last = verified.iter().flatten().map(|token| token.valid_until).max();
            let is_stronger = renewal_is_due(&token.verified, now, horizon).is_none()
                || last.is_some_and(|last| token.verified.valid_until > last);
            if !is_stronger {
                tracing::debug!(
                    authority = self.url(number),
                    "its token is no stronger than those that need a renewal"
                );
                useless.insert(number);
                continue;
            }
            let _writing = self.0.writing.lock().await;
            if self.read(size).await?.as_ref().map(tokens_of) != Some(tokens) {
                // Another token was stored meanwhile. The next pass examines the checkpoint again.
                return Ok(false);
            }
            self.write(Arc::new(stamped.checkpoint), token.der).await?;
            count(&self.url(number), "renewed");
            tracing::info!(size = size.0, authority = self.url(number), "the timestamps of a checkpoint were renewed");
            return Ok(true);
        }
        Ok(false)
    }

    /// The newest checkpoint that may be stamped.
    pub(in crate::stamping) async fn newest(&self) -> Result<Option<SignedCheckpoint>, ReadError> {
        if !self.0.needs_quorum {
            return Ok(self.0.queries.reader().published().map(|published| published.checkpoint.clone()));
        }
        let store = Arc::clone(&self.0.store);
        let read = move || match store.last_reached(ProofLevel::Witnessed, TreeSize::MAX)? {
            Some(size) => Ok(store.annotated(size)?.map(|annotated| annotated.checkpoint)),
            None => Ok(None),
        };
        on_blocking_thread(read).await.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string())))
    }

    /// The numbers of the authorities whose token for a checkpoint of this size is due.
    pub(in crate::stamping) fn due(&self, size: TreeSize) -> Vec<usize> {
        let (now, schedules) = (self.now(), self.schedules());
        let due = schedules.iter().enumerate().filter(|(_, schedule)| schedule.due(size, now) == Due::Now);
        due.map(|(number, _)| number).collect()
    }

    /// Asks authority `number` for a token on `bytes`.
    pub(in crate::stamping) async fn ask(&self, number: usize, bytes: &[u8]) -> Result<StampedToken, TimestampError> {
        let authority = self.0.authorities.get(number);
        let authority = authority.ok_or_else(|| TimestampError::NoRandomness("no such authority".into()))?;
        let now = || self.now();
        authority.client.stamp(bytes, ImprintAlgorithm::Sha256, &authority.trust, &now).await
    }

    /// Stores the token that authority `number` gave for `checkpoint`, or records its failure. Returns the time of the token.
    pub(in crate::stamping) async fn take(
        &self,
        number: usize,
        checkpoint: &Arc<SignedCheckpoint>,
        stamped: Result<StampedToken, TimestampError>,
    ) -> Result<Timestamp, (&'static str, String)> {
        let (url, size) = (self.url(number), checkpoint.checkpoint().size);
        let StampedToken { der, verified } = match stamped {
            Ok(stamped) => stamped,
            Err(error) => {
                if self.failed(number, error.code(), error.retry_after()) != Some(error.code()) {
                    tracing::warn!(code = error.code(), %error, authority = url, "no timestamp token");
                }
                return Err((error.code(), error.to_string()));
            }
        };
        let _writing = self.0.writing.lock().await;
        if let Err(error) = self.write(Arc::clone(checkpoint), der).await {
            tracing::warn!(%error, authority = url, "a timestamp token was not stored; another one is requested");
            self.failed(number, "not_stored", None);
            return Err(("not_stored", error.to_string()));
        }
        count(&url, "stamped");
        if let Some(schedule) = self.schedules().get_mut(number) {
            schedule.stamped(size, self.now());
        }
        self.0.state.set_stamped(number, size, verified.time);
        tracing::info!(authority = url, size = size.0, time = %verified.time, "a checkpoint was timestamped");
        Ok(verified.time)
    }

    /// Records a failure. Returns the error before it.
    fn failed(&self, number: usize, code: &'static str, retry_after: Option<Duration>) -> Option<&'static str> {
        if let Some(schedule) = self.schedules().get_mut(number) {
            schedule.failed(self.now(), retry_after);
        }
        count(&self.url(number), code);
        self.0.state.set_failed(number, code)
    }

    /// The stored tokens of a checkpoint.
    async fn read(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
        let store = Arc::clone(&self.0.store);
        let read = on_blocking_thread(move || store.annotated(size)).await;
        read.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string())))
    }

    /// Stores a token, and the level that its checkpoint reaches. The caller holds `writing`.
    async fn write(&self, checkpoint: Arc<SignedCheckpoint>, bytes: Vec<u8>) -> Result<(), AppendError> {
        let store = Arc::clone(&self.0.store);
        let write = move || {
            let is_new = store.first_reached(ProofLevel::Timestamped, checkpoint.checkpoint().size)?.is_none();
            let levels: &[ProofLevel] = if is_new { &[ProofLevel::Timestamped] } else { &[] };
            store.annotate(&checkpoint, &[Annotation { kind: AnnotationKind::TimestampToken, bytes }], levels)
        };
        let written = on_blocking_thread(write).await;
        written.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string()).into()))
    }

    fn url(&self, number: usize) -> String {
        self.0.authorities.get(number).map_or_else(String::new, |authority| authority.client.url().to_owned())
    }

    fn now(&self) -> Timestamp {
        self.0.clock.read().wall
    }

    // The lock is held for one call, which does not panic halfway.
    fn schedules(&self) -> MutexGuard<'_, Vec<Schedule>> {
        self.0.schedules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tokens_of(stamped: &AnnotatedCheckpoint) -> Vec<Vec<u8>> {
    stamped.of_kind(AnnotationKind::TimestampToken).map(<[u8]>::to_vec).collect()
}

fn count(url: &str, outcome: &'static str) {
    let authority = url.to_owned();
    metrics::counter!("tiezheng_timestamp_requests_total", "authority" => authority, "outcome" => outcome).increment(1);
}
