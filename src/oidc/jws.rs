//! Signed tokens: the compact serialization of JWS (RFC 7515), as far as ID tokens use it.
//!
//! # Invariants
//!
//! Nothing of a token is used before its signature was checked, except `alg` and `kid`, which choose among the provider's own keys.
//! Keys that a header names or contains (`jwk`, `jku`, `x5c`, `x5u`) are never used. Extensions (`crit`) are rejected.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::oidc::jwk::{Algorithm, Key};

/// Longest token in bytes.
pub const TOKEN_MAX: usize = 16 * 1024;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not three parts of base64url, or the parts are not the JSON that they must be.
    #[error("it is not three parts of base64url; the token endpoint must answer a signed JWT")]
    Malformed,
    /// None of RS256, ES256 and `EdDSA`.
    #[error("`alg` is none of RS256, ES256 and EdDSA; set one of them for this client at the provider")]
    Algorithm,
    /// It needs an extension.
    #[error("`crit` names an extension, and none is supported; switch it off at the provider")]
    Extension,
    /// The provider publishes no such key for this algorithm.
    #[error("the provider publishes no key with its `kid` and `alg`")]
    UnknownKey,
    /// The signature does not verify.
    #[error("its signature does not verify by the keys that the provider publishes")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}

/// Checks the signature of `token` by one of the provider's keys, and returns the payload.
///
/// # Errors
///
/// [`TokenError`]. After [`TokenError::UnknownKey`] the keys may have changed: read them again.
pub fn verified_payload(token: &str, keys: &[Key]) -> Result<Vec<u8>, TokenError> {
    if token.len() > TOKEN_MAX {
        return Err(TokenError::Malformed);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { return Err(TokenError::Malformed) };
    let read: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| TokenError::Malformed)?;
    let algorithm = Algorithm::parse(&read.alg).ok_or(TokenError::Algorithm)?;
    if read.crit.is_some() {
        return Err(TokenError::Extension);
    }
    let of_algorithm: Vec<&Key> = keys.iter().filter(|key| key.algorithm() == algorithm).collect();
    let candidates: Vec<&Key> = match &read.kid {
        Some(id) => of_algorithm.into_iter().filter(|key| key.id.as_ref() == Some(id)).collect(),
        // Without a name, only where there is no choice.
        None if of_algorithm.len() == 1 => of_algorithm,
        None => Vec::new(),
    };
    if candidates.is_empty() {
        return Err(TokenError::UnknownKey);
    }
    let (payload_bytes, signature) = (decoded(payload)?, decoded(signature)?);
    let signed = format!("{header}.{payload}");
    if candidates.iter().any(|key| key.verifies(signed.as_bytes(), &signature)) {
        Ok(payload_bytes)
    } else {
        Err(TokenError::Signature)
    }
}
