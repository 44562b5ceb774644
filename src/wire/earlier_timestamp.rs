//! The newest timestamped checkpoint before a deposit: `GET /v1/deposits/{number}/earlier-timestamp`.
//!
//! A verifier checks it as a receipt's own checkpoint: signature, tokens, and that the receipt's tree continues it. Its size is not
//! larger than the deposit's index, so that the tree does not contain the deposit.

use serde::{Deserialize, Serialize};

/// A timestamped checkpoint that does not contain the deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EarlierTimestampJson {
    /// Number of leaves of its tree: at most the deposit's index.
    pub size: u64,
    /// The signed checkpoint note, with cosignatures.
    pub checkpoint: String,
    /// The timestamp tokens (RFC 3161) over its text, DER in base64, in the order in which they were made.
    pub time_tokens: Vec<String>,
}
