//! Posts alarms to a webhook, in order, at least once.
//!
//! Calls are those of the Standard Webhooks specification ([`webhook_call`](crate::wire::webhook_call)); `webhook-id` is the id of the
//! alarm. Only an answer of 2xx counts; redirects are not followed. The body is the alarm's document.
//!
//! # Invariants
//!
//! An alarm counts as delivered only after the answer, so a crash repeats a call and loses none.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::client::transport::install_tls_provider;
use crate::ledger::time::Timestamp;
use crate::monitor::alarm_store::AlarmStore;
use crate::monitor::state_dir::StateError;
use crate::wire::webhook_call::{WebhookSecret, is_secure_or_local};

/// Shortest secret in bytes.
const SECRET_MIN: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);

/// A webhook.
pub struct Webhook {
    url: Url,
    secret: WebhookSecret,
    client: Client,
}

/// Why a webhook cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// Not an address for webhooks.
    #[error("the address must begin with https://, or with http:// on this machine")]
    Address,
    /// Not a secret.
    #[error("the secret must be `whsec_` and the base64 of at least {SECRET_MIN} bytes")]
    Secret,
    /// The HTTP client cannot be made.
    #[error("{0}")]
    Client(String),
}

/// The result of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Alarms that were accepted.
    pub delivered: usize,
    /// Why the next one was not, in English.
    pub failure: Option<String>,
}

impl Webhook {
    /// A webhook at `url`, whose calls are signed with `secret`.
    ///
    /// # Errors
    ///
    /// [`WebhookError`].
    pub fn new(url: &str, secret: &str) -> Result<Self, WebhookError> {
        let url = Url::parse(url).map_err(|_| WebhookError::Address)?;
        if !is_secure_or_local(&url) {
            return Err(WebhookError::Address);
        }
        let secret = WebhookSecret::parse(secret.trim()).filter(|secret| secret.as_bytes().len() >= SECRET_MIN);
        let secret = secret.ok_or(WebhookError::Secret)?;
        install_tls_provider();
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
        if url.scheme() == "http" {
            // Root certificates and proxies are not needed for this machine.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let client = builder.build().map_err(|error| WebhookError::Client(error.to_string()))?;
        Ok(Self { url, secret, client })
    }

    /// Posts all alarms that were not delivered yet, until one is not accepted.
    ///
    /// # Errors
    ///
    /// [`StateError`].
    pub async fn deliver(&self, alarms: &mut AlarmStore, now: Timestamp) -> Result<Delivery, StateError> {
        let mut delivery = Delivery::default();
        for id in alarms.undelivered() {
            let body = alarms.document_bytes(&id)?;
            if let Err(failure) = self.post(&id, now.as_millis() / 1000, body).await {
                delivery.failure = Some(failure);
                break;
            }
            alarms.set_delivered(&id, now)?;
            delivery.delivered += 1;
        }
        Ok(delivery)
    }

    async fn post(&self, id: &str, timestamp: u64, body: Vec<u8>) -> Result<(), String> {
        let request = self.secret.request(&self.client, &self.url, (id, timestamp), body);
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("HTTP {}", answer.status().as_u16())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_secrets_are_checked() {
        let good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(Webhook::new("http://127.0.0.1:9/x", good).is_ok());
        for bad in ["http://example.org/", "ftp://127.0.0.1/", "x"] {
            assert_eq!(Webhook::new(bad, good).err(), Some(WebhookError::Address), "{bad}");
        }
        for bad in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_YQ==", "whsec_!"] {
            assert_eq!(Webhook::new("https://example.org/", bad).err(), Some(WebhookError::Secret), "{bad}");
        }
    }
}
