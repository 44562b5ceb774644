//! Revocations of tokens that are in effect and not on the chain yet.
//!
//! ```text
//! request ─▶ durable document, in effect ─▶ act on the chain ─▶ removed from the document
//!                                             └ sealing paused, pool full, shutdown: tried again
//! ```
//!
//! # Invariants
//!
//! A revocation is in effect before anything waits for the sequencer, and stays in effect whatever the sequencer answers.
//! It leaves the document only once its act is on the chain. Authentication consults both.

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
use crate::filing::error::FilingError;
use crate::filing::pending_revocations::PendingRevocation;
use crate::filing::secret::step_request_id;
use crate::filing::service::{FilingService, RecordedAct};

/// How long a request waits for its act. The revocation is in effect meanwhile.
const APPEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait before acts that could not be written are tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What a revocation did.
#[derive(Debug, Clone)]
pub struct RevocationOutcome {
    /// Its act; `None` while it waits for the sequencer.
    pub recorded: Option<RecordedAct>,
    /// Tokens that were good and no longer are, the one that was named among them.
    pub ended: Vec<TokenId>,
    /// Tokens that the revoked ones issued and that are still good.
    pub left: Vec<TokenId>,
}

impl FilingService {
    /// Revokes a token and all that were issued with it, except those of other accounts where they are to be kept.
    ///
    /// It is in effect when this returns, and survives a power cut, whether or not the ledger accepts its act by then.
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
        if !known || !(operator || registry.tokens.may_revoke(actor.token, token)) {
            // Whoever holds the role and came with a lesser token is told what is lacking.
            let lacks_scope = known && actor.account.holds(Role::Operator, None);
            return Err(if lacks_scope { FilingError::Scope(Scope::Manage) } else { FilingError::NotFound });
        }
        // A reused idempotency key is refused before anything takes effect. Whatever else fails here stops no revocation.
        if let Err(FilingError::RequestReused) = self.act_of_request((context.request, context.body)).await {
            return Err(FilingError::RequestReused);
        }
        let named = [token].into_iter().chain(registry.tokens.descendants(token));
        let good: Vec<TokenId> = named.filter(|id| self.accepts(&registry, *id)).collect();
        let capacity = if operator { Capacity::Holding(Role::Operator) } else { Capacity::Oneself };
        let pending =
            PendingRevocation { token, kept, by: actor.id, capacity, request: context.request, body: context.body };
        let durable = self.revocations.add(pending.clone()).await;
        let sealing = {
            let filing = Arc::clone(self);
            // Carried to its end though nobody waits for it any more.
            tokio::spawn(async move { filing.append_revocation(&pending).await })
        };
        let recorded = match timeout(APPEND_TIMEOUT, sealing).await {
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

    /// Puts the act of a pending revocation on the chain.
    async fn append_revocation(&self, pending: &PendingRevocation) -> Result<RecordedAct, FilingError> {
        let act = Act::RevokeToken(RevokeToken { token: pending.token, kept: pending.kept });
        let context = |request| RequestContext { request, body: pending.body, capacity: None };
        let make = |_: &mut Annexes| Ok(act.clone());
        let own = self.write_registry(pending.by, &[pending.capacity], &context(pending.request), make).await;
        let recorded = match own {
            // Whoever revoked it has lost the role since, or named another request so. It is revoked all the same.
            Err(FilingError::Registry(RegistryError::NotPermitted) | FilingError::RequestReused) => {
                let request = step_request_id(pending.request, "revocation by the platform");
                let platform = self.platform_account();
                self.write_registry(platform, &[Capacity::Platform], &context(request), make).await?
            }
            // The ledger was restored to a time before the token was issued: there is nothing left to revoke.
            Err(error @ FilingError::Registry(RegistryError::Token(TokenError::NoSuchToken))) => {
                self.revocations.remove(pending).await;
                return Err(error);
            }
            own => own?,
        };
        self.revocations.remove(pending).await;
        Ok(recorded)
    }

    /// Puts the acts of all pending revocations on the chain, as far as the sequencer accepts them. How many still wait.
    async fn append_revocations(&self) -> usize {
        let waiting: Vec<PendingRevocation> = self.revocations.all().values().cloned().collect();
        for pending in waiting {
            if let Err(error) = self.append_revocation(&pending).await {
                tracing::debug!(%error, "a revocation still waits for the sequencer");
            }
        }
        self.revocations.all().len()
    }

    /// Seals pending revocations until `closing` is over.
    pub async fn run_revocations(self: Arc<Self>, closing: impl Future<Output = ()>) {
        let sealing = async {
            loop {
                if self.append_revocations().await == 0 {
                    self.revocations.wake.notified().await;
                }
                sleep(RETRY).await;
            }
        };
        tokio::select! {
            () = closing => {}
            () = sealing => {}
        }
    }

    /// Whether a token is good now.
    pub(in crate::filing) fn accepts(&self, registry: &Registry, id: TokenId) -> bool {
        let alive = registry.tokens.get(id).is_some_and(|token| self.now() < token.expires);
        alive && !self.revocations.revoke(&registry.tokens, id)
    }
}
