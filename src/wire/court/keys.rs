//! Keys that an account enrols for deposits, as they are sent and shown.

use serde::{Deserialize, Serialize};

use crate::ledger::key::VerifierKey;
use crate::ledger::time::Timestamp;
use crate::wire::facts::beijing_time;

/// A key to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// The public key (vkey, Ed25519) that signs the statements: the `key` line of a statement without the word `key`.
    #[schema(example = "k-3642af3751ffa5b0+ba109958+AVFAtkTFhHPVHDuiHwJc13AdQ9ZxTeT5EYsIahid0FJe")]
    pub key: String,
}

/// A key that is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnrolledKeyJson {
    /// The name by which the enrolment is ended.
    #[schema(example = "k-3642af3751ffa5b0")]
    pub name: String,
    /// The key.
    pub key: String,
    /// When it was enrolled, Beijing time.
    pub enrolled_at: String,
    /// The id of the token with which it was enrolled. The enrolment ends when that token is revoked, not when it expires.
    pub enrolled_with: String,
}

/// All keys of an account, the earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnrolledKeysJson {
    /// The keys.
    pub items: Vec<EnrolledKeyJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
    /// Most keys that the account may have enrolled at a time.
    #[schema(example = 1000)]
    pub limit: usize,
}

impl EnrolledKeyJson {
    /// A key that was enrolled `since` with the token `by`.
    #[must_use]
    pub fn of(key: &VerifierKey, since: Timestamp, by: &impl ToString) -> Self {
        Self {
            name: key.name().to_string(),
            key: key.to_string(),
            enrolled_at: beijing_time(since),
            enrolled_with: by.to_string(),
        }
    }
}
