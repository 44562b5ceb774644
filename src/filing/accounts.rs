//! Acts upon the registry: accounts, roles, tokens, and the lists of trusted ledgers and holidays.

use std::collections::BTreeSet;

use crate::court::acts::{Act, Grant, IssueToken, OpenAccount};
use crate::court::case::state::ActPosition;
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, TokenId};
use crate::court::labels;
use crate::court::registry::{Account, RegistryError};
use crate::court::values::Capacity;
use crate::court::words::{Role, Scope, SubjectKind};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{BearerToken, random_request_id};
use crate::filing::service::{FilingService, NewAct, RecordedAct, none_if_conflict, retry_on_conflict};
use crate::filing::sign_in::managing_role;
use crate::filing::streams::{StoredAct, acts_after, text};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;

/// Longest lifetime of a token in days.
pub const TOKEN_DAYS_MAX: u64 = 3_660;

/// A token that was issued.
#[derive(Debug)]
pub struct IssuedToken {
    /// The act.
    pub recorded: RecordedAct,
    /// The id by which it is listed and revoked.
    pub id: TokenId,
    /// The token itself, which is not stored; `None` where the same request was sent before, whose answer contained it.
    pub token: Option<BearerToken>,
    /// When it expires.
    pub expires: Timestamp,
}

impl FilingService {
    /// Acts upon the registry, in the first of the actor's capacities that permits it.
    ///
    /// # Errors
    ///
    /// [`FilingError::Registry`], [`FilingError::RequestReused`], and those of `Self::append`.
    pub async fn change_registry<M>(
        &self,
        actor: &Actor,
        context: &RequestContext,
        make: M,
    ) -> Result<RecordedAct, FilingError>
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
            // A manager whose token lacks the scope is told which scope is needed.
            Err(FilingError::Registry(RegistryError::NotPermitted)) if managing_role(&actor.account).is_some() => {
                Err(actor
                    .require_scope(Scope::Manage)
                    .err()
                    .unwrap_or(FilingError::Registry(RegistryError::NotPermitted)))
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
    ) -> Result<RecordedAct, FilingError>
    where
        M: Fn(&mut Annexes) -> Result<Act, FilingError> + Send + Sync,
    {
        let stream = self.registry_stream();
        let _request_lock = self.locks.lock(labels::request(context.request)).await;
        let _registry_lock = self.locks.lock(stream).await;
        let make = &make;
        retry_on_conflict(|| async move {
            if let Some((recorded, _)) = self.act_of_request((context.request, context.body)).await? {
                // The first request may have been cancelled before it updated the registry in memory.
                if self.registry().length < recorded.position.sequence {
                    self.reload_registry(stream).await?;
                }
                return Ok(Some(recorded));
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
            let permitted =
                capacities.iter().copied().find(|capacity| registry.check_permitted(&document(*capacity)).is_ok());
            let document = document(permitted.or(capacities.first().copied()).unwrap_or(Capacity::Oneself));
            let sequence = registry.length + 1;
            let mut after = (*registry).clone();
            after.apply(&document, ActPosition { index: LeafIndex(0), sequence, at: self.now() })?;
            let act = NewAct { stream, sequence, document: document.clone(), annexes, labels: Vec::new() };
            let recorded = none_if_conflict(self.append(act).await)?;
            match &recorded {
                None => self.reload_registry(stream).await?,
                Some(recorded) => {
                    let mut after = (*registry).clone();
                    after.replay(&document, recorded.position);
                    self.set_registry(after);
                    self.end_sessions_of_former_staff(&document.act).await?;
                }
            }
            Ok::<_, FilingError>(recorded)
        })
        .await
    }

    async fn reload_registry(&self, stream: crate::ledger::hash::Digest) -> Result<(), FilingError> {
        let mut registry = (*self.registry()).clone();
        let after = registry.length;
        let acts = self.read(move |store| Ok(acts_after(store, &stream, after)?)).await?;
        for act in acts {
            registry.replay(&act.document, act.position);
        }
        self.set_registry(registry);
        Ok(())
    }

    /// Whether private content of the account was erased, such as its name.
    pub(in crate::filing) async fn is_erased(&self, account: &Account) -> Result<bool, FilingError> {
        let texts: Vec<_> = account.texts().collect();
        self.read(move |store| {
            let mut is_erased = false;
            for one in texts {
                is_erased |= text(store, &one)?.is_none();
            }
            Ok(is_erased)
        })
        .await
    }

    /// Issues a token. Only this answer contains it; the same request sent again is answered without it.
    ///
    /// # Errors
    ///
    /// As [`Self::change_registry`]; [`FilingError::BadValue`] for a lifetime of no days or too many, and, for the actor's own
    /// account, for scopes or a lifetime beyond those of the actor's token.
    pub async fn issue_token(
        &self,
        actor: &Actor,
        context: &RequestContext,
        account: AccountId,
        scopes: &BTreeSet<Scope>,
        days: u64,
    ) -> Result<IssuedToken, FilingError> {
        if let Some(issued) = self.issued_before(context).await? {
            return Ok(issued);
        }
        if days == 0 || days > TOKEN_DAYS_MAX {
            return Err(FilingError::bad(
                "days",
                format!("1 to {TOKEN_DAYS_MAX}"),
                format!("应为 1 至 {TOKEN_DAYS_MAX} 天"),
            ));
        }
        if scopes.is_empty() {
            return Err(FilingError::bad("scopes", "at least one", "请至少选择一项"));
        }
        let expires = self.now().after_days(days).ok_or_else(|| FilingError::bad("days", "too many", "天数过多"))?;
        if account == actor.id {
            self.require_within(actor, scopes, expires)?;
        }
        let token = BearerToken::new()?;
        // A session is no token: the platform issues what its account asks for, within the session's scopes.
        let by_session = actor.session.is_some();
        let act = issuing(&token, account, scopes, expires, (!by_session).then_some(actor.token));
        let issue = |_: &mut Annexes| Ok(Act::IssueToken(act.clone()));
        let recorded = if by_session && account == actor.id {
            self.write_registry(self.platform_account(), &[Capacity::Platform], context, issue).await?
        } else {
            self.change_registry(actor, context, issue).await?
        };
        if !recorded.fresh {
            // The same request was sent twice at once, and the token of the other one is on the chain.
            return self.issued_before(context).await?.ok_or(FilingError::RequestReused);
        }
        // The id is on the chain; the token itself is in the answer only.
        tracing::info!(token = %token.id(), %account, by = %actor.id, %expires, "a token was issued");
        Ok(IssuedToken { recorded, id: token.id(), token: Some(token), expires })
    }

    /// The registry has the same rules for tokens. This check names the wrong value.
    fn require_within(&self, actor: &Actor, scopes: &BTreeSet<Scope>, expires: Timestamp) -> Result<(), FilingError> {
        if !scopes.is_subset(&actor.scopes) {
            return Err(FilingError::bad(
                "scopes",
                "no more than those of the token or session that asks",
                "不得超出当前令牌或者会话的权限范围",
            ));
        }
        let own = self.registry().tokens.get(actor.token).map(|token| token.expires);
        if actor.session.is_none() && own.is_none_or(|own| own < expires) {
            return Err(FilingError::bad(
                "days",
                "no longer than the token that asks",
                "有效期不得超过当前令牌的有效期",
            ));
        }
        Ok(())
    }

    /// What the same request issued before.
    async fn issued_before(&self, context: &RequestContext) -> Result<Option<IssuedToken>, FilingError> {
        match self.act_of_request((context.request, context.body)).await? {
            None => Ok(None),
            Some((recorded, StoredAct { document: Document { act: Act::IssueToken(act), .. }, .. })) => {
                Ok(Some(IssuedToken { recorded, id: act.token, token: None, expires: act.expires }))
            }
            Some(_) => Err(FilingError::RequestReused),
        }
    }

    /// Creates an operator: an account, the role, a token. For the first start, and for an operator who lost the token.
    ///
    /// # Errors
    ///
    /// Those of `Self::append`.
    pub async fn make_operator(&self, days: u64) -> Result<(AccountId, BearerToken), FilingError> {
        let account = AccountId(random_request_id()?.0);
        let platform = self.platform_account();
        let context = || -> Result<RequestContext, FilingError> {
            Ok(RequestContext { request: random_request_id()?, body: account.0, capacity: None })
        };
        let open = OpenAccount { account, subject: SubjectKind::Platform, name: None };
        self.write_registry(platform, &[Capacity::Platform], &context()?, |_| Ok(Act::OpenAccount(open.clone())))
            .await?;
        let grant = Grant { account, role: Role::Operator, court: None };
        self.write_registry(platform, &[Capacity::Platform], &context()?, |_| Ok(Act::Grant(grant.clone()))).await?;
        let scopes = [Scope::Manage, Scope::Read, Scope::Deposit].into_iter().collect();
        let token = BearerToken::new()?;
        let expires = self.now().after_days(days).ok_or_else(|| FilingError::bad("days", "too many", "天数过多"))?;
        let act = issuing(&token, account, &scopes, expires, None);
        let issue = |_: &mut Annexes| Ok(Act::IssueToken(act.clone()));
        self.write_registry(platform, &[Capacity::Platform], &context()?, issue).await?;
        tracing::warn!(token = %token.id(), %account, %expires, "an operator account was created, and a token for it issued");
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
