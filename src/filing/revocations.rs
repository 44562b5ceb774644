//! Revocation of tokens: in effect at once, recorded on the chain afterwards.
//!
//! ```text
//! request ─▶ in effect, durable document ─▶ act on the chain ─▶ removed from the document
//!                                             └ writing paused, queue full, shutdown: retried
//! ```
//!
//! # Invariants
//!
//! A revocation is in effect before the request waits for the sequencer, and stays in effect whatever the sequencer answers. It
//! leaves the document only when its act is on the chain. Authentication consults both.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::court::acts::{Act, RevokeToken};
use crate::court::ids::TokenId;
use crate::court::registry::tokens::TokenError;
use crate::court::registry::{Registry, RegistryError};
use crate::court::values::Capacity;
use crate::court::words::{KeptTokens, Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::pending_revocations::PendingRevocation;
use crate::filing::secret::step_request_id;
use crate::filing::service::{FilingService, RecordedAct};

/// How long a request waits for its act to be on the chain. The revocation is already in effect.
const APPEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval between attempts to append pending acts.
const RETRY: Duration = Duration::from_secs(1);

/// The result of a revocation.
#[derive(Debug, Clone)]
pub struct RevocationOutcome {
    /// Its act; `None` while it is pending.
    pub recorded: Option<RecordedAct>,
    /// The tokens that are no longer valid, including the named one.
    pub ended: Vec<TokenId>,
    /// The tokens that the revoked ones issued and that are still valid.
    pub left: Vec<TokenId>,
}

impl FilingService {
    /// Revokes a token and all tokens issued with it; on request without those of other accounts.
    ///
    /// The revocation is in effect and durable when this returns, even if its act is still pending.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] for a token that does not exist, or that the actor's token may not revoke;
    /// [`FilingError::RequestReused`]. [`FilingError::NotDurable`]: it is in effect until the process ends; send it again.
    pub async fn revoke_token(
        self: &Arc<Self>,
        actor: &Actor,
        context: &RequestContext,
        token: TokenId,
        kept: Option<KeptTokens>,
    ) -> Result<RevocationOutcome, FilingError> {
        let registry = self.registry();
        let operator = actor.account.holds(Role::Operator, None) && actor.scopes.contains(&Scope::Manage);
        let known = registry.tokens.get(token).is_some();
        // A session can do all that its account can.
        let own = actor.session.is_some() && registry.tokens.is_of(token, actor.id);
        if !known || !(operator || own || registry.tokens.may_revoke(actor.token, token)) {
            // A role holder whose token lacks the scope is told which scope is needed.
            let lacks_scope = known && actor.account.holds(Role::Operator, None);
            return Err(if lacks_scope { FilingError::Scope(Scope::Manage) } else { FilingError::NotFound });
        }
        // A reused idempotency key is rejected before the revocation takes effect. Other errors do not stop it.
        if let Err(FilingError::RequestReused) = self.act_of_request((context.request, context.body)).await {
            return Err(FilingError::RequestReused);
        }
        let named = [token].into_iter().chain(registry.tokens.descendants(token));
        let good: Vec<TokenId> = named.filter(|id| self.accepts(&registry, *id)).collect();
        let capacity = if operator { Capacity::Holding(Role::Operator) } else { Capacity::Oneself };
        let pending =
            PendingRevocation { token, kept, by: actor.id, capacity, request: context.request, body: context.body };
        let durable = self.revocations.add(pending.clone()).await;
        tracing::info!(%token, ended = good.len(), by = %actor.id, "a token was revoked");
        let append = {
            let filing = Arc::clone(self);
            // A task of its own, so that it completes even if the request is cancelled.
            tokio::spawn(async move { filing.append_revocation(&pending).await })
        };
        let recorded = match timeout(APPEND_TIMEOUT, append).await {
            Ok(Ok(Ok(recorded))) => Some(recorded),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "a revocation is in effect and waits for the sequencer");
                None
            }
            Ok(Err(_)) | Err(_) => None,
        };
        if recorded.is_none() {
            self.revocations.wake.notify_one();
            durable.map_err(|error| FilingError::NotDurable(error.to_string()))?;
        }
        let registry = self.registry();
        let (left, ended) = good.into_iter().partition(|id| self.accepts(&registry, *id));
        Ok(RevocationOutcome { recorded, ended, left })
    }

    /// Appends the act of a pending revocation.
    async fn append_revocation(&self, pending: &PendingRevocation) -> Result<RecordedAct, FilingError> {
        let act = Act::RevokeToken(RevokeToken { token: pending.token, kept: pending.kept });
        let context = |request| RequestContext { request, body: pending.body, capacity: None };
        let make = |_: &mut Annexes| Ok(act.clone());
        let own = self.write_registry(pending.by, &[pending.capacity], &context(pending.request), make).await;
        let recorded = match own {
            // The actor has lost the role, or reused the idempotency key. The platform records the revocation instead.
            Err(FilingError::Registry(RegistryError::NotPermitted) | FilingError::RequestReused) => {
                let request = step_request_id(pending.request, "revocation by the platform");
                let platform = self.platform_account();
                self.write_registry(platform, &[Capacity::Platform], &context(request), make).await?
            }
            // The ledger was restored to a state before the token was issued, so there is nothing to revoke.
            Err(error @ FilingError::Registry(RegistryError::Token(TokenError::NoSuchToken))) => {
                self.revocations.remove(pending).await;
                return Err(error);
            }
            own => own?,
        };
        self.revocations.remove(pending).await;
        Ok(recorded)
    }

    /// Appends the acts of all pending revocations, as far as the sequencer accepts them. Returns the number still pending.
    async fn append_revocations(&self) -> usize {
        let waiting: Vec<PendingRevocation> = self.revocations.all().values().cloned().collect();
        for pending in waiting {
            if let Err(error) = self.append_revocation(&pending).await {
                tracing::debug!(%error, "a revocation still waits for the sequencer");
            }
        }
        self.revocations.all().len()
    }

    /// Appends the acts of pending revocations until `shutdown`.
    pub async fn run_revocations(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        let append = async {
            loop {
                if self.append_revocations().await == 0 {
                    self.revocations.wake.notified().await;
                }
                sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = shutdown => {}
            () = append => {}
        }
    }

    /// Whether a token is valid now.
    #[must_use]
    pub fn is_accepted(&self, id: TokenId) -> bool {
        self.accepts(&self.registry(), id)
    }

    /// Whether a token is valid now, by this registry.
    pub(in crate::filing) fn accepts(&self, registry: &Registry, id: TokenId) -> bool {
        let alive = registry.tokens.get(id).is_some_and(|token| self.now() < token.expires);
        alive && !self.revocations.is_revoked(&registry.tokens, id)
    }
}
