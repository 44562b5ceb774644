//! Providers of identity checks (实名核验): registration by the operator, and the checks that holders of accounts begin.
//!
//! The check is made outside of the platform: its holder's browser opens the provider's address with the id of the check, and the
//! provider sends the result ([`identity_results`](crate::filing::identity_results)). Nothing about the person is sent to the provider.

use crate::court::acts::{Act, AddIdentityProvider, EndIdentityProvider, RequestIdentity};
use crate::court::ids::TokenId;
use crate::court::registry::RegistryError;
use crate::court::registry::entries::IdentityCheckProvider;
use crate::court::words::{IdentityLevel, IdentityMethod, Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::endpoints::{AddedEndpoint, EndpointParts};
use crate::filing::filing_error::FilingError;
use crate::filing::secret::derive;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::text;
use crate::filing::webhooks::read_url;

/// Longest name of a provider in characters.
const NAME_MAX: usize = 40;

/// A provider that is to be registered.
#[derive(Debug, Clone, Copy)]
pub struct NewProvider<'a> {
    /// What pages call it.
    pub name: &'a str,
    /// How it checks.
    pub method: IdentityMethod,
    /// How far its checks go at most.
    pub level: IdentityLevel,
    /// The address to which the holder of an account is sent.
    pub url: &'a str,
}

/// A registered provider.
#[derive(Debug, Clone)]
pub struct ProviderView {
    /// Its id.
    pub id: TokenId,
    /// What pages call it.
    pub name: String,
    /// Its entry in the registry.
    pub entry: IdentityCheckProvider,
}

/// A check that has begun.
#[derive(Debug)]
pub struct BegunVerification {
    /// The act.
    pub recorded: RecordedAct,
    /// Its id.
    pub id: TokenId,
    /// The address that its holder's browser opens.
    pub url: String,
}

impl FilingService {
    /// Registers a provider. For the operator.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`]; those of [`Self::change_registry`].
    pub async fn add_identity_provider(
        &self,
        actor: &Actor,
        context: &RequestContext,
        new: NewProvider<'_>,
    ) -> Result<AddedEndpoint, FilingError> {
        if !actor.account.holds(Role::Operator, None) {
            return Err(FilingError::Registry(RegistryError::NotPermitted));
        }
        if new.name.chars().count() > NAME_MAX {
            return Err(FilingError::bad(
                "name",
                format!("at most {NAME_MAX} characters"),
                format!("至多 {NAME_MAX} 个字符"),
            ));
        }
        // Only browsers open it, so it may be an address of the court's own network.
        let url = read_url(new.url)?;
        let (method, level) = (new.method, new.level);
        let make = |annexes: &mut Annexes, EndpointParts { id, url, secret }| {
            let name = annexes.add("name", new.name)?;
            Ok(Act::AddIdentityProvider(AddIdentityProvider { provider: id, method, level, name, url, secret }))
        };
        self.add_endpoint((actor, context), ("identity provider", &url), make).await
    }

    /// Removes a provider. For the operator. Its open checks get no result.
    ///
    /// # Errors
    ///
    /// Those of [`Self::change_registry`].
    pub async fn remove_identity_provider(
        &self,
        actor: &Actor,
        context: &RequestContext,
        provider: TokenId,
    ) -> Result<RecordedAct, FilingError> {
        self.change_registry(actor, context, |_| Ok(Act::EndIdentityProvider(EndIdentityProvider { provider }))).await
    }

    /// The providers, in the order of their registration. For everybody with an account, who chooses among them.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn identity_providers(&self) -> Result<Vec<ProviderView>, FilingError> {
        let mut entries: Vec<_> = self.registry().identity_providers.iter().map(|(id, one)| (*id, *one)).collect();
        entries.sort_by_key(|(_, entry)| entry.since.index);
        self.read(move |store| {
            let view = |(id, entry): (TokenId, IdentityCheckProvider)| {
                Ok(ProviderView { id, name: text(store, &entry.name)?.unwrap_or_default(), entry })
            };
            entries.into_iter().map(view).collect()
        })
        .await
    }

    /// Begins a check of the actor's own identity. It replaces one that is open.
    ///
    /// # Errors
    ///
    /// `scope_needed`, `no_such_identity_provider`, `account_closed`; those of [`Self::change_registry`].
    pub async fn begin_verification(
        &self,
        actor: &Actor,
        context: &RequestContext,
        provider: TokenId,
    ) -> Result<BegunVerification, FilingError> {
        actor.require_scope(Scope::Case)?;
        let known = self.registry().identity_providers.get(&provider).copied();
        let known = known.ok_or(FilingError::Registry(RegistryError::NoSuchIdentityProvider))?;
        // Nobody can compute it who knows the account and the idempotency key.
        let id = TokenId(derive(&self.platform, context.request, "identity verification"));
        let request = Act::RequestIdentity(RequestIdentity { verification: id, account: actor.id, provider });
        let recorded = self.change_registry(actor, context, |_| Ok(request.clone())).await?;
        let url = self.read(move |store| Ok(text(store, &known.url)?)).await?;
        let url = url.as_deref().ok_or(FilingError::Registry(RegistryError::NoSuchIdentityProvider))?;
        let mut url = read_url(url)?;
        url.query_pairs_mut().append_pair("verification", &id.to_string());
        tracing::info!(account = %actor.id, %provider, "an identity check was begun");
        Ok(BegunVerification { recorded, id, url: url.to_string() })
    }
}
