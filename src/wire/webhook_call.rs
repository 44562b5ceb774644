//! Calls of webhooks (Standard Webhooks specification), for a court's events and a monitor's alarms.
//!
//! `webhook-id` is the same each time an event is sent, so that the receiver can ignore a repetition. `webhook-signature` is `v1,` and
//! the base64 of HMAC-SHA256 over `id.timestamp.body`. A secret is written `whsec_` and base64.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use ring::hmac;
use zeroize::Zeroizing;

const SECRET_PREFIX: &str = "whsec_";

/// The key that signs the calls of a webhook.
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// A secret.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text of a secret.
    #[must_use]
    pub fn text_of(bytes: &[u8]) -> Zeroizing<String> {
        Zeroizing::new(format!("{SECRET_PREFIX}{}", *Zeroizing::new(BASE64_STANDARD.encode(bytes))))
    }

    /// Parses a secret; `None` for another text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text.strip_prefix(SECRET_PREFIX)?).ok()?;
        Some(Self::new(bytes))
    }

    /// The value of `webhook-signature`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }

    /// The signed request that posts `body`, a JSON document, at `timestamp`, in seconds since 1970.
    pub fn request(&self, client: &Client, url: &Url, (id, timestamp): (&str, u64), body: Vec<u8>) -> RequestBuilder {
        client
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.sign(id, timestamp, &body))
            .body(body)
    }
}

/// Whether calls to `url` are encrypted, or stay on this machine.
#[must_use]
pub fn is_secure_or_local(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let is_loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    !host.is_empty() && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_signed_as_the_standard_has_it() {
        // The example of the Standard Webhooks specification's reference libraries.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_its_prefix() {
        let text = WebhookSecret::text_of(&[1; 32]);
        assert_eq!(WebhookSecret::parse(&text).unwrap().0.as_slice(), [1; 32]);
        for bad in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", ""] {
            assert!(WebhookSecret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn calls_are_encrypted_or_stay_on_this_machine() {
        let is_good = |text: &str| is_secure_or_local(&Url::parse(text).unwrap());
        for good in ["https://court.example/hook", "http://127.0.0.1:9/x", "http://[::1]/", "http://localhost:1/a?b=c"]
        {
            assert!(is_good(good), "{good}");
        }
        for bad in [
            "http://court.example/",
            "http://127.0.0.1.court.example/",
            "http://localhost.court.example/",
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
        ] {
            assert!(!is_good(bad), "{bad}");
        }
    }
}
