//! The authenticated actor of a request: the account, and the scopes of its token.

use std::collections::BTreeSet;

use crate::court::acts::ActKind;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::refusal::Refusal;
use crate::court::case::state::CaseFile;
use crate::court::case_number::CourtCode;
use crate::court::course_words::HandOverState;
use crate::court::ids::{AccountId, RequestId, TokenId};
use crate::court::permission::{CaseRelation, may_see, permit};
use crate::court::registry::Account;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{Role, Scope};
use crate::filing::filing_error::FilingError;
use crate::filing::secret::BearerToken;
use crate::filing::service::FilingService;
use crate::ledger::hash::Digest;

/// The authenticated account of a request.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub id: AccountId,
    /// The token of the request; of a session, an id that no token has.
    pub token: TokenId,
    /// The session of the request, if it came from a browser: the hash of its id.
    pub session: Option<Digest>,
    /// Its entry in the registry.
    pub account: Account,
    /// The scopes of the token.
    pub scopes: BTreeSet<Scope>,
}

/// The context of a request: its idempotency key and the capacity in which it is made.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The idempotency key, hashed with the account; a random id if the client sent none.
    pub request: RequestId,
    /// Digest of path and body, to detect another request under the same key.
    pub body: Digest,
    /// The requested capacity; by default the first that is permitted.
    pub capacity: Option<Capacity>,
}

impl FilingService {
    /// Authenticates a bearer token.
    ///
    /// # Errors
    ///
    /// [`FilingError::Unauthenticated`], for every reason.
    pub fn authenticate(&self, presented: &str) -> Result<Actor, FilingError> {
        let registry = self.registry();
        let token = BearerToken::parse(presented).ok_or(FilingError::Unauthenticated)?;
        let known = registry.tokens.get(token.id()).filter(|known| known.hash == token.hash());
        let known = known.filter(|_| self.accepts(&registry, token.id())).ok_or(FilingError::Unauthenticated)?;
        let account = registry.accounts.get(&known.account).filter(|account| account.closed.is_none());
        let account = account.ok_or(FilingError::Unauthenticated)?;
        Ok(Actor {
            id: known.account,
            token: token.id(),
            session: None,
            account: account.clone(),
            scopes: known.scopes.clone(),
        })
    }
}

/// The status of a text as a token of this ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// This ledger issued no such token.
    Unknown,
    /// A token of an account without the required role.
    WithoutRole,
    /// A token of an account with the role, but expired or revoked.
    Ended,
    /// A valid token of an account with the role.
    Accepted,
}

impl FilingService {
    /// The status of `presented` as a token of an account with `role`, a role that belongs to no court.
    #[must_use]
    pub fn token_status(&self, presented: &str, role: Role) -> TokenStatus {
        let registry = self.registry();
        let Some(token) = BearerToken::parse(presented) else { return TokenStatus::Unknown };
        let Some(known) = registry.tokens.get(token.id()).filter(|known| known.hash == token.hash()) else {
            return TokenStatus::Unknown;
        };
        match registry.accounts.get(&known.account) {
            Some(account) if !account.holds(role, None) => TokenStatus::WithoutRole,
            Some(account) if account.closed.is_none() && self.accepts(&registry, token.id()) => TokenStatus::Accepted,
            Some(_) => TokenStatus::Ended,
            None => TokenStatus::Unknown,
        }
    }
}

impl Actor {
    /// Requires a scope of the token.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`].
    pub fn require_scope(&self, scope: Scope) -> Result<(), FilingError> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(FilingError::Scope(scope)) }
    }

    /// Requires a scope that allows reading cases.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`].
    pub fn require_read_scope(&self) -> Result<(), FilingError> {
        let reads = [Scope::Read, Scope::Case, Scope::Court].iter().any(|scope| self.scopes.contains(scope));
        if reads { Ok(()) } else { Err(FilingError::Scope(Scope::Read)) }
    }

    /// The identity check of the account.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityCheck> {
        self.account.identity()
    }

    /// The roles of the account at this court that give access to cases; none without the scope `court`. So a token that was issued
    /// before a role was granted does not gain the role.
    pub(in crate::filing) fn roles_at(&self, court: &CourtCode) -> impl Iterator<Item = Role> {
        let covered = self.scopes.contains(&Scope::Court);
        let held = self.account.roles.iter().filter(move |(_, of)| covered && of.as_ref() == Some(court));
        held.map(|(role, _)| *role).filter(|role| role.acts_in_cases())
    }

    /// The courts whose cases the actor may see.
    pub(in crate::filing) fn courts(&self) -> BTreeSet<&CourtCode> {
        if self.scopes.contains(&Scope::Court) { self.account.courts() } else { BTreeSet::new() }
    }

    /// All capacities in which the actor may act in a case.
    #[must_use]
    pub fn capacities(&self, file: &CaseFile) -> Vec<Capacity> {
        let own = file.capacities_of(self.id);
        // A mediator, say, has no capacity in a case in which the court has not appointed that account; a party or agent has none.
        let of_courts = self.held(file).into_iter().filter(|capacity| file.relation(self.id, *capacity).is_some());
        // A member of the court whom a party merely named acts for the court by default, and is not recused by that entry.
        let of_courts: Vec<_> = of_courts.collect();
        if file.is_recused(self.id) { [own, of_courts].concat() } else { [of_courts, own].concat() }
    }

    /// The capacities that the roles of the account give in a case, whether or not it is appointed or recused there.
    fn held(&self, file: &CaseFile) -> Vec<Capacity> {
        let held = self.roles_at(&file.court).map(Capacity::Holding);
        // From its acceptance on, those who handle cases at the court that received the dossier read it.
        let accepted = file.course.hand_overs.values().filter(|one| one.state == HandOverState::Accepted);
        let courts: BTreeSet<_> = accepted.map(|one| &one.to).filter(|court| **court != file.court).collect();
        let roles: BTreeSet<_> = courts.into_iter().flat_map(|court| self.roles_at(court)).collect();
        held.chain(roles.into_iter().filter(|role| role.handles_cases()).map(Capacity::Receiving)).collect()
    }

    /// Whether only recusal keeps the actor from doing `act` for the court, in the capacity `named` if the request names one.
    fn is_kept_by_recusal(&self, file: &CaseFile, act: ActKind, named: Option<Capacity>) -> bool {
        let relation = |capacity| match capacity {
            Capacity::Holding(role) => Some(CaseRelation::Holding(role)),
            Capacity::Receiving(role) => Some(CaseRelation::Receiving(role)),
            _ => None,
        };
        let is_meant = |capacity: &Capacity| named.is_none_or(|named| named == *capacity);
        let mut held = self.held(file).into_iter().filter(is_meant).filter_map(relation);
        file.is_recused(self.id) && held.any(|relation| permit(relation, act, file.stage).is_ok())
    }

    /// Whether the actor may see the case.
    #[must_use]
    pub fn can_see(&self, file: &CaseFile) -> bool {
        let stands = |capacity| file.relation(self.id, capacity).is_some_and(|standing| may_see(standing, file.stage));
        self.capacities(file).into_iter().any(stands)
    }

    /// The capacity in which the actor does `kind`: the requested one, or the first that permits it.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotPermitted`] for a capacity that the actor does not have; [`FilingError::Refused`] for a member of the court who
    /// is recused; [`FilingError::Scope`].
    pub(in crate::filing) fn capacity(
        &self,
        file: &CaseFile,
        act: ActKind,
        context: &RequestContext,
    ) -> Result<Capacity, FilingError> {
        let own = self.capacities(file);
        let may = |capacity: &Capacity| {
            file.relation(self.id, *capacity).is_some_and(|standing| permit(standing, act, file.stage).is_ok())
        };
        let is_possible = context.capacity.map_or_else(|| own.iter().any(may), |named| own.contains(&named));
        if !is_possible && self.is_kept_by_recusal(file, act, context.capacity) {
            return Err(Refusal::from(CourseRefusal::Recused).into());
        }
        let capacity = match context.capacity {
            Some(named) if own.contains(&named) => named,
            Some(_) => return Err(FilingError::NotPermitted),
            None => own.iter().copied().find(may).or(own.first().copied()).unwrap_or(Capacity::Oneself),
        };
        let of_the_court = matches!(capacity, Capacity::Holding(_) | Capacity::Receiving(_));
        self.require_scope(if of_the_court { Scope::Court } else { Scope::Case })?;
        Ok(capacity)
    }
}
