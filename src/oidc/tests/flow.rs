//! Logins against a provider in this process.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::{Keys, NOW, at, claims, court, header, request as login_request};
use crate::court::case_number::CourtCode;
use crate::oidc::id_token::ClaimError;
use crate::oidc::jws::TokenError;
use crate::oidc::logins::{CallbackParameters, OidcLogins, ProvenLogin};
use crate::oidc::oidc_error::OidcError;
use crate::oidc::pending::challenge_of;
use crate::oidc::provider::ProviderConfig;

const CALLBACK: &str = "http://127.0.0.1:7654/login/oidc/%E7%B2%A40192/callback";

/// A provider in this process. It answers each path with a text, and its token endpoint with a token that a test has chosen.
struct FakeProvider {
    issuer: String,
    keys: Arc<Mutex<Value>>,
    /// What the token endpoint answers: status and body.
    answer: Arc<Mutex<(u16, Value)>>,
    /// The requests of the token endpoint.
    seen: Arc<Mutex<Vec<String>>>,
    description: Arc<Mutex<Value>>,
}

impl FakeProvider {
    async fn start(keys: &Keys) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let description = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth?tenant=1"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
        });
        let provider = Self {
            issuer,
            keys: Arc::new(Mutex::new(keys.published())),
            answer: Arc::new(Mutex::new((400, json!({ "error": "invalid_grant" })))),
            seen: Arc::default(),
            description: Arc::new(Mutex::new(description)),
        };
        let (keys, answer) = (Arc::clone(&provider.keys), Arc::clone(&provider.answer));
        let (seen, description) = (Arc::clone(&provider.seen), Arc::clone(&provider.description));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = request(&mut stream).await;
                let (status, body) = match request.split(' ').nth(1) {
                    Some("/.well-known/openid-configuration") => (200, description.lock().unwrap().clone()),
                    Some("/jwks") => (200, keys.lock().unwrap().clone()),
                    Some("/token") => {
                        seen.lock().unwrap().push(request);
                        answer.lock().unwrap().clone()
                    }
                    _ => (404, json!({})),
                };
                let body = body.to_string();
                let head =
                    format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        provider
    }

    fn logins(&self) -> OidcLogins {
        let config = ProviderConfig {
            court: court(),
            issuer: self.issuer.clone(),
            client_id: "tiezheng".into(),
            client_secret: Zeroizing::new("s&cret".into()),
            label: "法院统一身份认证".into(),
            redirect_uri: CALLBACK.into(),
            trusts_amr: true,
            post_logout_redirect_uri: Some("http://127.0.0.1:7654/login".into()),
        };
        OidcLogins::new(vec![config]).unwrap()
    }

    fn answers(&self, token: &str) {
        *self.answer.lock().unwrap() = (200, json!({ "id_token": token, "access_token": "x", "token_type": "Bearer" }));
    }
}

/// The head and the body of a request.
async fn request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&part[..read]),
        }
    }
}

/// A login that has begun: its parameters and its cookie.
async fn begun(logins: &OidcLogins) -> (Vec<(String, String)>, String) {
    let sent = logins.begin(&login_request(&court(), "/cases"), false, at(NOW)).await.unwrap();
    let parameters: Vec<_> = sent.address.query_pairs().into_owned().collect();
    assert_eq!(parameter(&parameters, "state"), sent.state);
    (parameters, sent.cookie.to_string())
}

fn parameter<'p>(parameters: &'p [(String, String)], name: &str) -> &'p str {
    &parameters.iter().find(|(key, _)| key == name).unwrap().1
}

async fn end(
    logins: &OidcLogins,
    (parameters, cookie): &(Vec<(String, String)>, String),
) -> Result<ProvenLogin, OidcError> {
    let state = parameter(parameters, "state");
    logins.end(&court(), &CallbackParameters { state, code: "the-code", ..Default::default() }, cookie, at(NOW)).await
}

#[tokio::test]
async fn a_login_goes_to_the_provider_and_comes_back() {
    let keys = Keys::new(1);
    let provider = FakeProvider::start(&keys).await;
    let logins = provider.logins();
    let login = begun(&logins).await;
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("client_id", "tiezheng"),
        ("redirect_uri", CALLBACK),
        ("max_age", "600"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&login.0, name), value);
    }
    assert!(login.0.iter().all(|(name, _)| name != "prompt"));
    let again = logins.begin(&login_request(&court(), "/"), true, at(NOW)).await.unwrap();
    assert!(again.address.query().unwrap().ends_with("&prompt=login"), "after a logout");
    let mut good = claims(parameter(&login.0, "nonce"));
    good["iss"] = json!(provider.issuer);
    good["amr"] = json!(["mfa"]);
    provider.answers(&keys.sign(&header(), &good));
    let proven = end(&logins, &login).await.unwrap();
    assert_eq!((proven.subject.as_str(), proven.next.as_str()), ("zhang.san", "/cases"));
    assert!(proven.is_multi_factor && proven.court == court() && proven.issuer == provider.issuer);
    let sent = provider.seen.lock().unwrap()[0].clone();
    let verifier = sent.split("code_verifier=").nth(1).unwrap().split('&').next().unwrap();
    assert_eq!(challenge_of(verifier), parameter(&login.0, "code_challenge"));
    // RFC 6749 section 2.3.1: the secret is form-encoded first.
    assert!(
        sent.contains(&format!("Basic {}", base64::prelude::BASE64_STANDARD.encode("tiezheng:s%26cret"))),
        "{sent}"
    );
    assert_eq!(end(&logins, &login).await, Err(OidcError::State), "the same state and code again");
}

#[tokio::test]
async fn a_token_of_another_login_or_provider_begins_no_session() {
    let keys = Keys::new(1);
    let provider = FakeProvider::start(&keys).await;
    let logins = provider.logins();
    let (first, second) = (begun(&logins).await, begun(&logins).await);
    let token = |nonce: &str, issuer: &str| {
        let mut claims = claims(nonce);
        claims["iss"] = json!(issuer);
        keys.sign(&header(), &claims)
    };
    provider.answers(&token(parameter(&first.0, "nonce"), &provider.issuer));
    assert_eq!(end(&logins, &second).await, Err(OidcError::Claims(ClaimError::Nonce)));
    provider.answers(&token(parameter(&first.0, "nonce"), "https://id.example"));
    assert_eq!(end(&logins, &first).await, Err(OidcError::Claims(ClaimError::Issuer)));
    let third = begun(&logins).await;
    *provider.answer.lock().unwrap() = (400, json!({ "error": "invalid_grant" }));
    assert_eq!(end(&logins, &third).await, Err(OidcError::Denied("invalid_grant".into())));
    let fourth = begun(&logins).await;
    let refused =
        CallbackParameters { state: parameter(&fourth.0, "state"), error: Some("<script>"), ..Default::default() };
    assert_eq!(logins.end(&court(), &refused, &fourth.1, at(NOW)).await, Err(OidcError::Denied("error".into())));
    let fifth = begun(&logins).await;
    let mixed = CallbackParameters {
        state: parameter(&fifth.0, "state"),
        code: "c",
        issuer: Some("https://evil.example"),
        error: None,
    };
    assert_eq!(
        logins.end(&court(), &mixed, &fifth.1, at(NOW)).await,
        Err(OidcError::State),
        "another provider's answer"
    );
    let elsewhere = CourtCode::parse("京0491").unwrap();
    assert_eq!(logins.begin(&login_request(&elsewhere, "/"), false, at(NOW)).await.unwrap_err(), OidcError::NoProvider);
}

#[tokio::test]
async fn new_keys_of_the_provider_are_read_when_a_token_names_one() {
    let (old, new) = (Keys::new(1), Keys::new(2));
    let provider = FakeProvider::start(&old).await;
    let logins = provider.logins();
    let sign = |keys: &Keys, kid: &str, login: &(Vec<(String, String)>, String), now: u64| {
        let mut claims = claims(parameter(&login.0, "nonce"));
        claims["iss"] = json!(provider.issuer);
        claims["iat"] = json!(now);
        keys.sign(&json!({ "alg": "EdDSA", "kid": kid }), &claims)
    };
    let first = begun(&logins).await;
    provider.answers(&sign(&old, "ed", &first, NOW));
    assert!(end(&logins, &first).await.is_ok());
    let mut published = new.published();
    published["keys"][0]["kid"] = json!("ed-2");
    *provider.keys.lock().unwrap() = published;
    let second = begun(&logins).await;
    provider.answers(&sign(&new, "ed-2", &second, NOW));
    assert_eq!(
        end(&logins, &second).await,
        Err(OidcError::Token(TokenError::UnknownKey)),
        "not more than once a minute"
    );
    let third = begun(&logins).await;
    provider.answers(&sign(&new, "ed-2", &third, NOW));
    let state = parameter(&third.0, "state");
    let answer = CallbackParameters { state, code: "c", ..Default::default() };
    assert!(logins.end(&court(), &answer, &third.1, at(NOW + 60)).await.is_ok());
}

#[tokio::test]
async fn a_provider_that_is_not_as_it_must_be_is_not_used() {
    let keys = Keys::new(1);
    for (name, value) in [
        ("issuer", json!("https://evil.example")),
        ("token_endpoint", json!("http://evil.example/token")),
        ("end_session_endpoint", json!("http://evil.example/end")),
        ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
        ("jwks_uri", json!("not an address")),
        ("response_types_supported", json!(["id_token"])),
        ("code_challenge_methods_supported", json!(["plain"])),
    ] {
        let provider = FakeProvider::start(&keys).await;
        provider.description.lock().unwrap()[name] = value;
        let begun = provider.logins().begin(&login_request(&court(), "/"), false, at(NOW)).await;
        assert!(matches!(begun, Err(OidcError::Provider(_))), "{name}");
    }
    let config = |issuer: &str, redirect_uri: &str| ProviderConfig {
        court: court(),
        issuer: issuer.into(),
        client_id: "c".into(),
        client_secret: Zeroizing::default(),
        label: "l".into(),
        redirect_uri: redirect_uri.into(),
        trusts_amr: false,
        post_logout_redirect_uri: None,
    };
    let redirect = "https://node.example/login/oidc/%E7%B2%A40192/callback";
    assert!(OidcLogins::new(vec![config("https://id.example/realm", redirect)]).is_ok());
    for (issuer, redirect) in [
        ("http://id.example", redirect),
        ("https://id.example?x", redirect),
        ("id.example", redirect),
        ("https://id.example", "https://node.example/login"),
        ("https://id.example", "http://node.example/login/oidc/%E7%B2%A40192/callback"),
        ("https://id.example", "https://node.example/login/oidc/%E7%B2%A40192/callback?x=1"),
        // One address for all courts, and that of another court.
        ("https://id.example", "https://node.example/login/oidc/callback"),
        ("https://id.example", "https://node.example/login/oidc/%E4%BA%AC0491/callback"),
    ] {
        assert!(OidcLogins::new(vec![config(issuer, redirect)]).is_err(), "{issuer} {redirect}");
    }
}

/// A wrong secret is the operator's fault, and not that of the person who logs in.
#[tokio::test]
async fn a_refusal_of_the_node_is_not_told_to_the_person_as_its_own() {
    let keys = Keys::new(1);
    let provider = FakeProvider::start(&keys).await;
    let logins = provider.logins();
    for (status, error, expected) in [
        (401, "invalid_client", OidcError::Configuration("invalid_client".into())),
        (400, "unauthorized_client", OidcError::Configuration("unauthorized_client".into())),
        (400, "invalid_grant", OidcError::Denied("invalid_grant".into())),
        (400, "temporarily_unavailable", OidcError::Provider("temporarily_unavailable".into())),
        (503, "invalid_grant", OidcError::Provider("a code was answered with HTTP 503".into())),
    ] {
        let login = begun(&logins).await;
        *provider.answer.lock().unwrap() = (status, json!({ "error": error }));
        let failure = end(&logins, &login).await.unwrap_err();
        assert_eq!(failure, expected);
        assert!(!failure.to_string().is_empty() && !failure.in_chinese().is_ascii());
    }
    let login = begun(&logins).await;
    let state = parameter(&login.0, "state");
    let refused = CallbackParameters { state, error: Some("unauthorized_client"), ..Default::default() };
    let failure = logins.end(&court(), &refused, &login.1, at(NOW)).await.unwrap_err();
    assert_eq!(failure, OidcError::Configuration("unauthorized_client".into()));
}

#[tokio::test]
async fn a_person_signs_out_at_the_provider_where_it_has_a_page_for_that() {
    let keys = Keys::new(1);
    let provider = FakeProvider::start(&keys).await;
    assert_eq!(provider.logins().logout_address(&court(), at(NOW)).await.unwrap(), None);
    let end = format!("{}/end", provider.issuer);
    provider.description.lock().unwrap()["end_session_endpoint"] = json!(end);
    let address = provider.logins().logout_address(&court(), at(NOW)).await.unwrap().unwrap();
    let after = "post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A7654%2Flogin";
    assert_eq!(address.as_str(), format!("{end}?client_id=tiezheng&{after}"));
}
