//! What went wrong, as RFC 9457 has it (`application/problem+json`), with a stable code.
//!
//! Not here: which code and status an error has (`http/problem`, the only table).

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem. `code` is for machines, `title` names it, `detail` says what to do about this one; both in English
/// and Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// A page about it: `/problems/<code>`.
    #[serde(rename = "type")]
    #[schema(example = "/problems/mistyped_number")]
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// What it is called, in Chinese.
    pub title_zh: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// The stable code.
    #[schema(example = "mistyped_number")]
    pub code: String,
    /// This occurrence of it.
    pub detail: String,
    /// This occurrence of it, in Chinese; the title where there is no more to say.
    #[serde(default)]
    pub detail_zh: String,
    /// The line it is about, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The limit that was passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// What would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The item of the case that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
}
