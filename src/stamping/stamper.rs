//! The stamper: asks each timestamp authority for a token on the newest checkpoint that may be stamped, and stores the token.
//!
//! # Invariants
//!
//! - Each authority has at most one request at a time, besides those on demand. A failing one delays neither deposits nor the other authorities.
//! - A token and the level that its checkpoint reaches are stored in one write. A level is recorded in the order of the sizes, as
//!   `query::attested_checkpoint` requires.
//! - A token is stored with the revocation lists of the operator in it, so that the receipt carries them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::time_token::verification::StampedToken;
use crate::stamping::stamping_service::{StamperParts, StampingService};
use crate::store::traits::ReadError;
use crate::timestamp::tsa_client::TimestampError;

/// How often the stamper checks whether a token is due.
const POLL: Duration = Duration::from_secs(1);
/// How often it checks whether tokens need a renewal. The first check is at the start.
const RENEWAL_INTERVAL: Duration = Duration::from_hours(24);

/// A finished request.
struct Answer {
    authority: usize,
    checkpoint: Arc<SignedCheckpoint>,
    stamped: Result<StampedToken, TimestampError>,
}

/// Requests and stores tokens; see the module's documentation.
pub struct Stamper {
    service: StampingService,
    /// The authorities with a request in flight.
    busy: BTreeSet<usize>,
    requests: JoinSet<Answer>,
    renewals: JoinSet<()>,
    next_renewal: Instant,
    horizon: Duration,
}

impl Stamper {
    /// A stamper, and its service for commands and answers. Reads which checkpoint each authority stamped last. Blocking.
    ///
    /// # Errors
    ///
    /// [`ReadError`].
    pub fn new(parts: StamperParts) -> Result<(Self, StampingService), ReadError> {
        let horizon = parts.horizon;
        let service = StampingService::new(parts)?;
        let (requests, renewals, next_renewal) = (JoinSet::new(), JoinSet::new(), Instant::now());
        let busy = BTreeSet::new();
        Ok((Self { service: service.clone(), busy, requests, renewals, next_renewal, horizon }, service))
    }

    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            match self.service.newest().await {
                Ok(Some(checkpoint)) => self.send_requests(&Arc::new(checkpoint)),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "no timestamp is requested: the ledger cannot be read"),
            }
            self.renew();
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(answer) = self.requests.join_next() => answer,
                () = sleep(POLL) => continue,
            };
            match answer {
                Ok(answer) => {
                    self.busy.remove(&answer.authority);
                    // A failure is logged, and the request is repeated.
                    let _ = self.service.take(answer.authority, &answer.checkpoint, answer.stamped).await;
                }
                Err(error) => tracing::error!(%error, "a request to a timestamp authority ended unexpectedly"),
            }
        }
    }

    /// Asks all authorities whose next token is due.
    fn send_requests(&mut self, checkpoint: &Arc<SignedCheckpoint>) {
        for number in self.service.due(checkpoint.checkpoint().size) {
            if !self.busy.insert(number) {
                continue;
            }
            let (service, checkpoint) = (self.service.clone(), Arc::clone(checkpoint));
            self.requests.spawn(async move {
                let stamped = service.ask(number, checkpoint.note().text().as_bytes()).await;
                Answer { authority: number, checkpoint, stamped }
            });
        }
    }

    /// Renews tokens in a task of its own, once a day.
    fn renew(&mut self) {
        while let Some(ended) = self.renewals.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a renewal of timestamps ended unexpectedly");
            }
        }
        if Instant::now() < self.next_renewal || !self.renewals.is_empty() {
            return;
        }
        self.next_renewal = Instant::now() + RENEWAL_INTERVAL;
        let (service, horizon) = (self.service.clone(), self.horizon);
        self.renewals.spawn(async move {
            match service.renew(horizon).await {
                Ok(report) if report.needed > report.renewed => tracing::warn!(
                    needed = report.needed,
                    renewed = report.renewed,
                    "timestamps become weak and were not all renewed: configure an authority with a later certificate"
                ),
                Ok(report) => tracing::info!(renewed = report.renewed, "timestamps that become weak were renewed"),
                Err(error) => tracing::warn!(%error, "timestamps were not renewed"),
            }
        });
    }
}
