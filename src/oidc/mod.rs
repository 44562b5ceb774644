//! Login with OpenID Connect for courts with an identity provider of their own (feature `oidc`).
//!
//! The authorization code flow with PKCE: OpenID Connect Core 1.0 section 3.1, RFC 7636 (S256 only), RFC 9207. [`jwk`] reads keys,
//! [`jws`] checks signatures, [`id_token`] checks claims, [`provider_metadata`] checks what a provider publishes, [`provider`] asks it,
//! [`cached`] keeps its answers, [`pending`] remembers logins that have begun, [`logins`] joins them.
//!
//! # Invariants
//!
//! An account is never taken from a token: the result is an issuer and a subject, which the holder of an account has linked before. A
//! login ends in the browser in which it began, once, within [`pending::LIFETIME`], and only if the provider has authenticated the
//! person within [`id_token::MAX_AGE`] before it began. Signatures are checked by ring.
//!
//! Not here: accounts and sessions (`filing`), pages (`http`), settings (`cli`).

// Fuzz targets are built without the node: of this module they have the parsers.
#[cfg(feature = "oidc")]
pub mod cached;
pub mod id_token;
pub mod jwk;
pub mod jws;
#[cfg(feature = "oidc")]
pub mod logins;
pub mod oidc_error;
#[cfg(feature = "oidc")]
pub mod pending;
#[cfg(feature = "oidc")]
pub mod provider;
pub mod provider_metadata;

#[cfg(test)]
mod tests;
