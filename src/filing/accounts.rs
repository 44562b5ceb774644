//! Accounts, tokens and lists: acts upon the registry.

use std::collections::BTreeSet;

use crate::court::acts::{Act, Grant, IssueToken, OpenAccount};
use crate::court::case::state::Placed;
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, TokenId};
use crate::court::labels;
use crate::court::registry::RegistryError;
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope, SubjectKind};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::is_overtaken;
use crate::filing::error::FilingError;
use crate::filing::secret::{BearerToken, unnamed_request};
use crate::filing::service::{ATTEMPTS, Done, FilingService, Writing};
use crate::filing::streams::{StoredAct, acts_after};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;
use crate::sequencer::handle::DepositError;

/// Longest life of a token in days.
pub const TOKEN_DAYS_MAX: u64 = 3_660;

/// A token that was issued.
#[derive(Debug)]
pub struct Issued {
    /// The act.
    pub done: Done,
    /// By which it is known and revoked.
    pub id: TokenId,
    /// What its holder keeps; `None` where the same request was sent before, whose answer showed it.
    pub token: Option<BearerToken>,
    /// Until when it is taken.
    pub expires: Timestamp,
}

impl FilingService {
    /// Acts upon the registry in the first of the actor's capacities that may.
    ///
    /// # Errors
    ///
    /// [`FilingError::Registry`], [`FilingError::RequestReused`], and those of writing.
    pub async fn change_registry<M>(
        &self,
        actor: &Actor,
        context: &RequestContext,
        make: M,
    ) -> Result<Done, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let roles: BTreeSet<Role> = actor.account.roles.iter().map(|(role, _)| *role).collect();
        let mut capacities: Vec<Capacity> = roles.into_iter().map(Capacity::Holding).collect();
        if !actor.scopes.contains(&Scope::Manage) {
            capacities.clear();
        }
        capacities.push(Capacity::Oneself);
        let changed = self.write_registry(actor.id, &capacities, context, make).await;
        match changed {
            // Whoever holds a role and came with less is told what is lacking.
            Err(FilingError::Registry(RegistryError::NotPermitted)) if !actor.account.roles.is_empty() => {
                Err(actor.needs(Scope::Manage).err().unwrap_or(FilingError::Registry(RegistryError::NotPermitted)))
            }
            changed => changed,
        }
    }

    pub(in crate::filing) async fn write_registry<M>(
        &self,
        by: AccountId,
        capacities: &[Capacity],
        context: &RequestContext,
        make: M,
    ) -> Result<Done, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let stream = self.registry_stream();
        let _named = self.locks.hold(labels::request(context.request)).await;
        let _held = self.locks.hold(stream).await;
        for _ in 0..ATTEMPTS {
            if let Some((done, _)) = self.done_before((context.request, context.body)).await? {
                // Whoever asked first may have gone before the registry in memory was told.
                if self.registry().length < done.placed.sequence {
                    self.reload_registry(stream).await?;
                }
                return Ok(done);
            }
            let registry = self.registry();
            let mut annexes = Annexes::new();
            let act = make(&mut annexes)?;
            let document = |capacity| Document {
                stream: Stream::Registry,
                by,
                capacity,
                request: Some(context.request),
                body: Some(context.body),
                act: act.clone(),
            };
            let may = capacities.iter().copied().find(|capacity| registry.permitted(&document(*capacity)).is_ok());
            let document = document(may.or(capacities.first().copied()).unwrap_or(Capacity::Oneself));
            let sequence = registry.length + 1;
            let mut after = (*registry).clone();
            after.apply(&document, Placed { index: LeafIndex(0), sequence, at: self.now() })?;
            let writing = Writing { stream, sequence, document: document.clone(), annexes, labels: Vec::new() };
            match self.write(writing).await {
                Err(error) if is_overtaken(&error) => self.reload_registry(stream).await?,
                Err(error) => return Err(error),
                Ok(done) => {
                    let mut after = (*registry).clone();
                    after.follow(&document, done.placed);
                    self.set_registry(after);
                    return Ok(done);
                }
            }
        }
        Err(FilingError::Deposit(DepositError::Busy { retry_after_ms: 500 }))
    }

    async fn reload_registry(&self, stream: crate::ledger::hash::Digest) -> Result<(), FilingError> {
        let mut registry = (*self.registry()).clone();
        let after = registry.length;
        let acts = self.read(move |store| Ok(acts_after(store, &stream, after)?)).await?;
        for act in acts {
            registry.follow(&act.document, act.placed);
        }
        self.set_registry(registry);
        Ok(())
    }

    /// Issues a token. It is shown in the answer and never again: the same request sent again is answered without it.
    ///
    /// # Errors
    ///
    /// As [`Self::change_registry`]; [`FilingError::BadValue`] for a life of no days or too many, and, for the actor's own
    /// account, for scopes or a life that the token which asks does not have.
    pub async fn issue_token(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        scopes: &BTreeSet<Scope>,
        days: u64,
    ) -> Result<Issued, FilingError> {
        if let Some(issued) = self.issued_before(context).await? {
            return Ok(issued);
        }
        if days == 0 || days > TOKEN_DAYS_MAX {
            return Err(FilingError::bad("days", format!("1 to {TOKEN_DAYS_MAX}")));
        }
        if scopes.is_empty() {
            return Err(FilingError::bad("scopes", "at least one"));
        }
        let expires = self.now().after_days(days).ok_or_else(|| FilingError::bad("days", "too many"))?;
        // The registry has the same rules. Here the value that is wrong is named, before anything is written.
        if account == actor.id {
            if !scopes.is_subset(&actor.scopes) {
                return Err(FilingError::bad("scopes", "no more than those of the token that asks"));
            }
            let own = self.registry().tokens.get(actor.token).map(|token| token.expires);
            if own.is_none_or(|own| own < expires) {
                return Err(FilingError::bad("days", "no longer than the token that asks"));
            }
        }
        let token = BearerToken::new()?;
        let act = issuing(&token, account, scopes, expires, Some(actor.token));
        let done = self.change_registry(actor, context, |_| Ok(Act::IssueToken(act.clone()))).await?;
        if !done.fresh {
            // The same request was sent twice at once, and the token of the other one is on the chain.
            return self.issued_before(context).await?.ok_or(FilingError::RequestReused);
        }
        Ok(Issued { done, id: token.id(), token: Some(token), expires })
    }

    /// What the same request issued before.
    async fn issued_before(&self, context: &RequestContext) -> Result<Option<Issued>, FilingError> {
        match self.done_before((context.request, context.body)).await? {
            None => Ok(None),
            Some((done, StoredAct { document: Document { act: Act::IssueToken(act), .. }, .. })) => {
                Ok(Some(Issued { done, id: act.token, token: None, expires: act.expires }))
            }
            Some(_) => Err(FilingError::RequestReused),
        }
    }

    /// Makes the first operator, or another one for an operator who lost the token: an account, the role, a token.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub async fn make_operator(&self, days: u64) -> Result<(AccountId, BearerToken), FilingError> {
        let account = AccountId(unnamed_request()?.0);
        let platform = self.platform_account();
        let context = || -> Result<RequestContext, FilingError> {
            Ok(RequestContext { request: unnamed_request()?, body: account.0, capacity: None })
        };
        let open = OpenAccount { account, subject: SubjectKind::Platform, name: None };
        self.write_registry(platform, &[Capacity::Platform], &context()?, |_| Ok(Act::OpenAccount(open.clone())))
            .await?;
        let grant = Grant { account, role: Role::Operator, court: None };
        self.write_registry(platform, &[Capacity::Platform], &context()?, |_| Ok(Act::Grant(grant.clone()))).await?;
        let scopes = [Scope::Manage, Scope::Read, Scope::Deposit].into_iter().collect();
        let token = BearerToken::new()?;
        let expires = self.now().after_days(days).ok_or_else(|| FilingError::bad("days", "too many"))?;
        let act = issuing(&token, account, &scopes, expires, None);
        let issue = |_: &mut Annexes| Ok(Act::IssueToken(act.clone()));
        self.write_registry(platform, &[Capacity::Platform], &context()?, issue).await?;
        Ok((account, token))
    }
}

fn issuing(
    token: &BearerToken,
    account: AccountId,
    scopes: &BTreeSet<Scope>,
    expires: Timestamp,
    parent: Option<TokenId>,
) -> IssueToken {
    let scope = scopes.iter().copied().collect();
    IssueToken { token: token.id(), account, hash: token.hash(), scope, expires, parent }
}
