//! Errors of the API (RFC 9457, `application/problem+json`), with a stable code.
//!
//! Not here: the table of codes and statuses (`error_code`), and the assignment of codes to errors (`code()` of each error).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};

use crate::error_code::ErrorCode;

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
    pub code: ProblemCode,
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
    /// How many witnesses of the quorum have cosigned, for `quorum_timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<usize>,
    /// How many of them are required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<usize>,
    /// 存证编号 of the deposit, which is on the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// The code of a problem. A node of a newer version may answer codes that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemCode {
    /// A code of this version.
    Known(ErrorCode),
    /// Any other, as the node spells it.
    Unknown(String),
}

impl ProblemCode {
    /// As the node spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(code) => code.as_str(),
            Self::Unknown(code) => code,
        }
    }

    /// Whether it is one of `codes`.
    #[must_use]
    pub fn is_one_of(&self, codes: &[ErrorCode]) -> bool {
        matches!(self, Self::Known(code) if codes.contains(code))
    }
}

impl From<ErrorCode> for ProblemCode {
    fn from(code: ErrorCode) -> Self {
        Self::Known(code)
    }
}

impl From<String> for ProblemCode {
    fn from(text: String) -> Self {
        ErrorCode::parse(&text).map_or(Self::Unknown(text), Self::Known)
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ProblemCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ProblemCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl utoipa::PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let description = "The stable code. Later versions may add codes. / 固定错误代码，新版本可能增加";
        let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
        ObjectBuilder::new().description(Some(description)).enum_values(Some(codes)).into()
    }
}

impl utoipa::ToSchema for ProblemCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_newer_node_is_kept_as_it_is_spelled() {
        let read = |text: &str| serde_json::from_str::<ProblemCode>(text).unwrap();
        assert_eq!(read(r#""busy""#), ProblemCode::Known(ErrorCode::Busy));
        assert!(read(r#""busy""#).is_one_of(&[ErrorCode::Busy]) && !read(r#""newer""#).is_one_of(ErrorCode::ALL));
        for code in [r#""busy""#, r#""newer""#] {
            assert_eq!(serde_json::to_string(&read(code)).unwrap(), code);
        }
    }
}
