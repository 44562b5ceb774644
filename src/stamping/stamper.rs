//! The stamper: asks each timestamp authority for a token on the newest checkpoint that may be stamped, and stores the token.
//!
//! # Invariants
//!
//! - Each authority has at most one request at a time. A failing one delays neither deposits nor the other authorities.
//! - A token and the level that its checkpoint reaches are stored in one write. A level is recorded in the order of the sizes, as
//!   `query::attested_checkpoint` requires.
//! - A token is stored with the revocation lists of the operator in it, so that the receipt carries them.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;
use crate::ledger::time_token::algorithm::ImprintAlgorithm;
use crate::ledger::time_token::trust::TsaTrust;
use crate::ledger::time_token::verification::{StampedToken, verify};
use crate::query::blocking::on_blocking_thread;
use crate::query::service::QueryService;
use crate::sequencer::clock::Clock;
use crate::stamping::stamping_state::StampingState;
use crate::store::traits::{Annotation, AnnotationKind, Annotations, AppendError, ProofLevel, ReadError};
use crate::timestamp::schedule::{Due, Schedule};
use crate::timestamp::tsa_client::{TimestampError, TsaClient};

/// How often the stamper looks whether a token is due.
const POLL: Duration = Duration::from_secs(1);

/// An authority that the node asks.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its client.
    pub client: TsaClient,
    /// The certificates that it must have, and revocation lists.
    pub trust: TsaTrust,
}

/// What a stamper needs.
pub struct StamperParts {
    /// The read side.
    pub queries: Arc<QueryService>,
    /// Where tokens are kept.
    pub store: Arc<dyn Annotations>,
    /// The node's clock, with which the time in a token must agree.
    pub clock: Arc<dyn Clock>,
    /// The authorities.
    pub authorities: Vec<Authority>,
    /// The time from one token of an authority to the next.
    pub interval: Duration,
    /// Whether only checkpoints with a quorum of witnesses are stamped.
    pub needs_quorum: bool,
}

/// What the stamper remembers of an authority.
struct Asked {
    authority: Arc<Authority>,
    schedule: Schedule,
    is_busy: bool,
}

/// A finished request.
struct Answer {
    authority: usize,
    checkpoint: Arc<SignedCheckpoint>,
    stamped: Result<StampedToken, TimestampError>,
}

/// Requests and stores tokens; see the module's documentation.
pub struct Stamper {
    queries: Arc<QueryService>,
    store: Arc<dyn Annotations>,
    clock: Arc<dyn Clock>,
    needs_quorum: bool,
    authorities: Vec<Asked>,
    state: Arc<StampingState>,
    requests: JoinSet<Answer>,
}

impl Stamper {
    /// A stamper, and its state. Reads which checkpoint each authority stamped last. Blocking.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn new(parts: StamperParts) -> Result<(Self, Arc<StampingState>), ReadError> {
        let StamperParts { queries, store, clock, authorities, interval, needs_quorum } = parts;
        let state = Arc::new(StampingState::new(authorities.iter().map(|authority| authority.client.url().to_owned())));
        let last = match store.last_reached(ProofLevel::Timestamped, TreeSize::MAX)? {
            Some(size) => store.annotated(size)?,
            None => None,
        };
        let mut asked = Vec::new();
        for (number, authority) in authorities.into_iter().enumerate() {
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
            asked.push(Asked { authority: Arc::new(authority), schedule, is_busy: false });
        }
        let (shared, requests) = (Arc::clone(&state), JoinSet::new());
        Ok((Self { queries, store, clock, needs_quorum, authorities: asked, state: shared, requests }, state))
    }

    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            match self.newest().await {
                Ok(Some(checkpoint)) => self.send_requests(&Arc::new(checkpoint)),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "no timestamp is requested: the ledger cannot be read"),
            }
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(answer) = self.requests.join_next() => answer,
                () = sleep(POLL) => continue,
            };
            match answer {
                Ok(answer) => self.take(answer).await,
                Err(error) => tracing::error!(%error, "a request to a timestamp authority failed inside"),
            }
        }
    }

    /// The newest checkpoint that may be stamped.
    async fn newest(&self) -> Result<Option<SignedCheckpoint>, ReadError> {
        if !self.needs_quorum {
            return Ok(self.queries.reader().published().map(|published| published.checkpoint.clone()));
        }
        let store = Arc::clone(&self.store);
        let read = move || match store.last_reached(ProofLevel::Witnessed, TreeSize::MAX)? {
            Some(size) => Ok(store.annotated(size)?.map(|annotated| annotated.checkpoint)),
            None => Ok(None),
        };
        on_blocking_thread(read).await.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string())))
    }

    /// Asks all authorities whose next token is due.
    fn send_requests(&mut self, checkpoint: &Arc<SignedCheckpoint>) {
        let now = self.clock.read().wall;
        for (number, asked) in self.authorities.iter_mut().enumerate() {
            if asked.is_busy || asked.schedule.due(checkpoint.checkpoint().size, now) != Due::Now {
                continue;
            }
            asked.is_busy = true;
            let (authority, checkpoint) = (Arc::clone(&asked.authority), Arc::clone(checkpoint));
            let clock = Arc::clone(&self.clock);
            self.requests.spawn(async move {
                let (text, now) = (checkpoint.note().text().as_bytes(), || clock.read().wall);
                let stamped = authority.client.stamp(text, ImprintAlgorithm::Sha256, &authority.trust, &now).await;
                Answer { authority: number, checkpoint, stamped }
            });
        }
    }

    async fn take(&mut self, answer: Answer) {
        let Answer { authority: number, checkpoint, stamped } = answer;
        let (now, size) = (self.clock.read().wall, checkpoint.checkpoint().size);
        let Some(asked) = self.authorities.get_mut(number) else { return };
        asked.is_busy = false;
        let url = asked.authority.client.url().to_owned();
        match stamped {
            Ok(StampedToken { der, verified }) => {
                if let Err(error) = self.keep(&checkpoint, der).await {
                    tracing::warn!(%error, authority = url, "a timestamp token was not stored; another one is requested");
                    self.failed(number, now, "not_stored", None);
                    return;
                }
                count(&url, "stamped");
                if let Some(asked) = self.authorities.get_mut(number) {
                    asked.schedule.stamped(size, now);
                }
                self.state.set_stamped(number, size, verified.time);
                tracing::info!(authority = url, size = size.0, time = %verified.time, "a checkpoint was timestamped");
            }
            Err(error) => {
                if self.failed(number, now, error.code(), error.retry_after()) != Some(error.code()) {
                    tracing::warn!(code = error.code(), %error, authority = url, "no timestamp token");
                }
            }
        }
    }

    /// Records a failure. Returns the error before it.
    fn failed(
        &mut self,
        number: usize,
        now: Timestamp,
        code: &'static str,
        retry_after: Option<Duration>,
    ) -> Option<&'static str> {
        let asked = self.authorities.get_mut(number)?;
        asked.schedule.failed(now, retry_after);
        count(asked.authority.client.url(), code);
        self.state.set_failed(number, code)
    }

    /// Stores a token, and the level that its checkpoint reaches.
    async fn keep(&self, checkpoint: &Arc<SignedCheckpoint>, bytes: Vec<u8>) -> Result<(), AppendError> {
        let (store, checkpoint) = (Arc::clone(&self.store), Arc::clone(checkpoint));
        let write = move || {
            let is_new = store.first_reached(ProofLevel::Timestamped, checkpoint.checkpoint().size)?.is_none();
            let levels: &[ProofLevel] = if is_new { &[ProofLevel::Timestamped] } else { &[] };
            store.annotate(&checkpoint, &[Annotation { kind: AnnotationKind::TimestampToken, bytes }], levels)
        };
        let written = on_blocking_thread(write).await;
        written.unwrap_or_else(|error| Err(ReadError::Unavailable(error.to_string()).into()))
    }
}

fn count(url: &str, outcome: &'static str) {
    let authority = url.to_owned();
    metrics::counter!("tiezheng_timestamp_requests_total", "authority" => authority, "outcome" => outcome).increment(1);
}
