//! Why a login with an identity provider fails.

use crate::error_code::ErrorCode;
use crate::oidc::id_token::ClaimError;
use crate::oidc::jws::TokenError;

/// Why a login did not begin or end. No session began.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// No provider is configured for the court.
    #[error("no identity provider is configured for this court")]
    NoProvider,
    /// The login did not begin in this browser, or is over.
    #[error(
        "this login did not begin in this browser, has ended, or took longer than ten minutes; begin again at /login"
    )]
    State,
    /// The provider refused the login.
    #[error("the identity provider refused the login: {0}")]
    Denied(String),
    /// The provider did not answer as the specification says.
    #[error("the identity provider did not answer as it must: {0}")]
    Provider(String),
    /// The signature of the ID token.
    #[error("the ID token was rejected: {0}")]
    Token(#[from] TokenError),
    /// The claims of the ID token.
    #[error("the ID token was rejected: {0}")]
    Claims(#[from] ClaimError),
    /// No random bytes were available.
    #[error("the machine gives no randomness")]
    NoRandomness,
}

impl OidcError {
    /// The stable code; `None` for what only the operator can do something about.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::NoProvider => ErrorCode::NotFound,
            Self::State => ErrorCode::LoginState,
            Self::Denied(_) => ErrorCode::ProviderDenied,
            Self::Provider(_) => ErrorCode::ProviderUnavailable,
            Self::Token(_) | Self::Claims(_) => ErrorCode::IdTokenRejected,
            Self::NoRandomness => return None,
        })
    }
}
