//! An identity provider: requests for its metadata and its keys, and the exchange of codes for ID tokens.
//!
//! # Invariants
//!
//! The provider's metadata names its endpoints ([`provider_metadata`](crate::oidc::provider_metadata)). Redirects are not followed.
//! Secrets, codes and tokens are never logged. Each provider has a redirect address of its own, so that the answer of one is never
//! taken for that of another (mix-up, RFC 9700 section 4.4).

use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::ledger::time::Timestamp;
use crate::oidc::cached::{Cached, Fetched};
use crate::oidc::id_token::{ExpectedClaims, Identity, MAX_AGE, check};
use crate::oidc::jwk::{Key, parse_set};
use crate::oidc::jws::{TokenError, verified_payload};
use crate::oidc::oidc_error::{OidcError, provider_error};
use crate::oidc::pending::{BegunLogin, PendingLogin};
use crate::oidc::provider_metadata::ProviderMetadata;
use crate::wire::webhook_call::is_secure_or_local;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer in bytes.
const ANSWER_MAX: usize = 256 * 1024;

/// The provider of one court, as the operator configures it.
#[derive(Clone)]
pub struct ProviderConfig {
    /// The court.
    pub court: CourtCode,
    /// The issuer, exactly as its tokens have it.
    pub issuer: String,
    /// The node's id at the provider.
    pub client_id: String,
    /// The node's secret at the provider.
    pub client_secret: Zeroizing<String>,
    /// What the button of the login page says.
    pub label: String,
    /// The address of this node to which the provider sends browsers back: that of [`callback_path`].
    pub redirect_uri: String,
    /// Whether the node believes what the provider says about the factors of a login (`amr`).
    pub trusts_amr: bool,
    /// Where the provider sends browsers after a logout there, as it is registered with it.
    pub post_logout_redirect_uri: Option<String>,
}

/// The path of this node to which the provider of a court sends browsers back.
#[must_use]
pub fn callback_path(court: &CourtCode) -> String {
    let court: String = form_urlencoded::byte_serialize(court.to_string().as_bytes()).collect();
    format!("/login/oidc/{court}/callback")
}

impl std::fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("court", &self.court)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// What a token endpoint answers, as far as it is used.
#[derive(Deserialize)]
struct TokenResponse {
    id_token: String,
}

/// How a token endpoint refuses (RFC 6749 section 5.2).
#[derive(Deserialize)]
struct TokenErrorResponse {
    error: String,
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    config: ProviderConfig,
    client: Client,
    metadata: Cached<ProviderMetadata>,
    keys: Cached<Vec<Key>>,
}

/// What was fetched, and for how many seconds it may be used.
type FetchedFor<T> = (T, Option<u64>);

/// The seconds for which an answer may be used (RFC 9111 section 5.2.2).
fn max_age(answer: &Response) -> Option<u64> {
    let fields = answer.headers().get_all(CACHE_CONTROL).iter().filter_map(|field| field.to_str().ok());
    let mut directives = fields.flat_map(|field| field.split(',')).map(|one| one.trim().to_ascii_lowercase());
    directives.find_map(|one| match one.as_str() {
        "no-store" | "no-cache" => Some(0),
        one => one.strip_prefix("max-age=")?.trim_matches('"').parse().ok(),
    })
}

impl Provider {
    /// A provider that was not asked anything yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub fn new(config: ProviderConfig) -> Result<Self, String> {
        static ONCE: Once = Once::new();
        let issuer = Url::parse(&config.issuer).map_err(|error| format!("issuer: {error}"))?;
        if !is_secure_or_local(&issuer) || issuer.query().is_some() || issuer.fragment().is_some() {
            return Err("issuer: expected https://…, without query and fragment".into());
        }
        let path = callback_path(&config.court);
        let redirect = Url::parse(&config.redirect_uri).map_err(|error| format!("redirect_uri: {error}"))?;
        let is_own = redirect.path() == path && redirect.query().is_none();
        if !is_secure_or_local(&redirect) || !is_own || redirect.fragment().is_some() {
            return Err(format!("redirect_uri: expected https://…{path}"));
        }
        let after_logout = config.post_logout_redirect_uri.as_deref().map(Url::parse).transpose();
        let after_logout = after_logout.map_err(|error| format!("post_logout_redirect_uri: {error}"))?;
        if after_logout.is_some_and(|address| !is_secure_or_local(&address)) {
            return Err("post_logout_redirect_uri: expected https://…".into());
        }
        // As the provider has it registered: `%E7%B2%A4`, where the configuration may have 粤.
        let config = ProviderConfig { redirect_uri: redirect.to_string(), ..config };
        // rustls needs one cryptography provider per process. An error means that one is installed already.
        ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
        if issuer.scheme() == "http" {
            // Root certificates are not needed for this machine, and may be missing.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { config, client, metadata: Cached::default(), keys: Cached::default() })
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// The provider's metadata.
    ///
    /// # Errors
    ///
    /// [`OidcError::Provider`].
    pub async fn metadata(&self, now: Timestamp) -> Result<Arc<Fetched<ProviderMetadata>>, OidcError> {
        self.metadata.get(now, || self.fetch_metadata()).await
    }

    async fn fetch_metadata(&self) -> Result<FetchedFor<ProviderMetadata>, OidcError> {
        let address = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let (status, body, seconds) = send(self.client.get(&address)).await?;
        if status != 200 {
            return Err(OidcError::Provider(format!("its metadata was answered with HTTP {status}")));
        }
        Ok((ProviderMetadata::parse_metadata(&body, &self.config.issuer)?, seconds))
    }

    async fn fetch_keys(&self, metadata: &ProviderMetadata) -> Result<FetchedFor<Vec<Key>>, OidcError> {
        let (status, body, seconds) = send(self.client.get(metadata.jwks_uri.clone())).await?;
        let keys = if status == 200 { parse_set(&body) } else { None };
        Ok((keys.ok_or_else(|| provider_error("it publishes no keys"))?, seconds))
    }

    /// The address at the provider to which the browser is sent. `asks_again`: the provider is to authenticate the person anew.
    #[must_use]
    pub fn authorization_address(&self, metadata: &ProviderMetadata, begun: &BegunLogin, asks_again: bool) -> Url {
        let mut address = metadata.authorization_endpoint.clone();
        let mut query = address.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.config.redirect_uri)
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &begun.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", &MAX_AGE.to_string());
        if asks_again {
            query.append_pair("prompt", "login");
        }
        drop(query);
        address
    }

    /// The address at the provider at which a person signs out there; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`OidcError::Provider`].
    pub async fn logout_address(&self, now: Timestamp) -> Result<Option<Url>, OidcError> {
        let Some(mut address) = self.metadata(now).await?.value.end_session_endpoint.clone() else { return Ok(None) };
        address.query_pairs_mut().append_pair("client_id", &self.config.client_id);
        if let Some(after) = &self.config.post_logout_redirect_uri {
            address.query_pairs_mut().append_pair("post_logout_redirect_uri", after);
        }
        Ok(Some(address))
    }

    /// Exchanges the code of a login for an ID token, and checks the token. `issuer` is the `iss` parameter of the answer (RFC 9207).
    ///
    /// # Errors
    ///
    /// [`OidcError`].
    pub async fn identity(
        &self,
        login: &PendingLogin,
        (code, issuer): (&str, Option<&str>),
        now: Timestamp,
    ) -> Result<Identity, OidcError> {
        let fetched = self.metadata(now).await?;
        let metadata = &fetched.value;
        let names_another = issuer.is_some_and(|issuer| issuer != self.config.issuer);
        if names_another || (issuer.is_none() && metadata.names_issuer) {
            return Err(OidcError::State);
        }
        let token = self.exchange(metadata, login, code).await?;
        let payload = self.verify_token(metadata, &token, now).await?;
        let expected = ExpectedClaims {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &login.nonce,
            now: now.as_millis() / 1000,
            begun: login.since.as_millis() / 1000,
            trusts_amr: self.config.trusts_amr,
        };
        Ok(check(&payload, &expected)?)
    }

    /// The request that exchanges a code.
    fn exchange_request(&self, metadata: &ProviderMetadata, login: &PendingLogin, code: &str) -> RequestBuilder {
        let ProviderConfig { client_id, client_secret, redirect_uri, .. } = &self.config;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", code);
        form.append_pair("redirect_uri", redirect_uri).append_pair("code_verifier", &login.verifier);
        let request = self.client.post(metadata.token_endpoint.clone());
        let request = if metadata.uses_client_secret_basic {
            // RFC 6749 section 2.3.1: form-encoded first.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request.basic_auth(encoded(client_id), Some(encoded(client_secret)))
        } else {
            form.append_pair("client_id", client_id).append_pair("client_secret", client_secret);
            request
        };
        request.header("content-type", "application/x-www-form-urlencoded").body(form.finish())
    }

    async fn exchange(
        &self,
        metadata: &ProviderMetadata,
        login: &PendingLogin,
        code: &str,
    ) -> Result<Zeroizing<String>, OidcError> {
        let request = self.exchange_request(metadata, login, code);
        let (status, body, _) = send(request).await?;
        if status != 200 {
            let refused = serde_json::from_slice::<TokenErrorResponse>(&body).ok();
            let error = refused.filter(|_| status < 500).map(|refused| OidcError::of_error_code(&refused.error));
            return Err(error.unwrap_or_else(|| OidcError::Provider(format!("a code was answered with HTTP {status}"))));
        }
        let response: TokenResponse =
            serde_json::from_slice(&body).map_err(|_| provider_error("it sent no ID token"))?;
        Ok(Zeroizing::new(response.id_token))
    }

    /// The payload of a token, checked by the provider's keys, which are read again where the token names another one.
    async fn verify_token(
        &self,
        metadata: &ProviderMetadata,
        token: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, OidcError> {
        let known = self.keys.get(now, || self.fetch_keys(metadata)).await?;
        match verified_payload(token, &known.value) {
            Err(TokenError::UnknownKey) => {}
            checked => return Ok(checked?),
        }
        let newer = self.keys.newer(&known, now, || self.fetch_keys(metadata)).await?;
        Ok(verified_payload(token, &newer.value)?)
    }
}

/// Sends a request, and reads the answer up to its limit: status, body, and for how many seconds it may be used.
async fn send(request: RequestBuilder) -> Result<(u16, Zeroizing<Vec<u8>>, Option<u64>), OidcError> {
    let failed = |error: reqwest::Error| OidcError::Provider(error.without_url().to_string());
    let mut answer = request.header(ACCEPT, "application/json").send().await.map_err(failed)?;
    let (status, seconds, mut body) = (answer.status().as_u16(), max_age(&answer), Zeroizing::new(Vec::new()));
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(provider_error("an answer is too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body, seconds))
}
