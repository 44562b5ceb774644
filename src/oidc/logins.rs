//! Logins with the identity providers of courts, from the button of the login page to an issuer and a subject.

use std::collections::BTreeMap;

use reqwest::Url;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::court::subject::Subject;
use crate::ledger::time::Timestamp;
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::{LoginPurpose, LoginRequest, PendingLogins};
use crate::oidc::provider::{Provider, ProviderConfig};

/// The providers of a node, and the logins that have begun.
#[derive(Debug, Default)]
pub struct OidcLogins {
    providers: BTreeMap<CourtCode, Provider>,
    pending: PendingLogins,
}

/// The parameters of a provider's answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallbackParameters<'a> {
    /// `state`.
    pub state: &'a str,
    /// `code`; empty in a refusal.
    pub code: &'a str,
    /// `iss`.
    pub issuer: Option<&'a str>,
    /// `error`.
    pub error: Option<&'a str>,
}

/// What the browser gets at the beginning of a login.
#[derive(Debug)]
pub struct SentToProvider {
    /// The address to which it is sent.
    pub address: Url,
    /// The `state` in the address, which names the cookie.
    pub state: String,
    /// The value of the cookie.
    pub cookie: Zeroizing<String>,
}

/// Who has logged in at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenLogin {
    /// The court of the provider.
    pub court: CourtCode,
    /// The provider.
    pub issuer: String,
    /// Its name for the person.
    pub subject: Subject,
    /// Whether it used two factors; false where the node does not trust what the provider says about that.
    pub is_multi_factor: bool,
    /// What the login is for.
    pub purpose: LoginPurpose,
    /// The page of this node that is opened next.
    pub next: String,
}

impl OidcLogins {
    /// Providers by their configuration.
    ///
    /// # Errors
    ///
    /// The court, and what is wrong with its provider.
    pub fn new(configs: Vec<ProviderConfig>) -> Result<Self, (CourtCode, String)> {
        let mut providers = BTreeMap::new();
        for config in configs {
            let court = config.court.clone();
            let provider = Provider::new(config).map_err(|reason| (court.clone(), reason))?;
            providers.insert(court, provider);
        }
        Ok(Self { providers, pending: PendingLogins::default() })
    }

    /// The providers, by court.
    pub fn providers(&self) -> impl Iterator<Item = &ProviderConfig> {
        self.providers.values().map(Provider::config)
    }

    /// Begins a login. `asks_again`: the provider is to authenticate the person anew.
    ///
    /// # Errors
    ///
    /// [`OidcError::NoProvider`], [`OidcError::Provider`], [`OidcError::NoRandomness`].
    pub async fn begin(
        &self,
        request: &LoginRequest<'_>,
        asks_again: bool,
        now: Timestamp,
    ) -> Result<SentToProvider, OidcError> {
        let provider = self.providers.get(request.court).ok_or(OidcError::NoProvider)?;
        let metadata = provider.metadata(now).await?;
        let begun = self.pending.begin(request, now)?;
        let address = provider.authorization_address(&metadata.value, &begun, asks_again);
        Ok(SentToProvider { address, state: begun.state, cookie: begun.cookie })
    }

    /// The address at which a person signs out at the provider of a court; `None` if the provider has none.
    ///
    /// # Errors
    ///
    /// [`OidcError::NoProvider`], [`OidcError::Provider`].
    pub async fn logout_address(&self, court: &CourtCode, now: Timestamp) -> Result<Option<Url>, OidcError> {
        self.providers.get(court).ok_or(OidcError::NoProvider)?.logout_address(now).await
    }

    /// Ends a login by the answer of the provider of this court, in the browser that has this cookie.
    ///
    /// # Errors
    ///
    /// [`OidcError`]. The login has ended.
    pub async fn end(
        &self,
        court: &CourtCode,
        answer: &CallbackParameters<'_>,
        cookie: &str,
        now: Timestamp,
    ) -> Result<ProvenLogin, OidcError> {
        let login = self.pending.end(court, answer.state, cookie, now)?;
        if let Some(error) = answer.error {
            return Err(OidcError::of_error_code(error));
        }
        if answer.code.is_empty() {
            return Err(OidcError::State);
        }
        let provider = self.providers.get(&login.court).ok_or(OidcError::NoProvider)?;
        let identity = provider.identity(&login, (answer.code, answer.issuer), now).await?;
        Ok(ProvenLogin {
            court: login.court,
            issuer: provider.config().issuer.clone(),
            subject: identity.subject,
            is_multi_factor: identity.is_multi_factor,
            purpose: login.purpose,
            next: login.next,
        })
    }
}
