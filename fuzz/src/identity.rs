//! Fuzz targets for what identity providers send: keys, metadata, and the ID tokens of sign-ins.

use serde_json::{Value, json};
use tiezheng::oidc::id_token::{AGE_MAX, ExpectedClaims, SKEW, check};
use tiezheng::oidc::jwk::{Key, parse_set};
use tiezheng::oidc::jws::verified_payload;
use tiezheng::oidc::provider_metadata::ProviderMetadata;

/// The issuer of the seeds.
pub const ISSUER: &str = "https://id.example";
/// The client of the seeds.
pub const CLIENT: &str = "tiezheng";
/// The nonce of the seeds.
pub const NONCE: &str = "n-0S6_WzA2Mj";
/// When the tokens of the seeds are checked, in seconds.
pub const NOW: u64 = 1_796_000_000;

/// The public key of RFC 8037 appendix A.2, and the token of appendix A.4 that its private key has signed.
const RFC_8037_KEY: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// The token of RFC 8037 appendix A.4.
pub const RFC_8037_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// Claims that are accepted at [`NOW`].
pub fn accepted_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "248289761001", "aud": CLIENT, "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 60,
        "nonce": NONCE, "amr": ["pwd", "otp"],
    })
}

/// Metadata that is accepted.
pub fn accepted_metadata() -> Value {
    json!({
        "issuer": ISSUER, "authorization_endpoint": "https://id.example/auth", "token_endpoint": "https://id.example/token?a=b",
        "jwks_uri": "https://id.example/jwks", "end_session_endpoint": "https://id.example/logout",
        "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// Sets of keys: that of RFC 8037, and one with the examples of RFC 7517 appendix A.1.
pub fn key_sets() -> [String; 2] {
    let p256 = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"}"#;
    let rsa = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2"}"#;
    [RFC_8037_KEY.to_owned(), format!(r#"{{"keys":[{p256},{rsa}]}}"#)]
}

fn seconds(time: u64) -> f64 {
    f64::from(u32::try_from(time).unwrap())
}

fn rfc_8037_keys() -> Vec<Key> {
    parse_set(RFC_8037_KEY.as_bytes()).unwrap()
}

/// A signed token, or the claims of one whose signature was checked. Only the genuine token verifies; accepted claims are for this
/// issuer, client, login and time.
pub fn id_token(data: &[u8]) -> bool {
    let verifies = str::from_utf8(data).is_ok_and(|token| verified_payload(token, &rfc_8037_keys()).is_ok());
    if verifies {
        assert_eq!(data, RFC_8037_TOKEN.as_bytes(), "another token verifies");
    }
    let expected = ExpectedClaims {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        now: NOW,
        begun: NOW - 30,
        // Both settings.
        trusts_amr: data.len().is_multiple_of(2),
    };
    let Ok(identity) = check(data, &expected) else { return verifies };
    // The same claims, as another reader of JSON has them: the types, and no name twice.
    let claims: Value = serde_json::from_slice(data).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["nonce"].as_str()), (Some(ISSUER), Some(NONCE)));
    assert_eq!(claims["sub"].as_str(), Some(identity.subject.as_str()));
    let names_client = |one: &Value| one.as_str() == Some(CLIENT);
    assert!(names_client(&claims["aud"]) || claims["aud"].as_array().is_some_and(|all| all.iter().any(names_client)));
    assert!(claims["exp"].as_f64().unwrap() > seconds(NOW - SKEW));
    let issued = claims["iat"].as_f64().unwrap();
    assert!(issued <= seconds(NOW + SKEW) && issued >= seconds(NOW - AGE_MAX - SKEW));
    assert!(claims["auth_time"].as_f64().is_some());
    assert!(expected.trusts_amr || !identity.is_multi_factor, "the methods of an untrusted provider count");
    true
}

/// A set of keys. No key accepts an empty signature, and only its own key verifies a token.
pub fn jwks(data: &[u8]) -> bool {
    let Some(keys) = parse_set(data) else { return false };
    assert!(!keys.iter().any(|key| key.verifies(b"text", b"")));
    if verified_payload(RFC_8037_TOKEN, &keys).is_ok() {
        let without_ids = keys.into_iter().map(|mut key| {
            key.id = None;
            key
        });
        assert_eq!(without_ids.filter(|key| *key == rfc_8037_keys()[0]).count(), 1, "another key verifies the token");
        return true;
    }
    !keys.is_empty()
}

/// Metadata of a provider. Every address that is used is https, and has no credentials.
pub fn provider_metadata(data: &[u8]) -> bool {
    let Ok(metadata) = ProviderMetadata::parse_metadata(data, ISSUER) else { return false };
    let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint, &metadata.jwks_uri];
    for endpoint in endpoints.into_iter().chain(&metadata.end_session_endpoint) {
        assert_eq!(endpoint.scheme(), "https");
        assert!(endpoint.username().is_empty() && endpoint.password().is_none() && endpoint.fragment().is_none());
    }
    let published: Value = serde_json::from_slice(data).unwrap();
    assert_eq!(published["issuer"].as_str(), Some(ISSUER));
    true
}
