//! Entries of the registry: webhooks, gateways, logins at identity providers, identity checks by outside providers.

use crate::court::case::state::{ActPosition, Text};
use crate::court::case_number::CourtCode;
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
pub struct IdentityCheckProvider {
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

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The court whose events it receives.
    pub court: CourtCode,
    /// Its address.
    pub url: Text,
    /// The key that signs its calls.
    pub secret: Text,
    /// Its registration; earlier events are not sent.
    pub since: ActPosition,
}

/// The gateway that sends the messages of a court: text messages, mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// The court whose messages it sends.
    pub court: CourtCode,
    /// Its address.
    pub url: Text,
    /// The key that signs messages to it, and its reports.
    pub secret: Text,
    /// Its registration; earlier messages are not sent.
    pub since: ActPosition,
}
