//! Logins with the identity providers of courts, from the button of the login page to an issuer and a subject.

use std::collections::BTreeMap;

use reqwest::Url;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::ledger::time::Timestamp;
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::PendingLogins;
use crate::oidc::provider::{Provider, ProviderConfig, shown};

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

/// Who has logged in at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenLogin {
    /// The court of the provider.
    pub court: CourtCode,
    /// The provider.
    pub issuer: String,
    /// Its name for the person.
    pub subject: String,
    /// Whether it used two factors.
    pub is_multi_factor: bool,
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

    /// Begins a login: the address to which the browser is sent, and its cookie.
    ///
    /// # Errors
    ///
    /// [`OidcError::NoProvider`], [`OidcError::Provider`], [`OidcError::NoRandomness`].
    pub async fn begin(
        &self,
        court: &CourtCode,
        next: &str,
        now: Timestamp,
    ) -> Result<(Url, Zeroizing<String>), OidcError> {
        let provider = self.providers.get(court).ok_or(OidcError::NoProvider)?;
        let begun = self.pending.begin(court, next, now)?;
        let address = provider.authorization_address(&begun, now).await?;
        Ok((address, begun.cookie))
    }

    /// Ends a login by the provider's answer, in the browser that has this cookie.
    ///
    /// # Errors
    ///
    /// [`OidcError`]. The login has ended.
    pub async fn end(
        &self,
        answer: &CallbackParameters<'_>,
        cookie: &str,
        now: Timestamp,
    ) -> Result<ProvenLogin, OidcError> {
        let login = self.pending.end(answer.state, cookie, now)?;
        if let Some(error) = answer.error {
            return Err(OidcError::Denied(shown(error)));
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
            next: login.next,
        })
    }
}
