//! An identity provider: its description (OpenID Connect Discovery 1.0), its keys, and the exchange of codes for ID tokens.
//!
//! # Invariants
//!
//! The provider's own answers name its endpoints, and only for the configured issuer. Every endpoint is `https`, or on this machine.
//! Redirects are not followed. Secrets, codes and tokens are never logged.

use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;
use tokio::sync::Mutex as AsyncMutex;
use zeroize::Zeroizing;

use crate::court::case_number::CourtCode;
use crate::ledger::time::Timestamp;
use crate::oidc::id_token::{Expected, Identity, check};
use crate::oidc::jwk::{Key, parse_set};
use crate::oidc::jws::{TokenError, verified_payload};
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::{BegunLogin, PendingLogin};
use crate::wire::webhook_call::is_secure_or_local;

/// The path of this node to which providers send browsers back.
pub const CALLBACK_PATH: &str = "/login/oidc/callback";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer in bytes.
const ANSWER_MAX: usize = 256 * 1024;
/// Milliseconds for which a description and keys are used without asking again.
const FRESH: u64 = 60 * 60 * 1000;
/// Milliseconds between two readings of the keys because of an unknown one.
const RELOAD: u64 = 60 * 1000;

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
    /// The address of this node to which the provider sends browsers back.
    pub redirect_uri: String,
}

impl std::fmt::Debug for ProviderConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("court", &self.court)
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// What a provider publishes about itself.
#[derive(Deserialize)]
struct PublishedDescription {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is used of it.
#[derive(Debug, Clone)]
struct Description {
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    /// Whether the client's secret is sent in a header, and not in the form.
    by_header: bool,
    /// Whether answers name the issuer (RFC 9207).
    names_issuer: bool,
}

/// What a token endpoint answers, as far as it is used.
#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
}

/// How a token endpoint refuses (RFC 6749 section 5.2).
#[derive(Deserialize)]
struct Refused {
    error: String,
}

#[derive(Debug, Clone)]
struct Keys {
    keys: Vec<Key>,
    read: Timestamp,
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    config: ProviderConfig,
    client: Client,
    description: Mutex<Option<(Description, Timestamp)>>,
    keys: AsyncMutex<Option<Keys>>,
}

fn wrong(what: &str) -> OidcError {
    OidcError::Provider(what.to_owned())
}

fn age(since: Timestamp, now: Timestamp) -> u64 {
    now.as_millis().saturating_sub(since.as_millis())
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
        let redirect = Url::parse(&config.redirect_uri).map_err(|error| format!("redirect_uri: {error}"))?;
        let is_own = redirect.path() == CALLBACK_PATH && redirect.query().is_none();
        if !is_secure_or_local(&redirect) || !is_own || redirect.fragment().is_some() {
            return Err(format!("redirect_uri: expected https://…{CALLBACK_PATH}"));
        }
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
        Ok(Self { config, client, description: Mutex::default(), keys: AsyncMutex::default() })
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &ProviderConfig {
        &self.config
    }

    async fn description(&self, now: Timestamp) -> Result<Description, OidcError> {
        let known = self.description.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((description, _)) = known.filter(|(_, read)| age(*read, now) < FRESH) {
            return Ok(description);
        }
        let address = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let (status, body) = self.answer(self.client.get(&address)).await?;
        if status != 200 {
            return Err(OidcError::Provider(format!("its description was answered with HTTP {status}")));
        }
        let description = self.checked(&body)?;
        let mut known = self.description.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.insert((description, now)).0.clone())
    }

    /// Checks a description.
    fn checked(&self, body: &[u8]) -> Result<Description, OidcError> {
        let published: PublishedDescription =
            serde_json::from_slice(body).map_err(|_| wrong("its description is incomplete"))?;
        if published.issuer != self.config.issuer {
            return Err(wrong("its description names another issuer"));
        }
        let endpoint = |address: &str| {
            let address = Url::parse(address).ok().filter(is_secure_or_local);
            address.ok_or_else(|| wrong("an endpoint is not https"))
        };
        let has = |list: &[String], wanted: &str| list.iter().any(|one| one == wanted);
        if !has(&published.response_types_supported, "code") {
            return Err(wrong("it does not support the code flow"));
        }
        if published.code_challenge_methods_supported.as_ref().is_some_and(|methods| !has(methods, "S256")) {
            return Err(wrong("it does not support PKCE with S256"));
        }
        let methods = published.token_endpoint_auth_methods_supported.as_ref();
        Ok(Description {
            authorization_endpoint: endpoint(&published.authorization_endpoint)?,
            token_endpoint: endpoint(&published.token_endpoint)?,
            jwks_uri: endpoint(&published.jwks_uri)?,
            // OpenID Connect Discovery section 3: in the header by default.
            by_header: methods.is_none_or(|methods| has(methods, "client_secret_basic")),
            names_issuer: published.authorization_response_iss_parameter_supported,
        })
    }

    /// Sends a request, and reads the answer up to its limit.
    async fn answer(&self, request: RequestBuilder) -> Result<(u16, Zeroizing<Vec<u8>>), OidcError> {
        let failed = |error: reqwest::Error| OidcError::Provider(error.without_url().to_string());
        let mut answer = request.header(ACCEPT, "application/json").send().await.map_err(failed)?;
        let (status, mut body) = (answer.status().as_u16(), Zeroizing::new(Vec::new()));
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(wrong("an answer is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }

    /// The address at the provider to which the browser is sent.
    ///
    /// # Errors
    ///
    /// [`OidcError::Provider`].
    pub async fn authorization_address(&self, begun: &BegunLogin, now: Timestamp) -> Result<Url, OidcError> {
        let mut address = self.description(now).await?.authorization_endpoint;
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.config.redirect_uri)
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &begun.challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(address)
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
        let description = self.description(now).await?;
        let names_another = issuer.is_some_and(|issuer| issuer != self.config.issuer);
        if names_another || (issuer.is_none() && description.names_issuer) {
            return Err(OidcError::State);
        }
        let token = self.exchange(&description, login, code).await?;
        let payload = self.verified(&description, &token, now).await?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            nonce: &login.nonce,
            now: now.as_millis() / 1000,
        };
        Ok(check(&payload, &expected)?)
    }

    /// The request that exchanges a code.
    fn exchange_request(&self, description: &Description, login: &PendingLogin, code: &str) -> RequestBuilder {
        let ProviderConfig { client_id, client_secret, redirect_uri, .. } = &self.config;
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code").append_pair("code", code);
        form.append_pair("redirect_uri", redirect_uri).append_pair("code_verifier", &login.verifier);
        let request = self.client.post(description.token_endpoint.clone());
        let request = if description.by_header {
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
        description: &Description,
        login: &PendingLogin,
        code: &str,
    ) -> Result<Zeroizing<String>, OidcError> {
        let request = self.exchange_request(description, login, code);
        let (status, body) = self.answer(request).await?;
        if status != 200 {
            let refused = serde_json::from_slice::<Refused>(&body).ok();
            let code = refused.map_or_else(|| format!("HTTP {status}"), |refused| shown(&refused.error));
            return Err(OidcError::Denied(code));
        }
        let exchanged: Exchanged = serde_json::from_slice(&body).map_err(|_| wrong("it sent no ID token"))?;
        Ok(Zeroizing::new(exchanged.id_token))
    }

    /// The payload of a token, checked by the provider's keys, which are read again where the token names another one.
    async fn verified(&self, description: &Description, token: &str, now: Timestamp) -> Result<Vec<u8>, OidcError> {
        let mut known = self.keys.lock().await;
        let fresh = known.as_ref().filter(|known| age(known.read, now) < FRESH);
        if let Some(fresh) = fresh {
            match verified_payload(token, &fresh.keys) {
                Err(TokenError::UnknownKey) if age(fresh.read, now) >= RELOAD => {}
                checked => return Ok(checked?),
            }
        }
        let (status, body) = self.answer(self.client.get(description.jwks_uri.clone())).await?;
        let keys = if status == 200 { parse_set(&body) } else { None };
        let keys = keys.ok_or_else(|| wrong("it publishes no keys"))?;
        let payload = verified_payload(token, &keys);
        *known = Some(Keys { keys, read: now });
        Ok(payload?)
    }
}

/// An error code of a provider, as far as it can be shown.
#[must_use]
pub fn shown(code: &str) -> String {
    let is_code = !code.is_empty()
        && code.len() <= 64
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if is_code { code.to_owned() } else { "error".to_owned() }
}
