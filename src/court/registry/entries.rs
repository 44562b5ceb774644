//! Entries of the registry for logins at identity providers and for identity checks by outside providers.

use crate::court::case::state::{ActPosition, Text};
use crate::court::ids::{AccountId, TokenId};
use crate::court::words::{IdentityLevel, IdentityMethod};

/// The link of an account to a login at the identity provider of a court.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLink {
    /// Issuer and subject, each on a line.
    pub subject: Text,
    /// When it was made.
    pub since: ActPosition,
}

/// A provider of identity checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityProvider {
    /// How it checks.
    pub method: IdentityMethod,
    /// How far its checks go at most.
    pub level: IdentityLevel,
    /// What pages call it.
    pub name: Text,
    /// The address to which the holder of an account is sent.
    pub url: Text,
    /// The key that signs its results.
    pub secret: Text,
    /// Its registration.
    pub since: ActPosition,
}

/// An identity check without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// The account whose holder asked for it.
    pub account: AccountId,
    /// The provider.
    pub provider: TokenId,
    /// When it was asked for.
    pub since: ActPosition,
}
