//! What an identity provider publishes about itself: OpenID Connect Discovery 1.0 section 3.
//!
//! # Invariants
//!
//! Metadata is used only for the configured issuer. Every endpoint is `https`, has no user name, password or fragment, and is `http`
//! only where the issuer itself is: so metadata sends neither the node's secret nor its requests to a service of this machine.

use reqwest::Url;
use serde::Deserialize;

use crate::oidc::oidc_error::{OidcError, provider_error};
use crate::wire::webhook_call::is_secure_or_local;

#[derive(Deserialize)]
struct PublishedMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What is used of a provider's metadata.
#[derive(Debug, Clone)]
pub struct ProviderMetadata {
    /// To where browsers are sent.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where the keys are.
    pub jwks_uri: Url,
    /// Where a person signs out (OpenID Connect RP-Initiated Logout 1.0).
    pub end_session_endpoint: Option<Url>,
    /// Whether the client's secret is sent in a header, and not in the form.
    pub uses_client_secret_basic: bool,
    /// Whether answers name the issuer (RFC 9207).
    pub names_issuer: bool,
}

impl ProviderMetadata {
    /// Parses the metadata of the provider with this issuer.
    ///
    /// # Errors
    ///
    /// [`OidcError::Provider`]: what is missing or not as it must be.
    pub fn parse_metadata(body: &[u8], issuer: &str) -> Result<Self, OidcError> {
        let published: PublishedMetadata =
            serde_json::from_slice(body).map_err(|_| provider_error("its metadata is incomplete"))?;
        if published.issuer != issuer {
            return Err(provider_error("its metadata names another issuer"));
        }
        let may_be_local = issuer.starts_with("http:");
        let endpoint = |address: &str| {
            let is_good = |url: &Url| {
                let is_secure = url.scheme() == "https" || (may_be_local && is_secure_or_local(url));
                let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
                is_secure && is_plain && url.has_host()
            };
            let address = Url::parse(address).ok().filter(is_good);
            address.ok_or_else(|| provider_error("an endpoint is not https, or has a user name, password or fragment"))
        };
        let has = |list: &[String], wanted: &str| list.iter().any(|one| one == wanted);
        if !has(&published.response_types_supported, "code") {
            return Err(provider_error("it does not support the code flow"));
        }
        if published.code_challenge_methods_supported.as_ref().is_some_and(|methods| !has(methods, "S256")) {
            return Err(provider_error("it does not support PKCE with S256"));
        }
        let methods = published.token_endpoint_auth_methods_supported.as_ref();
        // By default in the header.
        let uses_client_secret_basic = methods.is_none_or(|methods| has(methods, "client_secret_basic"));
        if !uses_client_secret_basic && !methods.is_some_and(|methods| has(methods, "client_secret_post")) {
            return Err(provider_error("it supports neither client_secret_basic nor client_secret_post"));
        }
        Ok(Self {
            authorization_endpoint: endpoint(&published.authorization_endpoint)?,
            token_endpoint: endpoint(&published.token_endpoint)?,
            jwks_uri: endpoint(&published.jwks_uri)?,
            end_session_endpoint: published.end_session_endpoint.as_deref().map(endpoint).transpose()?,
            uses_client_secret_basic,
            names_issuer: published.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example";

    fn parse(name: &str, value: Value) -> Result<ProviderMetadata, OidcError> {
        let mut metadata = json!({
            "issuer": ISSUER, "authorization_endpoint": "https://id.example/auth", "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://id.example/jwks", "response_types_supported": ["code"],
        });
        metadata[name] = value;
        ProviderMetadata::parse_metadata(metadata.to_string().as_bytes(), ISSUER)
    }

    /// An attacker who has changed the metadata has the node send its secret, or a request, to a service of its own machine (SSRF).
    #[test]
    fn metadata_of_an_https_issuer_names_no_service_of_this_machine() {
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"] {
            assert!(parse(name, json!("https://id.example/x?tenant=1")).is_ok(), "{name}");
            for bad in [
                "http://127.0.0.1/admin",
                "http://localhost:9200/",
                "http://[::1]/",
                "http://id.example/",
                "https://user@id.example/",
                "https://user:password@id.example/",
                "https://id.example/#x",
                "file:///etc/passwd",
                "not an address",
            ] {
                assert!(parse(name, json!(bad)).is_err(), "{name} {bad}");
            }
        }
    }

    #[test]
    fn the_secret_is_sent_only_in_a_way_that_the_provider_supports() {
        let methods = |methods: Value| {
            parse("token_endpoint_auth_methods_supported", methods).map(|metadata| metadata.uses_client_secret_basic)
        };
        assert_eq!(methods(Value::Null), Ok(true));
        assert_eq!(methods(json!(["client_secret_post", "client_secret_basic"])), Ok(true));
        assert_eq!(methods(json!(["client_secret_post"])), Ok(false));
        assert!(methods(json!(["private_key_jwt"])).is_err() && methods(json!([])).is_err());
    }
}
