//! Who asks: an account, by a token, with what the token covers.

use std::collections::BTreeSet;

use crate::court::acts::ActKind;
use crate::court::case::state::CaseFile;
use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, RequestId, TokenId};
use crate::court::permission::{may_see, permit};
use crate::court::registry::Account;
use crate::court::values::{Capacity, IdentityCheck};
use crate::court::words::{Role, Scope};
use crate::filing::error::FilingError;
use crate::filing::secret::BearerToken;
use crate::filing::service::FilingService;
use crate::ledger::hash::Digest;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The account.
    pub id: AccountId,
    /// The token that was presented.
    pub token: TokenId,
    /// What is known of it.
    pub account: Account,
    /// What the token may be used for.
    pub scopes: BTreeSet<Scope>,
}

/// A request: what its sender calls it, and in which capacity it is made.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// What its sender called it, or a name that nobody else will use.
    pub request: RequestId,
    /// Digest of what was asked.
    pub body: Digest,
    /// In which capacity; chosen where it is not said.
    pub capacity: Option<Capacity>,
}

impl FilingService {
    /// Who presents this token.
    ///
    /// # Errors
    ///
    /// [`FilingError::Unauthenticated`], whatever is wrong with it.
    pub fn authenticate(&self, presented: &str) -> Result<Actor, FilingError> {
        let registry = self.registry();
        let token = BearerToken::parse(presented).ok_or(FilingError::Unauthenticated)?;
        let known = registry.tokens.get(token.id()).filter(|known| known.hash == token.hash());
        let known = known.filter(|_| self.accepts(&registry, token.id())).ok_or(FilingError::Unauthenticated)?;
        let account = registry.accounts.get(&known.account).ok_or(FilingError::Unauthenticated)?;
        Ok(Actor { id: known.account, token: token.id(), account: account.clone(), scopes: known.scopes.clone() })
    }
}

/// What a text is, as a token of this ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// The text is no token that this ledger issued.
    Unknown,
    /// It is a token of an account without the role that was asked for.
    WithoutRole,
    /// It is a token of such an account, and expired or revoked.
    Ended,
    /// It is accepted.
    Accepted,
}

impl FilingService {
    /// How `presented` stands as a token of an account with the role, which is held for no court.
    #[must_use]
    pub fn token_status(&self, presented: &str, role: Role) -> TokenStatus {
        let registry = self.registry();
        let Some(token) = BearerToken::parse(presented) else { return TokenStatus::Unknown };
        let Some(known) = registry.tokens.get(token.id()).filter(|known| known.hash == token.hash()) else {
            return TokenStatus::Unknown;
        };
        match registry.accounts.get(&known.account) {
            Some(account) if !account.holds(role, None) => TokenStatus::WithoutRole,
            Some(_) if self.accepts(&registry, token.id()) => TokenStatus::Accepted,
            Some(_) => TokenStatus::Ended,
            None => TokenStatus::Unknown,
        }
    }
}

impl Actor {
    /// Whether the token covers this.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`].
    pub fn require_scope(&self, scope: Scope) -> Result<(), FilingError> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(FilingError::Scope(scope)) }
    }

    /// Whether the token covers seeing cases.
    ///
    /// # Errors
    ///
    /// [`FilingError::Scope`].
    pub fn require_read_scope(&self) -> Result<(), FilingError> {
        let reads = [Scope::Read, Scope::Case, Scope::Court].iter().any(|scope| self.scopes.contains(scope));
        if reads { Ok(()) } else { Err(FilingError::Scope(Scope::Read)) }
    }

    /// How it was identified.
    #[must_use]
    pub fn identity(&self) -> Option<IdentityCheck> {
        self.account.identity()
    }

    /// Roles held for this court. Without the scope to act for a court there are none: a token handed out before a role
    /// was granted opens nothing by it.
    pub(in crate::filing) fn roles_at(&self, court: &CourtCode) -> impl Iterator<Item = Role> {
        let covered = self.scopes.contains(&Scope::Court);
        let held = self.account.roles.iter().filter(move |(_, of)| covered && of.as_ref() == Some(court));
        held.map(|(role, _)| *role)
    }

    /// The courts whose cases this token opens.
    pub(in crate::filing) fn courts(&self) -> BTreeSet<&CourtCode> {
        if self.scopes.contains(&Scope::Court) { self.account.courts() } else { BTreeSet::new() }
    }

    /// All capacities in which it could act in a case.
    #[must_use]
    pub fn capacities(&self, file: &CaseFile) -> Vec<Capacity> {
        let mut capacities = file.capacities_of(self.id);
        capacities.extend(self.roles_at(&file.court).map(Capacity::Holding));
        capacities
    }

    /// Whether it may see the case at all.
    #[must_use]
    pub fn can_see(&self, file: &CaseFile) -> bool {
        let stands = |capacity| file.standing(self.id, capacity).is_some_and(|standing| may_see(standing, file.stage));
        self.capacities(file).into_iter().any(stands)
    }

    /// In which capacity it does this: the one it names, or the first that may.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotPermitted`] for a capacity that is not its own; [`FilingError::Scope`].
    pub(in crate::filing) fn capacity(
        &self,
        file: &CaseFile,
        act: ActKind,
        context: &RequestContext,
    ) -> Result<Capacity, FilingError> {
        let own = self.capacities(file);
        let may = |capacity: &Capacity| {
            file.standing(self.id, *capacity).is_some_and(|standing| permit(standing, act, file.stage).is_ok())
        };
        let capacity = match context.capacity {
            Some(named) if own.contains(&named) => named,
            Some(_) => return Err(FilingError::NotPermitted),
            None => own.iter().copied().find(may).or(own.first().copied()).unwrap_or(Capacity::Oneself),
        };
        let of_the_court = matches!(capacity, Capacity::Holding(_));
        self.require_scope(if of_the_court { Scope::Court } else { Scope::Case })?;
        Ok(capacity)
    }
}
