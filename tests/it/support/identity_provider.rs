//! A court's identity provider in this process (OpenID Connect), with claims that a test chooses.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tiezheng::court::case_number::CourtCode;
use tiezheng::oidc::logins::OidcLogins;
use tiezheng::oidc::provider::ProviderConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::accounts::COURT;

/// A provider.
pub(crate) struct IdentityProvider {
    issuer: String,
    key: Ed25519KeyPair,
    /// The answer of the token endpoint.
    token: Arc<Mutex<String>>,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl IdentityProvider {
    /// Starts it on a port of its own.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap();
        let description = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
            "end_session_endpoint": format!("{issuer}/end"),
        });
        let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "1", "x": encoded(key.public_key()) }] });
        let provider = Self { issuer, key, token: Arc::default() };
        let token = Arc::clone(&provider.token);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (mut request, mut part) = (Vec::new(), [0; 4096]);
                // Request bodies are short, and are not read.
                while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                    match stream.read(&mut part).await {
                        Ok(0) | Err(_) => break,
                        Ok(read) => request.extend_from_slice(&part[..read]),
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let body = match request.split(' ').nth(1) {
                    Some("/jwks") => keys.clone(),
                    Some("/token") => json!({ "id_token": *token.lock().unwrap(), "token_type": "Bearer" }),
                    _ => description.clone(),
                };
                let body = body.to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                let _ = stream.read(&mut part).await;
            }
        });
        provider
    }

    /// The logins of a node that has it for [`COURT`].
    pub(crate) fn logins(&self) -> OidcLogins {
        let config = ProviderConfig {
            court: CourtCode::parse(COURT).unwrap(),
            issuer: self.issuer.clone(),
            client_id: "tiezheng".into(),
            client_secret: "secret".to_owned().into(),
            label: "法院统一身份认证".into(),
            redirect_uri: "http://127.0.0.1:7654/login/oidc/%E7%B2%A40192/callback".into(),
            trusts_amr: true,
            post_logout_redirect_uri: None,
        };
        OidcLogins::new(vec![config]).unwrap()
    }

    /// Sets the claims of its tokens: `subject` has logged in, for the request with `nonce`; `changed` are other claims.
    pub(crate) fn says(&self, subject: &str, nonce: &str, now: u64, changed: &Value) {
        let mut claims = json!({
            "iss": self.issuer, "sub": subject, "aud": "tiezheng", "nonce": nonce, "iat": now, "exp": now + 300, "auth_time": now,
        });
        for (name, value) in changed.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let head = json!({ "alg": "EdDSA", "kid": "1" });
        let signed = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
        let signature = encoded(self.key.sign(signed.as_bytes()));
        *self.token.lock().unwrap() = format!("{signed}.{signature}");
    }
}
