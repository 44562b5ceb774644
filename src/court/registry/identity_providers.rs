//! Providers of identity checks (实名核验) outside of the platform, and the checks that holders of accounts ask them for.
//!
//! # Invariants
//!
//! A provider's result is recorded by the platform, which has checked its signature; never by an account. It counts for the account
//! that asked for the check, once, and goes no further than the method and level with which the operator registered the provider.

use crate::court::acts::{Act, CheckIdentity};
use crate::court::case::state::{ActPosition, Text};
use crate::court::document::Document;
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::registry::entries::{IdentityCheckProvider, Verification};
use crate::court::registry::{Registry, RegistryError};
use crate::court::values::Capacity;

impl Registry {
    /// Checks that an identity check which names a provider is the result of an open request to it. Others name neither.
    pub(in crate::court::registry) fn check_provider(
        &self,
        capacity: Capacity,
        act: &CheckIdentity,
    ) -> Result<(), RegistryError> {
        let (provider, verification) = match (act.provider, act.verification) {
            (None, None) => return Ok(()),
            (Some(provider), Some(verification)) => (provider, verification),
            _ => return Err(RegistryError::NoSuchVerification),
        };
        if capacity != Capacity::Platform {
            return Err(RegistryError::NotPermitted);
        }
        self.open_verification(verification, provider, act.account)?;
        let known = self.identity_providers.get(&provider).ok_or(RegistryError::NoSuchIdentityProvider)?;
        let is_within = known.method == act.identity.method && act.identity.level <= known.level;
        if is_within { Ok(()) } else { Err(RegistryError::BeyondProvider) }
    }

    fn open_verification(
        &self,
        verification: TokenId,
        provider: TokenId,
        account: AccountId,
    ) -> Result<(), RegistryError> {
        let open = self.verifications.get(&verification);
        let is_its = open.is_some_and(|open| (open.provider, open.account) == (provider, account));
        if is_its { Ok(()) } else { Err(RegistryError::NoSuchVerification) }
    }

    /// A request has its result, or is replaced.
    pub(in crate::court::registry) fn end_verification(&mut self, account: AccountId, verification: Option<TokenId>) {
        let Some(verification) = verification else { return };
        self.verifications.remove_mut(&verification);
        if let Some(account) = self.accounts.get_mut(&account) {
            account.open_verification = None;
        }
    }

    /// Applies an act of a provider, or the request of an account's holder.
    pub(in crate::court::registry) fn apply_provider_act(
        &mut self,
        document: &Document,
        position: ActPosition,
    ) -> Result<(), RegistryError> {
        let text = |annex: AnnexId| Text { annex, index: position.index };
        match &document.act {
            Act::AddIdentityProvider(act) => {
                let provider = IdentityCheckProvider {
                    method: act.method,
                    level: act.level,
                    name: text(act.name),
                    url: text(act.url),
                    secret: text(act.secret),
                    since: position,
                };
                self.identity_providers.insert(act.provider, provider);
            }
            Act::EndIdentityProvider(act) => {
                let ended = self.identity_providers.remove(&act.provider);
                ended.ok_or(RegistryError::NoSuchIdentityProvider)?;
            }
            Act::RequestIdentity(act) => {
                if !self.identity_providers.contains_key(&act.provider) {
                    return Err(RegistryError::NoSuchIdentityProvider);
                }
                let before = self.account(act.account)?.open_verification;
                self.end_verification(act.account, before);
                let account = self.account(act.account)?;
                account.open_verification = Some(act.verification);
                account.failed_verification = None;
                let open = Verification { account: act.account, provider: act.provider, since: position };
                self.verifications.insert_mut(act.verification, open);
            }
            Act::FailIdentity(act) => {
                if document.capacity != Capacity::Platform {
                    return Err(RegistryError::NotPermitted);
                }
                self.open_verification(act.verification, act.provider, act.account)?;
                self.account(act.account)?.failed_verification = Some(position);
                self.end_verification(act.account, Some(act.verification));
            }
            _ => return Err(RegistryError::NotOfTheRegistry),
        }
        Ok(())
    }
}
