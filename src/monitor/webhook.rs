//! Posts alarms to a webhook, in order, at least once.
//!
//! Calls are those of the Standard Webhooks specification, as a court's webhooks are (`filing/webhooks`): `webhook-id` is the id of
//! the alarm, `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. Only an answer of 2xx counts;
//! redirects are not followed. The body is the alarm's document.
//!
//! # Invariants
//!
//! An alarm counts as delivered only after the answer, so a crash repeats a call and loses none.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use ring::hmac;
use zeroize::Zeroizing;

use crate::client::transport::install_tls_provider;
use crate::ledger::time::Timestamp;
use crate::monitor::alarm_store::AlarmStore;
use crate::monitor::state_dir::StateError;

const SECRET_PREFIX: &str = "whsec_";
/// Shortest secret in bytes.
const SECRET_MIN: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);

/// A webhook.
pub struct Webhook {
    url: Url,
    secret: Zeroizing<Vec<u8>>,
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
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<std::net::IpAddr>();
        let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if host.is_empty() || !(url.scheme() == "https" || (url.scheme() == "http" && is_loopback)) {
            return Err(WebhookError::Address);
        }
        let secret = secret.trim().strip_prefix(SECRET_PREFIX).and_then(|text| BASE64_STANDARD.decode(text).ok());
        let secret = Zeroizing::new(secret.filter(|bytes| bytes.len() >= SECRET_MIN).ok_or(WebhookError::Secret)?);
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
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature(&self.secret, id, timestamp, &body))
            .body(body);
        let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("HTTP {}", answer.status().as_u16())) }
    }
}

/// The value of `webhook-signature`.
fn signature(secret: &[u8], id: &str, timestamp: u64, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_as_the_standard_has_it() {
        // The example of the Standard Webhooks specification's reference libraries.
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

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
