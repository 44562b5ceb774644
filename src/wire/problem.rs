//! Errors of the API (RFC 9457, `application/problem+json`), with a stable code.
//!
//! Not here: the table of codes and statuses (`http/problem`).

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error. `code` is for programs, `title` is the same for all errors of a code, `detail` is about this one;
/// both in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// URL of the page about this code: `/problems/<code>`.
    #[serde(rename = "type")]
    #[schema(example = "/problems/mistyped_number")]
    pub kind: String,
    /// The title in English.
    pub title: String,
    /// The title in Chinese.
    pub title_zh: String,
    /// The HTTP status.
    #[schema(example = 400)]
    pub status: u16,
    /// The stable code.
    #[schema(example = "mistyped_number")]
    pub code: String,
    /// What is wrong in this request, in English.
    pub detail: String,
    /// What is wrong in this request, in Chinese; the title if nothing more is known.
    #[serde(default)]
    pub detail_zh: String,
    /// The line of the request that is wrong, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The limit that was exceeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The form that is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The item of the case that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
}
